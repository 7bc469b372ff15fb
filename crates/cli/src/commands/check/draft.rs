//! A request as it was written: lenient in shape, strict in content, and with holes where a part cannot be read.

use std::collections::BTreeMap;

use nzimbu::signature::recursive::{Document as Json, Value};
use nzimbu::{
    Channel, Country, Currency, Customer, Document, DocumentKind, Language, Money, Operator, OrderId,
    PaymentRequest, PayoutRequest, PhoneNumber,
};

use super::fields::{Fields, Findings, text};
use crate::args::Direction;

/// Everything that a request of either direction can say.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    order: Option<OrderId>,
    amount: Amount,
    channel: Channel,
    person: Customer,
    purpose: Option<String>,
    notify_url: Option<String>,
    return_url: Option<String>,
    language: Option<Language>,
    bank_code: Option<String>,
    document: Option<Document>,
    metadata: BTreeMap<String, String>,
}

/// What was given beside the document. It takes the place of the field, which then must not be there.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) order: Option<OrderId>,
    pub(crate) amount: Option<Money>,
    pub(crate) channel: Option<Channel>,
    pub(crate) purpose: Option<String>,
    pub(crate) bank_code: Option<String>,
    /// Fields of the payer or recipient, as they were typed.
    pub(crate) person: Vec<(&'static str, String)>,
}

/// How much of an amount could be read.
#[derive(Debug, Default)]
enum Amount {
    Known(Money),
    OnlyCurrency(Currency),
    /// In major units.
    OnlyValue(String),
    #[default]
    Unknown,
}

impl Draft {
    /// Reads a request and reports what cannot be read.
    pub(crate) fn read(json: &Json<'_>, direction: Direction, findings: &mut Findings) -> Self {
        Self::read_with(json, direction, Given::default(), findings)
    }

    /// Reads a request of which parts were given elsewhere.
    pub(crate) fn read_with(
        json: &Json<'_>,
        direction: Direction,
        given: Given,
        findings: &mut Findings,
    ) -> Self {
        let mut fields = Fields::new("", json.members());
        let mut draft = Self {
            order: match given.order {
                Some(id) => once(id, &mut fields, &["order", "order_id"], findings),
                None => order(&mut fields, findings),
            },
            amount: match given.amount {
                Some(money) => once(money, &mut fields, &["amount"], findings)
                    .and_then(|money| once(money, &mut fields, &["currency"], findings))
                    .map_or(Amount::Unknown, Amount::Known),
                None => amount(&mut fields, findings),
            },
            channel: match given.channel {
                Some(way) => once(way, &mut fields, &["channel"], findings).unwrap_or_default(),
                None => channel(&mut fields, findings),
            },
            person: person(&mut fields, direction, given.person, findings),
            ..Self::default()
        };
        let mut owned = |name, given: Option<String>| match given {
            Some(text) => once(text, &mut fields, &[name], findings),
            None => fields.text(name, findings).map(str::to_owned),
        };
        draft.notify_url = owned("notify_url", None);
        match direction {
            Direction::Pay => {
                draft.purpose = owned("description", given.purpose);
                draft.return_url = owned("return_url", None);
                draft.language = language(&mut fields, findings);
            }
            Direction::Payout => {
                draft.purpose = owned("reason", given.purpose);
                draft.bank_code = owned("bank_code", given.bank_code);
                draft.document = document(&mut fields, findings);
            }
        }
        draft.metadata = metadata(&mut fields, findings);
        let known = match direction {
            Direction::Pay => {
                "order, amount, channel, payer, description, notify_url, return_url, language, metadata"
            }
            Direction::Payout => {
                "order, amount, channel, recipient, bank_code, document, reason, notify_url, metadata"
            }
        };
        fields.finish(known, findings);
        draft
    }

    /// The payment of this amount, with stand-ins for what could not be read.
    pub(crate) fn payment(&self, amount: Money) -> PaymentRequest {
        let mut request = PaymentRequest::new(self.order(), amount);
        request.channel.clone_from(&self.channel);
        request.payer.clone_from(&self.person);
        request.description.clone_from(&self.purpose);
        request.notify_url.clone_from(&self.notify_url);
        request.return_url.clone_from(&self.return_url);
        request.language = self.language;
        request.metadata.clone_from(&self.metadata);
        request
    }

