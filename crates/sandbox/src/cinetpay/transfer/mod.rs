//! CinetPay's transfer v1: routes, tokens, contacts and the states of a payout.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::countries::Known;
use crate::choices::TransferChoices;
use crate::claim::Claim;
use crate::dice::Dice;
use crate::endings::Endings;
use crate::gateway::{Callback, Decision, Effects, Gateway, Ping, Reply, Request};
use crate::ledger::Movement;
use crate::moment::Moment;
use crate::rate::Rate;
use crate::schedule::Schedule;
use crate::store::{self, Constant, Entries, Orders, Record, Store};
use crate::view::{Group, OrderView, Prompt, Standing};

mod codes;
mod countries;
mod routes;
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
    rate: Rate,
}

/// What the transfer service needs to know from outside.
pub(crate) struct Config {
    pub(crate) merchant: Constant,
    pub(crate) apikey: String,
    pub(crate) password: String,
    pub(crate) store: Store,
    pub(crate) token_life: Duration,
    /// Starting balance of every country.
    pub(crate) balance: u64,
    pub(crate) ip_allowed: bool,
    pub(crate) email_confirmation: bool,
    /// Whether amounts and texts may stand for codes.
    pub(crate) magic: bool,
    pub(crate) choices: TransferChoices,
    pub(crate) auto: Option<Duration>,
    pub(crate) endings: Endings,
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

impl Purse {
    fn available(self) -> u64 {
        self.amount.saturating_sub(self.in_using)
    }
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
    created: Moment,
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
    /// The operator's answer told nothing: neither sent nor not sent.
    Unresolved,
    Validated {
        at: Moment,
        operator_id: String,
    },
    Rejected {
        at: Moment,
    },
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Step {
    Receive,
    End(Decision),
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
            rate: Rate::new(config.choices.rate_limit, Duration::from_secs(60)),
            config,
        }
    }

    fn receive(&mut self, serial: u64, effects: &mut Effects) {
        if self.payouts.get(serial).treatment == Treatment::New {
            self.payouts.change(serial, |payout| payout.treatment = Treatment::Received);
            self.notify(serial, effects);
        }
    }

    /// Puts an open payout into the state of that name.
    fn put(&mut self, serial: u64, word: &str, now: Moment, effects: &mut Effects) -> bool {
        let payout = self.payouts.get(serial);
        let treatment = match word {
            _ if !payout.is_open() => return false,
            "VAL" => return self.decide(serial, Decision::Approve, now, effects),
            "REJ" => return self.decide(serial, Decision::Refuse, now, effects),
            "CONFIRM" if payout.confirmation == Confirmation::Pending => {
                self.payouts.change(serial, |payout| payout.confirmation = Confirmation::Confirmed);
                self.notify(serial, effects);
                self.plan(serial, now);
                return true;
            }
            "REC" => Treatment::Received,
            "NOS" => Treatment::Unresolved,
            _ => return false,
        };
        self.payouts.change(serial, |payout| {
            payout.confirmation = Confirmation::Confirmed;
            payout.treatment = treatment;
        });
        self.notify(serial, effects);
        true
    }

    fn decide(&mut self, serial: u64, decision: Decision, now: Moment, effects: &mut Effects) -> bool {
        let payout = self.payouts.get(serial);
        if !payout.is_open() {
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
                    merchant: self.config.merchant,
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
            merchant: self.config.merchant,
            order_id: payout.merchant_id().to_owned(),
            url: payout.notify_url.clone(),
            ping: Ping::GetFirst,
            content_type: "application/x-www-form-urlencoded",
            headers: Vec::new(),
            body: form_urlencoded::Serializer::new(String::new())
                .extend_pairs(shapes::notification(&payout, self.config.choices.notification))
                .finish(),
        });
    }

    fn purse(&self, prefix: &str) -> Purse {
        let start = || self.config.choices.balances.get(prefix).copied().unwrap_or(self.config.balance);
        self.purses.value(prefix).unwrap_or_else(|| Purse { amount: start(), in_using: 0 })
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
    fn standing(&self) -> Standing {
        match self.treatment {
            Treatment::New | Treatment::Received | Treatment::Unresolved => Standing::Open,
            Treatment::Validated { .. } => Standing::Approved,
            Treatment::Rejected { .. } => Standing::Refused,
        }
    }

    fn is_open(&self) -> bool {
        self.standing() == Standing::Open
    }

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

    fn group(&self) -> Option<Group> {
        Some(Group { operation: "payout", standing: self.standing(), prompt: Prompt::None })
    }
}

