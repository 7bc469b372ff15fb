//! Where an order stands in the journal, for people and for programs.

use nzimbu::{Money, Operation};
use nzimbu_journal::{Entry, Flags, State};
use serde::Serialize;

use crate::lang::{Text, say};
use crate::moment;
use crate::screen;
use crate::trouble;
use crate::words;

/// What `--json` prints of an order. Nothing in it is secret or personal, unless the caller's own reference is.
#[derive(Debug, Serialize)]
pub(crate) struct Record<'a> {
    gateway: &'a str,
    operation: Operation,
    order: &'a str,
    reference: Option<&'a str>,
    state: &'static str,
    #[serde(rename = "final")]
    is_final: bool,
    flags: Vec<&'static str>,
    needs_people: bool,
    paid: &'static str,
    amount: Money,
    attempts: u32,
    gateway_reference: Option<&'a str>,
    /// Another order that the gateway gave the same id.
    #[serde(skip_serializing_if = "Option::is_none")]
    shared_with: Option<&'a str>,
    word: Option<&'a str>,
    batch: Option<i64>,
    replaces: Option<&'a str>,
    /// The key that its request is encrypted with, and that was not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    locked_by: Option<&'a str>,
    /// Milliseconds since 1970.
    due_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

pub(crate) fn record(entry: &Entry) -> Record<'_> {
    Record {
        gateway: &entry.gateway,
        operation: entry.operation,
        order: entry.order.as_str(),
        reference: entry.reference.as_deref(),
        state: entry.state.as_str(),
        is_final: entry.state.is_final(),
        flags: entry.flags.names().collect(),
        needs_people: entry.needs_people(),
        paid: words::paid(entry.paid()),
        amount: entry.amount,
        attempts: entry.attempts,
        gateway_reference: entry.gateway_ref.as_ref().map(|reference| reference.as_str()),
        shared_with: entry.shared_with.as_ref().map(|order| order.as_str()),
        word: entry.word.as_deref(),
        batch: entry.batch,
        replaces: entry.replaces.as_ref().map(|order| order.as_str()),
        locked_by: entry.locked_by.as_deref(),
        due_at: entry.due_at.map(|due| due.millis),
        created_at: entry.created_at.millis,
        updated_at: entry.updated_at.millis,
    }
}

/// The same for people.
pub(crate) fn facts(entry: &Entry) -> Vec<(Text, String)> {
    let mut facts = vec![
        (say!("order", "commande"), entry.order.as_str().to_owned()),
        (say!("gateway", "passerelle"), entry.gateway.to_string()),
        (say!("direction", "sens"), words::operation(entry.operation).into()),
    ];
    let mut add = |name, value: Option<String>| facts.extend(value.map(|value| (name, value)));
    add(say!("reference", "référence"), entry.reference.as_deref().map(str::to_owned));
    add(say!("amount", "montant"), Some(entry.amount.to_string()));
    add(say!("state", "état"), Some(state(entry)));
    add(say!("gateway's word", "mot de la passerelle"), entry.word.as_deref().map(str::to_owned));
    add(
        say!("gateway's id", "id de la passerelle"),
        entry.gateway_ref.as_ref().map(|reference| reference.as_str().to_owned()),
    );
    add(
        say!("the gateway's id is that of", "l'id de la passerelle est celui de"),
        entry.shared_with.as_ref().map(|order| order.as_str().to_owned()),
    );
    add(
        say!("encrypted with the key", "chiffrée avec la clé"),
        entry.locked_by.as_deref().map(str::to_owned),
    );
    add(say!("sent", "envois"), Some(times(entry.attempts).into()));
    add(say!("batch", "lot"), entry.batch.map(|batch| batch.to_string()));
    add(say!("replaces", "remplace"), entry.replaces.as_ref().map(|order| order.as_str().to_owned()));
    add(say!("written down", "inscrite"), Some(moment::utc(entry.created_at)));
    add(say!("last change", "dernier changement"), Some(moment::utc(entry.updated_at)));
    add(say!("next look", "prochain examen"), entry.due_at.map(moment::utc));
    facts
}

/// The state with what stands beside it.
pub(crate) fn state(entry: &Entry) -> String {
    let state = words::state(entry.state);
    if entry.flags == Flags::NONE {
        return state.to_string();
    }
    format!("{state} ({})", words::flags(entry.flags))
}

fn times(count: u32) -> Text {
    match count {
        0 => say!("never", "jamais"),
        1 => say!("once", "une fois"),
        _ => say!("{count} times", "{count} fois"),
    }
}

