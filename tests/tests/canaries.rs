//! No secret, phone number or name of a person in anything that a log may hold: `Debug`, `Display`, errors with
//! their sources, panics. Every transcript is played and its logs are searched; then both transports meet a server
//! that repeats everything it was told.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use nzimbu::adullam::{Adullam, CheckoutRequest, Credentials};
use nzimbu::bitlipa::{B2cRequest, Bitlipa, C2bRequest, HostedPageRequest};
use nzimbu::cinetpay::{
    CheckoutConfig, CinetPay, Contact, Transfer, TransferConfig, TransferKey, TransferRequest,
};
use nzimbu_core::secret::Secret;
use nzimbu_core::{
    BaseUrl, Currency, Document, DocumentKind, Exchange, Money, Operation, OrderId, OrderRef, PhoneNumber,
    ProviderError, RawCallback, SharedProvider, UnixTime,
};
use nzimbu_tests::houses;
use nzimbu_tests::player::{Driver, play};
use nzimbu_tests::transcript::{Event, Transcript};
use nzimbu_tests::world::Net;

#[test]
fn no_transcript_leaves_a_secret_or_a_person_in_the_logs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let mut leaks = Vec::new();
    let mut searched = 0;
    for folder in fs::read_dir(root).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        let gateway = folder.file_name().into_string().unwrap();
        for file in fs::read_dir(folder.path()).unwrap().flatten() {
            let path = file.path();
            if path.extension().is_none_or(|extension| extension != "http") {
                continue;
            }
            let transcript = Transcript::parse(&fs::read_to_string(&path).unwrap()).unwrap();
            let played = play(&transcript, &gateway, Driver::Blocking).unwrap();
            let mut canaries = Canaries::of_people(&transcript);
            canaries.words.extend(played.secrets);
            searched += 1;
            leaks.extend(canaries.found_in(&played.logs).map(|leak| format!("{}: {leak}", path.display())));
        }
    }
    assert!(searched > 50, "only {searched} transcripts were searched");
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let canaries = Canaries {
        words: BTreeSet::from(["canary-secret".to_owned(), "Kouassi".to_owned()]),
        numbers: BTreeSet::from(["2250712345678".to_owned()]),
    };
    for log in ["x canary-secret y", "(Kouassi)", "+225 0712345678", "…345678", "712345 is a part"] {
        assert_eq!(canaries.found_in(log).count(), 1, "{log}");
    }
    for log in ["canary secret", "Kouassis", "+225…78", "1234 5678"] {
        assert_eq!(canaries.found_in(log).count(), 0, "{log}");
    }
}

