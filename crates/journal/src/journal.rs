//! The journal's commands.

mod audit;
mod batches;
mod check;
mod damage;
mod export;
mod memo;
mod outbox;
mod reading;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nzimbu_core::{Callback, CallbackError, Operation, OrderId, PaymentProvider, RawCallback, UnixTime};
use sha2::{Digest as _, Sha256};

use crate::apply::{self, Noted};
use crate::attempt::{Attempt, Question};
use crate::clock::Clock;
use crate::entry::Entry;
use crate::error::{JournalError, JournalErrorKind};
use crate::event::{Event, Verdict, Worth};
use crate::intent::Intent;
use crate::keys::{self, Keys};
use crate::machine::{Next, Refusal};
use crate::reply::{self, Reply, Teller};
use crate::row::Key;
use crate::rules::{Rules, Timing};
use crate::store::{Due, Kind, Lane, Received, Store, StoreError, Tx, Work};
use crate::trace::{self, Command};

pub use self::audit::{Audit, Flaw};
pub use self::batches::{Batch, Discarded, Foreseen, PlannedRow};
pub use self::damage::Acceptance;
pub use self::export::{ExportError, verify_export};
pub use self::outbox::Notice;
pub use self::reading::{Filter, HistoryEvent, Masked, Stray};

/// A durable record of every order, written before anything is sent. Cheap to clone; all clones are one journal.
///
/// Every command gives a [`Reply`]: call `.wait()?` in a blocking program, `.await?` in an async one.
#[derive(Clone)]
pub struct Journal {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    keys: Option<Arc<Keys>>,
    /// Set where damage was found that is so bad that it could not be noted in the journal.
    unnoted: Arc<AtomicBool>,
}

/// What [`Journal::begin`] found.
#[derive(Debug)]
#[must_use = "an attempt that is dropped leaves its order unknown"]
pub enum Begun {
    /// The intent is durable: send it, and settle.
    Attempt(Attempt),
    /// The same order was begun before: this is where it stands. Nothing is to be sent.
    Known(Entry),
}

/// Something a worker has taken hold of.
#[derive(Debug)]
#[must_use = "a task that is dropped waits until its lease is over"]
#[non_exhaustive]
pub enum Task {
    /// Ask the gateway where the order stands.
    Ask(Question),
    /// Send the order, under its own key.
    Send(Attempt),
}

/// What became of a callback.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Seen {
    /// The gateway looked whether the address answers. Answer 200.
    Ping,
    /// It is in the journal, and the order is asked for soon. Answer 200.
    Noted(Box<Entry>),
    /// It was here before; nothing was done. Answer 200.
    Replay,
    /// It speaks of no order of this journal, or is signed and cannot be read. Proven ones are kept for people. Answer
    /// 200.
    Stray,
    /// It is no callback of the gateway's. Answer 400, 401 or 415; nothing was kept.
    Refused(CallbackError),
}

impl Seen {
    /// The HTTP status to answer with, so that the gateway neither repeats what is done nor forgets what is not.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match self {
            Self::Ping | Self::Noted(_) | Self::Replay | Self::Stray => 200,
            Self::Refused(CallbackError::BadSignature | CallbackError::MissingHeader(_)) => 401,
            Self::Refused(CallbackError::ContentType) => 415,
            Self::Refused(_) => 400,
        }
    }
}

