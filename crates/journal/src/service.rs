//! What applications call: begin, send and settle in one; callbacks; and the worker that settles what is open.
//!
//! The decisions are the journal's and the pace's; the two drivers beside this file differ by `.await` and nothing
//! else.

mod blocking;
mod awaiting;
#[cfg(feature = "workers")]
mod workers;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nzimbu_core::{
    Operation, PaymentRequest, PayoutRequest, ProviderError, ProviderId, RawCallback, Receipt,
    SharedProvider, UnixTime,
};

use crate::entry::Entry;
use crate::error::{JournalError, JournalErrorKind};
use crate::intent::Intent;
use crate::journal::{Batch, Claims, Desk, Journal, Seen};
use crate::pace::{Allowed, Closed, Limits, Pace};
use crate::reply::Reply;
use crate::rules::Timing;
use crate::trace::Verb;

#[cfg(feature = "workers")]
pub use self::workers::{Trouble, Workers};

/// Sends orders that are in the journal first, and settles what stays open. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Cashier(Arc<Inner>);

struct Inner {
    journal: Journal,
    timing: Timing,
    limits: Limits,
    providers: Vec<SharedProvider>,
    desks: Vec<Desk>,
    paces: Mutex<BTreeMap<&'static str, Pace>>,
    /// How many answers wait to be written down: nothing is sent before all of them are.
    stuck: AtomicUsize,
}

impl Cashier {
    /// A cashier over a journal, for these gateways.
    #[must_use]
    pub fn new(journal: Journal, providers: Vec<SharedProvider>) -> Self {
        Self::with(journal, providers, Timing::default(), Limits::default())
    }

