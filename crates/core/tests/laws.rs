//! Laws of money, ids, exchanges and outcomes.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use nzimbu_core::testing::Script;
use nzimbu_core::{
    Advice, AsyncTransportExt, Currency, Delivery, Effect, ErrorKind, Exchange, HttpRequest, HttpResponse,
    Money, Operation, OrderId, OrderName, Outcome, ProviderError, TransportError, TransportExt,
};
use proptest::prelude::*;

fn currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(Currency::ALL)
}

proptest! {
    #[test]
    fn printing_and_parsing_money_are_inverse(minor in 0..=i64::MAX.unsigned_abs(), currency in currency()) {
        let money = Money::from_minor(minor, currency).unwrap();
        prop_assert_eq!(Money::parse_major(&money.to_major(), currency), Ok(money));
        prop_assert_eq!(Money::parse_told(&money.to_decimals(2), currency), Ok(money));
        prop_assert_eq!(Money::parse_told(&money.to_decimals(4), currency), Ok(money));
        let whole = money.whole_units().map(|units| Money::parse_major(&units.to_string(), currency).unwrap());
        prop_assert!(whole.is_none_or(|whole| whole == money));
    }

    #[test]
    fn no_text_becomes_money_by_accident(text in "\\PC{0,12}", currency in currency()) {
        if let Ok(money) = Money::parse_major(&text, currency) {
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
            let same = |text: &str| text.trim_start_matches('0').trim_end_matches('.').to_owned();
            let printed = money.to_decimals(2);
            let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
            prop_assert_eq!(same(&printed), same(&format!("{whole}.{decimals:0<2}")));
        }
    }

    #[test]
    fn derived_ids_are_stable_valid_and_apart(
        namespace in "\\PC{0,20}", reference in "\\PC{0,40}", other in "\\PC{0,40}",
    ) {
        let id = OrderId::derive(&namespace, Operation::Payout, &reference);
        prop_assert_eq!(OrderId::parse(id.as_str()).unwrap(), id.clone());
        prop_assert_eq!(OrderId::derive(&namespace, Operation::Payout, &reference), id.clone());
        prop_assert_ne!(OrderId::derive(&namespace, Operation::Payment, &reference), id.clone());
        if other != reference {
            prop_assert_ne!(OrderId::derive(&namespace, Operation::Payout, &other), id.clone());
        }
        // The border between two parts cannot move.
        let moved = OrderId::derive(&format!("{namespace}{reference}"), Operation::Payout, "");
        prop_assert!(reference.is_empty() || moved != id);
        let uuid = id.to_uuid("checkout");
        prop_assert!(matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
        prop_assert_eq!(uuid.as_bytes()[14], b'4');
    }

    #[test]
    fn ids_hold_nothing_but_the_narrow_alphabet(text in "\\PC{0,34}") {
        let narrow = |sign: char| sign.is_ascii_uppercase() || sign.is_ascii_digit() || sign == '-';
        let fits = !text.is_empty() && text.len() <= 30 && text.chars().all(narrow) && !text.starts_with('-');
        prop_assert_eq!(OrderId::parse(&text).is_ok(), fits);
        prop_assert!(!fits || OrderName::parse(&text).unwrap() == OrderId::parse(&text).unwrap());
    }
}

/// One move of a made-up conversation.
#[derive(Clone, Copy, Debug)]
enum Move {
    Read,
    Money,
    Wait,
    Look,
}

/// How the world answers a request.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Fine,
    Refused,
    Garbage,
    NotSent,
    Lost,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    prop::collection::vec(prop::sample::select(vec![Move::Read, Move::Money, Move::Wait, Move::Look]), 0..7)
}

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let one = [
        Answer::Fine,
        Answer::Fine,
        Answer::Fine,
        Answer::Refused,
        Answer::Garbage,
        Answer::NotSent,
        Answer::Lost,
    ];
    prop::collection::vec(prop::sample::select(one.to_vec()), 7)
}

fn conversation(mut moves: std::vec::IntoIter<Move>) -> Exchange<u32> {
    let read = |request, rest| {
        Exchange::send(request, |reply| match reply.status {
            200 => Ok(()),
            409 => Err(ProviderError::rejected(ErrorKind::InvalidRequest, "refused")),
            _ => Err(ProviderError::new(ErrorKind::Malformed, "garbage")),
        })
        .and_then(move |()| conversation(rest))
    };
    match moves.next() {
        None => Exchange::done(Ok(7)),
        Some(Move::Read) => read(HttpRequest::get("https://host/read"), moves),
        Some(Move::Money) => read(HttpRequest::post("https://host/money"), moves),
        Some(Move::Wait) => Exchange::wait(Duration::from_millis(5), move || conversation(moves)),
        Some(Move::Look) => Exchange::now(move |_| conversation(moves)).map(|n| n),
    }
}

fn script(answers: &[Answer]) -> Script {
    Script::new(answers.iter().map(|answer| match answer {
        Answer::Fine => Ok(HttpResponse::new(200, "")),
        Answer::Refused => Ok(HttpResponse::new(409, "")),
        Answer::Garbage => Ok(HttpResponse::new(502, "<html>")),
        Answer::NotSent => Err(TransportError::not_sent("connection refused")),
        Answer::Lost => Err(TransportError::unknown("connection cut")),
    }))
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    // A script never waits for anything, so its futures are ready at the first poll.
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a scripted run is never pending"),
    }
}

