//! Every event, in every form that is decided differently.

use nzimbu_core::{Advice, OrderId, OrderName, Outcome, Receipt, Status};

use super::super::{DIGEST, NOW, failure, receipt, unknown};
use super::guards::{Guard, Setting, other};
use crate::event::{Event, Verdict, Worth};
use crate::row::Row;

/// Makes the event for a row in a setting.
type Make = Box<dyn Fn(&Row, &Setting) -> Event>;

/// One form of an event, and the guards that its outcome depends on.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) event: Make,
    pub(super) guards: &'static [Guard],
}

const CLAIM: &[Guard] =
    &[Guard::Due, Guard::Deadline, Guard::Rules, Guard::Prior, Guard::Flags, Guard::Sent, Guard::Request];
const FAILED: &[Guard] = &[Guard::Fence, Guard::Prior, Guard::Rules, Guard::Deadline, Guard::Polls];
const RECEIPT: &[Guard] = &[
    Guard::Fence,
    Guard::Sent,
    Guard::Prior,
    Guard::Amounts,
    Guard::Flags,
    Guard::Deadline,
    Guard::Direction,
];
/// A status that nobody knows proves nothing where copies are replayed.
const UNDEFINED: &[Guard] = &[
    Guard::Fence,
    Guard::Rules,
    Guard::Sent,
    Guard::Prior,
    Guard::Amounts,
    Guard::Missed,
    Guard::Flags,
    Guard::Deadline,
    Guard::Direction,
    Guard::Polls,
];
const MISS: &[Guard] = &[Guard::Fence, Guard::Missed, Guard::Rules, Guard::Flags, Guard::Deadline];
const UNANSWERED: &[Guard] = &[Guard::Fence, Guard::Polls, Guard::Deadline, Guard::Flags];
const WOKEN: &[Guard] =
    &[Guard::Prior, Guard::Due, Guard::Asked, Guard::Rules, Guard::Deadline, Guard::Polls, Guard::Flags];
const DOUBTED: &[Guard] =
    &[Guard::Prior, Guard::Due, Guard::Rules, Guard::Deadline, Guard::Polls, Guard::Flags, Guard::Missed];
const DECIDED: &[Guard] = &[Guard::Request, Guard::Flags, Guard::Prior, Guard::Due, Guard::Missed];

pub(super) fn all() -> Vec<Case> {
    let mut cases = vec![
        case("Begin, with the same request", &[Guard::Flags, Guard::Request], |_, _| Event::Begin {
            digest: DIGEST,
        }),
        case("Begin, with another request under the same id", &[], |_, _| Event::Begin { digest: [0; 32] }),
        case("Release", &[Guard::Prior, Guard::Due, Guard::Deadline, Guard::Rules, Guard::Polls], |_, _| {
            Event::Release
        }),
        case("Discarded: its batch was given up before it was released", &[Guard::Prior], |_, _| {
            Event::Discarded
        }),
        case("Claim", CLAIM, |_, _| Event::Claim),
    ];
    for (said, receipt, twin) in receipts() {
        let name = format!("Ended: the attempt brought a receipt, {said}").leak();
        cases.push(case(name, guards(&receipt), move |_, setting| Event::Ended {
            fence: setting.fence(),
            ended: Ok(receipt.clone()),
            twin: twin.clone(),
        }));
    }
    for (name, outcome, advice) in [
        ("Ended: the attempt failed, outcome unknown", Outcome::Unknown, Advice::AskStatus),
        (
            "Ended: the attempt was not sent or rejected, and may be repeated",
            Outcome::Rejected,
            Advice::Repeat,
        ),
        (
            "Ended: the attempt was not sent or rejected, and something has to change",
            Outcome::Rejected,
            Advice::Change,
        ),
    ] {
        cases.push(case(name, FAILED, move |_, setting| Event::Ended {
            fence: setting.fence(),
            ended: Err(failure(outcome, advice)),
            twin: None,
        }));
    }
    cases.push(case("Dropped: the attempt was dropped before its end", FAILED, |_, setting| {
        Event::Dropped { fence: setting.fence() }
    }));
    for (said, receipt, twin) in receipts() {
        let name = format!("Told: the gateway answered a question, {said}").leak();
        cases.push(case(name, guards(&receipt), move |_, setting| {
            told(setting, Some(receipt.clone()), twin.clone())
        }));
    }
    cases.push(case("Told: the gateway does not know the order", MISS, |_, setting| {
        told(setting, None, None)
    }));
    cases.push(case("NotTold: a question was not answered", UNANSWERED, |_, setting| Event::NotTold {
        fence: setting.fence(),
        failure: unknown(),
    }));
    for (name, worth, says) in [
        ("Woken: a signed callback says that it is under way", Worth::Authentic, Some(Status::Pending)),
        ("Woken: a signed callback says that it succeeded", Worth::Authentic, Some(Status::Succeeded)),
        ("Woken: a signed callback says that it failed", Worth::Authentic, Some(Status::Failed)),
        ("Woken: an unsigned callback names it", Worth::Hint, None),
    ] {
        cases.push(case(name, WOKEN, move |_, _| Event::Woken { worth, says }));
    }
    cases.push(case("Doubted: the journal may be older than the truth", DOUBTED, |_, _| Event::Doubted));
    for verdict in Verdict::ALL {
        let name = format!("Decided by a named person: {}", verdict.as_str()).leak();
        cases.push(case(name, DECIDED, move |_, _| Event::Decided { verdict }));
    }
    cases
}

fn case(
    name: &'static str,
    guards: &'static [Guard],
    event: impl Fn(&Row, &Setting) -> Event + 'static,
) -> Case {
    Case { name, event: Box::new(event), guards }
}

fn told(setting: &Setting, said: Option<Receipt>, twin: Option<OrderId>) -> Event {
    Event::Told { fence: setting.fence(), asked_at: NOW, said, twin }
}

fn guards(receipt: &Receipt) -> &'static [Guard] {
    if receipt.status == Status::Unrecognized { UNDEFINED } else { RECEIPT }
}

/// What the gateway may say, and the other order that has the id which it states.
fn receipts() -> Vec<(&'static str, Receipt, Option<OrderId>)> {
    let mut other_order = receipt(Status::Succeeded, Some(1_000));
    other_order.order = OrderName::parse("B-1").expect("a name");
    vec![
        ("under way", receipt(Status::Pending, Some(1_000)), None),
        ("a status that nobody knows", receipt(Status::Unrecognized, None), None),
        ("succeeded, with the amount that was asked", receipt(Status::Succeeded, Some(1_000)), None),
        ("succeeded, without an amount", receipt(Status::Succeeded, None), None),
        ("succeeded, with another amount", receipt(Status::Succeeded, Some(999)), None),
        ("succeeded, under another order id", other_order, None),
        ("failed", receipt(Status::Failed, None), None),
        ("expired", receipt(Status::Expired, None), None),
        ("cancelled", receipt(Status::Cancelled, None), None),
        ("under way, with an id that another order has", receipt(Status::Pending, None), Some(other())),
        (
            "succeeded, with an id that another order has",
            receipt(Status::Succeeded, Some(1_000)),
            Some(other()),
        ),
        ("failed, with an id that another order has", receipt(Status::Failed, None), Some(other())),
    ]
}
