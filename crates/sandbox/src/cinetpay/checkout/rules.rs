//! What CinetPay's checkout demands of a request ("Initiating a payment").

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::gateway::is_web_address;
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
    pub(super) phone: Option<String>,
    /// Tells whether a repeated id comes with the same parameters.
    #[serde(with = "hex::serde")]
    pub(super) fingerprint: [u8; 32],
}

/// How a payment is asked for.
pub(super) enum Lookup {
    Id(String),
    Token(String),
}

/// Why a request is refused.
pub(super) enum Refusal {
    /// 608, with what is wrong.
    Fields(String),
    /// 609.
    Apikey,
    /// 613.
    SiteId,
    /// 624, with what is wrong.
    Processing(&'static str),
}

/// Reads the body of `POST /v2/payment`.
pub(super) fn read_order(body: &[u8], account: &Account) -> Result<Order, Refusal> {
    let json = read_object(body)?;
    let mut fields = Fields { json: &json, problems: Vec::new() };
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
    let metadata = fields.optional("metadata", 4_000);
    let lock = fields.lock();
    let phone = fields.optional("customer_phone_number", 40);
    for name in FREE_TEXTS {
        fields.optional(name, 255);
    }
    fields.invoice_data();
    if currency != "USD" && !amount.is_multiple_of(5) {
        fields.problems.push("amount must be a multiple of 5".to_owned());
    }
    if !fields.problems.is_empty() {
        return Err(Refusal::Fields(fields.problems.join("; ")));
    }
    check_account(&apikey, &site_id, account)?;
    if currency != account.currency {
        return Err(Refusal::Fields(format!(
            "You cannot create a transaction in a different currency than the one allowed to your account. \
             Transaction currency:'{currency}' Account currency:'{}'",
            account.currency
        )));
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
        phone,
        fingerprint: fingerprint(&json),
    })
}

/// Reads the body of `POST /v2/payment/check`. The token is found under the name of either documentation.
pub(super) fn read_lookup(body: &[u8], account: &Account) -> Result<Lookup, Refusal> {
    let json = read_object(body)?;
    let mut fields = Fields { json: &json, problems: Vec::new() };
    let apikey = fields.required("apikey", 256);
    let site_id = fields.site_id();
    let id = fields.optional("transaction_id", 255).filter(|id| !id.is_empty());
    let token = fields.optional("token", 255).or_else(|| fields.optional("payment_token", 255));
    let lookup = match (id, token) {
        (Some(id), _) => Some(Lookup::Id(id)),
        (None, Some(token)) => Some(Lookup::Token(token)),
        (None, None) => {
            fields.problems.push("transaction_id or token is missing".to_owned());
            None
        }
    };
    if !fields.problems.is_empty() {
        return Err(Refusal::Fields(fields.problems.join("; ")));
    }
    check_account(&apikey, &site_id, account)?;
    lookup.ok_or_else(|| Refusal::Fields("transaction_id or token is missing".to_owned()))
}

/// The country prefixes in which CinetPay collects, with or without `+`.
pub(super) fn split_phone(number: &str) -> Option<(&str, &str)> {
    let digits = number.strip_prefix('+').unwrap_or(number);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let prefix = PREFIXES.into_iter().find(|prefix| digits.starts_with(prefix))?;
    let (prefix, local) = digits.split_at(prefix.len());
    (8..=10).contains(&local.len()).then_some((prefix, local))
}

