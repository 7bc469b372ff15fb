//! What Bitlipa accepts: the amount's form and limits, the phone's shape, the fields that a provider needs.

use std::borrow::Cow;

use nzimbu_core::{
    Country, Currency, Customer, Document, DocumentKind, Entry, Fault, Flow, Money, Operation, OrderName,
    PhoneNumber, PhoneShape, Problems,
};

use super::wire::ExtraBody;
use super::{B2cRequest, C2bRequest, Config};
use crate::{Limits, check};

/// All currencies of the page's table, and GNF, which its Guinean section uses.
pub(super) const CURRENCIES: &[Currency] = &[
    Currency::Bif,
    Currency::Cdf,
    Currency::Ghs,
    Currency::Gnf,
    Currency::Kes,
    Currency::Mwk,
    Currency::Ngn,
    Currency::Rwf,
    Currency::Tzs,
    Currency::Ugx,
    Currency::Xaf,
    Currency::Xof,
    Currency::Zar,
    Currency::Zmw,
];

/// The parts of a request that both directions share.
pub(super) struct Asked<'a> {
    operation: Operation,
    amount: Money,
    person: &'a Customer,
    customer_id: Option<&'a str>,
    phone_shape: Option<PhoneShape>,
    country: Option<Country>,
    bank_code: Option<&'a str>,
    document: Option<&'a Document>,
    notify_url: Option<&'a str>,
}

impl Asked<'_> {
    pub(super) fn operation(&self) -> Operation {
        self.operation
    }

    pub(super) fn currency(&self) -> Currency {
        self.amount.currency()
    }
}

impl<'a> From<&'a C2bRequest> for Asked<'a> {
    fn from(request: &'a C2bRequest) -> Self {
        Self {
            operation: Operation::Payment,
            amount: request.amount,
            person: &request.payer,
            customer_id: request.customer_id.as_deref(),
            phone_shape: request.phone_shape,
            country: request.country,
            bank_code: None,
            document: None,
            notify_url: request.notify_url.as_deref(),
        }
    }
}

impl<'a> From<&'a B2cRequest> for Asked<'a> {
    fn from(request: &'a B2cRequest) -> Self {
        Self {
            operation: Operation::Payout,
            amount: request.amount,
            person: &request.recipient,
            customer_id: request.customer_id.as_deref(),
            phone_shape: request.phone_shape,
            country: request.country,
            bank_code: request.bank_code.as_deref(),
            document: request.document.as_ref(),
            notify_url: request.notify_url.as_deref(),
        }
    }
}

/// A request that passed every rule, in the gateway's spelling.
pub(super) struct Checked<'a> {
    pub(super) amount: String,
    pub(super) customer_id: Cow<'a, str>,
    pub(super) country: Option<Country>,
    pub(super) notify_url: Option<&'a str>,
    name: Option<String>,
    phone: Option<Cow<'a, str>>,
    person: &'a Customer,
    bank_code: Option<&'a str>,
    document: Option<&'a Document>,
}

impl Checked<'_> {
    pub(super) fn extra(&self) -> ExtraBody<'_> {
        ExtraBody {
            customer_name: self.name.as_deref(),
            customer_email: said(self.person.email.as_deref()),
            customer_phone: self.phone.as_deref(),
            customer_address: said(self.person.address.as_deref()),
            customer_doc_type: self.document.and_then(|document| doc_type(document.kind)),
            customer_doc_number: self.document.map(|document| document.number.as_str()),
            bank_code: self.bank_code,
        }
    }
}

