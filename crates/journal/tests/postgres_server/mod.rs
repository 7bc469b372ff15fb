//! Journals on PostgreSQL clusters to throw away.

#![allow(dead_code, reason = "each test file uses what it needs")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cluster;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use nzimbu_core::Secret;
use nzimbu_journal::{Clock, Journal, PostgresSettings};

#[allow(unused_imports, reason = "each test file uses what it needs")]
pub(crate) use self::cluster::{Cluster, Recipe, append, own, programs, url};

impl Cluster {
    /// A schema that nobody else uses.
    pub(crate) fn schema(&self) -> Schema {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("journal_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        Schema { url: self.url(), name }
    }
}

/// Where one journal is.
pub(crate) struct Schema {
    pub(crate) url: String,
    pub(crate) name: String,
}

impl Schema {
    pub(crate) fn settings(&self) -> PostgresSettings {
        let mut settings = PostgresSettings::new(Secret::new(self.url.clone()));
        settings.schema.clone_from(&self.name);
        settings
    }

    /// A journal on some connections, with the database's time.
    pub(crate) fn open(&self, connections: usize) -> Journal {
        let mut settings = self.settings();
        settings.connections = connections;
        Journal::postgres(settings).unwrap()
    }

    /// A journal whose time is this clock's.
    pub(crate) fn open_by(&self, clock: Arc<dyn Clock>, connections: usize) -> Journal {
        let mut settings = self.settings();
        settings.connections = connections;
        settings.clock = clock;
        Journal::postgres_by_its_own_clock(settings).unwrap()
    }
}