    /// The same, with times and limits of its own.
    #[must_use]
    pub fn with(journal: Journal, providers: Vec<SharedProvider>, timing: Timing, limits: Limits) -> Self {
        let offered = |provider: &SharedProvider, operation| provider.capabilities(operation).offered;
        let desks = providers
            .iter()
            .flat_map(|provider| {
                [Operation::Payment, Operation::Payout]
                    .into_iter()
                    .filter(move |operation| offered(provider, *operation))
                    .map(move |operation| Desk::new(&**provider, operation, timing))
            })
            .collect();
        let paces = providers.iter().map(|provider| (provider.id().as_str(), Pace::new(limits))).collect();
        Self(Arc::new(Inner {
            journal,
            timing,
            limits,
            providers,
            desks,
            paces: Mutex::new(paces),
            stuck: AtomicUsize::new(0),
        }))
    }

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.0.journal
    }

    /// The times by which orders are settled.
    #[must_use]
    pub fn timing(&self) -> Timing {
        self.0.timing
    }

    /// The limits by which gateways are called.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.0.limits
    }

    /// Calls one gateway by limits of its own from now on, in place of [`limits`](Self::limits).
    pub fn limit(&self, gateway: &str, limits: Limits) {
        if let Some(pace) = self.paces().get_mut(gateway) {
            *pace = Pace::new(limits);
        }
    }

    /// The gateway of this name.
    #[must_use]
    pub fn provider(&self, gateway: &str) -> Option<&SharedProvider> {
        self.0.providers.iter().find(|provider| provider.id().as_str() == gateway)
    }

    /// What the workers serve: each gateway in each direction that it offers.
    #[must_use]
    pub fn desks(&self) -> &[Desk] {
        &self.0.desks
    }

    /// The desk of a gateway and direction.
    #[must_use]
    pub fn desk(&self, gateway: &str, operation: Operation) -> Option<&Desk> {
        self.0.desks.iter().find(|desk| desk.gateway() == gateway && desk.operation() == operation)
    }

    /// The intent of a payment, by the times of this cashier.
    ///
    /// # Errors
    /// When no gateway of this name is served.
    pub fn payment(&self, gateway: &str, request: PaymentRequest) -> Result<Intent, JournalError> {
        Ok(Intent::payment(&**self.served(gateway)?, request, self.0.timing))
    }

    /// The intent of a payout, by the times of this cashier.
    ///
    /// # Errors
    /// When no gateway of this name is served.
    pub fn payout(&self, gateway: &str, request: PayoutRequest) -> Result<Intent, JournalError> {
        Ok(Intent::payout(&**self.served(gateway)?, request, self.0.timing))
    }

    /// Takes in a request to the notify address of a gateway; `wall` is the time of day. Answer the gateway with
    /// [`Seen::http_status`] once the reply is there, and with 503 if it is an error.
    ///
    /// # Errors
    /// When no gateway of this name is served, or the journal cannot be written.
    pub fn receive(&self, gateway: &str, raw: &RawCallback<'_>, wall: UnixTime) -> Reply<Seen> {
        match self.served(gateway) {
            Ok(provider) => self.0.journal.receive(&**provider, raw, self.0.timing, wall),
            Err(error) => Reply::ready(Err(error)),
        }
    }

    /// The gateways that are left alone for a while: which, why, and until when.
    #[must_use]
    pub fn closed(&self) -> Vec<(&'static str, Closed, UnixTime)> {
        let now = self.0.journal.now();
        let paces = self.paces();
        let closed = |(gateway, pace): (&&'static str, &Pace)| {
            pace.closed(now).map(|(why, until)| (*gateway, why, until))
        };
        paces.iter().filter_map(closed).collect()
    }

    /// The desks of gateways that are not left alone.
    fn open_desks(&self) -> Vec<Desk> {
        let closed = self.closed();
        let is_closed = |desk: &Desk| {
            closed.iter().any(|(gateway, why, _)| {
                *gateway == desk.gateway() && (*why != Closed::Empty || desk.operation() == Operation::Payout)
            })
        };
        self.desks().iter().filter(|desk| !is_closed(desk)).cloned().collect()
    }

    fn served(&self, gateway: &str) -> Result<&SharedProvider, JournalError> {
        self.provider(gateway).ok_or_else(|| {
            let told = format!("no gateway named {gateway} is served: hand its provider to the cashier");
            JournalError::new(JournalErrorKind::NotFound, told)
        })
    }

    /// What may be claimed at a desk now.
    fn allowed(&self, desk: &Desk) -> Allowed {
        let now = self.0.journal.now();
        match self.paces().get_mut(desk.gateway()) {
            Some(pace) => pace.take(desk.operation(), now),
            None => Allowed::Questions,
        }
    }

    /// Gives a call back for which nothing was due.
    fn not_called(&self, desk: &Desk) {
        if let Some(pace) = self.paces().get_mut(desk.gateway()) {
            pace.give_back();
        }
    }

    fn note<T>(&self, gateway: ProviderId, sent: bool, result: &Result<T, ProviderError>) {
        let now = self.0.journal.now();
        if let Some(pace) = self.paces().get_mut(gateway.as_str()) {
            let failure = result.as_ref().err();
            pace.note(failure.map(|error| (error.kind(), error.retry_after())), now);
            if sent && failure.is_none() {
                pace.note_sent();
            }
        }
    }

    fn paces(&self) -> MutexGuard<'_, BTreeMap<&'static str, Pace>> {
        // Paces are numbers; a panic elsewhere leaves none of them half-written.
        self.0.paces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse_if_stuck(&self) -> Result<(), JournalError> {
        if self.0.stuck.load(Ordering::Acquire) > 0 {
            let told = "an answer of a gateway cannot be written down, and nothing is sent before it is";
            return Err(JournalError::new(JournalErrorKind::NotWritable, told));
        }
        Ok(())
    }

    /// Keeps everything from being sent while this worker's answer cannot be written down. Each worker has its own, so
    /// that none speaks for another.
    fn stuck(&self) -> Stuck {
        self.0.stuck.fetch_add(1, Ordering::AcqRel);
        Stuck(Arc::clone(&self.0))
    }
}

/// An answer that waits to be written down. It is over when this goes, also with a future that is dropped or a panic.
struct Stuck(Arc<Inner>);

impl Drop for Stuck {
    fn drop(&mut self) {
        self.0.stuck.fetch_sub(1, Ordering::AcqRel);
    }
}

impl fmt::Debug for Cashier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.providers.iter().map(|provider| provider.id().as_str()).collect();
        f.debug_struct("Cashier").field("journal", &self.0.journal).field("gateways", &names).finish()
    }
}

/// What became of an order that was handed in.
#[derive(Debug)]
#[non_exhaustive]
pub struct Handled {
    /// Where it stands in the journal.
    pub entry: Entry,
    /// What the gateway said in this very call; none if the order was begun before and nothing was sent.
    pub answer: Option<Result<Receipt, ProviderError>>,
}