fn full_number(country: Known, phone: &str) -> String {
    format!("{}{phone}", country.prefix)
}

impl Transfer {
    /// By the merchant's id or by the gateway's.
    fn find_payout(&self, order_id: &str) -> Option<u64> {
        let find = |name| self.payouts.find(name, order_id);
        find("client_transaction_id").or_else(|| find("transaction_id"))
    }

    fn view(&self, serial: u64, payout: &Payout) -> OrderView {
        OrderView {
            serial,
            gateway: NAME,
            merchant: self.config.merchant,
            operation: "payout",
            order_id: payout.merchant_id().to_owned(),
            gateway_id: payout.transaction_id.clone(),
            amount: payout.amount.to_string(),
            currency: payout.country.currency.to_owned(),
            phone: Some(full_number(payout.country, &payout.phone)),
            prompted: None,
            state: payout.standing(),
            status: shapes::treatment_status(payout).to_owned(),
            created: payout.created,
            callback_url: Some(payout.notify_url.clone()),
            page_url: None,
        }
    }
}

impl Gateway for Transfer {
    fn name(&self) -> &'static str {
        NAME
    }

    fn knows(&self, claim: &Claim) -> bool {
        match claim {
            Claim::Account(apikey) => *apikey == self.config.apikey,
            Claim::Token(token) => self.logins.find("token", token).is_some(),
            _ => false,
        }
    }

    fn answer(&mut self, request: &Request, now: Moment, effects: &mut Effects) -> Reply {
        self.route(request, now, effects)
    }

    fn settle(&mut self, order_id: &str, decision: Decision, now: Moment, effects: &mut Effects) -> bool {
        match self.find_payout(order_id) {
            Some(serial) => self.decide(serial, decision, now, effects),
            None => false,
        }
    }

    fn set_state(&mut self, order_id: &str, state: &str, now: Moment, effects: &mut Effects) -> bool {
        match self.find_payout(order_id) {
            Some(serial) => self.put(serial, state, now, effects),
            None => false,
        }
    }

    fn advance(&mut self, now: Moment, effects: &mut Effects) {
        while let Some((serial, step)) = self.schedule.take_due(now) {
            match step {
                Step::Receive => self.receive(serial, effects),
                // What was put aside by hand is not time's to decide.
                Step::End(_) if self.payouts.get(serial).treatment == Treatment::Unresolved => {}
                Step::End(decision) => {
                    self.decide(serial, decision, now, effects);
                }
            }
        }
    }

    fn next_due(&self) -> Option<Moment> {
        self.schedule.next_due()
    }

    fn orders(&self, groups: &[Group], before: u64, limit: usize) -> Vec<OrderView> {
        let newest = self.payouts.newest_of(groups, before, limit);
        newest.into_iter().map(|(serial, order)| self.view(serial, &order)).collect()
    }

    fn order(&self, order_id: &str) -> Option<OrderView> {
        let serial = self.find_payout(order_id)?;
        Some(self.view(serial, &self.payouts.get(serial)))
    }

    fn expire_tokens(&mut self, now: Moment) {
        for (serial, login) in self.logins.newest(u64::MAX, routes::MAX_TOKENS) {
            if login.expiry > now {
                self.logins.change(serial, |login| login.expiry = now);
            }
        }
    }

    fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }
}

const NAME: &str = "cinetpay-transfer";
