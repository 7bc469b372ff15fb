//! The disk is full when the gateway's answer comes: the answer is kept in hand and written when it can be, nothing else
//! is sent meanwhile, and if it never can be, the order is asked for and not sent again.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use nzimbu::{AsyncHttp, BlockingHttp};
use nzimbu_core::{
    AsyncTransport, Effect, HttpRequest, HttpResponse, Operation, OrderId, Transport, TransportError,
    UnixTime,
};
use nzimbu_journal::testing::{Commit, Disk, Memory};
use nzimbu_journal::{
    Cashier, Handled, Intent, Journal, JournalError, JournalErrorKind, Limits, State, SteadyClock, Timing,
};
use nzimbu_sandbox::Decision;
use nzimbu_tests::houses::{self, House};
use nzimbu_tests::player::Driver;
use nzimbu_tests::world::{Net, World};

/// A disk that is full when it is told to be.
#[derive(Clone, Debug, Default)]
struct Fills(Arc<AtomicBool>);

impl Fills {
    fn set(&self, full: bool) {
        self.0.store(full, Ordering::SeqCst);
    }
}

impl Disk for Fills {
    fn commit(&mut self) -> Commit {
        if self.0.load(Ordering::SeqCst) { Commit::Full } else { Commit::Synced }
    }
}

/// A line to the gateway. With the answer to a request that moves money the disk is full, until somebody has waited so
/// many times.
struct Line<'a, H> {
    http: &'a H,
    disk: &'a Fills,
    room_after: u32,
    waited: AtomicU32,
    posts: AtomicU32,
    meanwhile: &'a (dyn Fn() + Sync),
}

impl<'a, H> Line<'a, H> {
    fn new(http: &'a H, disk: &'a Fills, room_after: u32, meanwhile: &'a (dyn Fn() + Sync)) -> Self {
        Self { http, disk, room_after, waited: AtomicU32::new(0), posts: AtomicU32::new(0), meanwhile }
    }

    fn sent(&self, request: &HttpRequest) {
        if request.effect() == Effect::MovesMoney {
            self.posts.fetch_add(1, Ordering::SeqCst);
            self.disk.set(true);
        }
    }

    fn waits(&self) {
        (self.meanwhile)();
        if self.waited.fetch_add(1, Ordering::SeqCst) + 1 == self.room_after {
            self.disk.set(false);
        }
    }
}

impl<H> std::fmt::Debug for Line<'_, H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Line")
    }
}

impl Transport for Line<'_, BlockingHttp> {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        let reply = self.http.send(request);
        self.sent(request);
        reply
    }

    fn sleep(&self, _: Duration) {
        self.waits();
    }

    fn now(&self) -> UnixTime {
        self.http.now()
    }
}

#[async_trait]
impl AsyncTransport for Line<'_, AsyncHttp> {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        let reply = self.http.send(request).await;
        self.sent(request);
        reply
    }

    async fn sleep(&self, _: Duration) {
        self.waits();
    }

    fn now(&self) -> UnixTime {
        self.http.now()
    }
}

struct Scene {
    world: World,
    house: House,
    net: Net,
    disk: Fills,
    cashier: Cashier,
}

impl Scene {
    /// Bitlipa, where one request is all that a payout takes.
    fn new(driver: Driver) -> Self {
        let world = World::start();
        let house = houses::all(&world).swap_remove(1);
        let disk = Fills::default();
        let journal =
            Journal::in_memory(&Memory::new(), Arc::new(SteadyClock::new()), Box::new(disk.clone()));
        let mut timing = Timing::default();
        timing.lease = Duration::from_millis(500);
        timing.first_poll = Duration::from_millis(10);
        timing.most_poll = Duration::from_millis(100);
        let cashier = Cashier::with(journal, vec![house.provider.clone()], timing, Limits::default());
        Self { world, house, net: Net::of(driver), disk, cashier }
    }

    fn intent(&self, order: &OrderId) -> Intent {
        self.cashier.payout("bitlipa", houses::payout(order)).unwrap()
    }

