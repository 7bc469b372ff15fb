//! What verifying found is noted, and a named person takes the journal as it stands.

use serde::Serialize;

use super::{is_news, trace};
use crate::chain::{Record, before, mark};
use crate::detail::hex;
use crate::machine::Refusal;
use crate::state::Flags;
use crate::store::{Stop, StoreError, Tx};

/// The name under which it is remembered what verifying found; empty for nothing, or nothing that was not accepted.
pub(crate) const DAMAGE: &str = "damage";

/// Why nothing may be sent.
pub(crate) fn stopped(tx: &mut dyn Tx) -> Result<Option<Refusal>, StoreError> {
    Ok(tx.stop()?.map(|stop| match stop {
        Stop::Damage => Refusal::Damaged,
        Stop::Doubt => Refusal::Doubted,
    }))
}

/// What verifying found and nobody has accepted.
pub(crate) fn damaged(tx: &mut dyn Tx) -> Result<Option<String>, StoreError> {
    Ok(tx.meta(DAMAGE)?.filter(|told| !told.is_empty()))
}

/// The name under which it is remembered that an event was accepted as it stands.
pub(crate) fn accepted(event: i64) -> String {
    format!("accepted {event}")
}

/// Who accepts, and why.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) reason: String,
}

/// Takes events of one order as they stand, and the order itself. The history goes on behind a new event, the anchor,
/// which says what was accepted, by whom and why. Returns whether there is such an order.
pub(crate) fn accept(
    tx: &mut dyn Tx,
    order: i64,
    events: &[i64],
    person: &Person,
    now: nzimbu_core::UnixTime,
) -> Result<bool, StoreError> {
    let mut broken = Vec::with_capacity(events.len());
    for id in events {
        let Some(record) = tx.event(*id)? else { continue };
        let mark = mark(&record, before(tx, &record)?.as_ref());
        tx.set_meta(&accepted(*id), &mark)?;
        broken.push((*id, mark));
    }
    let Some((row, whole)) = tx.altered(order)? else { return Ok(false) };
    if !row.has_own_key() && !row.is_discarded() {
        // Under its own name it would not be found, and could be begun a second time.
        let told = format!("order number {order} is filed under another order's name");
        return Err(StoreError::Corrupt(told));
    }
    let mut after = row.clone();
    if !whole {
        // Nobody knows which of its columns is the altered one: a person decides about it, and until then it is neither
        // sent nor paid.
        after.flags = after.flags.with(Flags::CONFLICT.with(Flags::NEEDS_REVIEW));
        after.due_at = None;
    }
    after.updated_at = now;
    let anchor = Anchor {
        event: "accepted",
        person: &person.name,
        reason: &person.reason,
        from: hex(&row.head),
        broken,
        amount: row.amount.to_string(),
        digest: hex(&row.digest),
    };
    let body = serde_json::to_string(&anchor).expect("anchors have text keys and no floats");
    let id = tx.next_id()?;
    let record = Record::next(&mut after, id, body.into_boxed_str());
    tx.append(&record)?;
    trace::moved(Some(&row), &after, "accepted");
    if is_news(&row, &after) {
        tx.publish(id)?;
    }
    tx.update(&after)?;
    if !whole && after.request.is_none() {
        tx.forget(order)?;
    }
    Ok(true)
}

/// The body of the event from which a damaged history goes on.
#[derive(Serialize)]
struct Anchor<'a> {
    event: &'static str,
    person: &'a str,
    reason: &'a str,
    /// The hash that it goes on from, whatever stands before it.
    from: String,
    /// The events that were accepted, each with what it was like.
    broken: Vec<(i64, String)>,
    amount: String,
    digest: String,
}
