//! One suite for gateway × driver × case against the sandbox over real HTTP. What a gateway claims to offer chooses
//! its cases; what it does not offer has to send nothing.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use std::time::Duration;

use nzimbu_core::testing::Script;
use nzimbu_core::{
    Advice, Callback, CallbackError, Callbacks, Checked, Currency, ErrorKind, Exchange, Money, NextAction,
    Operation, OrderId, OrderRef, Outcome, RawCallback, Receipt, Repeats, Status, TransportExt, UnixTime,
    delays, until_final,
};
use nzimbu_sandbox::Decision;
use nzimbu_tests::houses::{self, House};
use nzimbu_tests::player::Driver;
use nzimbu_tests::world::{Net, Received, World};

/// One gateway under one driver in a world of its own.
struct Scene<'a> {
    world: &'a World,
    house: &'a House,
    net: &'a Net,
    operation: Operation,
    order: OrderId,
}

/// Plays a case for every gateway, driver and direction.
fn each(case: &str, play: impl Fn(&Scene<'_>)) {
    for driver in Driver::ALL {
        let net = Net::of(driver);
        let world = World::start();
        for house in &houses::all(&world) {
            for operation in [Operation::Payment, Operation::Payout] {
                println!("{case}: {} {} {driver:?}", house.provider.id(), operation.as_str());
                let reference = format!("{case} {} {driver:?}", house.provider.id());
                let order = OrderId::derive("conformance", operation, &reference);
                play(&Scene { world: &world, house, net: &net, operation, order });
            }
        }
    }
}

/// Plays a case for every gateway, driver and direction that is offered.
fn each_offered(case: &str, play: impl Fn(&Scene<'_>)) {
    each(case, |scene| {
        if scene.house.provider.capabilities(scene.operation).offered {
            play(scene);
        }
    });
}

impl Scene<'_> {
    fn begin(&self) -> Exchange<Receipt> {
        self.begin_with(self.house)
    }

    fn begin_with(&self, house: &House) -> Exchange<Receipt> {
        self.ask(&*house.provider, &self.order)
    }

    fn ask(&self, provider: &dyn nzimbu_core::PaymentProvider, order: &OrderId) -> Exchange<Receipt> {
        let path = format!("/{}/{}", provider.id(), order.as_str());
        // A gateway without callbacks refuses an address for them.
        let calls_back = provider.capabilities(self.operation).callbacks != Callbacks::None;
        let notify = calls_back.then(|| self.world.merchant.url(&path));
        match self.operation {
            Operation::Payment => {
                let mut request = houses::payment(order);
                request.notify_url = notify;
                request.return_url = Some(self.world.merchant.url("/thanks"));
                provider.pay(&request)
            }
            Operation::Payout => {
                let mut request = houses::payout(order);
                request.notify_url = notify;
                provider.pay_out(&request)
            }
        }
    }

    fn amount(&self) -> Money {
        match self.operation {
            Operation::Payment => houses::payment(&self.order).amount,
            Operation::Payout => houses::payout(&self.order).amount,
        }
    }

    fn order_ref(&self) -> OrderRef {
        OrderRef::new(self.operation, &self.order)
    }

    fn settle(&self, decision: Decision) {
        let (gateway, name) = (self.house.ledger(self.operation), self.house.booked(&self.order));
        assert!(self.world.sandbox.settle(gateway, &name, decision), "{gateway} does not know {name}");
    }

    /// Asks until the order has ended: by its status, or by repeating it where no document tells how to ask.
    fn end(&self) -> Receipt {
        if !self.house.provider.capabilities(self.operation).status_by_order {
            return self.net.run(self.begin()).unwrap();
        }
        let often = delays(Duration::from_millis(20), Duration::from_millis(500), 12);
        let provider = self.house.provider.clone();
        self.net.run(until_final(provider, self.order_ref(), often)).unwrap().unwrap()
    }

    fn moved(&self) -> Vec<String> {
        let moved = self.world.movements(self.house.ledger(self.operation), &self.house.booked(&self.order));
        moved.into_iter().map(|one| format!("{} {} {}", one.operation, one.amount, one.currency)).collect()
    }

    /// What the ledger holds when the order was executed once.
    fn once(&self) -> String {
        let decimals = if self.house.provider.id().as_str() == "bitlipa" { 2 } else { 0 };
        let amount = self.amount();
        format!("{} {} {}", self.operation.as_str(), amount.to_decimals(decimals), amount.currency())
    }

    fn called_back(&self) -> Received {
        let path = format!("/{}/{}", self.house.provider.id(), self.order.as_str());
        let posted = |request: &Received| request.path == path && request.method == nzimbu_core::Method::Post;
        self.world.merchant.wait_for(posted).expect("the gateway calls back")
    }
}

#[test]
fn what_is_approved_succeeds_and_is_booked_once_with_the_amount_that_was_asked() {
    each_offered("approved", |scene| {
        let begun = scene.net.run(scene.begin()).unwrap();
        assert!(!begun.status.is_final(), "{begun:?}");
        assert!(scene.moved().is_empty());
        scene.settle(Decision::Approve);
        let ended = scene.end();
        assert_eq!(ended.status, Status::Succeeded, "{ended:?}");
        assert_eq!(scene.moved(), [scene.once()]);
        let states_amount = scene.house.provider.capabilities(scene.operation).states_amount;
        let checked = ended.clone().expect(&scene.order, scene.amount()).unwrap();
        assert_eq!(matches!(checked, Checked::AmountConfirmed(_)), states_amount, "{ended:?}");
        let more = Money::from_minor(scene.amount().minor() + 5, scene.amount().currency()).unwrap();
        assert_eq!(ended.expect(&scene.order, more).is_err(), states_amount);
    });
}

#[test]
fn what_is_refused_ends_without_money() {
    each_offered("refused", |scene| {
        scene.net.run(scene.begin()).unwrap();
        scene.settle(Decision::Refuse);
        let ended = scene.end();
        assert!(matches!(ended.status, Status::Failed | Status::Cancelled), "{ended:?}");
        assert!(scene.moved().is_empty());
    });
}

#[test]
fn a_callback_is_worth_what_the_gateway_claims() {
    each_offered("called back", |scene| {
        let provider = &scene.house.provider;
        let now = UnixTime::from_secs(0);
        let kind = provider.capabilities(scene.operation).callbacks;
        if kind == Callbacks::None {
            let raw = RawCallback::post(&[], b"{}");
            assert_eq!(provider.verify(&raw, now).unwrap_err(), CallbackError::Unsupported);
            return;
        }
        scene.net.run(scene.begin()).unwrap();
        scene.settle(Decision::Approve);
        let request = scene.called_back();
        let told = request.with(|raw| provider.verify(raw, now)).unwrap();
        match (kind, &told) {
            (Callbacks::Signed, Callback::Authentic(proven)) => {
                assert_eq!(proven.order_ref().order, scene.order);
                assert_eq!(
                    request.with(|raw| scene.house.stranger.verify(raw, now)).unwrap_err(),
                    CallbackError::BadSignature
                );
                let mut forged = request.clone();
                let place =
                    forged.body.windows(4).position(|part| part == &scene.order.as_str().as_bytes()[..4]);
                forged.body[place.unwrap()] ^= 1;
                assert!(forged.with(|raw| provider.verify(raw, now)).is_err(), "a changed body was believed");
            }
            (Callbacks::Unsigned, Callback::Hint(order)) => assert_eq!(order.order, scene.order),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn the_same_order_again_moves_no_second_sum() {
    each_offered("again", |scene| {
        let first = scene.net.run(scene.begin()).unwrap();
        let repeats = scene.house.provider.capabilities(scene.operation).repeats;
        let again = |when: &str| match (repeats, scene.net.run(scene.begin())) {
            // What is refused in general may still be found again: the same transfer is adopted, the same page shown.
            (Repeats::Replayed | Repeats::Refused, Ok(second)) => {
                assert_eq!(second.reference, first.reference, "{when}");
                if let NextAction::Redirect(page) = &first.next_action {
                    assert_eq!(second.next_action, NextAction::Redirect(page.clone()), "{when}");
                }
            }
            (Repeats::Refused, Err(error)) => {
                let told = (error.kind(), error.outcome(), error.advice());
                assert_eq!(told, (ErrorKind::DuplicateOrder, Outcome::Unknown, Advice::AskStatus), "{when}");
            }
            (repeats, told) => panic!("{when}: {repeats:?} {told:?}"),
        };
        again("before it is decided");
        scene.settle(Decision::Approve);
        assert_eq!(scene.end().status, Status::Succeeded);
        again("after it has ended");
        // Whatever was begun twice could be decided twice.
        let _ = scene.world.sandbox.settle(
            scene.house.ledger(scene.operation),
            &scene.house.booked(&scene.order),
            Decision::Approve,
        );
        assert_eq!(scene.moved(), [scene.once()]);
    });
}

#[test]
fn wrong_credentials_are_told_and_move_nothing() {
    each_offered("stranger", |scene| {
        let error = scene.net.run(scene.ask(&*scene.house.stranger, &scene.order)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication, "{error:?}");
        assert!(matches!(error.outcome(), Outcome::NotSent | Outcome::Rejected), "{error:?}");
        assert_eq!(error.advice(), Advice::Change);
        assert!(scene.moved().is_empty());
    });
}

#[test]
fn where_nobody_listens_nothing_is_sent() {
    each_offered("nowhere", |scene| {
        let error = scene.net.run(scene.ask(&*scene.house.nowhere, &scene.order)).unwrap_err();
        let told = (error.kind(), error.outcome(), error.advice());
        assert_eq!(told, (ErrorKind::Transport, Outcome::NotSent, Advice::Repeat), "{error:?}");
    });
}

#[test]
fn faults_are_all_told_before_anything_is_sent() {
    each_offered("faults", |scene| {
        let money = Money::from_minor(1, Currency::Usd).unwrap();
        let provider = &scene.house.provider;
        let exchange = match scene.operation {
            Operation::Payment => provider.pay(&nzimbu_core::PaymentRequest::new(scene.order.clone(), money)),
            Operation::Payout => {
                let channel = nzimbu_core::Channel::Card;
                provider.pay_out(&nzimbu_core::PayoutRequest::new(scene.order.clone(), money, channel))
            }
        };
        let known = exchange.problems().to_vec();
        assert!(known.len() > 1, "only {known:?}");
        let script = Script::default();
        let error = script.run(exchange).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidRequest, Outcome::NotSent));
        assert_eq!(error.problems(), known);
        assert!(script.requests().is_empty());
    });
}

#[test]
fn an_order_that_was_never_sent_is_never_final() {
    each_offered("never sent", |scene| {
        if !scene.house.provider.capabilities(scene.operation).status_by_order {
            return;
        }
        match scene.net.run(scene.house.provider.status(&scene.order_ref())) {
            Ok(None) => {}
            Ok(Some(receipt)) => assert!(!receipt.status.is_final(), "{receipt:?}"),
            // Where no document tells the answer, the question may fail; that says nothing about the order.
            Err(error) => assert_ne!(error.outcome(), Outcome::Unknown, "{error:?}"),
        }
    });
}

#[test]
fn what_is_not_offered_sends_nothing() {
    each("not offered", |scene| {
        let provider = &scene.house.provider;
        let capabilities = provider.capabilities(scene.operation);
        let unsupported = |error: nzimbu_core::ProviderError| {
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::Unsupported, Outcome::NotSent),
                "{error:?}"
            );
        };
        let script = Script::default();
        if !capabilities.offered {
            unsupported(script.run(scene.begin()).unwrap_err());
        }
        if !capabilities.status_by_order {
            unsupported(script.run(provider.status(&scene.order_ref())).unwrap_err());
        }
        assert!(script.requests().is_empty());
    });
}
