//! Plays a transcript: runs its calls under a driver and writes down everything that is said.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use nzimbu_core::testing::Script;
use nzimbu_core::{
    AsyncTransport, AsyncTransportExt, Exchange, HttpRequest, HttpResponse, Method, ProviderError,
    RawCallback, Receipt, Transport, TransportError, TransportExt, UnixTime, delays, until_final,
    until_next_action,
};

use crate::args::Args;
use crate::gateways::{self, Gateway};
use crate::text::{self, Hidden, Told};
use crate::transcript::{Event, Message, Transcript};

/// Which of the two drivers runs the exchanges.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Driver {
    /// [`AsyncTransportExt::run`].
    Async,
    /// [`TransportExt::run`].
    Blocking,
}

impl Driver {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Async, Self::Blocking];
}

/// What came of a transcript.
#[derive(Debug)]
pub struct Played {
    /// The conversation, for the snapshot.
    pub text: String,
    /// Everything that `Debug`, `Display` and the sources of errors say on the way, as logs would hold it.
    pub logs: String,
    /// The credentials, and the tokens that the gateway gave out.
    pub secrets: Vec<String>,
}

/// Plays a transcript of this gateway.
///
/// # Errors
/// When a call is unknown or has unknown words, when it asks for more answers than there are, or for fewer.
pub fn play(transcript: &Transcript, gateway: &str, driver: Driver) -> Result<Played, String> {
    let mut with = transcript.with.clone();
    let gateway = gateways::open(gateway, &mut with)?;
    with.finish()?;
    let scribe = Scribe::new(Hidden::new(gateway.secrets()));
    let mut events = transcript.events.iter().peekable();
    while let Some(event) = events.next() {
        match event {
            Event::Now(now, line) => {
                scribe.script.set_now(*now);
                scribe.note(&format!("{line}\n"));
            }
            Event::Call { line, name, args } => {
                scribe.note(&format!("{line}\n"));
                let mut answers = Vec::new();
                while let Some(answer) = events.next_if(|next| !matches!(next, Event::Call { .. })) {
                    answers.push(answer.clone());
                }
                // A clock that is set after the last answer belongs to what follows.
                let mut later = Vec::new();
                while matches!(answers.last(), Some(Event::Now(..))) {
                    later.extend(answers.pop());
                }
                let told = call(&scribe, gateway.as_ref(), driver, name, args.clone(), answers)
                    .map_err(|told| format!("{line}: {told}"))?;
                scribe.log(&told.debug);
                scribe.end(&told.shown);
                for event in later.into_iter().rev() {
                    if let Event::Now(now, line) = event {
                        scribe.script.set_now(now);
                        scribe.note(&format!("{line}\n"));
                    }
                }
            }
            Event::Said(_) | Event::Lost { .. } => return Err("an answer before any call".to_owned()),
        }
    }
    scribe.log(&format!("{gateway:?} {:?}", gateway.provider()));
    Ok(scribe.into_played())
}

fn call(
    scribe: &Scribe,
    gateway: &dyn Gateway,
    driver: Driver,
    name: &str,
    mut args: Args,
    answers: Vec<Event>,
) -> Result<Told, String> {
    if name == "verify" || name.ends_with(".verify") {
        let [Event::Said(message)] = answers.as_slice() else {
            return Err("a callback is one request: `< POST /…`".to_owned());
        };
        scribe.note(&scribe.shown(message));
        let told = with_callback(message, |raw| {
            scribe.log(&format!("{raw:?}"));
            if name == "verify" {
                let verified = gateway.provider().verify(raw, Transport::now(scribe));
                return Ok(Told::of(&verified, text::callback(&verified)));
            }
            gateway.verify(name, raw, Transport::now(scribe)).ok_or_else(|| format!("no call: {name}"))
        })??;
        args.finish()?;
        return Ok(told);
    }
    let exchange = exchange(scribe, gateway, name, &mut args)?;
    args.finish()?;
    scribe.log(&format!("{exchange:?}"));
    scribe.queue(answers);
    let result = scribe.run(driver, exchange);
    scribe.done()?;
    Ok(result.unwrap_or_else(|error| Told::of(&error, text::error(&error))))
}

fn exchange(
    scribe: &Scribe,
    gateway: &dyn Gateway,
    name: &str,
    args: &mut Args,
) -> Result<Exchange<Told>, String> {
    let provider = gateway.provider();
    let of = |receipt: Receipt| Told::of(&receipt, text::receipt(&receipt));
    let of_any = move |found: Option<Receipt>| match found {
        Some(receipt) => of(receipt),
        None => Told { shown: "none: the gateway does not know the order".to_owned(), debug: String::new() },
    };
    Ok(match name {
        "pay" => {
            let request = args.payment()?;
            scribe.log(&format!("{request:?}"));
            provider.pay(&request).map(of)
        }
        "pay_out" => {
            let request = args.payout()?;
            scribe.log(&format!("{request:?}"));
            provider.pay_out(&request).map(of)
        }
        "status" => provider.status(&args.order_ref()?).map(of_any),
        "balance" => {
            let balance = provider.balance(args.currency("currency")?);
            balance.map(|balance| Told::of(&balance, text::balance(&balance)))
        }
        "until_final" | "until_next_action" => {
            let order = args.order_ref()?;
            let first = args.seconds("first")?.ok_or("first is missing")?;
            let most = args.seconds("most")?.unwrap_or(first);
            let count = args.number("count")?.ok_or("count is missing")?;
            let delays = delays(first, most, count);
            match name {
                "until_final" => until_final(provider, order, delays),
                _ => until_next_action(provider, order, delays),
            }
            .map(of_any)
        }
        _ => gateway.call(name, args)?.ok_or_else(|| format!("no call: {name}"))?,
    })
}

