//! The events of an order, in words.

use nzimbu::{Status, UnixTime};
use nzimbu_journal::{Entry, Flags, HistoryEvent, Journal, State};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::lang::{Text, say};
use crate::moment;
use crate::screen;
use crate::trouble::Trouble;
use crate::words;

/// One event.
#[derive(Debug)]
pub(crate) struct Step {
    at: UnixTime,
    state: State,
    flags: Flags,
    told: Text,
    id: i64,
    body: Box<RawValue>,
    hash: String,
}

/// What `--json` prints of an event.
#[derive(Debug, Serialize)]
pub(crate) struct Record<'a> {
    id: i64,
    /// Milliseconds since 1970.
    at: i64,
    state: &'static str,
    flags: Vec<&'static str>,
    event: &'a RawValue,
    hash: &'a str,
}

/// What the journal writes into an event.
#[derive(Debug, Default, Deserialize)]
struct Body {
    #[serde(default)]
    event: String,
    status: Option<String>,
    word: Option<String>,
    shared_with: Option<String>,
    amount: Option<String>,
    outcome: Option<String>,
    kind: Option<String>,
    code: Option<String>,
    worth: Option<String>,
    verdict: Option<String>,
    person: Option<String>,
    reason: Option<String>,
    request: Option<Asked>,
    #[serde(default)]
    late: bool,
}

#[derive(Debug, Deserialize)]
struct Asked {
    operator: Option<String>,
    phone: Option<String>,
}

/// The history of an order, the oldest event first.
pub(crate) fn history(journal: &Journal, entry: &Entry) -> Result<Vec<Step>, Trouble> {
    let events = journal.history(&entry.gateway, entry.operation, &entry.order).wait();
    let events = events.map_err(|error| Trouble::journal(&error))?.unwrap_or_default();
    Ok(events.into_iter().map(Step::from).collect())
}

impl Step {
    pub(crate) fn record(&self) -> Record<'_> {
        Record {
            id: self.id,
            at: self.at.millis,
            state: self.state.as_str(),
            flags: self.flags.names().collect(),
            event: &self.body,
            hash: &self.hash,
        }
    }

    pub(crate) fn table(steps: &[Self]) -> String {
        let head = [
            say!("when (UTC)", "quand (UTC)"),
            say!("what happened", "ce qui s'est passé"),
            say!("state after it", "état après"),
        ];
        let rows: Vec<_> = steps
            .iter()
            .map(|step| {
                let state = words::state(step.state).to_string();
                let state = match step.flags {
                    Flags::NONE => state,
                    flags => format!("{state} ({})", words::flags(flags)),
                };
                vec![moment::plain(step.at), step.told.to_string(), state]
            })
            .collect();
        screen::table(&head, &rows)
    }
}

