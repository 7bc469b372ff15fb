//! The commands of the journal, each a few statements around one decision; written once for every store.

mod damage;

use std::time::Duration;

use nzimbu_core::{Capabilities, Operation, UnixTime};

use crate::chain::Record;
use crate::detail::Detail;
use crate::event::{Event, Verdict, Worth};
use crate::intent::{Intent, Past};
use crate::machine::{Change, Next, Refusal, decide};
use crate::row::{Key, Row};
use crate::rules::{Rules, Timing};
use crate::state::State;
use crate::store::{Due, Kind, Received, StoreError, Tx};
use crate::trace;

pub(crate) use self::damage::{DAMAGE, Person, accept, accepted, damaged, stopped};

/// The name under which it is remembered why the journal may be older than the truth; empty for no doubt.
pub(crate) const DOUBT: &str = "doubt";

/// What a command brought; a refusal wrote nothing.
pub(crate) type Applied<T> = Result<Result<T, Refusal>, StoreError>;

/// Writes an intent down and takes hold of it, or finds what became of it.
pub(crate) fn begin(tx: &mut dyn Tx, intent: &Intent, now: UnixTime) -> Applied<(Row, Next)> {
    let mut row = Row::planned(intent, now);
    let event = Event::Begin { digest: row.digest };
    let known = tx.find(&row.key)?;
    // Only what may be sent now is held back; where everything else stands can be told.
    if known.as_ref().is_none_or(|known| known.state == State::Ready)
        && let Some(refusal) = stopped(tx)?
    {
        return Ok(Err(refusal));
    }
    if let Some(known) = known {
        return change(tx, known, &event, &intent.rules, now);
    }
    // A new row is ready for this very attempt; both are one event.
    row.state = State::Ready;
    let first = match intent.past {
        Past::Nothing => &event,
        Past::Unknown => &Event::Doubted,
    };
    let Ok(Change { row, next, .. }) = decide(&row, first, &intent.rules, now) else {
        return Ok(Err(Refusal::KeyReuse));
    };
    match add(tx, vec![(row, intent)])?.pop() {
        Some((row, true)) => Ok(Ok((row, next))),
        // Another transaction was first; what it wrote can be read now.
        _ => match tx.find(&Key::of(intent.gateway.as_str(), intent.operation(), intent.order().as_str()))? {
            Some(known) => change(tx, known, &event, &intent.rules, now),
            None => Err(StoreError::Busy("the order was being written by another process".to_owned())),
        },
    }
}

/// What became of one intent of a batch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Planned {
    /// It is written down.
    New,
    /// The same request was written down before.
    Known(State),
    /// The order id is taken by another request.
    KeyReuse,
}

/// Writes intents down without sending them.
pub(crate) fn plan(
    tx: &mut dyn Tx,
    intents: &[Intent],
    batch: Option<i64>,
    now: UnixTime,
) -> Result<Vec<Planned>, StoreError> {
    let rows = intents.iter().map(|intent| {
        let mut row = Row::planned(intent, now);
        row.batch = batch;
        (row, intent)
    });
    let added = add(tx, rows.collect())?;
    let mut planned = Vec::with_capacity(added.len());
    for (row, new) in added {
        planned.push(match new {
            true => Planned::New,
            false => match tx.find(&row.key)? {
                Some(known) if known.digest == row.digest => Planned::Known(known.state),
                _ => Planned::KeyReuse,
            },
        });
    }
    Ok(planned)
}

/// Adds rows with the first event of each; says for each whether its key was free.
fn add(tx: &mut dyn Tx, rows: Vec<(Row, &Intent)>) -> Result<Vec<(Row, bool)>, StoreError> {
    let mut pairs = Vec::with_capacity(rows.len());
    for (mut row, intent) in rows {
        let id = tx.next_id()?;
        row.id = id;
        let body = Detail::first(&row, intent.request.shown()).to_json();
        let record = Record::next(&mut row, id, body);
        pairs.push((row, record));
    }
    let added = tx.insert(&pairs)?;
    for ((row, _), _) in pairs.iter().zip(&added).filter(|(_, new)| **new) {
        trace::moved(None, row, "planned");
    }
    Ok(pairs.into_iter().zip(added).map(|((row, _), new)| (row, new)).collect())
}

/// Releases up to `most` planned rows of a batch behind an id; returns the last that was looked at.
pub(crate) fn release(
    tx: &mut dyn Tx,
    batch: i64,
    rules: impl Fn(&Row) -> Option<Rules>,
    after: i64,
    most: usize,
    now: UnixTime,
) -> Result<Option<i64>, StoreError> {
    let query = crate::store::List {
        states: vec![State::Planned],
        batch: Some(batch),
        ..crate::store::List::default()
    };
    let rows = tx.list(&query, after, most)?;
    let last = rows.last().map(|row| row.id);
    for row in rows {
        // Read again under a lock: another process may be releasing or discarding the same batch, and a name that a
        // discarded row gave up may be that of another batch's row by now.
        let Some(row) = tx.find(&row.key)?.filter(|row| row.batch == Some(batch)) else { continue };
        if let Some(rules) = rules(&row) {
            // A release refuses nothing.
            let _ = change(tx, row, &Event::Release, &rules, now)?;
        }
    }
    Ok(last)
}

