//! The journal in PostgreSQL does what every store does.

mod postgres_server;
#[macro_use]
mod store_suite;

use std::sync::Arc;

use nzimbu_journal::testing::Harm;
use nzimbu_journal::{Clock, Journal};

use self::postgres_server::{Cluster, Schema, programs};
use self::store_suite::Place;

impl Place for Schema {
    fn open(&self, clock: Arc<dyn Clock>) -> Journal {
        // One connection, because the cases hand in one command behind the other and wait for the last.
        self.open_by(clock, 1)
    }

    fn harm(&self, harm: Harm) {
        let statement = format!("SET search_path TO {}; {}", self.name, store_suite::harm(harm));
        Cluster::shared().expect("it is running").psql(&statement).expect("it is altered");
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        let cluster = Cluster::shared().expect("it is running");
        let text = std::str::from_utf8(bytes).expect("the tests look for texts");
        let tables = ["orders", "events", "inbox", "outbox", "batches", "meta"];
        tables.iter().any(|table| {
            let kept = format!("{}.{table} AS kept WHERE strpos(kept::text, '{text}') > 0", self.name);
            cluster.psql(&format!("SELECT count(*) FROM {kept}")).expect("it is read") != "0"
        })
    }
}

/// The same on several connections each.
struct Wide(Schema);

impl Place for Wide {
    fn open(&self, clock: Arc<dyn Clock>) -> Journal {
        self.0.open_by(clock, 4)
    }

    fn harm(&self, harm: Harm) {
        Place::harm(&self.0, harm);
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        self.0.holds(bytes)
    }
}

#[test]
fn these_tests_run_only_where_postgresql_is_installed() {
    // Says so loudly where it is not.
    programs();
}

store_suite!(match Cluster::shared() {
    Some(cluster) => cluster.schema(),
    None => return,
});

fn wide() -> Option<Wide> {
    Some(Wide(Cluster::shared()?.schema()))
}

#[test]
fn one_of_many_begins_on_many_connections() {
    if let Some(place) = wide() {
        store_suite::together::one_of_many_begins(&place);
    }
}

#[test]
fn one_of_many_callbacks_on_many_connections() {
    if let Some(place) = wide() {
        store_suite::together::one_of_many_callbacks(&place);
    }
}

#[test]
fn processes_claim_apart_on_many_connections() {
    if let Some(place) = wide() {
        store_suite::together::two_processes_claim_apart(&place);
    }
}

#[test]
fn no_two_ids_are_the_same_on_many_connections() {
    if let Some(place) = wide() {
        store_suite::together::no_two_ids_are_the_same(&place);
    }
}

#[test]
fn many_parts_are_verified_on_many_connections() {
    if let Some(place) = wide() {
        store_suite::cases::many_parts_are_verified(&place);
    }
}

#[test]
fn one_of_many_gets_an_id_of_the_gateway_s_on_many_connections() {
    if let Some(place) = wide() {
        store_suite::together::one_of_many_gets_an_id_of_the_gateway_s(&place);
    }
}
