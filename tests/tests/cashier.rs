//! The cashier over real HTTP: every gateway that can, both drivers, with what goes wrong between them.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use std::sync::Arc;
use std::time::Duration;

use nzimbu_core::{Callbacks, Operation, OrderId, Outcome, SharedProvider, UnixTime};
use nzimbu_journal::testing::{Memory, SoundDisk};
use nzimbu_journal::{
    Cashier, Flags, Handled, Intent, Journal, JournalErrorKind, Limits, Paid, Seen, State, SteadyClock,
    Timing,
};
use nzimbu_sandbox::Decision;
use nzimbu_tests::houses::{self, House};
use nzimbu_tests::player::Driver;
use nzimbu_tests::world::{Net, World};

/// Times that let a test see in a second what takes a quarter of an hour.
fn timing() -> Timing {
    let mut timing = Timing::default();
    timing.lease = Duration::from_secs(20);
    timing.grace = Duration::from_millis(400);
    timing.first_poll = Duration::from_millis(20);
    timing.most_poll = Duration::from_millis(200);
    timing.first_retry = Duration::from_millis(20);
    timing.wake_pause = Duration::ZERO;
    timing
}

fn cashier(memory: &Memory, provider: &SharedProvider) -> Cashier {
    let journal = Journal::in_memory(memory, Arc::new(SteadyClock::new()), Box::new(SoundDisk));
    let mut limits = Limits::default();
    limits.calls_per_second = 10_000;
    Cashier::with(journal, vec![provider.clone()], timing(), limits)
}

struct Scene {
    world: World,
    house: House,
    net: Net,
    operation: Operation,
    order: OrderId,
}

/// Plays a case for every gateway, driver and direction that is offered.
fn each(case: &str, play: impl Fn(&Scene)) {
    for driver in Driver::ALL {
        for place in 0..3 {
            for operation in [Operation::Payment, Operation::Payout] {
                let world = World::start();
                let house = houses::all(&world).swap_remove(place);
                if !house.provider.capabilities(operation).offered {
                    continue;
                }
                println!("{case}: {} {} {driver:?}", house.provider.id(), operation.as_str());
                let order = OrderId::derive("cashier", operation, case);
                play(&Scene { world, house, net: Net::of(driver), operation, order });
            }
        }
    }
}

impl Scene {
    fn cashier(&self, memory: &Memory) -> Cashier {
        cashier(memory, &self.house.provider)
    }

    fn intent(&self, provider: &SharedProvider) -> Intent {
        let calls_back = provider.capabilities(self.operation).callbacks != Callbacks::None;
        let notify = calls_back.then(|| self.world.merchant.url("/notify"));
        match self.operation {
            Operation::Payment => {
                let mut request = houses::payment(&self.order);
                request.notify_url = notify;
                request.return_url = Some(self.world.merchant.url("/thanks"));
                Intent::payment(&**provider, request, timing())
            }
            Operation::Payout => {
                let mut request = houses::payout(&self.order);
                request.notify_url = notify;
                Intent::payout(&**provider, request, timing())
            }
        }
    }

    fn send(&self, cashier: &Cashier) -> Handled {
        let intent = self.intent(cashier.provider(self.house.provider.id().as_str()).unwrap());
        match &self.net {
            Net::Blocking(http) => cashier.send(http, intent).unwrap(),
            Net::Async(http, runtime) => runtime.block_on(cashier.send_async(http, intent)).unwrap(),
        }
    }

    fn reconcile(&self, cashier: &Cashier) {
        match &self.net {
            Net::Blocking(http) => cashier.reconcile(http).unwrap(),
            Net::Async(http, runtime) => runtime.block_on(cashier.reconcile_async(http)).unwrap(),
        };
    }