/// A server that answers every request with all that it was told, over both transports, for every call.
#[test]
fn an_answer_that_repeats_everything_does_not_reach_the_logs() {
    let canaries = Canaries {
        words: [KEY, PASSWORD, TOKEN, NAME, SURNAME, EMAIL, ADDRESS, DOCUMENT, ACCOUNT, BANK, HOOK, WORDS]
            .map(str::to_owned)
            .into(),
        numbers: BTreeSet::from([PHONE.trim_start_matches('+').to_owned()]),
    };
    let mut logs = String::new();
    for manner in [Manner::Json(200), Manner::Json(400), Manner::Json(500), Manner::Text, Manner::Cut] {
        let url = parrot(manner);
        for driver in Driver::ALL {
            let net = Net::of(driver);
            let houses = Houses::at(&url);
            for provider in houses.shared() {
                logs.push_str(&format!("{manner:?} {driver:?} {net:?} {provider:?}\n"));
                all_calls(&net, &provider, &mut logs);
            }
            typed_calls(&net, &houses, &mut logs);
        }
    }
    slips(&mut logs);
    for reached in
        ["ProviderError {", "Receipt {", "Transaction {", "PaymentState {", "TransferState {", "Checkout {"]
    {
        assert!(logs.contains(reached), "no call came as far as {reached}");
    }
    let leaks: Vec<_> = canaries.found_in(&logs).collect();
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

/// What must not be found.
#[derive(Default)]
struct Canaries {
    /// Whole words.
    words: BTreeSet<String>,
    /// Digits of phone numbers, of which no six in a row may be found.
    numbers: BTreeSet<String>,
}

impl Canaries {
    /// The people who occur in the calls and answers of a transcript.
    fn of_people(transcript: &Transcript) -> Self {
        let mut canaries = Self::default();
        for event in &transcript.events {
            match event {
                Event::Call { args, .. } => {
                    let mut args = args.clone();
                    for (name, value) in
                        args.take_all("payer.").into_iter().chain(args.take_all("recipient."))
                    {
                        match name.as_str() {
                            "phone" => canaries.number(&value),
                            "name" | "surname" | "email" | "address" => canaries.word(&value),
                            _ => {}
                        }
                    }
                    for (_, value) in args.take_all("contact.") {
                        let mut parts = value.split(',');
                        canaries.number(parts.next().unwrap_or_default());
                        parts.for_each(|part| canaries.word(part));
                    }
                    for (_, value) in args.take_all("transfer.") {
                        canaries.number(value.split(',').nth(1).unwrap_or_default());
                    }
                    if let Some(document) = args.take("document") {
                        canaries.word(document.split_once(':').map_or("", |(_, number)| number));
                    }
                }
                Event::Said(message) => {
                    if let Ok(answer) = serde_json::from_str(&message.body) {
                        canaries.of_answer(&answer);
                    }
                    for pair in message.body.split('&') {
                        if let Some(("cel_phone_num" | "receiver", number)) = pair.split_once('=') {
                            canaries.number(number);
                        }
                    }
                }
                Event::Now(..) | Event::Lost { .. } => {}
            }
        }
        canaries
    }

    fn of_answer(&mut self, answer: &serde_json::Value) {
        match answer {
            serde_json::Value::Object(members) => {
                for (name, member) in members {
                    match (name.as_str(), member.as_str()) {
                        (
                            "phone" | "receiver" | "receiver_e164" | "user_phone" | "account_number",
                            Some(number),
                        ) => {
                            self.number(number);
                        }
                        ("customer_redirect" | "payment_url", Some(link)) => self.word(link),
                        _ => self.of_answer(member),
                    }
                }
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| self.of_answer(item)),
            _ => {}
        }
    }

    fn word(&mut self, text: &str) {
        if text.len() > 3 {
            self.words.insert(text.to_owned());
        }
    }

    fn number(&mut self, text: &str) {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if digits.len() >= RUN {
            self.numbers.insert(digits);
        }
    }

    fn found_in<'a>(&'a self, logs: &'a str) -> impl Iterator<Item = String> + 'a {
        logs.lines().filter_map(|line| {
            let part = |sign: Option<char>| sign.is_some_and(char::is_alphanumeric);
            let word = self.words.iter().find(|word| {
                line.match_indices(word.as_str()).any(|(at, _)| {
                    !part(line[..at].chars().next_back()) && !part(line[at + word.len()..].chars().next())
                })
            });
            let number = self.numbers.iter().find(|number| {
                let runs = number.as_bytes().windows(RUN).map(|run| std::str::from_utf8(run).unwrap());
                // One digit and zeros are in every round sum.
                let telling = |run: &&str| run.bytes().filter(|digit| *digit != b'0').count() > 1;
                runs.filter(telling).any(|run| line.contains(run))
            });
            let found = word.or(number)?;
            Some(format!("{found:?} in {line}"))
        })
    }
}

const RUN: usize = 6;

const KEY: &str = "sandbox-canary-key";
const PASSWORD: &str = "sandbox-canary-password";
const TOKEN: &str = "canary-token";
const NAME: &str = "Canaryname";
const SURNAME: &str = "Canarysurname";
const EMAIL: &str = "canary@example.com";
const ADDRESS: &str = "Canarystreet";
const DOCUMENT: &str = "CANARY4711";
const ACCOUNT: &str = "CANARYACCOUNT";
const BANK: &str = "CANARYBANK";
/// The part of an address of callbacks that nobody can guess.
const HOOK: &str = "canaryhook";
/// What a merchant writes about an order, and what a page shows of a customer.
const WORDS: &str = "CANARYWORDS";
const PHONE: &str = "+2250712345678";

/// Every gateway with canaries for credentials.
struct Houses {
    keyed: Adullam,
    login: Adullam,
    bitlipa: Bitlipa,
    cinetpay: CinetPay,
}

impl Houses {
    fn at(url: &str) -> Self {
        let base = || BaseUrl::parse(url).unwrap();
        let mut keyed = nzimbu::adullam::Config::new(Credentials::Bearer(Secret::new(KEY)));
        let password = Credentials::Password {
            phone: PhoneNumber::parse(PHONE).unwrap(),
            password: Secret::new(PASSWORD),
        };
        let mut login = nzimbu::adullam::Config::new(password);
        (keyed.base_url, login.base_url) = (base(), base());
        let mut bitlipa = nzimbu::bitlipa::Config::new(base(), "public", "merchant", Secret::new(KEY));
        bitlipa.banks_path = Some("banks".to_owned());
        bitlipa.notify_url = Some(format!("{url}/{HOOK}"));
        let mut checkout = CheckoutConfig::new(Secret::new(KEY), "445160");
        checkout.base_url = base();
        checkout.callback_secrets = vec![Secret::new(PASSWORD)];
        checkout.notify_url = Some(format!("{url}/{HOOK}"));
        checkout.return_url = Some(format!("{url}/return"));
        let mut transfer = TransferConfig::new(Secret::new(KEY), Secret::new(PASSWORD));
        transfer.base_url = base();
        transfer.notify_url = Some(format!("{url}/{HOOK}"));
        transfer.currency = Some(Currency::Xof);
        let cinetpay = nzimbu::cinetpay::Config::new(Some(checkout), Some(transfer));
        Self {
            keyed: Adullam::new(keyed).unwrap(),
            login: Adullam::new(login).unwrap(),
            bitlipa: Bitlipa::new(bitlipa).unwrap(),
            cinetpay: CinetPay::new(cinetpay).unwrap(),
        }
    }

    fn shared(&self) -> [SharedProvider; 4] {
        [
            Arc::new(self.keyed.clone()),
            Arc::new(self.login.clone()),
            Arc::new(self.bitlipa.clone()),
            Arc::new(self.cinetpay.clone()),
        ]
    }
}

fn all_calls(net: &Net, provider: &SharedProvider, logs: &mut String) {
    let order = OrderId::parse("CANARY-1").unwrap();
    let mut payment = houses::payment(&order);
    person(&mut payment.payer);
    let mut payout = houses::payout(&order);
    person(&mut payout.recipient);
    payout.document = Some(Document { kind: DocumentKind::Passport, number: DOCUMENT.to_owned() });
    payment.description = Some(WORDS.to_owned());
    payment.notify_url = Some(hook());
    payment.metadata.insert(WORDS.to_owned(), WORDS.to_owned());
    payout.bank_code = Some(BANK.to_owned());
    payout.reason = Some(WORDS.to_owned());
    payout.notify_url = Some(hook());
    payout.metadata.insert(WORDS.to_owned(), WORDS.to_owned());
    logs.push_str(&format!("{payment:?} {payout:?}\n"));
    run(net, provider.pay(&payment), logs);
    run(net, provider.pay_out(&payout), logs);
    for operation in [Operation::Payment, Operation::Payout] {
        run(net, provider.status(&OrderRef::new(operation, &order)), logs);
    }
    run(net, provider.balance(Currency::Xof), logs);
    let body = format!("cpm_site_id=445160&cpm_trans_id=CANARY-1&cel_phone_num={PHONE}&key={KEY}");
    for body in
        [body.as_str(), &format!(r#"{{"order_id":"{PHONE}","status":2,"{KEY}":1,"signature":"{KEY}"}}"#)]
    {
        let headers = [("x-token", KEY)];
        let raw = RawCallback::post(&headers, body.as_bytes());
        logs.push_str(&format!("{raw:?} {:?}\n", provider.verify(&raw, UnixTime::from_secs(0))));
    }
}

fn hook() -> String {
    format!("https://shop.example/{HOOK}")
}

fn person(person: &mut nzimbu_core::Customer) {
    person.name = Some(NAME.to_owned());
    person.surname = Some(SURNAME.to_owned());
    person.email = Some(EMAIL.to_owned());
    person.address = Some(ADDRESS.to_owned());
    person.city = Some("Abidjan".to_owned());
    person.phone = Some(PhoneNumber::parse(PHONE).unwrap());
}

fn run<T: std::fmt::Debug + Send>(net: &Net, exchange: Exchange<T>, logs: &mut String) {
    logs.push_str(&format!("{exchange:?}\n"));
    match net.run(exchange) {
        Ok(value) => logs.push_str(&format!("{value:?}\n{value:#?}\n")),
        Err(error) => note(error, logs),
    }
}

fn note(error: ProviderError, logs: &mut String) {
    logs.push_str(&format!("{error} {error:?} {error:#?}\n"));
    let mut source = error.source();
    while let Some(cause) = source {
        logs.push_str(&format!("{cause} {cause:?}\n"));
        source = cause.source();
    }
    // What a program prints that does not expect an error.
    let panic = catch_unwind(AssertUnwindSafe(|| unexpected(Err(error)))).unwrap_err();
    logs.push_str(panic.downcast_ref::<String>().unwrap());
    logs.push('\n');
}

fn unexpected(result: Result<(), ProviderError>) {
    result.unwrap();
}

/// The typed methods, and how their requests print.
fn typed_calls(net: &Net, houses: &Houses, logs: &mut String) {
    let order = || OrderId::parse("CANARY-1").unwrap();
    let phone = || PhoneNumber::parse(PHONE).unwrap();
    let money = || Money::from_minor(2_500, Currency::Xof).unwrap();
    let mut someone = nzimbu_core::Customer::default();
    person(&mut someone);

    let mut session = CheckoutRequest::new(order(), money());
    session.payer = someone.clone();
    session.description = Some(WORDS.to_owned());
    logs.push_str(&format!("{session:?}\n"));
    run(net, houses.keyed.create_checkout(&session), logs);

    let mut c2b = C2bRequest::new(order(), money(), 193);
    c2b.payer = someone.clone();
    c2b.customer_id = Some(ACCOUNT.into());
    c2b.notify_url = Some(hook());
    let mut b2c = B2cRequest::new(order(), money(), 193);
    b2c.recipient = someone.clone();
    b2c.customer_id = Some(ACCOUNT.into());
    b2c.bank_code = Some(BANK.to_owned());
    b2c.notify_url = Some(hook());
    b2c.document = Some(Document { kind: DocumentKind::Passport, number: DOCUMENT.to_owned() });
    let mut page = HostedPageRequest::new(order(), 5008);
    page.payer = someone.clone();
    page.customer_id = Some(ACCOUNT.into());
    page.name = Some(WORDS.into());
    page.email = Some(format!("{WORDS}@EXAMPLE.COM").into());
    page.notify_url = Some(hook());
    logs.push_str(&format!("{c2b:?} {b2c:?} {page:?}\n"));
    run(net, houses.bitlipa.payment_c2b(&c2b), logs);
    run(net, houses.bitlipa.payment_b2c(&b2c), logs);
    run(net, houses.bitlipa.status(&order().into()), logs);
    run(net, houses.bitlipa.banks(193), logs);
    logs.push_str(&format!("{:?}\n", houses.bitlipa.hosted_page_link(&page)));

    let cinetpay = &houses.cinetpay;
    let mut checkout = nzimbu::cinetpay::CheckoutRequest::new(order(), money(), "Two books");
    checkout.payer = someone.clone();
    let contact = Contact::new(phone(), NAME, SURNAME, EMAIL);
    let transfer = Transfer::new(order(), money(), phone());
    let request = TransferRequest::new(order(), money(), someone);
    logs.push_str(&format!("{checkout:?} {contact:?} {transfer:?} {request:?}\n"));
    run(net, cinetpay.initialise(&checkout), logs);
    run(net, cinetpay.check(&order().into()), logs);
    run(net, cinetpay.check_token(&Secret::new(TOKEN)), logs);
    run(net, cinetpay.transfer_balance(), logs);
    run(net, cinetpay.add_contacts(&[contact]), logs);
    run(net, cinetpay.send(&[transfer]), logs);
    run(net, cinetpay.transfer(&request), logs);
    run(net, cinetpay.check_transfer(&TransferKey::Order(order().into())), logs);
    logs.push_str(&format!("{:?}\n", cinetpay.seamless_config(&checkout)));
}

/// Secrets and numbers in the wrong place.
fn slips(logs: &mut String) {
    for slip in [KEY, PHONE, &format!("{PHONE}1234567890"), "07 12 34 56 78"] {
        logs.push_str(&format!(
            "{:?} {:?} {:?} {:?}\n",
            PhoneNumber::parse(&format!("{slip}x")),
            OrderId::parse(&format!("{slip} ")),
            Money::parse_major(slip, Currency::Xof),
            BaseUrl::parse(slip),
        ));
    }
}

#[derive(Clone, Copy, Debug)]
enum Manner {
    /// Closes the connection after the request has come.
    Cut,
    /// A JSON object in which every member that any gateway knows repeats the request.
    Json(u16),
    /// The request itself, as plain text.
    Text,
}

/// Listens until the program ends, and repeats what it is told.
fn parrot(manner: Manner) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that hangs up has heard enough.
            let _ = answer(stream, manner);
        }
    });
    format!("http://{address}")
}