    /// The payout of this amount, with stand-ins for what could not be read.
    pub(crate) fn payout(&self, amount: Money) -> PayoutRequest {
        let mut request = PayoutRequest::new(self.order(), amount, self.channel.clone());
        request.recipient.clone_from(&self.person);
        request.reason.clone_from(&self.purpose);
        request.bank_code.clone_from(&self.bank_code);
        request.document.clone_from(&self.document);
        request.notify_url.clone_from(&self.notify_url);
        request.metadata.clone_from(&self.metadata);
        request
    }

    /// The amount, or the amounts that may have been meant where a part of it could not be read.
    pub(crate) fn amounts(&self, currencies: &[Currency]) -> Vec<Money> {
        let plain = |currency: &Currency| Money::parse_major("1000", *currency).ok();
        let guesses: Vec<_> = match &self.amount {
            Amount::Known(money) => vec![*money],
            Amount::OnlyCurrency(currency) => plain(currency).into_iter().collect(),
            Amount::OnlyValue(value) => {
                currencies.iter().filter_map(|currency| Money::parse_major(value, *currency).ok()).collect()
            }
            Amount::Unknown => currencies.iter().filter_map(plain).collect(),
        };
        if guesses.is_empty() { plain(&Currency::Xof).into_iter().collect() } else { guesses }
    }

    /// The amount, where it could be read whole.
    pub(crate) fn amount(&self) -> Option<Money> {
        match self.amount {
            Amount::Known(money) => Some(money),
            _ => None,
        }
    }

    fn order(&self) -> OrderId {
        self.order
            .clone()
            .unwrap_or_else(|| OrderId::parse("STAND-IN").expect("capitals and a hyphen are an id"))
    }
}

/// What was given elsewhere, as long as the document does not say it too: which of two was meant nobody can tell.
fn once<T>(given: T, fields: &mut Fields<'_>, names: &[&str], findings: &mut Findings) -> Option<T> {
    if fields.take(names, findings).is_none() {
        return Some(given);
    }
    twice(&fields.path(names[0]), findings);
    None
}

fn twice(path: &str, findings: &mut Findings) {
    let message = format!("{path} is given twice, in the request and beside it: leave one out");
    findings.unreadable(path, "duplicate", message);
}