/// Gives up to `most` planned rows of a batch up behind an id, so that their order ids are free again; returns the last
/// that was looked at.
pub(crate) fn discard(
    tx: &mut dyn Tx,
    batch: i64,
    person: &str,
    reason: &str,
    after: i64,
    most: usize,
    now: UnixTime,
) -> Result<Option<i64>, StoreError> {
    // Nothing was sent, so that it makes no difference to whom.
    let rules = Rules::new(&Capabilities::NONE, Timing::default());
    let query = crate::store::List {
        states: vec![State::Planned],
        batch: Some(batch),
        ..crate::store::List::default()
    };
    let rows = tx.list(&query, after, most)?;
    let last = rows.last().map(|row| row.id);
    for row in rows {
        let Some(row) = tx.find(&row.key)?.filter(|row| row.batch == Some(batch)) else { continue };
        let detail = Detail::of(&Event::Discarded, &row).by(person, reason).to_json();
        // It is refused by no rule.
        let _ = write(tx, row, &Event::Discarded, &rules, now, Some(detail))?;
    }
    Ok(last)
}

/// What a worker got hold of.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) row: Row,
    pub(crate) next: Next,
}

/// Takes hold of rows that are due.
pub(crate) fn claim(tx: &mut dyn Tx, query: &Due<'_>, rules: &Rules, now: UnixTime) -> Applied<Vec<Claimed>> {
    let mut claimed = Vec::new();
    let mut due = tx.due(query, now)?;
    if !due.is_empty()
        && let Some(refusal) = stopped(tx)?
    {
        // Where nobody can be asked, even a question is a copy that is sent. Where somebody can, damage is no reason to
        // leave open what the gateway knows.
        let may_ask = refusal == Refusal::Damaged && rules.can_ask && query.kind != Kind::Send;
        if may_ask && query.kind == Kind::Any {
            due = tx.due(&Due { kind: Kind::Ask, ..*query }, now)?;
        }
        if !may_ask || due.is_empty() {
            return Ok(Err(refusal));
        }
    }
    let mut locked = take_hold(tx, due, rules, now, &mut claimed)?;
    if claimed.is_empty() && locked && query.kind == Kind::Any {
        // What cannot be sent is no reason not to ask.
        let due = tx.due(&Due { kind: Kind::Ask, ..*query }, now)?;
        locked |= take_hold(tx, due, rules, now, &mut claimed)?;
    }
    if claimed.is_empty() && locked {
        return Ok(Err(Refusal::Locked));
    }
    Ok(Ok(claimed))
}

/// Takes hold of these rows, but of none that would be sent and whose key was not given; says whether there was one.
fn take_hold(
    tx: &mut dyn Tx,
    due: Vec<Row>,
    rules: &Rules,
    now: UnixTime,
    claimed: &mut Vec<Claimed>,
) -> Result<bool, StoreError> {
    let mut locked = false;
    for row in due {
        let sends =
            |row: &Row| decide(row, &Event::Claim, rules, now).is_ok_and(|change| change.next == Next::Send);
        if row.locked_by().is_some() && sends(&row) {
            locked = true;
            continue;
        }
        if let Ok((row, next)) = change(tx, row, &Event::Claim, rules, now)?
            && next != Next::Nothing
        {
            claimed.push(Claimed { row, next });
        }
    }
    Ok(locked)
}

/// Why the journal may be older than the truth, as long as that was not followed up.
pub(crate) fn doubted(tx: &mut dyn Tx) -> Result<Option<String>, StoreError> {
    Ok(tx.meta(DOUBT)?.filter(|doubt| !doubt.is_empty()))
}

/// Applies an event to the row of a key.
pub(crate) fn happen(
    tx: &mut dyn Tx,
    key: &Key,
    event: &Event,
    rules: &Rules,
    now: UnixTime,
) -> Applied<Option<Row>> {
    let Some(row) = tx.find(key)? else { return Ok(Ok(None)) };
    // The store knows the fact, the machine says what follows from it.
    let twin = match event.brings(&row) {
        Some(reference) => tx.twin(&row, reference)?,
        None => None,
    };
    let changed = match twin {
        Some(other) => change(tx, row, &event.clone().with_twin(other), rules, now)?,
        None => change(tx, row, event, rules, now)?,
    };
    Ok(changed.map(|(row, _)| Some(row)))
}

/// What became of a callback.
#[derive(Clone, Debug)]
pub(crate) enum Noted {
    /// The order is asked for soon.
    Woke(Box<Row>),
    /// It was here before.
    Replay,
    /// It speaks of no order of this journal.
    Stray,
}

