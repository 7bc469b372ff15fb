//! The machine's proofs: its table, the rules one by one, and a search of every course that events can take.

mod table;
mod named;
mod corrections;
mod model;

use std::time::Duration;

use nzimbu_core::{
    Advice, Currency, ErrorKind, Money, Operation, OrderId, Outcome, Receipt, Repeats, Status, UnixTime,
};

use super::{Change, Next, Refusal, decide};
use crate::event::{Event, Failure};
use crate::row::{Key, Prior, Row};
use crate::rules::{Rules, Timing};
use crate::state::{Flags, State};

const NOW: UnixTime = UnixTime::from_secs(1_000_000);
const DIGEST: [u8; 32] = [7; 32];

/// Rules of a gateway that can be asked, refuses copies and states amounts.
fn askable() -> Rules {
    Rules { repeats: Repeats::Refused, can_ask: true, states_amount: true, timing: Timing::default() }
}

/// Rules of a gateway that cannot be asked and answers copies as it did the first time.
fn replaying() -> Rules {
    Rules { repeats: Repeats::Replayed, can_ask: false, states_amount: true, timing: Timing::default() }
}

fn francs(amount: u64) -> Money {
    Money::from_minor(amount, Currency::Xof).expect("small amounts are in range")
}

fn earlier(time: UnixTime, span: Duration) -> UnixTime {
    UnixTime { millis: time.millis - i64::try_from(span.as_millis()).expect("short spans") }
}

/// A row in a state, as it stands there when nothing is wrong with it: sent once, where it was sent.
fn row(state: State) -> Row {
    let was_sent = !matches!(state, State::Planned | State::Ready);
    Row {
        id: 1,
        key: Key([3; 16]),
        gateway: "cinetpay".into(),
        operation: Operation::Payout,
        order: OrderId::parse("A-1").expect("an id"),
        reference: None,
        replaces: None,
        batch: None,
        amount: francs(1_000),
        digest: DIGEST,
        request: Some("{}".into()),
        action: None,
        state,
        flags: Flags::NONE,
        prior: match state {
            State::Accepted => Prior::Accepted,
            State::Unknown => Prior::Unknown { at: earlier(NOW, Duration::from_secs(5)), ended: true },
            _ => Prior::None,
        },
        attempts: u32::from(was_sent),
        fence: if was_sent { 1 } else { 0 },
        polls: 0,
        missed_at: None,
        asked_at: None,
        gateway_ref: None,
        twin: None,
        word: None,
        due_at: if state.is_final() || state == State::Planned { None } else { Some(NOW) },
        deadline_at: NOW.plus(Timing::default().deadline),
        first_sent_at: was_sent.then_some(earlier(NOW, Duration::from_secs(5))),
        created_at: earlier(NOW, Duration::from_secs(6)),
        updated_at: earlier(NOW, Duration::from_secs(5)),
        last_event: 1,
        events: 1,
        head: [0; 32],
    }
}

/// A receipt about the row's order.
fn receipt(status: Status, amount: Option<u64>) -> Receipt {
    let mut receipt = Receipt::new(OrderId::parse("A-1").expect("an id"), status, status.as_str());
    receipt.amount = amount.map(francs);
    receipt
}

fn failure(outcome: Outcome, advice: Advice) -> Failure {
    Failure { kind: ErrorKind::Unavailable, outcome, advice, code: None, retry_after: None }
}

fn unknown() -> Failure {
    failure(Outcome::Unknown, Advice::AskStatus)
}

fn ended(row: &Row, ended: Result<Receipt, Failure>) -> Event {
    Event::Ended { fence: row.fence, ended, twin: None }
}

fn told(row: &Row, said: Option<Receipt>) -> Event {
    Event::Told { fence: row.fence, asked_at: NOW, said, twin: None }
}

/// What follows, where nothing may be refused.
fn after(row: &Row, event: &Event, rules: &Rules, now: UnixTime) -> Change {
    decide(row, event, rules, now).expect("this event is not refused here")
}

/// The row that follows from an event now.
fn next(row: &Row, event: &Event, rules: &Rules) -> Row {
    after(row, event, rules, NOW).row
}
