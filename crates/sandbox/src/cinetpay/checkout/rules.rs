//! What CinetPay's checkout demands of a request ("Initiating a payment").

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::operators::Channels;
use crate::choices::CheckoutChoices;
use crate::gateway::{is_local_address, is_web_address};
use crate::html::Language;
use crate::json::Json;
use crate::store::{self, Constant};

/// The merchant's account.
pub(super) struct Account {
    pub(super) apikey: String,
    pub(super) site_id: String,
    pub(super) currency: String,
}

/// A request to open a payment that passed every rule.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) transaction_id: String,
    pub(super) amount: u64,
    #[serde(deserialize_with = "store::constant")]
    pub(super) currency: Constant,
    pub(super) description: String,
    pub(super) notify_url: String,
    pub(super) return_url: String,
    pub(super) metadata: Option<String>,
    pub(super) language: Language,
    /// Whether `lang` was given.
    pub(super) language_chosen: bool,
    pub(super) phone: Option<String>,
    /// The payer cannot change the number.
    pub(super) phone_locked: bool,
    pub(super) channels: Channels,
    /// Name and value, as many as three.
    pub(super) invoice: Vec<(String, String)>,
    pub(super) card_holder: Option<Box<CardHolder>>,
    /// Tells whether a repeated id comes with the same parameters.
    #[serde(with = "hex::serde")]
    pub(super) fingerprint: [u8; 32],
}

/// The card block of a request, complete enough for the counter to offer cards.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct CardHolder {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) address: String,
    pub(super) city: String,
    /// ISO 3166-1 alpha-2.
    pub(super) country: String,
    pub(super) zip_code: String,
}

/// How a payment is asked for.
pub(super) enum Lookup {
    Id(String),
    Token(String),
}

