//! A durable journal of payments and payouts: no payout twice, no payment lost.
//!
//! A time-out is not a failure, and a callback that never comes is not a refusal. The journal writes every order down
//! before its first byte leaves, and settles each exactly once, or shows it to a person:
//!
//! 1. [`Journal::begin`] makes the [`Intent`] durable and gives an [`Attempt`].
//! 2. The attempt's exchange is run by a transport; [`Attempt::settle`] writes down how it ended.
//! 3. Whatever stays open is claimed by a worker ([`Journal::claim`]), asked for, and, where the gateway's rules
//!    allow it, sent again under the same key.
//! 4. [`Journal::receive`] notes callbacks, which have their orders asked for.
//! 5. [`Journal::notices`] tells the application what changed, at least once.
//!
//! Applications mostly call the [`Cashier`], which does all of this over either kind of transport.
//!
//! Every transition is decided by one pure state machine; [`State`] says what the states mean, and the table of all
//! pairs of state and event is in [`states`].
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(any(feature = "sqlite", feature = "postgres", feature = "testing", test)),
    allow(dead_code, reason = "without a store no journal can be opened, and it compiles all the same")
)]

mod state;
mod rules;
mod intent;
mod row;
mod event;
mod machine;
mod chain;
mod detail;
mod keys;
mod store;
mod apply;
mod reply;
mod clock;
mod trace;
mod entry;
mod attempt;
mod error;
mod journal;
mod pace;
mod service;

pub use attempt::{Attempt, Question, Settling, Unsettled};
pub use clock::{Clock, SteadyClock};
pub use entry::{Entry, Paid};
pub use error::{JournalError, JournalErrorKind};
pub use event::Verdict;
pub use intent::Intent;
pub use journal::{
    Acceptance, Audit, Batch, Begun, Claims, Desk, Discarded, ExportError, Filter, Flaw, Foreseen,
    HistoryEvent, Journal, Masked, Notice, PlannedRow, Seen, Stray, Task, verify_export,
};
#[cfg(feature = "encryption")]
pub use keys::Keys;
pub use pace::{Closed, Limits};
pub use reply::Reply;
pub use row::Key;
pub use rules::{Rules, Timing};
pub use service::{Cashier, Handled, Round, Stop};
#[cfg(feature = "workers")]
pub use service::{Trouble, Workers};
pub use state::{Flags, State};
pub use store::Count;
#[cfg(feature = "postgres")]
pub use store::postgres::{PostgresSettings, PostgresTls};
#[cfg(feature = "sqlite")]
pub use store::sqlite::SqliteSettings;

/// The parts that simulations and tests need.
#[cfg(any(test, feature = "testing"))]
pub mod testing {
    use std::sync::Arc;

    use crate::clock::Clock;
    use crate::journal::Journal;
    use crate::store::memory::MemoryStore;
    pub use crate::store::memory::{Commit, Disk, Harm, Memory, SoundDisk};
    use crate::store::watch::Watched;
    pub use crate::store::watch::{Point, Watch};

    impl Journal {
        /// A journal over a memory: it works on the caller's thread, by this clock, on this disk.
        #[must_use]
        pub fn in_memory(memory: &Memory, clock: Arc<dyn Clock>, disk: Box<dyn Disk>) -> Self {
            let store = MemoryStore::new(memory.clone(), Arc::clone(&clock), disk);
            Self::over(Arc::new(store), clock)
        }

        /// The same journal, of whose writes a watcher is told step by step.
        #[must_use]
        pub fn watched(&self, watch: Arc<dyn Watch>) -> Self {
            self.with_store(|store| Arc::new(Watched { store, watch }))
        }
    }
}

#[cfg(doc)]
#[doc = include_str!("../STATES.md")]
pub mod states {}