impl Journal {
    pub(crate) fn over(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, keys: None, unnoted: Arc::default() }
    }

    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn with_store(&self, wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>) -> Self {
        Self { store: wrap(Arc::clone(&self.store)), ..self.clone() }
    }

    #[cfg(feature = "encryption")]
    pub(crate) fn with_keys(&self, keys: Keys) -> Self {
        Self { keys: Some(Arc::new(keys)), ..self.clone() }
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.clock.now()
    }

    /// Writes an intent down and takes hold of it. When the reply comes, the intent has been synced.
    ///
    /// An order that was begun before is not begun again: the reply says where it stands. Only one that provably did
    /// nothing, and may be repeated, gives a new attempt.
    ///
    /// # Errors
    /// [`KeyReuse`](JournalErrorKind::KeyReuse) when the id is taken by another request; otherwise when the intent
    /// cannot be made durable. Nothing was sent either way.
    pub fn begin(&self, intent: Intent) -> Reply<Begun> {
        if self.unnoted.load(Ordering::Acquire) {
            return Reply::ready(Err(Refusal::Damaged.into()));
        }
        let (journal, since, rules) = (self.clone(), self.now(), intent.rules);
        let intent = Arc::new(intent);
        let written = Arc::clone(&intent);
        self.write_as(
            Command::Begin,
            move |tx, now| Ok(apply::begin(tx, &written, now)?.map_err(JournalError::from)),
            move |(row, next)| match next {
                Next::Send => {
                    // It is the very request that was written down: both have one digest.
                    let request = Some(Arc::unwrap_or_clone(intent).request);
                    Begun::Attempt(Attempt::with(request, journal, row, rules, since))
                }
                _ => Begun::Known(Entry::from(&row)),
            },
        )
    }

    /// Takes hold of up to `most` orders of a gateway that are due.
    ///
    /// An order is held by one worker at a time, until it is settled or the lease is over. Claim no more than can be
    /// worked off within the lease.
    ///
    /// # Errors
    /// [`Locked`](JournalErrorKind::Locked) when nothing else is due than orders to be sent whose key was not given, and
    /// when the claims cannot be made durable.
    pub fn claim(&self, desk: &Desk, kind: Claims, most: usize) -> Reply<Vec<Task>> {
        if self.unnoted.load(Ordering::Acquire) {
            return Reply::ready(Err(Refusal::Damaged.into()));
        }
        let (journal, since, rules) = (self.clone(), self.now(), desk.rules);
        let desk = desk.clone();
        self.write_as(
            Command::Claim,
            move |tx, now| {
                let kind = match kind {
                    Claims::Any => Kind::Any,
                    Claims::Questions => Kind::Ask,
                    Claims::Sends => Kind::Send,
                };
                let query =
                    Due { gateway: &desk.gateway, operation: desk.operation, kind, batch: desk.batch, most };
                Ok(apply::claim(tx, &query, &desk.rules, now)?.map_err(JournalError::from))
            },
            move |claimed| {
                let task = |claimed: apply::Claimed| match claimed.next {
                    Next::Send => Task::Send(Attempt::new(journal.clone(), claimed.row, rules, since)),
                    _ => Task::Ask(Question::new(journal.clone(), claimed.row, rules)),
                };
                claimed.into_iter().map(task).collect()
            },
        )
    }

    /// How long until something of these desks is due, `most` at the longest.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn pause(&self, desks: &[Desk], most: std::time::Duration) -> Reply<std::time::Duration> {
        let desks = desks.to_vec();
        self.read(move |tx, now| {
            let served: Vec<_> = desks.iter().map(|desk| (&*desk.gateway, desk.operation)).collect();
            Ok(Ok(apply::pause(tx, &served, now, most)?))
        })
    }

    /// The time by which the store measures.
    pub(crate) fn time(&self) -> Reply<UnixTime> {
        self.read(|_, now| Ok(Ok(now)))
    }

    /// Whether something of these desks is due at a time.
    pub(crate) fn is_due(&self, desks: &[Desk], at: UnixTime) -> Reply<bool> {
        let desks = desks.to_vec();
        self.read(move |tx, _| {
            let served: Vec<_> = desks.iter().map(|desk| (&*desk.gateway, desk.operation)).collect();
            let pause = apply::pause(tx, &served, at, std::time::Duration::from_secs(1))?;
            Ok(Ok(pause.is_zero()))
        })
    }

    /// Checks a request to the notify address, notes it once, and has its order asked for. Durable when the reply
    /// comes: only then answer the gateway.
    ///
    /// `wall` is the time of day, for gateways that sign one.
    ///
    /// # Errors
    /// When it cannot be made durable: answer 503, so that the gateway repeats it.
    pub fn receive(
        &self,
        provider: &dyn PaymentProvider,
        raw: &RawCallback<'_>,
        timing: Timing,
        wall: UnixTime,
    ) -> Reply<Seen> {
        let (worth, order, says) = match provider.verify(raw, wall) {
            Err(CallbackError::Unreadable(rule)) => {
                return self.keep_unreadable(provider.id().as_str(), raw, rule);
            }
            Err(error) => return Reply::ready(Ok(Seen::Refused(error))),
            Ok(Callback::Ping) => return Reply::ready(Ok(Seen::Ping)),
            Ok(Callback::Authentic(callback)) => {
                (Worth::Authentic, callback.order_ref(), Some(callback.receipt().status))
            }
            Ok(Callback::Hint(order)) => (Worth::Hint, order, None),
            // A kind that core adds later proves nothing until somebody has thought about it.
            Ok(_) => return Reply::ready(Ok(Seen::Stray)),
        };
        let gateway = provider.id().as_str();
        // Not every gateway says which way the money went, so that an order not found one way is looked for the
        // other way.
        let other = match order.operation {
            Operation::Payment => Operation::Payout,
            Operation::Payout => Operation::Payment,
        };
        let ways = [order.operation, other].map(|operation| {
            let rules = Rules::new(&provider.capabilities(operation), timing);
            (Key::of(gateway, operation, order.order.as_str()), rules)
        });
        let (digest, name) = (digest_of(gateway, raw), order.order.as_str().to_owned());
        self.write_as(
            Command::Receive,
            move |tx, now| {
                let (mut key, mut rules) = (None, ways[0].1);
                for (way, rule) in ways {
                    if tx.find(&way)?.is_some() {
                        (key, rules) = (Some(way), rule);
                        break;
                    }
                }
                let stray = key.is_none().then(|| format!("no such order: {name}").into_boxed_str());
                let callback = Received { digest, at: now, gateway: gateway.into(), key, stray };
                Ok(Ok(apply::receive(tx, &callback, worth, says, &rules, now)?))
            },
            |noted| match noted {
                Noted::Woke(row) => Seen::Noted(Box::new(Entry::from(&*row))),
                Noted::Replay => Seen::Replay,
                Noted::Stray => Seen::Stray,
            },
        )
    }

    /// Keeps what was signed and cannot be read, for people. Anybody who has seen one genuine callback can make
    /// others of this kind by moving its parts about, so that no more than some are kept.
    fn keep_unreadable(
        &self,
        gateway: &'static str,
        raw: &RawCallback<'_>,
        rule: &'static str,
    ) -> Reply<Seen> {
        let digest = digest_of(gateway, raw);
        self.write_then(
            move |tx, now| {
                if tx.strays(MOST_STRAYS)?.len() >= MOST_STRAYS {
                    let told =
                        "too many callbacks wait for a person that could not be read: look at the strays";
                    return Ok(Err(JournalError::new(JournalErrorKind::Refused, told)));
                }
                let stray = Some(format!("signed, and not readable: {rule}").into_boxed_str());
                let callback = Received { digest, at: now, gateway: gateway.into(), key: None, stray };
                Ok(Ok(tx.receive(&callback)?))
            },
            |new| if new { Seen::Stray } else { Seen::Replay },
        )
    }

    /// Carries out what a named person decided about an order, and remembers who and why.
    ///
    /// # Errors
    /// [`NotFound`](JournalErrorKind::NotFound), [`Refused`](JournalErrorKind::Refused) while an attempt is under
    /// way or when money moved and it should be sent again, and when it cannot be made durable.
    pub fn decide(
        &self,
        desk: &Desk,
        order: &OrderId,
        verdict: Verdict,
        person: &str,
        reason: &str,
    ) -> Reply<Entry> {
        if person.trim().is_empty() {
            let told = "a decision needs the name of the person who takes it";
            return Reply::ready(Err(JournalError::new(JournalErrorKind::Refused, told)));
        }
        let key = Key::of(&desk.gateway, desk.operation, order.as_str());
        let (rules, person, reason) = (desk.rules, person.to_owned(), reason.to_owned());
        self.write_as(
            Command::Decide,
            move |tx, now| {
                Ok(match apply::decided(tx, &key, verdict, &person, &reason, &rules, now)? {
                    Ok(Some(row)) => Ok(row),
                    Ok(None) => Err(JournalError::not_found("order")),
                    Err(refusal) => Err(refusal.into()),
                })
            },
            |row| Entry::from(&row),
        )
    }

    pub(crate) fn happen(&self, key: Key, event: Event, rules: Rules) -> Reply<Entry> {
        self.write_as(
            Command::Settle,
            move |tx, now| {
                Ok(match apply::happen(tx, &key, &event, &rules, now)? {
                    Ok(Some(row)) => Ok(row),
                    Ok(None) => Err(JournalError::not_found("order")),
                    Err(refusal) => Err(refusal.into()),
                })
            },
            |row| Entry::from(&row),
        )
    }

    fn write_then<T: Send + 'static, U: Send + 'static>(
        &self,
        run: impl FnMut(&mut dyn Tx, UnixTime) -> Tried<T> + Send + 'static,
        then: impl FnOnce(T) -> U + Send + 'static,
    ) -> Reply<U> {
        self.submit(Lane::Write, run, then)
    }

    /// A write with a name of its own in spans.
    fn write_as<T: Send + 'static, U: Send + 'static>(
        &self,
        command: Command,
        run: impl FnMut(&mut dyn Tx, UnixTime) -> Tried<T> + Send + 'static,
        then: impl FnOnce(T) -> U + Send + 'static,
    ) -> Reply<U> {
        self.submit_as(command, Lane::Write, run, then)
    }

    fn write<T: Send + 'static>(
        &self,
        run: impl FnMut(&mut dyn Tx, UnixTime) -> Tried<T> + Send + 'static,
    ) -> Reply<T> {
        self.submit(Lane::Write, run, |told| told)
    }

    fn read<T: Send + 'static>(
        &self,
        run: impl FnMut(&mut dyn Tx, UnixTime) -> Tried<T> + Send + 'static,
    ) -> Reply<T> {
        self.submit(Lane::Read, run, |told| told)
    }

    fn submit<T: Send + 'static, U: Send + 'static>(
        &self,
        lane: Lane,
        run: impl FnMut(&mut dyn Tx, UnixTime) -> Tried<T> + Send + 'static,
        then: impl FnOnce(T) -> U + Send + 'static,
    ) -> Reply<U> {
        let command = match lane {
            Lane::Read => Command::Read,
            Lane::Write => Command::Write,
        };
        self.submit_as(command, lane, run, then)
    }

    fn submit_as<T: Send + 'static, U: Send + 'static>(
        &self,
        command: Command,
        lane: Lane,
        run: impl FnMut(&mut dyn Tx, UnixTime) -> Tried<T> + Send + 'static,
        then: impl FnOnce(T) -> U + Send + 'static,
    ) -> Reply<U> {
        let (teller, reply) = reply::channel();
        let span = trace::Work::of(command);
        let keys = self.keys.clone();
        self.store.submit(lane, Box::new(Job { span, keys, run, told: None, then, teller }));
        reply
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Journal({:?})", self.store)
    }
}