    /// Reconciles until the order is in a state that fits, for at most ten seconds.
    fn until(&self, cashier: &Cashier, fits: impl Fn(State) -> bool) -> nzimbu_journal::Entry {
        for _ in 0..500 {
            self.reconcile(cashier);
            let entry = self.entry(cashier);
            if fits(entry.state) {
                return entry;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{:?}", self.entry(cashier));
    }

    fn entry(&self, cashier: &Cashier) -> nzimbu_journal::Entry {
        let gateway = self.house.provider.id();
        cashier.journal().find(gateway.as_str(), self.operation, &self.order).wait().unwrap().unwrap()
    }

    fn approve(&self) {
        let (gateway, name) = (self.house.ledger(self.operation), self.house.booked(&self.order));
        assert!(self.world.sandbox.settle(gateway, &name, Decision::Approve));
    }

    fn moved(&self) -> usize {
        self.world.movements(self.house.ledger(self.operation), &self.house.booked(&self.order)).len()
    }

    /// What a succeeded order of this gateway is worth.
    fn paid(&self) -> Paid {
        if self.house.provider.capabilities(self.operation).states_amount {
            Paid::Yes
        } else {
            Paid::AmountUnconfirmed
        }
    }
}

#[test]
fn an_order_is_settled_without_a_callback_and_sent_once() {
    each("settled", |scene| {
        let memory = Memory::new();
        let cashier = scene.cashier(&memory);
        let handled = scene.send(&cashier);
        assert_eq!(handled.entry.state, State::Accepted, "{handled:?}");
        assert_eq!(scene.moved(), 0);
        scene.approve();
        let entry = scene.until(&cashier, State::is_final);
        assert_eq!((entry.state, entry.paid()), (State::Succeeded, scene.paid()));
        assert_eq!(scene.moved(), 1);

        // The same process, and one that was started anew, begin nothing.
        for cashier in [&cashier, &scene.cashier(&memory)] {
            let again = scene.send(cashier);
            assert!(again.answer.is_none());
            assert_eq!(again.entry.state, State::Succeeded);
        }
        assert_eq!(scene.moved(), 1);

        let notices = cashier.journal().notices(10, Duration::from_secs(60)).wait().unwrap();
        let states: Vec<_> = notices.iter().map(|notice| notice.state).collect();
        assert_eq!(states, [State::Accepted, State::Succeeded]);
        assert!(cashier.journal().notices(10, Duration::ZERO).wait().unwrap().is_empty(), "they are held");
        cashier.journal().acknowledge(&notices).wait().unwrap();
        assert!(cashier.journal().verify().unwrap().flaw.is_none());
    });
}

#[test]
fn the_same_id_for_another_request_is_refused_before_anything_is_sent() {
    each("reused", |scene| {
        let cashier = scene.cashier(&Memory::new());
        scene.send(&cashier);
        let before = scene.world.sandbox.ledger().len();
        let provider = &*scene.house.provider;
        let other = match scene.operation {
            Operation::Payment => {
                let mut request = houses::payment(&scene.order);
                request.description = Some("Three books".to_owned());
                Intent::payment(provider, request, timing())
            }
            Operation::Payout => {
                let mut request = houses::payout(&scene.order);
                request.reason = Some("Two books came back".to_owned());
                Intent::payout(provider, request, timing())
            }
        };
        let refused = cashier.journal().begin(other).wait().unwrap_err();
        assert_eq!(refused.kind(), JournalErrorKind::KeyReuse);
        assert_eq!(scene.world.sandbox.ledger().len(), before);
    });
}

#[test]
fn what_provably_did_not_leave_is_sent_later_under_the_same_key() {
    each("nowhere", |scene| {
        let memory = Memory::new();
        let nowhere = cashier(&memory, &scene.house.nowhere);
        let handled = scene.send(&nowhere);
        let outcome = handled.answer.unwrap().unwrap_err().outcome();
        assert_eq!((outcome, handled.entry.state), (Outcome::NotSent, State::Ready));
        // The gateway comes back, and a worker sends what waits.
        let cashier = scene.cashier(&memory);
        scene.until(&cashier, |state| state == State::Accepted);
        scene.approve();
        let entry = scene.until(&cashier, State::is_final);
        assert_eq!(entry.state, State::Succeeded);
        assert_eq!(scene.moved(), 1);
    });
}

#[test]
fn a_worker_that_died_with_an_attempt_in_hand_leaves_it_to_the_next() {
    each("died", |scene| {
        let memory = Memory::new();
        let dying = scene.cashier(&memory);
        let begun = dying.journal().begin(scene.intent(&scene.house.provider)).wait().unwrap();
        let nzimbu_journal::Begun::Attempt(attempt) = begun else { panic!("it is new") };
        // It was sent, and nobody wrote down how it ended.
        scene.net.run(attempt.exchange(&*scene.house.provider)).unwrap();
        drop(attempt);
        scene.approve();
        let cashier = scene.cashier(&memory);
        let entry = scene.until(&cashier, State::is_final);
        assert_eq!((entry.state, entry.attempts <= 2), (State::Succeeded, true), "{entry:?}");
        assert_eq!(scene.moved(), 1);
    });
}

#[test]
fn callbacks_wake_their_orders_once() {
    each("callbacks", |scene| {
        if scene.house.provider.capabilities(scene.operation).callbacks == Callbacks::None {
            return;
        }
        let cashier = scene.cashier(&Memory::new());
        scene.send(&cashier);
        scene.approve();
        let gateway = scene.house.provider.id();
        let post = |received: &nzimbu_tests::world::Received| {
            received.path == "/notify" && received.method == nzimbu_core::Method::Post
        };
        let received = scene.world.merchant.wait_for(post).unwrap();
        let wall = UnixTime::default();
        let hand_in = || {
            let take = |raw: &nzimbu_core::RawCallback<'_>| {
                cashier.receive(gateway.as_str(), raw, wall).wait().unwrap()
            };
            received.with(take)
        };
        let seen = hand_in();
        assert!(matches!(seen, Seen::Noted(_)), "{seen:?}");
        let entry = scene.until(&cashier, State::is_final);
        assert_eq!(entry.state, State::Succeeded);
        let before =
            cashier.journal().history(gateway.as_str(), scene.operation, &scene.order).wait().unwrap();
        for _ in 0..3 {
            assert_eq!(hand_in().http_status(), 200);
        }
        scene.reconcile(&cashier);
        let after =
            cashier.journal().history(gateway.as_str(), scene.operation, &scene.order).wait().unwrap();
        assert_eq!(before, after, "a replay changes nothing");

        let mut forged = received.clone();
        if let Some(byte) = forged.body.iter_mut().rev().find(|byte| byte.is_ascii_digit()) {
            *byte = if *byte == b'1' { b'2' } else { b'1' };
        }
        let seen = forged.with(|raw| cashier.receive(gateway.as_str(), raw, wall).wait().unwrap());
        let signed = scene.house.provider.capabilities(scene.operation).callbacks == Callbacks::Signed;
        assert_eq!(matches!(seen, Seen::Refused(_)), signed, "{seen:?}");
        assert_eq!(scene.entry(&cashier).flags.without(Flags::AMOUNT_UNCONFIRMED), Flags::NONE);
    });
}

#[test]
fn reconciling_goes_on_when_only_the_pace_is_used_up() {
    let world = World::start();
    let house = houses::all(&world).swap_remove(1);
    let journal = Journal::in_memory(&Memory::new(), Arc::new(SteadyClock::new()), Box::new(SoundDisk));
    let mut limits = Limits::default();
    limits.calls_per_second = 4;
    let cashier = Cashier::with(journal, vec![house.provider.clone()], timing(), limits);
    let gateway = house.provider.id();
    let orders: Vec<_> =
        (0..10).map(|n| OrderId::derive("pace", Operation::Payout, &format!("{n}"))).collect();
    for order in &orders {
        let mut request = houses::payout(order);
        request.notify_url = Some(world.merchant.url("/notify"));
        let begun =
            cashier.journal().begin(cashier.payout(gateway.as_str(), request).unwrap()).wait().unwrap();
        let nzimbu_journal::Begun::Attempt(attempt) = begun else { panic!("it is new") };
        // Nobody knows whether it was sent.
        drop(attempt);
    }
    let round = cashier.reconcile(&nzimbu::BlockingHttp::new().unwrap()).unwrap();
    assert!(round.asked >= 10, "{round:?}");
    for order in &orders {
        let entry =
            cashier.journal().find(gateway.as_str(), Operation::Payout, order).wait().unwrap().unwrap();
        assert_eq!(entry.state, State::Unknown, "asked once, and not known there: nothing is sent yet");
    }
}
