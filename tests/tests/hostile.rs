//! Answers that no gateway should give to a request that moves money: cut, doubled, too deep, too long, no text at all.
//! None is taken for a refusal, which would free the order to be paid another way, and none for a success.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime};

use nzimbu_core::{
    Callbacks, Effect, HttpRequest, HttpResponse, Method, Operation, OrderId, Outcome, ProviderError,
    Receipt, Transport, TransportError, TransportExt, UnixTime,
};
use nzimbu_sandbox::Settings;
use nzimbu_sandbox::direct::{Call, Direct};
use nzimbu_tests::houses::{self, House};
use proptest::prelude::*;

/// What becomes of the gateway's own status and body.
type Lie = Box<dyn Fn(u16, Vec<u8>) -> (u16, Vec<u8>) + Send>;

/// The sandbox's gateways behind somebody who changes what they say about money, and nothing else.
struct Liar {
    gateways: Mutex<Direct>,
    houses: Vec<House>,
    lie: Mutex<Lie>,
    orders: AtomicU64,
}

impl std::fmt::Debug for Liar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Liar")
    }
}

impl Liar {
    fn new() -> Self {
        let mut settings = Settings::default();
        settings.auto = None;
        settings.magic = false;
        settings.transfer_balance = 1 << 50;
        settings.capacity = usize::MAX;
        let gateways = Direct::new(&settings);
        let houses = houses::at(gateways.endpoints());
        let lie: Lie = Box::new(|status, body| (status, body));
        Self { gateways: Mutex::new(gateways), houses, lie: Mutex::new(lie), orders: AtomicU64::new(0) }
    }

    /// What a new order at this place comes to when its answer becomes this.
    fn hears(&self, place: Place, lie: impl Fn(u16, Vec<u8>) -> (u16, Vec<u8>) + Send + 'static) -> Heard {
        *self.lie.lock().unwrap() = Box::new(lie);
        let (house, operation) = place;
        let provider = &self.houses[house].provider;
        let number = self.orders.fetch_add(1, Ordering::Relaxed);
        let order = OrderId::derive("hostile", operation, &number.to_string());
        let calls_back = provider.capabilities(operation).callbacks != Callbacks::None;
        let notify = calls_back.then(|| "http://127.0.0.1:8/notify".to_owned());
        match operation {
            Operation::Payment => {
                let mut request = houses::payment(&order);
                request.notify_url = notify;
                request.return_url = Some("http://127.0.0.1:8/thanks".to_owned());
                self.run(provider.pay(&request))
            }
            Operation::Payout => {
                let mut request = houses::payout(&order);
                request.notify_url = notify;
                self.run(provider.pay_out(&request))
            }
        }
    }

    fn genuine(&self, place: Place) -> Receipt {
        self.hears(place, |status, body| (status, body)).unwrap()
    }
}

impl Transport for Liar {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        let mut headers = vec![("user-agent", "nzimbu/test")];
        headers.extend(request.headers.iter().map(|header| (header.name, header.value.as_str())));
        let method = if request.method() == Method::Get { "GET" } else { "POST" };
        let call = Call::new(method, &request.url, &headers, &request.body);
        let answer = self.gateways.lock().unwrap().answer(&call, SystemTime::UNIX_EPOCH).unwrap();
        let (status, body) = match request.effect() {
            Effect::MovesMoney => self.lie.lock().unwrap()(answer.status, answer.body),
            _ => (answer.status, answer.body),
        };
        Ok(HttpResponse::new(status, body))
    }

    fn sleep(&self, _: Duration) {}

    fn now(&self) -> UnixTime {
        UnixTime::default()
    }
}

type Heard = Result<Receipt, ProviderError>;
type Place = (usize, Operation);

const PLACES: [Place; 5] = [
    (0, Operation::Payment),
    (1, Operation::Payment),
    (1, Operation::Payout),
    (2, Operation::Payment),
    (2, Operation::Payout),
];
const STATUSES: [u16; 13] = [200, 201, 202, 204, 302, 400, 401, 403, 404, 409, 422, 429, 503];

/// Neither a refusal nor an end.
#[track_caller]
fn says_nothing(heard: &Heard, what: &str) {
    match heard {
        Ok(receipt) => assert!(!receipt.status.is_final(), "{what}: {receipt:?}"),
        Err(error) => assert_eq!(error.outcome(), Outcome::Unknown, "{what}: {error}"),
    }
}

fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    let deep = |open: &str, close: &str| [open.repeat(200_000), close.repeat(200_000)].concat().into_bytes();
    vec![
        ("nothing", Vec::new()),
        ("blanks", text("  \r\n\t ")),
        ("null", text("null")),
        ("a number", text("0")),
        ("an empty object", text("{}")),
        ("an empty list", text("[]")),
        ("a page", text("<!doctype html><title>Maintenance</title><p>code 00 SUCCES ACCEPTED")),
        ("NaN", text(r#"{"code":NaN,"status":NaN}"#)),
        ("10^400", text(r#"{"code":1e400,"status":1e400,"result":{"code":1e400}}"#)),
        ("minus nothing", text(r#"{"code":-0,"status":-0.0,"result":{"code":-0}}"#)),
        ("half a surrogate", text(r#"{"code":"\ud800","message":"\ud800"}"#)),
        ("a mark before it", [b"\xef\xbb\xbf".as_slice(), br#"{"code":"201"}"#].concat()),
        ("a NUL", text("{\"code\":\"201\0\"}")),
        ("no UTF-8", vec![b'{', b'"', 0xff, 0xfe, b'"', b':', b'1', b'}']),
        ("UTF-16", "{\"code\":\"201\"}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("deep lists", deep("[", "]")),
        ("deep objects", deep(r#"{"data":"#, "}")),
        ("lists without end", "[".repeat(200_000).into_bytes()),
        ("a long text", format!(r#"{{"message":"{}"}}"#, "x".repeat(1 << 20)).into_bytes()),
        ("many members", format!("{{{}\"z\":1}}", r#""a":1,"#.repeat(100_000)).into_bytes()),
    ]
}

#[test]
fn no_answer_of_any_shape_is_taken_for_a_refusal_or_a_success() {
    let liar = Liar::new();
    for place in PLACES {
        for (name, body) in hostile() {
            // What is long takes long to read, and is told apart by its status no further than what is short.
            let few = if body.len() > 10_000 { 4 } else { 1 };
            for status in STATUSES.into_iter().step_by(few) {
                let said = body.clone();
                let heard = liar.hears(place, move |_, _| (status, said.clone()));
                says_nothing(&heard, &format!("{place:?}, {status} with {name}"));
            }
        }
    }
}

#[test]
fn a_genuine_answer_that_is_cut_anywhere_says_nothing() {
    let liar = Liar::new();
    for place in PLACES {
        let genuine = liar.genuine(place);
        assert!(!genuine.status.is_final(), "{genuine:?}");
        let length = Arc::new(AtomicUsize::new(0));
        let measured = Arc::clone(&length);
        liar.hears(place, move |status, body| {
            measured.store(body.len(), Ordering::Relaxed);
            (status, body)
        })
        .unwrap();
        let whole = length.load(Ordering::Relaxed);
        assert!(whole > 20);
        for end in 0..whole - 2 {
            let heard =
                liar.hears(place, move |status, body| (status, body[..end.min(body.len() - 1)].to_vec()));
            let error = heard.expect_err("half an answer is none");
            assert_eq!(error.outcome(), Outcome::Unknown, "{place:?} cut at {end}");
        }
    }
}

/// A genuine answer with something added.
fn with(added: &str, body: &[u8]) -> Vec<u8> {
    match added {
        "itself" => [body, body].concat(),
        "a mark before it" => [b"\xef\xbb\xbf", body].concat(),
        "a NUL behind it" => [body, b"\0"].concat(),
        "a page behind it" => [body, b"<p>"].concat(),
        "its first member once more" => {
            let text = std::str::from_utf8(body).unwrap();
            let (first, _) = text[1..].split_once(',').unwrap();
            format!("{{{first},{}", &text[1..]).into_bytes()
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_genuine_answer_with_something_added_says_no_more() {
    let liar = Liar::new();
    for place in PLACES {
        for added in [
            "itself",
            "a mark before it",
            "a NUL behind it",
            "a page behind it",
            "its first member once more",
        ] {
            let heard = liar.hears(place, move |status, body| (status, with(added, &body)));
            says_nothing(&heard, &format!("{place:?} with {added}"));
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_say_nothing(body in proptest::collection::vec(any::<u8>(), 0..200), status in 200_u16..600) {
        static LIAR: LazyLock<Liar> = LazyLock::new(Liar::new);
        let liar = &*LIAR;
        for place in PLACES {
            let said = body.clone();
            let heard = liar.hears(place, move |_, _| (status, said.clone()));
            says_nothing(&heard, &format!("{place:?}, {status}"));
        }
    }
}