/// What a round of a worker did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Round {
    /// Orders that were sent.
    pub sent: u64,
    /// Questions that were asked.
    pub asked: u64,
    /// Orders that ended.
    pub ended: u64,
    /// Orders that now wait for a person.
    pub handed_over: u64,
}

impl Round {
    /// Whether nothing was due.
    #[must_use]
    pub fn was_idle(&self) -> bool {
        self.sent == 0 && self.asked == 0
    }

    fn count(&mut self, before: &Entry, after: &Entry) {
        self.ended += u64::from(after.state.is_final() && !before.state.is_final());
        self.handed_over += u64::from(after.needs_people() && !before.needs_people());
    }

    fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.asked += other.asked;
        self.ended += other.ended;
        self.handed_over += other.handed_over;
    }
}

/// A round over several desks in the making.
#[derive(Debug, Default)]
struct Rounds {
    round: Round,
    held_up: Option<JournalError>,
}

impl Rounds {
    /// Adds what was done at a desk. That something cannot be sent there, for want of a key or because of damage, is no
    /// reason not to ask at the others.
    fn add(&mut self, served: Result<Round, JournalError>) -> Result<(), JournalError> {
        match served {
            Ok(round) => self.round.add(round),
            Err(error) => match error.kind() {
                JournalErrorKind::Damaged | JournalErrorKind::Locked => {
                    self.held_up.get_or_insert(error);
                }
                _ => return Err(error),
            },
        }
        Ok(())
    }

    /// What was done; why nothing was, if something is held up.
    fn end(self) -> Result<Round, JournalError> {
        match self.held_up {
            Some(error) if self.round.was_idle() => Err(error),
            _ => Ok(self.round),
        }
    }
}

/// Stops workers: they finish what they have hold of, and begin nothing more. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// A worker that nobody has stopped yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the workers to stop.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether they were asked to.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// How often an answer is written down anew before its process gives up on the journal.
const TRIES: u32 = 20;
/// The pause between two tries.
const TRY_PAUSE: Duration = Duration::from_millis(250);
/// A worker looks up at least this often, so that it is stopped soon and sees what others wrote.
const NAP: Duration = Duration::from_millis(500);

fn verb(operation: Operation) -> Verb {
    match operation {
        Operation::Payment => Verb::Pay,
        Operation::Payout => Verb::PayOut,
    }
}

fn claims(allowed: Allowed) -> Option<Claims> {
    match allowed {
        Allowed::Anything => Some(Claims::Any),
        Allowed::Questions => Some(Claims::Questions),
        Allowed::Nothing(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked() -> Result<Round, JournalError> {
        Err(JournalError::new(JournalErrorKind::Locked, "no key"))
    }

    #[test]
    fn nothing_is_sent_while_any_worker_has_an_answer_in_hand() {
        let clock: Arc<dyn crate::Clock> = Arc::new(crate::SteadyClock::new());
        let memory = crate::testing::Memory::new();
        let journal = Journal::in_memory(&memory, clock, Box::new(crate::testing::SoundDisk));
        let cashier = Cashier::new(journal, Vec::new());
        cashier.refuse_if_stuck().expect("nothing waits");
        let (first, second) = (cashier.stuck(), cashier.stuck());
        drop(first);
        let error = cashier.refuse_if_stuck().expect_err("the other one still waits");
        assert_eq!(error.kind(), JournalErrorKind::NotWritable);
        drop(second);
        cashier.refuse_if_stuck().expect("all are written down");
    }

    #[test]
    fn an_order_without_its_key_keeps_no_desk_from_being_served() {
        let mut rounds = Rounds::default();
        rounds.add(locked()).expect("the others are served");
        rounds.add(Ok(Round { asked: 1, ..Round::default() })).expect("it was served");
        assert_eq!(rounds.end().expect("something was done").asked, 1);
        // With nothing else to do it is told.
        let mut rounds = Rounds::default();
        rounds.add(Ok(Round::default())).expect("nothing was due");
        rounds.add(locked()).expect("the others are served");
        assert_eq!(rounds.end().expect_err("it waits").kind(), JournalErrorKind::Locked);
        // Everything else ends the round at once.
        Rounds::default().add(Err(JournalError::closed())).expect_err("the journal is closed");
    }
}
