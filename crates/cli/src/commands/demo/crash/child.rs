//! The merchant's program: it hands a payout to the cashier. That is all an application does, before a crash and
//! after it.

use std::io;
use std::process::{self, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use nzimbu::{BlockingHttp, Effect, HttpRequest, HttpResponse, Transport, TransportError, UnixTime};
use nzimbu_journal::{Cashier, Entry, Journal, JournalError, Limits, State, Timing};

use super::{Errand, Line, gateways};
use crate::lang::{Text, say};
use crate::output::{self, Failure};

pub(crate) fn run() -> Result<ExitCode, Failure> {
    let errand: Errand = serde_json::from_reader(io::stdin().lock())
        .map_err(|_| Failure::usage("--crash-child is for `nzimbu demo --crash` alone"))?;
    let told = |error: JournalError| Failure::failed(error.to_string());
    let providers = gateways::providers(&errand.endpoints, "http://127.0.0.1:9/thanks")?;
    let journal = Journal::sqlite(&errand.journal).map_err(told)?;
    let cashier = Cashier::with(journal, providers, timing(), Limits::default());
    let http = BlockingHttp::new().map_err(|error| Failure::failed(error.to_string()))?;
    let http = Mortal { http, dies: errand.dies };
    let name = if errand.dies { "first" } else { "second" };
    let say = |event: &str, state: Option<State>, told: Text| {
        let state = state.map(State::as_str);
        Line { process: name, event, order: errand.order.as_str(), state, transfers: None }
            .tell(errand.json, &told)
    };

    let mut request = gateways::payout(errand.order.clone());
    // Nobody listens there: every callback is lost.
    request.notify_url = Some("http://127.0.0.1:9/notify".to_owned());
    let (amount, order) = (request.amount, &errand.order);
    if errand.dies {
        say(
            "begin",
            None,
            say!(
                "pays out {amount}, order {order}: writes it down, syncs, sends it",
                "verse {amount}, commande {order} : l'écrit, le synchronise, l'envoie",
            ),
        )?;
    } else {
        say(
            "restart",
            None,
            say!("is started anew, with the same command", "est relancé, avec la même commande"),
        )?;
    }
    let intent = cashier.payout("cinetpay", request).map_err(told)?;
    let handled = cashier.send(&http, intent).map_err(told)?;
    let mut entry = handled.entry;
    if handled.answer.is_none() {
        let state = entry.state;
        say(
            "found",
            Some(state),
            say!(
                "finds the order in the journal, {state}: sends nothing, and waits for the lease of the dead process",
                "trouve la commande dans le journal, {state} : n'envoie rien, et attend la fin du bail du processus \
                 mort",
            ),
        )?;
    }
    let patience = Instant::now() + Duration::from_secs(20);
    while !entry.state.is_final() && !entry.needs_people() && Instant::now() < patience {
        let before = entry.state;
        let round = cashier.round(&http).map_err(told)?;
        entry = look(&cashier, &entry).map_err(told)?;
        let state = entry.state;
        if round.asked > 0 && state != before {
            say(
                "asked",
                Some(state),
                say!(
                    "asks the gateway about the order under its own key: {state}",
                    "interroge la passerelle sur la commande sous sa propre clé : {state}",
                ),
            )?;
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(output::exit(entry.state == State::Succeeded))
}

fn look(cashier: &Cashier, entry: &Entry) -> Result<Entry, JournalError> {
    let found = cashier.journal().find(&entry.gateway, entry.operation, &entry.order).wait()?;
    Ok(found.unwrap_or_else(|| entry.clone()))
}

/// Seconds in place of minutes, so that nobody has to wait for the end.
fn timing() -> Timing {
    let mut timing = Timing::default();
    timing.lease = Duration::from_secs(1);
    timing.grace = Duration::from_secs(2);
    timing.first_poll = Duration::from_millis(100);
    timing.most_poll = Duration::from_millis(500);
    timing
}

/// A transport whose process kills itself while the gateway works on a transfer.
#[derive(Debug)]
struct Mortal {
    http: BlockingHttp,
    dies: bool,
}

impl Transport for Mortal {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        if self.dies && request.effect() == Effect::MovesMoney {
            thread::spawn(|| {
                // The request is at the gateway by now, whose answer takes half a minute.
                thread::sleep(Duration::from_millis(600));
                process::abort();
            });
        }
        self.http.send(request)
    }

    fn sleep(&self, delay: Duration) {
        self.http.sleep(delay);
    }

    fn now(&self) -> UnixTime {
        self.http.now()
    }
}