/// Why a request is refused.
pub(super) enum Refusal {
    /// 608 as a rule, with what is wrong.
    Coded(&'static str, String),
    /// 609.
    Apikey,
    /// 613.
    SiteId,
    /// 624, with what is wrong.
    Processing(&'static str),
}

/// Reads the body of `POST /v2/payment`.
pub(super) fn read_order(
    body: &[u8],
    account: &Account,
    choices: &CheckoutChoices,
) -> Result<Order, Refusal> {
    let json = read_object(body)?;
    let mut fields = Fields::new(&json, choices);
    let apikey = fields.required("apikey", 256);
    let site_id = fields.site_id();
    let transaction_id = fields.required("transaction_id", 255);
    let amount = fields.amount();
    let currency = fields.currency();
    let description = fields.required("description", 1_000);
    let notify_url = fields.address("notify_url");
    let return_url = fields.address("return_url");
    let channels = fields.channels();
    let language = fields.language();
    let language_chosen = filled(&json, "lang").is_some();
    let metadata = fields.optional("metadata", 4_000);
    let lock = fields.lock();
    let phone = fields.optional("customer_phone_number", 40);
    for name in FREE_TEXTS {
        fields.optional(name, 255);
    }
    fields.no_special_characters();
    let invoice = fields.invoice_data();
    if currency != "USD" && !amount.is_multiple_of(5) {
        fields.problem("amount must be a multiple of 5");
    }
    fields.finish()?;
    check_account(&apikey, &site_id, account)?;
    if currency != account.currency && account.currency != ANY_CURRENCY {
        return Err(bad(format!(
            "You cannot create a transaction in a different currency than the one allowed to your account. \
             Transaction currency:'{currency}' Account currency:'{}'",
            account.currency
        )));
    }
    if choices.slices {
        check_slices(amount, currency)?;
    }
    if lock && !phone.as_deref().is_some_and(has_country_prefix) {
        return Err(Refusal::Processing(
            "lock_phone_number needs a customer_phone_number that begins with a country prefix",
        ));
    }
    if channels.card && card_block_lacks_address(&json) {
        return Err(Refusal::Processing("the card block needs customer_address and customer_city"));
    }
    Ok(Order {
        transaction_id,
        amount,
        currency,
        description,
        notify_url,
        return_url,
        metadata,
        language,
        language_chosen,
        phone,
        phone_locked: lock,
        channels,
        invoice,
        card_holder: CardHolder::read(&json).map(Box::new),
        fingerprint: fingerprint(&json),
    })
}

/// Reads the body of `POST /v2/payment/check`. The token is found under the name of either documentation.
pub(super) fn read_lookup(
    body: &[u8],
    account: &Account,
    choices: &CheckoutChoices,
) -> Result<Lookup, Refusal> {
    let json = read_object(body)?;
    let mut fields = Fields::new(&json, choices);
    let apikey = fields.required("apikey", 256);
    let site_id = fields.site_id();
    let id = fields.optional("transaction_id", 255).filter(|id| !id.is_empty());
    let token = fields.optional("token", 255).or_else(|| fields.optional("payment_token", 255));
    let lookup = match (id, token) {
        (Some(id), _) => Some(Lookup::Id(id)),
        (None, Some(token)) => Some(Lookup::Token(token)),
        (None, None) => {
            fields.problem("transaction_id or token is missing");
            None
        }
    };
    fields.finish()?;
    check_account(&apikey, &site_id, account)?;
    lookup.ok_or_else(|| bad("transaction_id or token is missing".to_owned()))
}

/// The country prefixes in which CinetPay collects, with or without `+`.
pub(super) fn split_phone(number: &str) -> Option<(&'static str, &str)> {
    let digits = number.strip_prefix('+').unwrap_or(number);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let prefix = PREFIXES.into_iter().find(|prefix| digits.starts_with(prefix))?;
    let local = &digits[prefix.len()..];
    (8..=10).contains(&local.len()).then_some((prefix, local))
}

pub(super) fn read_object(body: &[u8]) -> Result<Json, Refusal> {
    match Json::parse(body) {
        Ok(json) if json.members().is_some() => Ok(json),
        Ok(_) => Err(bad("the request must be a JSON object".to_owned())),
        Err(reason) => Err(bad(format!("the request is not JSON: {reason}"))),
    }
}

fn check_account(apikey: &str, site_id: &str, account: &Account) -> Result<(), Refusal> {
    if apikey != account.apikey {
        return Err(Refusal::Apikey);
    }
    if site_id != account.site_id {
        return Err(Refusal::SiteId);
    }
    Ok(())
}

/// The slices that integrators report, per currency, because the country is not known yet.
fn check_slices(amount: u64, currency: &str) -> Result<(), Refusal> {
    let (minimum, maximum) = match currency {
        "XAF" => (100, 1_500_000),
        "GNF" => (1_000, 15_000_000),
        "CDF" => (100, 2_000_000),
        "USD" => (1, 3_000),
        _ => (100, 2_000_000),
    };
    match amount {
        _ if amount < minimum => {
            Err(Refusal::Coded("641", format!("amount must be at least {minimum} {currency}")))
        }
        _ if amount > maximum => {
            Err(Refusal::Coded("642", format!("amount must be at most {maximum} {currency}")))
        }
        _ => Ok(()),
    }
}

fn bad(reason: String) -> Refusal {
    Refusal::Coded("608", reason)
}

fn has_country_prefix(number: &str) -> bool {
    split_phone(number).is_some()
}

/// Some fields of the card block without these two are refused with 624.
fn card_block_lacks_address(json: &Json) -> bool {
    let filled = |name: &str| filled(json, name).is_some();
    CARD_FIELDS.into_iter().any(filled) && !(filled("customer_address") && filled("customer_city"))
}

fn filled<'a>(json: &'a Json, name: &str) -> Option<&'a str> {
    json.get(name).and_then(Json::text).filter(|text| !text.is_empty())
}

impl CardHolder {
    /// The e-mail only fills the form of claims, and the state only matters in the US and Canada.
    fn read(json: &Json) -> Option<CardHolder> {
        let given = |name: &str| filled(json, name);
        given("customer_phone_number")?;
        Some(CardHolder {
            name: format!("{} {}", given("customer_name")?, given("customer_surname")?),
            email: given("customer_email").unwrap_or_default().to_owned(),
            address: given("customer_address")?.to_owned(),
            city: given("customer_city")?.to_owned(),
            country: given("customer_country")?.to_owned(),
            zip_code: given("customer_zip_code")?.to_owned(),
        })
    }
}