fn answer(mut stream: TcpStream, manner: Manner) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut heard = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
        heard.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    heard.push_str(&String::from_utf8_lossy(&body));
    let login = heard.starts_with("POST /v1/auth/");
    let (status, body) = match manner {
        // A login has to succeed, or nothing else is ever asked.
        Manner::Cut if !login => return Ok(()),
        _ if login => (200, format!(r#"{{"code":0,"data":{{"token":"{TOKEN}"}},"access_token":"{TOKEN}"}}"#)),
        Manner::Json(status) => (status, repeated(&heard)),
        Manner::Text | Manner::Cut => (502, heard),
    };
    let length = body.len();
    write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

fn repeated(heard: &str) -> String {
    let mut answer = serde_json::json!({ "order_id": "CANARY-1", "status": 3, "code": "608" });
    answer["id"] = "cs_ci_1".into();
    for name in ["message", "description", "error", "comment", "failure_reason", "failed_reason"] {
        answer[name] = heard.into();
    }
    answer["result"] = serde_json::json!({ "code": 0, "message": heard });
    answer["provider_result"] = serde_json::json!({ "code": -8888, "message": heard });
    answer["extra"] =
        serde_json::json!({ "customer_message": heard, "account_number": heard, "bank_name": heard });
    let status = serde_json::json!({ "status": "REFUSED", "amount": "2500", "currency": "XOF", "description": heard, "metadata": heard });
    answer["data"] = status;
    if heard.contains("/v1/transfer/contact") {
        answer = serde_json::json!({ "code": 0, "data": [[{ "phone": "0712345678", "prefix": "225", "code": 726, "status": heard }]] });
    } else if heard.contains("/v1/transfer/check/money") {
        answer = serde_json::json!({ "code": 0, "data": [{
            "client_transaction_id": "CANARY-1", "treatment_status": "REJ", "comment": heard, "operator": "OM",
            "receiver": "0712345678", "receiver_e164": PHONE,
        }] });
    }
    answer.to_string()
}