impl From<HistoryEvent> for Step {
    fn from(event: HistoryEvent) -> Self {
        let body: Body = serde_json::from_str(&event.body).unwrap_or_default();
        let whole = RawValue::from_string(event.body.to_string());
        Self {
            at: event.at,
            state: event.state,
            flags: event.flags,
            told: body.told(event.state),
            id: event.id,
            // Whoever altered it has to see that as well.
            body: whole.unwrap_or_else(|_| RawValue::NULL.to_owned()),
            hash: event.hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

impl Body {
    fn told(&self, state: State) -> Text {
        match &*self.event {
            "planned" => self.planned(),
            "begin" | "claim" if state == State::Sending => {
                say!("about to be sent", "sur le point d'être envoyée")
            }
            "begin" | "claim" => {
                say!("looked at again, since its process ended", "reprise, car son processus s'est arrêté")
            }
            "release" => say!("released with its batch", "libérée avec son lot"),
            "ended" => {
                let told = self.answer();
                if self.late {
                    let (en, fr) = (told.english(), told.french());
                    return Text::new(format!("late answer: {en}"), format!("réponse tardive : {fr}"));
                }
                told
            }
            "dropped" => say!("the sending was given up half-way", "l'envoi a été abandonné en cours"),
            "told" => {
                let told = self.answer();
                let (en, fr) = (told.english(), told.french());
                Text::new(format!("asked; {en}"), format!("interrogée ; {fr}"))
            }
            "not_told" => {
                let why = self.failure();
                say!("asked in vain: {why}", "interrogée en vain : {why}")
            }
            "woken" => self.callback(),
            "doubted" => say!(
                "doubted, since the journal may be older than the truth",
                "mise en doute, car le journal peut être plus ancien que la vérité",
            ),
            "accepted" => {
                let unnamed = String::new();
                let person = self.person.as_ref().unwrap_or(&unnamed);
                let reason = self.reason.as_ref().unwrap_or(&unnamed);
                say!(
                    "{person} accepted that it was altered from outside: {reason}",
                    "{person} a accepté qu'elle ait été modifiée du dehors : {reason}",
                )
            }
            "decided" => {
                let unnamed = String::new();
                let (verdict, person, reason) = (
                    self.verdict.as_ref().unwrap_or(&unnamed),
                    self.person.as_ref().unwrap_or(&unnamed),
                    self.reason.as_ref().unwrap_or(&unnamed),
                );
                say!("{person} decided {verdict}: {reason}", "{person} a décidé {verdict} : {reason}")
            }
            other => Text::same(other),
        }
    }

    fn planned(&self) -> Text {
        let amount = self.amount.as_deref().unwrap_or_default();
        let asked = self.request.as_ref();
        let parts = asked.into_iter().flat_map(|asked| [asked.operator.as_deref(), asked.phone.as_deref()]);
        let whom = parts.flatten().collect::<Vec<_>>().join(" ");
        if whom.is_empty() {
            return say!("written down: {amount}", "inscrite : {amount}");
        }
        say!("written down: {amount}, {whom}", "inscrite : {amount}, {whom}")
    }

    fn answer(&self) -> Text {
        let Some(status) = self.status.as_deref() else {
            let why = self.failure();
            return match self.outcome.as_deref() {
                Some("unknown") => say!("the outcome is not known: {why}", "issue inconnue : {why}"),
                Some("rejected") => {
                    say!("the gateway refused it: {why}", "la passerelle l'a refusée : {why}")
                }
                _ => say!("it was not sent: {why}", "elle n'a pas été envoyée : {why}"),
            };
        };
        if status == "not_known" {
            return say!("the gateway does not know it", "la passerelle ne la connaît pas");
        }
        let word = self.word.as_ref().map_or_else(String::new, |word| format!(" ({word})"));
        let amount = self.amount.as_ref().map_or_else(String::new, |amount| format!(", {amount}"));
        let french = french(status);
        let (shared, partage) = match &self.shared_with {
            Some(other) => (
                format!(", under the id of the order {other}"),
                format!(", sous l'id de la commande {other}"),
            ),
            None => Default::default(),
        };
        Text::new(
            format!("the gateway says {status}{word}{amount}{shared}"),
            format!("la passerelle dit {french}{word}{amount}{partage}"),
        )
    }

    /// Why it failed, by the name of its kind and the gateway's code.
    fn failure(&self) -> String {
        let kind = self.kind.as_deref().unwrap_or_default();
        match &self.code {
            Some(code) => format!("{kind} ({code})"),
            None => kind.to_owned(),
        }
    }

    fn callback(&self) -> Text {
        let proven = self.worth.as_deref() == Some("authentic");
        match (&self.status, proven) {
            (Some(status), true) => {
                let french = french(status);
                Text::new(
                    format!("a signed callback says {status}"),
                    format!("une notification signée dit {french}"),
                )
            }
            (None, true) => say!("a signed callback came", "une notification signée est venue"),
            (_, false) => say!("an unsigned callback came", "une notification non signée est venue"),
        }
    }
}

/// A status as the history has it, in French.
fn french(status: &str) -> String {
    let known = [
        Status::Cancelled,
        Status::Expired,
        Status::Failed,
        Status::Pending,
        Status::Succeeded,
        Status::Unrecognized,
    ];
    let known = known.into_iter().find(|known| known.as_str() == status);
    known.map_or_else(|| status.to_owned(), |status| words::status(status).french().to_owned())
}
