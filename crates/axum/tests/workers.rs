//! Workers as tasks: they settle what no callback tells of, begin again after a failure, and stop cleanly.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use common::{Moody, ORDER, begin, gateways};
use nzimbu_core::{AsyncTransport, HttpRequest, HttpResponse, Operation, OrderId, TransportError, UnixTime};
use nzimbu_journal::testing::Commit;
use nzimbu_journal::{Cashier, State, Timing};
use tokio::sync::Notify;

/// Answers every question of CinetPay's checkout with "paid", once it is let.
#[derive(Debug, Default)]
struct Paid {
    asked: Notify,
    answer: Notify,
    panics: std::sync::atomic::AtomicBool,
}

#[async_trait]
impl AsyncTransport for Paid {
    async fn send(&self, _: &HttpRequest) -> Result<HttpResponse, TransportError> {
        assert!(!self.panics.swap(false, std::sync::atomic::Ordering::SeqCst), "on demand");
        self.asked.notify_one();
        self.answer.notified().await;
        let paid = r#"{"code":"00","message":"SUCCES","data":{"amount":"2500","currency":"XOF","status":"ACCEPTED",
            "payment_method":"OM","description":"Two books","metadata":null,"operator_id":"MP210930.1743.C36452",
            "payment_date":"2021-09-30 17:43:30"},"api_response_id":"1633023810.5834"}"#;
        Ok(HttpResponse::new(200, paid))
    }

    async fn sleep(&self, delay: Duration) {
        tokio::time::sleep(delay).await;
    }

    fn now(&self) -> UnixTime {
        UnixTime::default()
    }
}

/// A cashier that asks by itself after a moment.
fn soon() -> (Cashier, Moody) {
    let mut timing = Timing::default();
    timing.first_poll = Duration::from_millis(400);
    common::cashier_with(gateways(), timing)
}

/// Waits until the order stands there.
async fn until(cashier: &Cashier, state: State) {
    let order = OrderId::parse(ORDER).unwrap();
    let stands = async || {
        let entry = cashier.journal().find("cinetpay", Operation::Payment, &order).await.unwrap();
        entry.unwrap().state == state
    };
    let looks = async {
        while !stands().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    // No machine is this slow.
    tokio::time::timeout(Duration::from_secs(300), looks).await.unwrap();
}

#[tokio::test]
async fn workers_finish_what_they_have_hold_of() {
    let (cashier, _) = soon();
    begin(&cashier, "cinetpay").await;
    let http = Arc::new(Paid::default());
    let workers = cashier.spawn_workers(Arc::clone(&http) as Arc<dyn AsyncTransport>, 3);
    assert!(format!("{workers:?}").contains("count: 3"));
    // The question is under way when they are asked to stop, and its answer is still written down.
    http.asked.notified().await;
    workers.stop();
    let finish = tokio::spawn(workers.finish());
    tokio::task::yield_now().await;
    assert!(!finish.is_finished());
    http.answer.notify_one();
    finish.await.unwrap();
    let order = OrderId::parse(ORDER).unwrap();
    let entry = cashier.journal().find("cinetpay", Operation::Payment, &order).await.unwrap().unwrap();
    assert_eq!(entry.state, State::Succeeded);
}

#[tokio::test]
async fn workers_begin_again_when_the_journal_can_be_written_again() {
    let (cashier, disk) = soon();
    begin(&cashier, "cinetpay").await;
    let http = Arc::new(Paid::default());
    http.answer.notify_one();
    disk.set(Commit::Full);
    let workers = cashier.spawn_workers(http, 1);
    assert_eq!(workers.trouble(), None);
    while workers.trouble().is_none_or(|trouble| trouble.times < 2) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(workers.trouble().unwrap().message.contains("full"), "{:?}", workers.trouble());
    disk.set(Commit::Synced);
    until(&cashier, State::Succeeded).await;
    workers.finish().await;
}

#[tokio::test]
async fn a_panic_ends_one_turn_of_a_worker_and_not_the_worker() {
    let mut timing = Timing::default();
    timing.lease = Duration::from_millis(100);
    timing.first_poll = Duration::ZERO;
    let (cashier, _) = common::cashier_with(gateways(), timing);
    begin(&cashier, "cinetpay").await;
    let http = Arc::new(Paid::default());
    http.panics.store(true, std::sync::atomic::Ordering::SeqCst);
    http.answer.notify_one();
    let workers = cashier.spawn_workers(http, 1);
    until(&cashier, State::Succeeded).await;
    let trouble = workers.trouble().unwrap();
    assert_eq!((trouble.times, &*trouble.message), (1, "a worker panicked"));
    workers.finish().await;
}

#[tokio::test]
async fn workers_that_are_dropped_stop() {
    let (cashier, disk) = soon();
    begin(&cashier, "cinetpay").await;
    disk.set(Commit::Full);
    let workers = cashier.spawn_workers(Arc::new(Paid::default()), 1);
    while workers.trouble().is_none() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // While it rests after the failure, too.
    drop(workers);
    disk.set(Commit::Synced);
    tokio::time::sleep(Duration::from_millis(900)).await;
    let order = OrderId::parse(ORDER).unwrap();
    let entry = cashier.journal().find("cinetpay", Operation::Payment, &order).await.unwrap().unwrap();
    assert_eq!(entry.state, State::Accepted);
}