fn order(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<OrderId> {
    let Some(value) = fields.take(&["order", "order_id"], findings) else {
        findings.unreadable("order", "required", "order is required: set it to your id of the order");
        return None;
    };
    parsed(value, "order", findings, OrderId::parse)
}

fn amount(fields: &mut Fields<'_>, findings: &mut Findings) -> Amount {
    let beside = fields.take(&["currency"], findings);
    let Some(value) = fields.take(&["amount"], findings) else {
        findings.unreadable("amount", "required", "amount is required: set value and currency");
        return beside
            .and_then(|code| currency(code, findings))
            .map_or(Amount::Unknown, Amount::OnlyCurrency);
    };
    let (value, minor, within) = match value {
        Value::Object(members) => {
            let mut inner = Fields::new("amount", members);
            let value = inner.take(&["value"], findings);
            let minor = inner.take(&["minor"], findings);
            let within = inner.take(&["currency"], findings);
            inner.finish("value, minor, currency", findings);
            (value, minor, within)
        }
        scalar => (Some(scalar), None, None),
    };
    if within.is_some() && beside.is_some() {
        let message = "amount.currency is given twice, inside amount and beside it: leave one out";
        findings.add("amount.currency", "duplicate", message);
    }
    let currency = match within.or(beside) {
        Some(code) => currency(code, findings),
        None => {
            findings.add("amount.currency", "required", "amount.currency is required: set it, as in XOF");
            None
        }
    };
    if currency.is_none() {
        // Limits and steps depend on the currency.
        findings.distrust("amount");
        findings.distrust("amount.currency");
    }
    let bad = |findings: &mut Findings, rule, message: String| {
        findings.distrust("amount");
        findings.add("amount", rule, message);
        currency.map_or(Amount::Unknown, Amount::OnlyCurrency)
    };
    match (value, minor) {
        (Some(_), Some(_)) => bad(findings, "duplicate", "amount has value and minor: leave one out".into()),
        (None, None) => bad(findings, "required", "amount has neither value nor minor: set value".into()),
        (Some(value), None) => match (digits(value), currency) {
            (Err(message), _) => bad(findings, "type", message),
            (Ok(text), None) => Amount::OnlyValue(text.to_owned()),
            (Ok(text), Some(currency)) => match Money::parse_major(text, currency) {
                Ok(money) => Amount::Known(money),
                Err(error) => bad(findings, "format", error.to_string()),
            },
        },
        (None, Some(minor)) => match (digits(minor), currency) {
            (Err(message), _) => bad(findings, "type", message),
            (Ok(text), currency) => match (text.parse(), currency) {
                (Err(_), _) => bad(
                    findings,
                    "format",
                    "minor units are a whole number without a sign, below 2^63".into(),
                ),
                (Ok(_), None) => Amount::Unknown,
                (Ok(minor), Some(currency)) => match Money::from_minor(minor, currency) {
                    Ok(money) => Amount::Known(money),
                    Err(error) => bad(findings, "format", error.to_string()),
                },
            },
        },
    }
}

/// Text as it is, an integer as it was spelled. Other numbers are refused: programs that read JSON turn them
/// into floats, which is no way to carry money.
fn digits(value: Value<'_>) -> Result<&str, String> {
    match value {
        Value::Text(text) => Ok(text),
        Value::Number(spelling) if !spelling.contains(['.', 'e', 'E']) => Ok(spelling),
        Value::Number(_) => {
            Err("amount must be text when it has decimals: write it in quotes, as in \"12.50\"".into())
        }
        other => Err(format!("amount must be text or an integer, not a {}", other.kind())),
    }
}

fn currency(value: Value<'_>, findings: &mut Findings) -> Option<Currency> {
    let code = text(value, "amount.currency", findings)?;
    match Currency::parse(code) {
        Ok(currency) => Some(currency),
        Err(error) => {
            findings.add("amount.currency", "supported", error.to_string());
            None
        }
    }
}

fn channel(fields: &mut Fields<'_>, findings: &mut Findings) -> Channel {
    const FORMS: &str = "any, bank, card, mobile_money, wallet or {\"operator\": {\"country\": \"CI\", \"name\": \"Orange\"}}";
    let (rule, message) = match fields.take(&["channel"], findings) {
        None => return Channel::Any,
        Some(Value::Text(name)) => match name {
            "any" => return Channel::Any,
            "bank" => return Channel::Bank,
            "card" => return Channel::Card,
            "mobile_money" => return Channel::MobileMoney,
            "wallet" => return Channel::Wallet,
            _ => ("supported", format!("channel has no such name: use {FORMS}")),
        },
        Some(Value::Object(members)) => {
            let mut outer = Fields::new("channel", members);
            let inner = outer.object("channel.operator", &["operator"], findings);
            let missing = inner.is_none();
            outer.finish("operator", findings);
            if let Some(operator) = inner.and_then(|inner| operator(inner, findings)) {
                return Channel::Operator(operator);
            }
            findings.distrust_all("channel");
            if !missing {
                return Channel::Any;
            }
            ("required", format!("channel names no operator: use {FORMS}"))
        }
        Some(other) => ("type", format!("channel must not be a {}: use {FORMS}", other.kind())),
    };
    findings.unreadable("channel", rule, message);
    Channel::Any
}

fn operator(mut fields: Fields<'_>, findings: &mut Findings) -> Option<Operator> {
    let code = fields.take(&["country"], findings);
    let country = required(code, "channel.operator.country", findings)
        .and_then(|value| parsed(value, "channel.operator.country", findings, Country::parse));
    let name = fields.take(&["name"], findings);
    let name = required(name, "channel.operator.name", findings)
        .and_then(|value| text(value, "channel.operator.name", findings));
    fields.finish("country, name", findings);
    Some(Operator::new(country?, name?))
}

fn person(
    fields: &mut Fields<'_>,
    direction: Direction,
    given: Vec<(&'static str, String)>,
    findings: &mut Findings,
) -> Customer {
    let (role, phone_path, country_path) = match direction {
        Direction::Pay => ("payer", "payer.phone", "payer.country"),
        Direction::Payout => ("recipient", "recipient.phone", "recipient.country"),
    };
    let beside = fields.take(&["phone"], findings);
    let mut customer = Customer::default();
    let mut phone = None;
    if let Some(mut inner) = fields.object(role, &[role, "customer"], findings) {
        phone = inner.take(&["phone"], findings);
        let mut owned = |name| inner.text(name, findings).map(str::to_owned);
        customer.id = owned("id");
        customer.name = owned("name");
        customer.surname = owned("surname");
        customer.email = owned("email");
        customer.address = owned("address");
        customer.city = owned("city");
        customer.state = owned("state");
        customer.zip = owned("zip");
        let country = inner.take(&["country"], findings);
        customer.country = country.and_then(|value| parsed(value, country_path, findings, Country::parse));
        inner.finish("id, name, surname, email, phone, address, city, country, state, zip", findings);
    }
    if phone.is_some() && beside.is_some() {
        let message = format!("{phone_path} is given twice, inside {role} and beside it: leave one out");
        findings.add(phone_path, "duplicate", message);
    }
    customer.phone =
        phone.or(beside).and_then(|value| parsed(value, phone_path, findings, PhoneNumber::parse));
    for (name, text) in given {
        let path = format!("{role}.{name}");
        let slot = match name {
            "phone" => {
                if phone.or(beside).is_some() {
                    twice(&path, findings);
                } else {
                    customer.phone = parsed(Value::Text(&text), phone_path, findings, PhoneNumber::parse);
                }
                continue;
            }
            "name" => &mut customer.name,
            "surname" => &mut customer.surname,
            "email" => &mut customer.email,
            "address" => &mut customer.address,
            _ => &mut customer.city,
        };
        if slot.replace(text).is_some() {
            twice(&path, findings);
        }
    }
    customer
}

fn language(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Language> {
    match fields.text("language", findings)? {
        "en" => Some(Language::En),
        "fr" => Some(Language::Fr),
        _ => {
            findings.unreadable("language", "supported", "language must be en or fr");
            None
        }
    }
}

fn document(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Document> {
    let mut inner = fields.object("document", &["document"], findings)?;
    let kind = inner.take(&["kind"], findings);
    let kind = required(kind, "document.kind", findings)
        .and_then(|value| text(value, "document.kind", findings))
        .and_then(|name| match name {
            "driving_licence" => Some(DocumentKind::DrivingLicence),
            "national_id" => Some(DocumentKind::NationalId),
            "passport" => Some(DocumentKind::Passport),
            _ => {
                let message = "document.kind must be driving_licence, national_id or passport";
                findings.unreadable("document", "supported", message);
                None
            }
        });
    let number = inner.take(&["number"], findings);
    let number = required(number, "document.number", findings)
        .and_then(|value| text(value, "document.number", findings))
        .map(str::to_owned);
    inner.finish("kind, number", findings);
    if kind.is_none() || number.is_none() {
        findings.distrust_all("document");
    }
    Some(Document { kind: kind?, number: number? })
}

fn metadata(fields: &mut Fields<'_>, findings: &mut Findings) -> BTreeMap<String, String> {
    let Some(inner) = fields.object("metadata", &["metadata"], findings) else { return BTreeMap::new() };
    let members = inner.into_members();
    let read = members.into_iter().filter_map(|(key, value)| {
        let value = text(value, &format!("metadata.{key}"), findings)?;
        Some((key.to_owned(), value.to_owned()))
    });
    read.collect()
}

fn required<'d>(value: Option<Value<'d>>, path: &str, findings: &mut Findings) -> Option<Value<'d>> {
    if value.is_none() {
        findings.unreadable(path, "required", format!("{path} is required: set it"));
    }
    value
}

/// Text that a value type reads.
fn parsed<T, E: ToString>(
    value: Value<'_>,
    path: &str,
    findings: &mut Findings,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Option<T> {
    match parse(text(value, path, findings)?) {
        Ok(parsed) => Some(parsed),
        Err(error) => {
            findings.unreadable(path, "format", error.to_string());
            None
        }
    }
}