fn fingerprint(json: &Json) -> [u8; 32] {
    let mut members: Vec<String> = json
        .members()
        .unwrap_or_default()
        .iter()
        .map(|(name, value)| format!("{}:{}", Json::from(name.as_str()).write(), value.write()))
        .collect();
    members.sort_unstable();
    Sha256::digest(members.join(",").as_bytes()).into()
}

/// Reads fields one by one and gathers all problems.
struct Fields<'a> {
    json: &'a Json,
    choices: &'a CheckoutChoices,
    problems: Vec<String>,
    /// What the older documentation calls the first of them.
    older: Option<&'static str>,
}

impl<'a> Fields<'a> {
    fn new(json: &'a Json, choices: &'a CheckoutChoices) -> Fields<'a> {
        Fields { json, choices, problems: Vec::new(), older: None }
    }

    fn finish(&self) -> Result<(), Refusal> {
        if self.problems.is_empty() {
            return Ok(());
        }
        let code = self.older.filter(|_| self.choices.older_codes).unwrap_or("608");
        Err(Refusal::Coded(code, self.problems.join("; ")))
    }

    fn problem(&mut self, text: &str) {
        self.problems.push(text.to_owned());
    }

    /// A problem for which the older documentation has a code of its own.
    fn coded(&mut self, code: &'static str, text: &str) {
        if self.problems.is_empty() {
            self.older = Some(code);
        }
        self.problem(text);
    }

    fn required(&mut self, name: &str, limit: usize) -> String {
        match self.optional(name, limit) {
            Some(text) if !text.is_empty() => text,
            // A wrong type has been noted already; `optional` saw a value then.
            None if !matches!(self.json.get(name), None | Some(Json::Null)) => String::new(),
            _ => {
                self.problem(&format!("{name} is missing"));
                String::new()
            }
        }
    }

    fn optional(&mut self, name: &str, limit: usize) -> Option<String> {
        let text = match self.json.get(name)? {
            Json::Null => return None,
            Json::Text(text) => text,
            // Languages that do not tell a number from its text send either.
            Json::Number(literal) if !self.choices.strict_types => literal,
            _ => {
                self.problem(&format!("{name} must be a string"));
                return None;
            }
        };
        if text.chars().count() > limit {
            self.problem(&format!("{name} is longer than {limit} characters"));
            return None;
        }
        Some(text.clone())
    }

    /// The table says string; integrators who send a number are known to be served.
    fn site_id(&mut self) -> String {
        match self.json.get("site_id") {
            Some(number @ Json::Number(_)) => number.integer().map(|id| id.to_string()).unwrap_or_default(),
            _ => self.required("site_id", 40),
        }
    }

    fn amount(&mut self) -> u64 {
        let literal = match self.json.get("amount") {
            None | Some(Json::Null) => {
                self.problem("amount is missing");
                return 0;
            }
            Some(Json::Number(literal)) => literal.as_str(),
            Some(Json::Text(text)) if !self.choices.strict_types => text.as_str(),
            Some(_) => "",
        };
        // `2500.0` is how some languages write 2500.
        let digits = match literal.split_once('.') {
            Some((digits, zeros)) if zeros.bytes().all(|byte| byte == b'0') && !self.choices.strict_types => {
                digits
            }
            _ => literal,
        };
        match digits.parse() {
            Ok(amount @ 1..=MAX_AMOUNT) if digits.bytes().all(|byte| byte.is_ascii_digit()) => amount,
            _ => {
                self.coded("611", "amount must be a positive integer");
                0
            }
        }
    }

    /// "In order to avoid failures, it is preferable" to do without them.
    fn no_special_characters(&mut self) {
        for name in ["transaction_id", "description"] {
            let text = self.json.get(name).and_then(Json::text).unwrap_or_default();
            if self.choices.refuse_special_characters && text.contains(['#', '/', '$', '_', '&']) {
                self.problem(&format!("{name} must not contain # / $ _ &"));
            }
        }
    }

    fn currency(&mut self) -> &'static str {
        let given = self.required("currency", 255);
        match CURRENCIES.into_iter().find(|known| *known == given) {
            Some(currency) => currency,
            None => {
                if !given.is_empty() {
                    self.coded("612", "currency must be XOF, XAF, CDF, GNF or USD");
                }
                ""
            }
        }
    }

    fn address(&mut self, name: &str) -> String {
        let address = self.required(name, 2_048);
        if !address.is_empty() && !is_web_address(&address) {
            self.problem(&format!("{name} must be an http or https URL"));
        }
        if self.choices.refuse_local_addresses && is_local_address(&address) {
            self.problem(&format!("{name} must be an address that the internet can reach"));
        }
        address
    }

    fn channels(&mut self) -> Channels {
        let given = self.optional("channels", 255).unwrap_or_default();
        let names: Vec<&str> = given.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        if names.iter().any(|name| !CHANNELS.contains(name)) {
            self.coded("610", "channels must be ALL, MOBILE_MONEY, CREDIT_CARD or WALLET");
        }
        Channels::new(&names)
    }

    fn language(&mut self) -> Language {
        match self.optional("lang", 255).filter(|code| !code.is_empty()) {
            None => Language::French,
            Some(code) => Language::parse(&code).unwrap_or_else(|| {
                self.coded("615", "lang must be fr or en");
                Language::French
            }),
        }
    }

    fn lock(&mut self) -> bool {
        match self.json.get("lock_phone_number") {
            None | Some(Json::Null) => false,
            Some(Json::Bool(lock)) => *lock,
            Some(Json::Number(literal)) if !self.choices.strict_types && literal == "1" => true,
            Some(Json::Number(literal)) if !self.choices.strict_types && literal == "0" => false,
            Some(_) => {
                self.problem("lock_phone_number must be a boolean");
                false
            }
        }
    }

    fn scalar<'v>(&self, value: &'v Json) -> Option<&'v str> {
        match value {
            Json::Text(text) => Some(text),
            Json::Number(literal) if !self.choices.strict_types => Some(literal),
            _ => None,
        }
    }

    /// At most three free names with string values; an empty array is how PHP writes an empty object.
    fn invoice_data(&mut self) -> Vec<(String, String)> {
        let problem = match self.json.get("invoice_data") {
            None | Some(Json::Null) => return Vec::new(),
            Some(Json::Array(items)) if items.is_empty() => return Vec::new(),
            Some(Json::Object(members)) if members.len() > 3 => "invoice_data holds at most 3 values",
            Some(Json::Object(members)) if members.iter().all(|(_, value)| self.scalar(value).is_some()) => {
                return members
                    .iter()
                    .map(|(name, value)| (name.clone(), self.scalar(value).unwrap_or_default().to_owned()))
                    .collect();
            }
            Some(Json::Object(_)) => "the values of invoice_data must be strings",
            Some(_) => "invoice_data must be an object",
        };
        self.problem(problem);
        Vec::new()
    }
}

const CURRENCIES: [&str; 5] = ["XOF", "XAF", "CDF", "GNF", "USD"];
const CHANNELS: [&str; 4] = ["ALL", "MOBILE_MONEY", "CREDIT_CARD", "WALLET"];
const PREFIXES: [&str; 9] = ["225", "221", "223", "226", "228", "229", "237", "224", "243"];
const FREE_TEXTS: [&str; 9] = [
    "alternative_currency",
    "customer_address",
    "customer_city",
    "customer_country",
    "customer_email",
    "customer_name",
    "customer_state",
    "customer_surname",
    "customer_zip_code",
];
/// Only these make a card block: name, phone and e-mail are sent for mobile money too.
const CARD_FIELDS: [&str; 5] =
    ["customer_address", "customer_city", "customer_country", "customer_state", "customer_zip_code"];
/// An account that takes every currency, which the real gateway has not.
const ANY_CURRENCY: &str = "ANY";
const MAX_AMOUNT: u64 = 1_000_000_000_000;