/// Hands a message to a check as the request that it is.
///
/// # Errors
/// When its first line is no request line.
pub fn with_callback<T>(message: &Message, check: impl FnOnce(&RawCallback<'_>) -> T) -> Result<T, String> {
    let (method, target) = message.first.split_once(' ').ok_or("a callback begins with `< POST /…`")?;
    let method = match method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        other => return Err(format!("no method: {other}")),
    };
    let headers: Vec<_> =
        message.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let query = target.split_once('?').map_or("", |(_, query)| query);
    Ok(check(&RawCallback { method, query, headers: &headers, body: message.body.as_bytes() }))
}

/// A [`Script`] that writes down what is said, in order.
#[derive(Debug)]
struct Scribe {
    script: Script,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    text: String,
    logs: String,
    hidden: Hidden,
    answers: VecDeque<Event>,
    too_few: bool,
}

impl Scribe {
    fn new(hidden: Hidden) -> Self {
        Self { script: Script::default(), state: Mutex::new(State { hidden, ..State::default() }) }
    }

    fn queue(&self, answers: Vec<Event>) {
        self.state().answers.extend(answers);
    }

    fn run(&self, driver: Driver, exchange: Exchange<Told>) -> Result<Told, ProviderError> {
        match driver {
            Driver::Blocking => TransportExt::run(self, exchange),
            Driver::Async => {
                let runtime =
                    tokio::runtime::Builder::new_current_thread().build().expect("a runtime starts");
                runtime.block_on(AsyncTransportExt::run(self, exchange))
            }
        }
    }

    fn done(&self) -> Result<(), String> {
        let state = self.state();
        match (state.too_few, state.answers.len()) {
            (true, _) => Err("the call asks for more answers than there are".to_owned()),
            (false, 0) => Ok(()),
            (false, left) => Err(format!("{left} answers that nobody asked for")),
        }
    }

    fn note(&self, told: &str) {
        let mut state = self.state();
        let told = state.hidden.hide(told);
        state.text.push_str(&told);
    }

    fn end(&self, told: &str) {
        let mut text = String::new();
        text::line(&mut text, '=', told.trim_end());
        self.note(&text);
    }

    fn shown(&self, message: &Message) -> String {
        self.state().hidden.learn(&message.body);
        let mut text = format!("< {}\n", message.first);
        for (name, value) in &message.headers {
            text::line(&mut text, '<', &format!("{name}: {value}"));
        }
        if !message.body.is_empty() {
            text::line(&mut text, '<', &message.body);
        }
        text
    }

    fn answer(&self, event: Event) -> Result<HttpResponse, TransportError> {
        match event {
            Event::Said(message) => {
                self.note(&self.shown(&message));
                let status =
                    message.first.parse().map_err(|_| TransportError::unknown("a request, no answer"))?;
                let mut answer = HttpResponse::new(status, message.body);
                answer.headers = message.headers;
                Ok(answer)
            }
            Event::Lost { proven_unsent: true, how } => {
                self.note(&format!("! not-sent {how}\n"));
                Err(TransportError::not_sent(how))
            }
            Event::Lost { proven_unsent: false, how } => {
                self.note(&format!("! unknown {how}\n"));
                Err(TransportError::unknown(how))
            }
            Event::Now(..) | Event::Call { .. } => unreachable!("neither is an answer"),
        }
    }

    fn log(&self, told: &str) {
        let mut state = self.state();
        state.logs.push_str(told);
        state.logs.push('\n');
    }

    fn into_played(self) -> Played {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let secrets = state.hidden.secrets().map(str::to_owned).collect();
        Played { text: state.text, logs: state.logs, secrets }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Scribe {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        self.note(&text::request(request));
        self.log(&format!("{request:?} {:?}", request.headers));
        loop {
            let next = self.state().answers.pop_front();
            match next {
                Some(Event::Now(now, line)) => {
                    self.note(&format!("{line}\n"));
                    self.script.set_now(now);
                }
                Some(event) => {
                    let answer = self.answer(event);
                    self.log(&format!("{answer:?}"));
                    self.script.push(answer);
                    return Transport::send(&self.script, request);
                }
                None => {
                    self.state().too_few = true;
                    return Transport::send(&self.script, request);
                }
            }
        }
    }

    fn sleep(&self, delay: Duration) {
        self.note(&format!("wait {delay:?}\n"));
        Transport::sleep(&self.script, delay);
    }

    fn now(&self) -> UnixTime {
        Transport::now(&self.script)
    }
}

#[async_trait]
impl AsyncTransport for Scribe {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        Transport::send(self, request)
    }

    async fn sleep(&self, delay: Duration) {
        Transport::sleep(self, delay);
    }

    fn now(&self) -> UnixTime {
        Transport::now(self)
    }
}
