//! CinetPay's transfer v1: routes, tokens, contacts and the states of a payout.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::countries::Known;
use self::rules::Fault;
use crate::dice::Dice;
use crate::gateway::{Callback, Decision, Effects, Gateway, Ping, Reply, Request, field};
use crate::html::Language;
use crate::json::Json;
use crate::ledger::Movement;
use crate::moment::Moment;
use crate::schedule::Schedule;
use crate::store::{self, Constant, Entries, Orders, Record, Store};

mod countries;
mod rules;
mod sending;
mod shapes;

/// The emulated transfer service.
pub(crate) struct Transfer {
    config: Config,
    dice: Dice,
    logins: Orders<Login>,
    /// Numbers with their country prefix.
    contacts: Entries<()>,
    /// By country prefix.
    purses: Entries<Purse>,
    payouts: Orders<Payout>,
    schedule: Schedule<(u64, Step)>,
}

/// What the transfer service needs to know from outside.
pub(crate) struct Config {
    pub(crate) apikey: String,
    pub(crate) password: String,
    pub(crate) store: Store,
    pub(crate) token_life: Duration,
    /// Starting balance of every country.
    pub(crate) balance: u64,
    pub(crate) ip_allowed: bool,
    pub(crate) email_confirmation: bool,
    pub(crate) auto: Option<Duration>,
    pub(crate) capacity: usize,
    pub(crate) seed: u64,
}

/// A token that was handed out.
#[derive(Clone, Serialize, Deserialize)]
struct Login {
    token: String,
    expiry: Moment,
}

impl Record for Login {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("token", &self.token)]
    }
}

/// The transfer account of one country.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Purse {
    amount: u64,
    in_using: u64,
}

/// One payout.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Payout {
    transaction_id: String,
    client_transaction_id: Option<String>,
    lot: String,
    amount: u64,
    #[serde(with = "countries::by_prefix")]
    country: Known,
    phone: String,
    #[serde(deserialize_with = "store::constant")]
    operator: Constant,
    notify_url: String,
    confirmation: Confirmation,
    treatment: Treatment,
}

/// Whether the merchant acted on the confirmation e-mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Confirmation {
    Confirmed,
    Pending,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Treatment {
    New,
    Received,
    Validated { at: Moment, operator_id: String },
    Rejected { at: Moment },
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Step {
    Receive,
    Deliver,
}

impl Transfer {
    pub(crate) fn new(config: Config) -> Transfer {
        Transfer {
            dice: Dice::new(config.seed, 2),
            logins: Orders::open(&config.store, "cinetpay_logins"),
            contacts: Entries::open(&config.store, "cinetpay_contacts"),
            purses: Entries::open(&config.store, "cinetpay_purses"),
            payouts: Orders::open(&config.store, "cinetpay_transfer"),
            schedule: Schedule::open(&config.store, "cinetpay_transfer"),
            config,
        }
    }

    fn log_in(&mut self, request: &Request, language: Language, now: Moment) -> Reply {
        let form = request.form_pairs();
        let known = field(&form, "apikey") == Some(self.config.apikey.as_str())
            && field(&form, "password") == Some(self.config.password.as_str());
        if !known {
            return shapes::invalid_credentials(language);
        }
        let token = format!("sandbox-token-{}", self.dice.hex(40));
        self.logins.push(Login { token: token.clone(), expiry: now.plus(self.config.token_life) });
        self.logins.trim(MAX_TOKENS);
        shapes::success(Json::object([("token", token.into())]))
    }

    /// The token counts only in the query; one in the body is not seen, hence 706.
    fn authorise(&self, query: &[(String, String)], language: Language, now: Moment) -> Result<(), Reply> {
        match field(query, "token").and_then(|token| self.logins.find("token", token)) {
            None => Err(shapes::invalid_token(language)),
            Some(serial) if self.logins.get(serial).expiry <= now => Err(shapes::expired_token(language)),
            Some(_) => Ok(()),
        }
    }

    /// One account per country, but the call names none: the account of Côte d'Ivoire answers.
    fn balance(&self) -> Reply {
        let purse = self.purse(HOME);
        shapes::success(Json::object([
            ("amount", purse.amount.into()),
            ("inUsing", purse.in_using.into()),
            ("available", (purse.amount - purse.in_using).into()),
        ]))
    }

    fn purse(&self, prefix: &str) -> Purse {
        self.purses.value(prefix).unwrap_or(Purse { amount: self.config.balance, in_using: 0 })
    }

    fn add_contacts(&mut self, request: &Request, now: Moment) -> Reply {
        let items = match rules::read_items(&request.form_pairs()) {
            Ok(items) => items,
            Err(fault) => return shapes::refused(&fault),
        };
        let mut contacts = Vec::with_capacity(items.len());
        for item in &items {
            match rules::read_contact(item) {
                Ok(contact) => contacts.push(contact),
                Err(fault) => return shapes::refused(&fault),
            }
        }
        if self.contacts.len() + contacts.len() > self.config.capacity {
            return Reply::full();
        }
        let lot = self.lot(now);
        let results = items
            .iter()
            .zip(contacts)
            .map(|(item, contact)| {
                let known = !self.contacts.set(&full_number(contact.country, &contact.phone), ());
                let (code, status) =
                    if known { (726_u64, "ERROR_PHONE_ALREADY_MY_CONTACT") } else { (0, "success") };
                shapes::echo(
                    item,
                    [("code", code.into()), ("status", status.into()), ("lot", lot.as_str().into())],
                )
            })
            .collect();
        shapes::success(Json::Array(vec![Json::Array(results)]))
    }

    fn check(&self, query: &[(String, String)], language: Language) -> Reply {
        let asked: Vec<(&str, &str)> = ["transaction_id", "client_transaction_id", "lot"]
            .into_iter()
            .filter_map(|name| {
                field(query, name).filter(|value| !value.is_empty()).map(|value| (name, value))
            })
            .collect();
        let [(name, value)] = asked[..] else {
            return shapes::refused(&Fault::Lookup);
        };
        let found = self.payouts.find_all(name, value);
        if found.is_empty() {
            return shapes::not_found(language);
        }
        let items = found.into_iter().map(|serial| shapes::state(&self.payouts.get(serial))).collect();
        shapes::success(Json::Array(items))
    }

    fn receive(&mut self, serial: u64, effects: &mut Effects) {
        if self.payouts.get(serial).treatment == Treatment::New {
            self.payouts.change(serial, |payout| payout.treatment = Treatment::Received);
            self.notify(serial, effects);
        }
    }

    fn decide(&mut self, serial: u64, decision: Decision, now: Moment, effects: &mut Effects) -> bool {
        let payout = self.payouts.get(serial);
        if !matches!(payout.treatment, Treatment::New | Treatment::Received) {
            return false;
        }
        self.payouts.change(serial, |payout| payout.confirmation = Confirmation::Confirmed);
        self.receive(serial, effects);
        let mut purse = self.purse(payout.country.prefix);
        purse.in_using -= payout.amount;
        let treatment = match decision {
            Decision::Approve => {
                purse.amount -= payout.amount;
                effects.movements.push(Movement {
                    gateway: NAME,
                    operation: "payout",
                    order_id: payout.merchant_id().to_owned(),
                    amount: payout.amount.to_string(),
                    currency: payout.country.currency.to_owned(),
                });
                let stamp = now.compact();
                let operator_id = format!("PP{}.A{}", &stamp[.."yymmdd.hhmm".len()], self.dice.digits(5));
                Treatment::Validated { at: now, operator_id }
            }
            Decision::Refuse | Decision::Expire | Decision::WrongPin | Decision::TooLittleMoney => {
                Treatment::Rejected { at: now }
            }
        };
        self.purses.set(payout.country.prefix, purse);
        self.payouts.change(serial, |payout| payout.treatment = treatment);
        self.notify(serial, effects);
        true
    }

    /// Transfers carry no token, as far as the documents go.
    fn notify(&self, serial: u64, effects: &mut Effects) {
        let payout = self.payouts.get(serial);
        effects.callbacks.push(Callback {
            gateway: NAME,
            order_id: payout.merchant_id().to_owned(),
            url: payout.notify_url.clone(),
            ping: Ping::GetFirst,
            content_type: "application/x-www-form-urlencoded",
            headers: Vec::new(),
            body: form_urlencoded::Serializer::new(String::new())
                .extend_pairs(shapes::notification(&payout))
                .finish(),
        });
    }

    /// Twelve digits of chance and the Unix time, as the documents' samples show.
    fn lot(&mut self, now: Moment) -> String {
        loop {
            let lot = format!("{}{:010}", self.dice.digits(12), now.unix_seconds());
            if self.payouts.find("lot", &lot).is_none() {
                return lot;
            }
        }
    }
}

impl Payout {
    fn merchant_id(&self) -> &str {
        self.client_transaction_id.as_deref().unwrap_or(&self.transaction_id)
    }
}

impl Record for Payout {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        let mut keys = vec![("transaction_id", self.transaction_id.as_str()), ("lot", &self.lot)];
        keys.extend(self.client_transaction_id.as_deref().map(|id| ("client_transaction_id", id)));
        keys
    }
}