proptest! {
    #[test]
    fn both_drivers_tell_the_same_and_never_understate_money(moves in moves(), answers in answers()) {
        let (blocking, asynchronous) = (script(&answers), script(&answers));
        let result = TransportExt::run(&blocking, conversation(moves.clone().into_iter()));
        let same = block_on(AsyncTransportExt::run(&asynchronous, conversation(moves.clone().into_iter())));
        prop_assert_eq!(format!("{result:?}"), format!("{same:?}"));
        prop_assert_eq!(blocking.slept(), asynchronous.slept());
        let sent = |script: &Script| script.requests().iter().map(|request| format!("{request:?}")).collect::<Vec<_>>();
        prop_assert_eq!(sent(&blocking), sent(&asynchronous));

        // What the world saw, told apart from what the run claims.
        let mut may_have_moved = false;
        let mut refused_in_reply = false;
        for (request, answer) in blocking.requests().iter().zip(&answers) {
            let money = request.effect() == Effect::MovesMoney;
            refused_in_reply = money && matches!(answer, Answer::Refused);
            if money && !matches!(answer, Answer::NotSent) {
                prop_assert!(!may_have_moved, "two money-moving requests left in one run");
                may_have_moved = true;
            }
        }
        if let Err(error) = &result {
            let honest = match error.outcome() {
                Outcome::NotSent => !may_have_moved,
                Outcome::Rejected => !may_have_moved || refused_in_reply,
                Outcome::Unknown => may_have_moved,
            };
            prop_assert!(honest, "{moves:?} {answers:?} {error:?}");
        }
    }
}

#[test]
fn a_second_money_moving_request_is_refused_as_unknown() {
    let twice = conversation(vec![Move::Money, Move::Money].into_iter());
    let script = script(&[Answer::Fine, Answer::Fine]);
    let error = TransportExt::run(&script, twice).unwrap_err();
    assert_eq!((error.outcome(), script.requests().len()), (Outcome::Unknown, 1));
}

#[test]
fn without_a_reply_no_refusal_is_believed() {
    let claims = Exchange::<u32>::send(HttpRequest::post("https://host/money"), |_| Ok(1))
        .then(|_| Exchange::<u32>::done(Err(ProviderError::rejected(ErrorKind::InvalidRequest, "refused"))));
    let lost = TransportExt::run(&script(&[Answer::Lost]), claims).unwrap_err();
    assert_eq!(lost.outcome(), Outcome::Unknown);
}

#[test]
fn a_copy_of_a_known_order_is_never_refused() {
    for kind in [ErrorKind::DuplicateOrder, ErrorKind::Mismatch] {
        let refuses = Exchange::<u32>::send(HttpRequest::post("https://host/money"), move |_| {
            Err(ProviderError::rejected(kind, "refused"))
        });
        let error = TransportExt::run(&script(&[Answer::Fine]), refuses).unwrap_err();
        assert_eq!((error.outcome(), error.advice()), (Outcome::Unknown, Advice::AskStatus));
    }
}

#[test]
fn a_money_request_that_was_proven_unsent_leaves_room_for_another_try() {
    let again =
        Exchange::<u32>::send(HttpRequest::post("https://host/money"), |_| Ok(1)).then(
            |result| match result {
                Ok(_) => Exchange::done(Ok(1)),
                Err(_) => conversation(vec![Move::Money].into_iter()),
            },
        );
    let script = script(&[Answer::NotSent, Answer::Fine]);
    assert_eq!(TransportExt::run(&script, again).unwrap(), 7);
}

#[test]
fn transport_failures_say_whether_the_request_may_have_arrived() {
    let sent = TransportError::unknown("cut");
    assert_eq!(sent.delivery(), Delivery::Unknown);
    assert_eq!(sent.to_string(), "cut; the request may have arrived");
    let error = ProviderError::from(TransportError::not_sent("refused"));
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "refused; the request was not sent");
}

#[test]
fn money_is_refused_with_its_rule_and_remedy() {
    let rows = [
        ("12.5", Currency::Xof, "XOF has no decimals: write a whole number"),
        ("12.505", Currency::Ghs, "GHS has 2 decimals: drop the spare ones"),
        ("", Currency::Xof, "an amount is digits with an optional point, such as 2500 or 12.50"),
        ("-5", Currency::Xof, "an amount is digits with an optional point, such as 2500 or 12.50"),
        ("1 000", Currency::Xof, "an amount is digits with an optional point, such as 2500 or 12.50"),
        ("1e3", Currency::Xof, "an amount is digits with an optional point, such as 2500 or 12.50"),
        (".5", Currency::Ghs, "an amount is digits with an optional point, such as 2500 or 12.50"),
        ("5.", Currency::Ghs, "an amount is digits with an optional point, such as 2500 or 12.50"),
        ("٥", Currency::Xof, "an amount is digits with an optional point, such as 2500 or 12.50"),
        (
            "9223372036854775808",
            Currency::Xof,
            "the amount is beyond 9223372036854775807 minor units: lower it",
        ),
        (
            "99999999999999999999999",
            Currency::Xof,
            "the amount is beyond 9223372036854775807 minor units: lower it",
        ),
    ];
    for (text, currency, told) in rows {
        assert_eq!(Money::parse_major(text, currency).unwrap_err().to_string(), told, "{text:?}");
    }
    assert_eq!(Money::parse_told("500.00", Currency::Xof).unwrap().minor(), 500);
    assert!(Money::parse_told("500.01", Currency::Xof).is_err());
    assert!(Money::parse_told("500.", Currency::Xof).is_err());
    assert!(Money::parse_told("4 233,00", Currency::Xof).is_err());
}