/// What has to be done about it, and by whom.
pub(crate) fn next(entry: &Entry) -> Text {
    let order = entry.order.as_str();
    if let Some(other) = &entry.shared_with {
        return say!(
            "the gateway gave it the id of the order {other}, and one transaction pays one order: ask the gateway which of \
             the two it is, then decide with `nzimbu resolve {order} --verdict … --person … --reason …`",
            "la passerelle lui a donné l'id de la commande {other}, et une transaction ne paie qu'une commande : demandez à \
             la passerelle laquelle des deux c'est, puis décidez avec `nzimbu resolve {order} --verdict … --person … \
             --reason …`",
        );
    }
    if entry.needs_people() {
        return say!(
            "no machine can go on: look it up in the gateway's back-office, then decide with `nzimbu resolve {order} \
             --verdict … --person … --reason …`",
            "aucune machine ne peut continuer : cherchez-la dans l'espace marchand de la passerelle, puis décidez avec \
             `nzimbu resolve {order} --verdict … --person … --reason …`",
        );
    }
    if let (Some(key), State::Planned | State::Ready) = (&entry.locked_by, entry.state) {
        return say!(
            "it is encrypted with the key {key}, which the profile does not have, and cannot be sent without: put that key \
             behind the others in `encryption_keys` of the section `journal`",
            "elle est chiffrée avec la clé {key}, que le profil n'a pas, et ne peut être envoyée sans elle : ajoutez cette \
             clé après les autres dans `encryption_keys` de la section `journal`",
        );
    }
    match entry.state {
        State::Planned => say!(
            "nothing is sent before its batch is released",
            "rien n'est envoyé avant que son lot ne soit libéré",
        ),
        State::Ready => say!(
            "it is sent by `nzimbu reconcile`; to give it up: `nzimbu resolve {order} --verdict cancelled …`",
            "elle est envoyée par `nzimbu reconcile` ; pour l'abandonner : `nzimbu resolve {order} --verdict cancelled …`",
        ),
        State::Sending | State::Unknown => say!(
            "money may have moved: `nzimbu reconcile` asks the gateway; never send it again under another id",
            "l'argent a pu bouger : `nzimbu reconcile` interroge la passerelle ; ne la renvoyez jamais sous un autre \
             identifiant",
        ),
        State::Accepted => say!(
            "the gateway has it: `nzimbu reconcile` asks where it stands",
            "la passerelle l'a : `nzimbu reconcile` demande où elle en est",
        ),
        State::Succeeded if entry.flags.has(Flags::AMOUNT_UNCONFIRMED) => say!(
            "it is paid, and the gateway does not state amounts: the amount is the one that was asked",
            "elle est payée, et la passerelle n'indique pas de montant : c'est celui qui était demandé",
        ),
        State::Succeeded => {
            say!("it is paid: there is nothing to do", "elle est payée : il n'y a rien à faire")
        }
        State::Failed | State::Expired | State::Cancelled | State::Rejected => say!(
            "it ended, and no money moved; a new attempt is a new order with an id of its own",
            "elle est terminée, sans que l'argent ait bougé ; un nouvel essai est une nouvelle commande avec son propre \
             identifiant",
        ),
    }
}

/// The exit status of a command that gave the order: whether the gateway has taken it.
pub(crate) fn exit_of_order(entry: &Entry) -> u8 {
    match entry.state {
        _ if entry.needs_people() => trouble::UNKNOWN,
        State::Accepted | State::Succeeded => 0,
        State::Sending | State::Unknown => trouble::UNKNOWN,
        State::Planned | State::Ready => trouble::REFUSED,
        State::Failed | State::Expired | State::Cancelled | State::Rejected => trouble::REFUSED,
    }
}

/// Orders under each other.
pub(crate) fn table(entries: &[&Entry]) -> String {
    let head = [
        say!("order", "commande"),
        say!("reference", "référence"),
        say!("gateway", "passerelle"),
        say!("direction", "sens"),
        say!("amount", "montant"),
        say!("state", "état"),
        say!("changed (UTC)", "changée (UTC)"),
    ];
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| {
            vec![
                entry.order.as_str().to_owned(),
                entry.reference.as_deref().unwrap_or_default().to_owned(),
                entry.gateway.to_string(),
                words::operation(entry.operation).into(),
                entry.amount.to_string(),
                state(entry),
                moment::plain(entry.updated_at),
            ]
        })
        .collect();
    // The direction, the reference and the time are in `journal show`.
    screen::table_sparing(&head, &rows, &[6, 3, 1])
}
