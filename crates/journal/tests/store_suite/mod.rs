//! What every store has to do, tried through the journal's own commands.
//!
//! `store_suite!(place)` makes one test of each case. `place` makes a new, empty [`Place`]; opening a place again is a
//! restart, or another process.

#![allow(dead_code, reason = "each test file uses what it needs")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

pub(crate) mod cases;
pub(crate) mod damage;
pub(crate) mod secrecy;
pub(crate) mod shop;
pub(crate) mod together;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use nzimbu_core::UnixTime;
use nzimbu_journal::testing::Harm;
use nzimbu_journal::{Clock, Journal};

/// Where journals of one kind are kept.
pub(crate) trait Place: Send + Sync {
    /// Opens the journal that is kept here.
    fn open(&self, clock: Arc<dyn Clock>) -> Journal;

    /// Alters something behind the journal's back.
    fn harm(&self, harm: Harm);

    /// Whether these bytes are anywhere in what is kept.
    fn holds(&self, bytes: &[u8]) -> bool;
}

/// The same as a statement, for tables that have these names in common.
pub(crate) fn harm(harm: Harm) -> String {
    match harm {
        Harm::Body(event) => format!("UPDATE events SET body = '{{}}' WHERE id = {event}"),
        Harm::Event(event) => format!("DELETE FROM events WHERE id = {event}"),
        Harm::Order(order) => format!("UPDATE orders SET attempts = attempts + 1 WHERE id = {order}"),
        Harm::Row(order) => format!("DELETE FROM orders WHERE id = {order}"),
        other => panic!("{other:?} has no statement"),
    }
}

/// A clock that stands still until it is moved.
#[derive(Clone, Debug)]
pub(crate) struct Hand(Arc<AtomicI64>);

impl Hand {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_700_000_000_000)))
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.0.fetch_add(i64::try_from(seconds * 1_000).unwrap(), Ordering::SeqCst);
    }

    /// Somebody sets it wrong.
    pub(crate) fn go_back(&self, seconds: u64) {
        self.0.fetch_sub(i64::try_from(seconds * 1_000).unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clone())
    }
}

impl Clock for Hand {
    fn now(&self) -> UnixTime {
        UnixTime { millis: self.0.load(Ordering::SeqCst) }
    }
}

/// Long enough for every pause between two questions.
pub(crate) const LONG: Duration = Duration::from_secs(3_600);

macro_rules! store_suite {
    ($place:expr) => {
        store_suite!(@ $place,
            cases: begins_and_settles, an_order_is_begun_once, a_key_is_not_used_twice, a_restart_keeps_everything,
            claims_are_what_was_asked_for, a_lease_holds_for_its_time, callbacks_are_noted_once,
            a_callback_is_known_weeks_later, a_clock_that_goes_back_loses_no_order,
            changes_come_until_they_are_acknowledged, a_batch_is_planned_and_released,
            a_discarded_batch_leaves_its_orders_free, lists_show_what_fits,
            purged_orders_have_no_papers, doubt_has_everything_asked_for, people_decide,
            what_may_have_been_begun_is_asked_for_first,
            a_dropped_attempt_is_unknown, an_id_of_the_gateway_s_belongs_to_one_order, sums_do_not_overflow, many_parts_are_verified,
            an_export_is_checked_by_itself, a_text_is_remembered_once, the_end_of_the_history_is_verified_alone;
            damage: damage_is_accepted_by_name, what_was_accepted_is_that_and_no_more,
            an_order_that_is_gone_is_missed;
            secrecy: a_discarded_plan_is_forgotten, what_is_personal_is_encrypted, an_order_without_its_key_waits_and_is_asked_for,
            a_key_is_replaced_by_another;
            together: one_of_many_begins, one_of_many_callbacks, two_processes_claim_apart, no_two_ids_are_the_same,
            one_of_many_gets_an_id_of_the_gateway_s);
    };
    (@ $place:expr, $($module:ident: $($case:ident),+);+) => {
        $($(
            #[test]
            fn $case() {
                store_suite::$module::$case(&$place);
            }
        )+)+
    };
}