fn full_number(country: Known, phone: &str) -> String {
    format!("{}{phone}", country.prefix)
}

impl Gateway for Transfer {
    fn name(&self) -> &'static str {
        NAME
    }

    fn answer(&mut self, request: &Request, now: Moment, _effects: &mut Effects) -> Reply {
        let path = request.path.strip_suffix('/').unwrap_or(&request.path);
        let query = request.query_pairs();
        let language = field(&query, "lang").and_then(Language::parse).unwrap_or(Language::French);
        let call = (request.method.as_str(), path);
        match call {
            ("POST", "/v1/auth/login") => return self.log_in(request, language, now),
            ("GET", "/v1/transfer/check/balance" | "/v1/transfer/check/money")
            | ("POST", "/v1/transfer/contact" | "/v1/transfer/money/send/contact") => {}
            _ => return shapes::not_allowed(),
        }
        if let Err(reply) = self.authorise(&query, language, now) {
            return reply;
        }
        match path {
            "/v1/transfer/check/balance" => self.balance(),
            "/v1/transfer/check/money" => self.check(&query, language),
            "/v1/transfer/contact" => self.add_contacts(request, now),
            _ => self.send(request, language, now),
        }
    }

    fn settle(&mut self, order_id: &str, decision: Decision, now: Moment, effects: &mut Effects) -> bool {
        let find = |name| self.payouts.find(name, order_id);
        match find("client_transaction_id").or_else(|| find("transaction_id")) {
            Some(serial) => self.decide(serial, decision, now, effects),
            None => false,
        }
    }

    fn advance(&mut self, now: Moment, effects: &mut Effects) {
        while let Some((serial, step)) = self.schedule.take_due(now) {
            match step {
                Step::Receive => self.receive(serial, effects),
                Step::Deliver => {
                    self.decide(serial, Decision::Approve, now, effects);
                }
            }
        }
    }

    fn next_due(&self) -> Option<Moment> {
        self.schedule.next_due()
    }

    fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }
}

const NAME: &str = "cinetpay-transfer";
const HOME: &str = "225";
const MAX_TOKENS: usize = 1_000;