fn read_object(body: &[u8]) -> Result<Json, Refusal> {
    match Json::parse(body) {
        Ok(json) if json.members().is_some() => Ok(json),
        Ok(_) => Err(Refusal::Fields("the request must be a JSON object".to_owned())),
        Err(reason) => Err(Refusal::Fields(format!("the request is not JSON: {reason}"))),
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

fn has_country_prefix(number: &str) -> bool {
    split_phone(number).is_some()
}

/// Some fields of the card block without these two are refused with 624.
fn card_block_lacks_address(json: &Json) -> bool {
    let filled = |name: &str| json.get(name).and_then(Json::text).is_some_and(|text| !text.is_empty());
    CARD_FIELDS.into_iter().any(filled) && !(filled("customer_address") && filled("customer_city"))
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
    problems: Vec<String>,
}

struct Channels {
    card: bool,
}

impl Fields<'_> {
    fn required(&mut self, name: &str, limit: usize) -> String {
        match self.optional(name, limit) {
            Some(text) if !text.is_empty() => text,
            // A wrong type has been noted already; `optional` saw a value then.
            None if !matches!(self.json.get(name), None | Some(Json::Null)) => String::new(),
            _ => {
                self.problems.push(format!("{name} is missing"));
                String::new()
            }
        }
    }

    fn optional(&mut self, name: &str, limit: usize) -> Option<String> {
        match self.json.get(name)? {
            Json::Null => None,
            Json::Text(text) if text.chars().count() <= limit => Some(text.clone()),
            Json::Text(_) => {
                self.problems.push(format!("{name} is longer than {limit} characters"));
                None
            }
            _ => {
                self.problems.push(format!("{name} must be a string"));
                None
            }
        }
    }

    /// A string of digits; integrators who send a number are served too.
    fn site_id(&mut self) -> String {
        match self.json.get("site_id") {
            Some(number @ Json::Number(_)) => number.integer().map(|id| id.to_string()).unwrap_or_default(),
            _ => self.required("site_id", 40),
        }
    }

    fn amount(&mut self) -> u64 {
        let amount = match self.json.get("amount") {
            None | Some(Json::Null) => {
                self.problems.push("amount is missing".to_owned());
                return 0;
            }
            Some(value) => value.integer().and_then(|amount| u64::try_from(amount).ok()),
        };
        match amount {
            Some(amount @ 1..=MAX_AMOUNT) => amount,
            _ => {
                self.problems.push("amount must be a positive integer".to_owned());
                0
            }
        }
    }

    fn currency(&mut self) -> &'static str {
        let given = self.required("currency", 255);
        match CURRENCIES.into_iter().find(|known| *known == given) {
            Some(currency) => currency,
            None => {
                if !given.is_empty() {
                    self.problems.push("currency must be XOF, XAF, CDF, GNF or USD".to_owned());
                }
                ""
            }
        }
    }

    fn address(&mut self, name: &str) -> String {
        let address = self.required(name, 2_048);
        if !address.is_empty() && !is_web_address(&address) {
            self.problems.push(format!("{name} must be an http or https URL"));
        }
        address
    }

    fn channels(&mut self) -> Channels {
        let given = self.optional("channels", 255).unwrap_or_default();
        let mut names: Vec<&str> = given.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        if names.is_empty() {
            names.push("ALL");
        }
        if names.iter().any(|name| !CHANNELS.contains(name)) {
            self.problems.push("channels must be ALL, MOBILE_MONEY, CREDIT_CARD or WALLET".to_owned());
        }
        Channels { card: names.iter().any(|name| matches!(*name, "ALL" | "CREDIT_CARD")) }
    }

    fn language(&mut self) -> Language {
        match self.optional("lang", 255).filter(|code| !code.is_empty()) {
            None => Language::French,
            Some(code) => Language::parse(&code).unwrap_or_else(|| {
                self.problems.push("lang must be fr or en".to_owned());
                Language::French
            }),
        }
    }

    fn lock(&mut self) -> bool {
        match self.json.get("lock_phone_number") {
            None | Some(Json::Null) => false,
            Some(Json::Bool(lock)) => *lock,
            Some(_) => {
                self.problems.push("lock_phone_number must be a boolean".to_owned());
                false
            }
        }
    }

    /// At most three free names with string values; an empty array is how PHP writes an empty object.
    fn invoice_data(&mut self) {
        let problem = match self.json.get("invoice_data") {
            None | Some(Json::Null) => return,
            Some(Json::Array(items)) if items.is_empty() => return,
            Some(Json::Object(members)) if members.len() > 3 => "invoice_data holds at most 3 values",
            Some(Json::Object(members)) if members.iter().all(|(_, value)| value.text().is_some()) => return,
            Some(Json::Object(_)) => "the values of invoice_data must be strings",
            Some(_) => "invoice_data must be an object",
        };
        self.problems.push(problem.to_owned());
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
const MAX_AMOUNT: u64 = 1_000_000_000_000;