/// Checks everything; `entry` is the directory's for the provider, if it has one.
pub(super) fn payment<'a>(
    config: &'a Config,
    asked: &Asked<'a>,
    entry: Option<&Entry>,
) -> Result<Checked<'a>, Problems> {
    let fields = Fields::of(asked.operation);
    let mut problems = Problems::default();
    amount(&mut problems, config, asked.amount, entry);
    if entry.is_some_and(|entry| entry.operation == Operation::Payment && entry.flow == Flow::HostedPage) {
        let offered = "hosted_page_link: customers of this provider pay on the hosted page only";
        problems.add("provider_id", Fault::Unsupported(offered.into()));
    }
    let customer_id = customer_id(&mut problems, config, asked, entry, &fields);
    let name = asked.person.full_name().filter(|name| !name.trim().is_empty());
    let document = asked.document.filter(|document| !document.number.trim().is_empty());
    let (email, address) = (said(asked.person.email.as_deref()), said(asked.person.address.as_deref()));
    let bank_code = said(asked.bank_code);
    let needs = entry.filter(|_| config.field_rules == Limits::Enforced).map(|entry| &*entry.needs);
    for need in needs.unwrap_or_default() {
        let (field, there) = match need.as_ref() {
            "payer.name" | "recipient.name" => (fields.name, name.is_some()),
            "payer.email" | "recipient.email" => (fields.email, email.is_some()),
            "payer.address" | "recipient.address" => (fields.address, address.is_some()),
            "bank_code" => ("bank_code", bank_code.is_some()),
            "document" => ("document", document.is_some()),
            _ => (fields.phone, asked.person.phone.is_some()),
        };
        if !there {
            problems.add(field, Fault::Missing);
        }
    }
    let texts = [
        (fields.name, name.as_deref()),
        (fields.email, email),
        (fields.address, address),
        ("bank_code", bank_code),
        ("document", document.map(|document| document.number.as_str())),
    ];
    for (field, text) in texts {
        clean(&mut problems, field, text.unwrap_or_default());
    }
    if document.is_some_and(|document| doc_type(document.kind).is_none()) {
        let offered = "a passport, a national identity card or a driving licence";
        problems.add("document", Fault::Unsupported(offered.into()));
    }
    let notify_url = asked.notify_url.or(config.notify_url.as_deref());
    if let Some(url) = notify_url {
        self::notify_url(&mut problems, config, url);
    }
    problems.into_result()?;
    // Of a provider that the directory does not know, a phone beside an account may be needed as well.
    let wants_phone = entry
        .map_or(asked.customer_id.is_some(), |entry| entry.needs.iter().any(|need| need == fields.phone));
    Ok(Checked {
        amount: asked.amount.to_decimals(2),
        // Without one there was a problem.
        customer_id: customer_id.unwrap_or_default(),
        country: asked.country.or(entry.map(|entry| entry.country)),
        notify_url,
        name,
        phone: wants_phone.then(|| local_phone(asked.person.phone.as_ref())).flatten(),
        person: asked.person,
        bank_code,
        document,
    })
}

/// An address for callbacks; it is part of texts that are signed.
pub(super) fn notify_url(problems: &mut Problems, config: &Config, url: &str) {
    check::callback_url(problems, "notify_url", url, &config.base_url);
    clean(problems, "notify_url", url);
}

pub(super) fn amount(problems: &mut Problems, config: &Config, amount: Money, entry: Option<&Entry>) {
    let currency = amount.currency();
    self::currency(problems, "amount.currency", currency, entry);
    let limits = entry.filter(|_| config.limits == Limits::Enforced);
    let least = limits.and_then(|entry| entry.least).filter(|least| least.currency() == currency);
    let most = limits.and_then(|entry| entry.most).filter(|most| most.currency() == currency);
    if let Some(least) = least.filter(|least| amount.minor() < least.minor()) {
        problems.add("amount", Fault::TooSmall(least.to_string()));
    } else if amount.minor() == 0 {
        problems.add("amount", Fault::TooSmall("one unit".into()));
    }
    if let Some(most) = most.filter(|most| amount.minor() > most.minor()) {
        problems.add("amount", Fault::TooLarge(most.to_string()));
    }
}

pub(super) fn currency(
    problems: &mut Problems,
    field: &'static str,
    currency: Currency,
    entry: Option<&Entry>,
) {
    match entry {
        Some(entry) if entry.currency != currency => {
            let offered = format!("{}, the currency of this provider", entry.currency);
            problems.add(field, Fault::Unsupported(offered));
        }
        None if !CURRENCIES.contains(&currency) => {
            let codes: Vec<_> = CURRENCIES.iter().map(|currency| currency.code()).collect();
            problems.add(field, Fault::Unsupported(codes.join(", ")));
        }
        _ => {}
    }
}

/// A text that goes into what is signed. Requests and callbacks are signed alike and without separators, so what a
/// person typed must not read as a status.
pub(super) fn clean(problems: &mut Problems, field: &'static str, text: &str) {
    if let Some(sign) = text.chars().find(|sign| sign.is_control()) {
        problems.add(field, Fault::Forbidden(sign));
    }
    if spells_status(text) {
        problems.add(
            field,
            Fault::wrong("free of the word status followed by a number: write it in another way"),
        );
    }
}