/// Notes a callback once, and has the order asked for.
pub(crate) fn receive(
    tx: &mut dyn Tx,
    callback: &Received,
    worth: Worth,
    says: Option<nzimbu_core::Status>,
    rules: &Rules,
    now: UnixTime,
) -> Result<Noted, StoreError> {
    let row = match &callback.key {
        Some(key) => tx.find(key)?,
        None => None,
    };
    match row {
        // Anybody can make hints about orders that do not exist, without end: they leave no trace.
        None if worth == Worth::Hint => Ok(Noted::Stray),
        None => {
            let new = tx.receive(callback)?;
            Ok(if new { Noted::Stray } else { Noted::Replay })
        }
        Some(row) => {
            let callback = Received { stray: None, ..callback.clone() };
            if worth == Worth::Authentic && !tx.receive(&callback)? {
                return Ok(Noted::Replay);
            }
            let event = Event::Woken { worth, says };
            Ok(match change(tx, row.clone(), &event, rules, now)? {
                Ok((row, _)) => Noted::Woke(Box::new(row)),
                // A callback is refused by no rule; were it, it would have changed nothing.
                Err(_) => Noted::Woke(Box::new(row)),
            })
        }
    }
}

/// Carries out a named person's decision.
pub(crate) fn decided(
    tx: &mut dyn Tx,
    key: &Key,
    verdict: Verdict,
    person: &str,
    reason: &str,
    rules: &Rules,
    now: UnixTime,
) -> Applied<Option<Row>> {
    let Some(row) = tx.find(key)? else { return Ok(Ok(None)) };
    let event = Event::Decided { verdict };
    let detail = Detail::of(&event, &row).by(person, reason).to_json();
    let changed = write(tx, row, &event, rules, now, Some(detail))?;
    Ok(changed.map(|(row, _)| Some(row)))
}

/// Doubts up to `most` rows behind an id: those that have not ended, and those that ended since `since`. Returns the
/// last that was looked at.
pub(crate) fn doubt(
    tx: &mut dyn Tx,
    since: UnixTime,
    rules: impl Fn(&str, Operation) -> Option<Rules>,
    after: i64,
    most: usize,
    now: UnixTime,
) -> Result<Option<i64>, StoreError> {
    let rows = tx.list(&crate::store::List::default(), after, most)?;
    let last = rows.last().map(|row| row.id);
    for row in rows {
        if row.state.is_final() && row.updated_at < since {
            continue;
        }
        let Some(row) = tx.find(&row.key)? else { continue };
        if let Some(rules) = rules(&row.gateway, row.operation) {
            // Doubt refuses nothing.
            let _ = change(tx, row, &Event::Doubted, &rules, now)?;
        }
    }
    Ok(last)
}

/// Applies an event and writes what follows.
fn change(tx: &mut dyn Tx, row: Row, event: &Event, rules: &Rules, now: UnixTime) -> Applied<(Row, Next)> {
    write(tx, row, event, rules, now, None)
}

fn write(
    tx: &mut dyn Tx,
    before: Row,
    event: &Event,
    rules: &Rules,
    now: UnixTime,
    detail: Option<Box<str>>,
) -> Applied<(Row, Next)> {
    let Change { mut row, next, remember } = match decide(&before, event, rules, now) {
        Ok(change) => change,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if !remember {
        row.updated_at = before.updated_at;
        if row == before {
            return Ok(Ok((row, next)));
        }
    } else {
        let id = tx.next_id()?;
        let body = detail.unwrap_or_else(|| Detail::of(event, &before).to_json());
        let record = Record::next(&mut row, id, body);
        tx.append(&record)?;
        trace::moved(Some(&before), &row, event.as_str());
        // Of a plan that was given up the application has never heard.
        if is_news(&before, &row) && !matches!(event, Event::Discarded) {
            tx.publish(id)?;
        }
    }
    tx.update(&row)?;
    if row.key != before.key {
        tx.rename(&before.key, &row)?;
    }
    if before.request.is_some() && row.request.is_none() {
        tx.forget(row.id)?;
    }
    Ok(Ok((row, next)))
}

/// Whether the application should hear of it: every change of state or flags that it did not bring about by asking
/// for the order to be sent.
fn is_news(before: &Row, after: &Row) -> bool {
    let sending = matches!(after.state, State::Planned | State::Ready | State::Sending);
    before.flags != after.flags || before.state != after.state && !sending
}

/// The earliest time at which one of these is due, and how long that is from now.
pub(crate) fn pause(
    tx: &mut dyn Tx,
    served: &[(&str, Operation)],
    now: UnixTime,
    most: Duration,
) -> Result<Duration, StoreError> {
    let mut pause = most;
    for (gateway, operation) in served {
        let query = Due { gateway, operation: *operation, kind: Kind::Any, batch: None, most: 1 };
        if let Some(due) = tx.next_due(&query)? {
            pause = pause.min(due.since(now));
        }
    }
    Ok(pause)
}
