//! What is seen of callbacks and changes as they come: plain lines, or a JSON object each. No phone, no name, no path.

use std::net::SocketAddr;
use std::time::Duration;

use nzimbu::Callbacks;
use nzimbu_axum::{Noted, Refusal};
use nzimbu_journal::{Cashier, Desk, Notice, Seen};
use serde::Serialize;

use crate::commands::standing;
use crate::lang::{Text, say};
use crate::moment;
use crate::output::{self, Style};
use crate::screen;
use crate::words;

#[derive(Clone, Copy)]
pub(super) struct Show(Style);

/// Why a change was not passed on.
pub(super) enum Undelivered {
    Status(u16),
    Unreached(String),
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event<'a> {
    Listening {
        address: SocketAddr,
        gateways: Vec<&'static str>,
        forwards: bool,
    },
    Callback {
        gateway: Option<&'static str>,
        /// `noted`, `replay`, `stray`, `ping` or `refused`.
        seen: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        order: Option<Box<standing::Record<'a>>>,
    },
    Forwarded {
        id: &'a str,
        order: &'a str,
        state: &'static str,
        status: u16,
    },
    NotForwarded {
        id: &'a str,
        order: &'a str,
        state: &'static str,
        status: Option<u16>,
        again_in_seconds: u64,
    },
    Journal {
        message: &'a str,
    },
    Stopping,
}

impl Show {
    pub(super) fn new(style: Style) -> Self {
        Self(style)
    }

    pub(super) fn listening(self, address: SocketAddr, cashier: &Cashier, secret: bool, forwards: bool) {
        let called_by = |desk: &Desk| {
            let provider = cashier.provider(desk.gateway())?;
            // Whoever never calls back has no address here.
            let calls = provider.capabilities(desk.operation()).callbacks != Callbacks::None;
            calls.then(|| provider.id().as_str())
        };
        let mut gateways: Vec<_> = cashier.desks().iter().filter_map(called_by).collect();
        gateways.dedup();
        let before = if secret { "/…" } else { "" };
        let paths = gateways.iter().map(|name| format!("{before}/{name}")).collect::<Vec<_>>().join(", ");
        let told = match forwards {
            true => say!(
                "listening on {address} for callbacks at {paths}; changes are passed on",
                "à l'écoute sur {address} des notifications à {paths} ; les changements sont transmis",
            ),
            false => say!(
                "listening on {address} for callbacks at {paths}; changes are passed on to nobody",
                "à l'écoute sur {address} des notifications à {paths} ; les changements ne sont transmis à personne",
            ),
        };
        let told = Text::new(screen::wrapped(told.english(), 0), screen::wrapped(told.french(), 0));
        self.tell(&Event::Listening { address, gateways, forwards }, &told);
    }

    pub(super) fn callback(self, noted: &Noted) {
        let gateway = noted.gateway.as_str();
        let (seen, told, entry) = match &noted.seen {
            Seen::Ping => ("ping", say!("ping", "ping"), None),
            Seen::Noted(entry) => {
                let (order, amount, state) = (entry.order.as_str(), entry.amount, words::state(entry.state));
                let operation = words::operation(entry.operation);
                let told = Text::new(
                    format!("callback of {order} ({} {amount}, {})", operation.english(), state.english()),
                    format!("notification de {order} ({} {amount}, {})", operation.french(), state.french()),
                );
                ("noted", told, Some(&**entry))
            }
            Seen::Replay => ("replay", say!("callback that came before", "notification déjà reçue"), None),
            _ => ("stray", say!("callback of no order here", "notification d'aucune commande d'ici"), None),
        };
        let order = entry.map(|entry| Box::new(standing::record(entry)));
        let event = Event::Callback { gateway: Some(gateway), seen, reason: None, order };
        self.tell(&event, &stamped(gateway, &told));
    }

    pub(super) fn refused(self, gateway: Option<&'static str>, refusal: &Refusal) {
        let reason = refusal.as_str();
        let event = Event::Callback { gateway, seen: "refused", reason: Some(reason), order: None };
        self.tell(&event, &stamped(gateway.unwrap_or("-"), &say!("refused: {reason}", "refusée : {reason}")));
    }

    pub(super) fn forwarded(self, id: &str, notice: &Notice, status: u16) {
        let (order, state) = (notice.entry.order.as_str(), notice.state);
        let word = words::state(state);
        let (en, fr) = (word.english(), word.french());
        let told = Text::new(
            format!("{order} {en}: passed on ({status})"),
            format!("{order} {fr} : transmis ({status})"),
        );
        let event = Event::Forwarded { id, order, state: state.as_str(), status };
        self.tell(&event, &stamped(&notice.entry.gateway, &told));
    }

    pub(super) fn not_forwarded(self, id: &str, notice: &Notice, why: Undelivered, pause: Duration) {
        let (order, state) = (notice.entry.order.as_str(), notice.state);
        let word = words::state(state);
        let (en, fr) = (word.english(), word.french());
        // Not nothing, since nobody is told at once again.
        let again_in_seconds = pause.as_secs().max(1);
        let (status, reason) = match why {
            Undelivered::Status(status) => (Some(status), status.to_string()),
            Undelivered::Unreached(told) => (None, told),
        };
        let told = Text::new(
            format!("{order} {en}: not passed on ({reason}), again in {again_in_seconds} s"),
            format!("{order} {fr} : non transmis ({reason}), de nouveau dans {again_in_seconds} s"),
        );
        let event = Event::NotForwarded { id, order, state: state.as_str(), status, again_in_seconds };
        self.tell(&event, &stamped(&notice.entry.gateway, &told));
    }

    pub(super) fn journal(self, message: &str) {
        let told = say!("the journal: {message}", "le journal : {message}");
        self.tell(&Event::Journal { message }, &told);
    }

    pub(super) fn stopping(self) {
        let told = say!("stopping: what is in hand is finished", "arrêt : ce qui est en cours est terminé");
        self.tell(&Event::Stopping, &told);
    }

    fn tell(self, event: &Event<'_>, told: &Text) {
        // Nobody may be reading; callbacks are taken in all the same.
        let _ = match self.0 {
            Style::Json => output::json(event),
            Style::People => output::line(told),
        };
    }
}

/// A line with the time and the gateway before it.
fn stamped(gateway: &str, told: &Text) -> Text {
    let time = moment::plain(moment::now());
    let line = |told: &str| format!("{time}  {gateway:<8}  {}", screen::wrapped(told, INDENT));
    Text::new(line(told.english()), line(told.french()))
}

/// What stands before the words of a line.
const INDENT: usize = 31;