/// The digest under which a callback is noted once: of the gateway, the signed body, and the header that signs it.
fn digest_of(gateway: &str, raw: &RawCallback<'_>) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in [gateway.as_bytes(), raw.header("x-token").unwrap_or_default().as_bytes(), raw.body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    *hash.finalize().first_chunk().expect("SHA-256 has 32 bytes")
}

/// How many callbacks are kept that belong to no order or cannot be read.
const MOST_STRAYS: usize = 1_000;

/// What a worker serves: one gateway in one direction, perhaps one batch alone.
#[derive(Clone, Debug)]
pub struct Desk {
    gateway: Box<str>,
    operation: Operation,
    rules: Rules,
    batch: Option<i64>,
}

impl Desk {
    /// A gateway in one direction.
    #[must_use]
    pub fn new(provider: &dyn PaymentProvider, operation: Operation, timing: Timing) -> Self {
        let rules = Rules::new(&provider.capabilities(operation), timing);
        Self { gateway: provider.id().as_str().into(), operation, rules, batch: None }
    }

    /// Only the orders of this batch.
    #[must_use]
    pub fn of_batch(mut self, batch: &Batch) -> Self {
        self.batch = Some(batch.id);
        self
    }

    /// The direction.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// The gateway's name.
    #[must_use]
    pub fn gateway(&self) -> &str {
        &self.gateway
    }
}