/// The name of an order, as it is signed when its status is asked for. Our own ids are narrower; this is about names that
/// came from elsewhere.
pub(super) fn order(name: &OrderName) -> Result<(), Problems> {
    let mut problems = Problems::default();
    let documented = |byte: u8| byte.is_ascii_alphanumeric() || b"_:.-".contains(&byte);
    if !name.as_str().bytes().all(documented) {
        problems.add("order", Fault::wrong("made of letters, digits, _, :, . and -"));
    }
    clean(&mut problems, "order", name.as_str());
    problems.into_result()
}

fn spells_status(text: &str) -> bool {
    text.match_indices("status").any(|(start, word)| {
        let rest = &text[start + word.len()..];
        rest.strip_prefix('-').unwrap_or(rest).starts_with(|sign: char| sign.is_ascii_digit())
    })
}

fn customer_id<'a>(
    problems: &mut Problems,
    config: &Config,
    asked: &Asked<'a>,
    entry: Option<&Entry>,
    fields: &Fields,
) -> Option<Cow<'a, str>> {
    // Banks have no shape for a phone. South Africa's sample sends the phone beside `customer_id`, so that this has to
    // be the account, and a payout to a phone number read as an account would reach a stranger.
    let account = entry.is_some_and(|entry| entry.phone == PhoneShape::Undocumented);
    let own_id = said(asked.person.id.as_deref()).filter(|_| account);
    if let Some(id) = asked.customer_id.or(own_id) {
        if !(1..=64).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            problems.add("customer_id", Fault::wrong("1 to 64 visible ASCII characters without blanks"));
        }
        clean(problems, "customer_id", id);
        return Some(Cow::Borrowed(id));
    }
    if account && asked.operation == Operation::Payout && config.field_rules == Limits::Enforced {
        problems
            .add("recipient.id", Fault::wrong("the number of the recipient's account, sent as customer_id"));
        return None;
    }
    let Some(phone) = &asked.person.phone else {
        problems.add(fields.phone, Fault::Missing);
        return None;
    };
    let home = entry.map(|entry| entry.country).filter(|_| config.phone_rules == Limits::Enforced);
    if let Some(home) = home.filter(|home| phone.country() != Some(*home)) {
        let wanted = format!("a number of {home}, where this provider is");
        problems.add(fields.phone, Fault::Wrong(wanted.into()));
        return None;
    }
    let known = entry.map_or(PhoneShape::Msisdn, |entry| entry.phone);
    let shaped = phone.shaped(asked.phone_shape.unwrap_or(known));
    if shaped.is_none() {
        problems
            .add(fields.phone, Fault::wrong("a number of a country that has the shape that is asked for"));
    }
    shaped.map(Cow::Owned)
}

/// `extra.customer_phone` has ten digits and a zero in the one sample that shows it (South Africa).
fn local_phone(phone: Option<&PhoneNumber>) -> Option<Cow<'_, str>> {
    let phone = phone?;
    Some(phone.shaped(PhoneShape::NationalWithZero).map_or(Cow::Borrowed(phone.msisdn()), Cow::Owned))
}

fn said(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

fn doc_type(kind: DocumentKind) -> Option<&'static str> {
    match kind {
        DocumentKind::DrivingLicence => Some("driving_license"),
        DocumentKind::NationalId => Some("national_id"),
        DocumentKind::Passport => Some("intl_passport"),
        _ => None,
    }
}

/// The paths of a person's fields.
pub(super) struct Fields {
    pub(super) phone: &'static str,
    pub(super) country: &'static str,
    name: &'static str,
    email: &'static str,
    address: &'static str,
}

impl Fields {
    pub(super) const fn of(operation: Operation) -> Self {
        match operation {
            Operation::Payment => Self {
                phone: "payer.phone",
                country: "payer.country",
                name: "payer.name",
                email: "payer.email",
                address: "payer.address",
            },
            Operation::Payout => Self {
                phone: "recipient.phone",
                country: "recipient.country",
                name: "recipient.name",
                email: "recipient.email",
                address: "recipient.address",
            },
        }
    }
}

/// Which needs an entry may name.
pub(super) fn is_need(need: &str, operation: Operation) -> bool {
    let fields = Fields::of(operation);
    [fields.name, fields.email, fields.phone, fields.address].contains(&need)
        || operation == Operation::Payout && ["bank_code", "document"].contains(&need)
}