    /// Sends an order over a line of this kind; how often it posted it.
    fn send(
        &self,
        order: &OrderId,
        room_after: u32,
        meanwhile: &(dyn Fn() + Sync),
    ) -> (Result<Handled, JournalError>, u32) {
        let intent = self.intent(order);
        match &self.net {
            Net::Blocking(http) => {
                let line = Line::new(http, &self.disk, room_after, meanwhile);
                (self.cashier.send(&line, intent), line.posts.into_inner())
            }
            Net::Async(http, runtime) => {
                let line = Line::new(http, &self.disk, room_after, meanwhile);
                (runtime.block_on(self.cashier.send_async(&line, intent)), line.posts.into_inner())
            }
        }
    }

    fn state(&self, order: &OrderId) -> Option<State> {
        let found = self.cashier.journal().find("bitlipa", Operation::Payout, order).wait().unwrap();
        found.map(|entry| entry.state)
    }

    fn moved(&self, order: &OrderId) -> usize {
        self.world.movements(self.house.ledger(Operation::Payout), order.as_str()).len()
    }
}

fn order(name: &str) -> OrderId {
    OrderId::derive("unwritable", Operation::Payout, name)
}

#[test]
fn an_answer_is_kept_in_hand_until_it_stands_and_nothing_is_sent_meanwhile() {
    for driver in Driver::ALL {
        let scene = Scene::new(driver);
        let (first, second) = (order("first"), order("second"));
        let refusals = Mutex::new(Vec::new());
        let nowhere = BlockingHttp::new().unwrap();
        let meanwhile = || {
            let refused = scene.cashier.send(&nowhere, scene.intent(&second)).unwrap_err();
            refusals.lock().unwrap().push((refused.kind(), refused.to_string()));
        };
        let (handled, posts) = scene.send(&first, 7, &meanwhile);
        assert_eq!((handled.unwrap().entry.state, posts), (State::Accepted, 1), "{driver:?}");
        let refusals = refusals.into_inner().unwrap();
        assert_eq!(refusals.len(), 7, "{driver:?}");
        for (kind, told) in refusals {
            assert_eq!(kind, JournalErrorKind::NotWritable);
            assert!(told.contains("nothing is sent before it is"), "{told}");
        }
        assert_eq!(scene.state(&second), None, "it was not begun");
        // With room again the other goes out as if nothing had been.
        let (handled, posts) = scene.send(&second, 1, &|| {});
        assert_eq!((handled.unwrap().entry.state, posts), (State::Accepted, 1));
        for order in [&first, &second] {
            assert!(scene.world.sandbox.settle("bitlipa", order.as_str(), Decision::Approve));
            assert_eq!(scene.moved(order), 1);
        }
    }
}

#[test]
fn an_answer_that_never_stands_is_told_and_its_order_asked_for() {
    for driver in Driver::ALL {
        let scene = Scene::new(driver);
        let order = order("lost answer");
        let (handled, posts) = scene.send(&order, u32::MAX, &|| {});
        let error = handled.unwrap_err();
        assert_eq!((error.kind(), posts), (JournalErrorKind::NotWritable, 1));
        let told = error.to_string();
        assert!(
            told.contains("(pending) could not be written down") && told.contains("is asked for"),
            "{told}"
        );
        // The intent stands, and that it was sent; handed in again it is not sent again.
        assert_eq!(scene.state(&order), Some(State::Sending));
        scene.disk.set(false);
        let (handled, posts) = scene.send(&order, 1, &|| {});
        let handled = handled.unwrap();
        assert!(handled.answer.is_none() && posts == 0, "{handled:?}");
        assert!(scene.world.sandbox.settle("bitlipa", order.as_str(), Decision::Approve));
        for _ in 0..1_000 {
            match &scene.net {
                Net::Blocking(http) => scene.cashier.reconcile(http).unwrap(),
                Net::Async(http, runtime) => runtime.block_on(scene.cashier.reconcile_async(http)).unwrap(),
            };
            if scene.state(&order) == Some(State::Succeeded) {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!((scene.state(&order), scene.moved(&order)), (Some(State::Succeeded), 1), "{driver:?}");
    }
}