/// What a worker wants to claim.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Claims {
    /// Whatever is due.
    Any,
    /// Orders to ask about.
    Questions,
    /// Orders to send.
    Sends,
}

/// What a command brings: an answer or a refusal, unless the store failed.
type Tried<T> = Result<Result<T, JournalError>, StoreError>;

struct Job<T, U, F, G> {
    span: trace::Work,
    keys: Option<Arc<Keys>>,
    run: F,
    told: Option<Result<T, JournalError>>,
    then: G,
    teller: Teller<U>,
}

impl<T, U, F, G> Work for Job<T, U, F, G>
where
    T: Send,
    U: Send,
    F: FnMut(&mut dyn Tx, UnixTime) -> Tried<T> + Send,
    G: FnOnce(T) -> U + Send,
{
    fn run(&mut self, tx: &mut dyn Tx, now: UnixTime) -> Result<(), StoreError> {
        let told = self.span.within(|| keys::within(self.keys.as_deref(), tx, |tx| (self.run)(tx, now)))?;
        self.told = Some(told);
        Ok(())
    }

    fn finish(self: Box<Self>, outcome: Result<(), StoreError>) {
        let Self { span, run, told, then, teller, .. } = *self;
        // What both share is the second's alone now.
        drop(run);
        let told = match (outcome, told) {
            (Ok(()), Some(told)) => told,
            (Ok(()), None) => Err(StoreError::Other("the command was not run".to_owned()).into()),
            (Err(error), _) => Err(error.into()),
        };
        if let Err(error) = &told {
            span.failed(error);
        }
        // Here, and not when whoever waits has worked with the answer.
        span.end();
        teller.tell(told.map(then));
    }
}
