//! Links to the hosted payment page ("Payment Page"). The parameters are signed flat, over the decoded values and in
//! the order of the link; the page's own example shows it, with a digest that was made for provider 5000.

use std::borrow::Cow;

use nzimbu_core::signature::recursive::RecursiveKey;
use nzimbu_core::{Directory, Fault, Operation, PageUrl, Problems};

use super::{Config, HostedPageRequest, rules};

pub(super) fn link(
    config: &Config,
    directory: &Directory,
    key: &RecursiveKey,
    request: &HostedPageRequest,
) -> Result<PageUrl, Problems> {
    let mut problems = Problems::default();
    let provider_id = request.provider_id.to_string();
    let is_own = config
        .directory
        .iter()
        .any(|entry| entry.operation == Operation::Payment && entry.code.parse() == Ok(request.provider_id));
    let entry = directory
        .iter()
        .find(|entry| entry.operation == Operation::Payment && entry.code.parse() == Ok(request.provider_id))
        .filter(|_| is_own || PROVIDERS.contains(&request.provider_id));
    if entry.is_none() {
        let offered = "5008, 5010, 5011, or a payment entry of Config::directory, on the hosted page";
        problems.add("provider_id", Fault::Unsupported(offered.into()));
    }
    rules::currency(&mut problems, "currency", request.currency, entry);
    if let Some(amount) = request.amount {
        rules::amount(&mut problems, config, amount, entry);
        if amount.currency() != request.currency {
            problems
                .add("amount.currency", Fault::wrong("the currency of the link: set `currency` to the same"));
        }
    }
    let customer_id = match (&request.customer_id, &request.payer.phone) {
        (Some(id), _) => {
            let narrow =
                |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"+-".contains(&byte);
            if !(1..=64).contains(&id.len()) || !id.bytes().all(narrow) {
                problems.add("customer_id", Fault::wrong("1 to 64 of A-Z, 0-9, + and -"));
            }
            Cow::Borrowed(&**id)
        }
        (None, Some(phone)) => Cow::Borrowed(phone.msisdn()),
        (None, None) => {
            problems.add("payer.phone", Fault::Missing);
            Cow::Borrowed("")
        }
    };
    if !(2..=3).contains(&request.country.len())
        || !request.country.bytes().all(|byte| byte.is_ascii_uppercase())
    {
        problems.add("country", Fault::wrong("two or three capital letters, such as NG"));
    }
    let kind = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    if request.kind.is_empty() || !request.kind.bytes().all(kind) {
        problems.add("kind", Fault::wrong("small letters and _, such as bank_transfer"));
    }
    customer_text(&mut problems, "name", request.name.as_deref());
    customer_text(&mut problems, "email", request.email.as_deref());
    let notify_url = request.notify_url.as_deref().or(config.notify_url.as_deref());
    if let Some(url) = notify_url {
        rules::notify_url(&mut problems, config, url);
    }
    problems.into_result()?;

    let amount = request.amount.map(|amount| amount.to_decimals(2));
    let parameters = [
        ("merchant_id", Some(&*config.merchant_id)),
        ("customer_id", Some(&*customer_id)),
        ("order_id", Some(request.order.as_str())),
        ("country", Some(&*request.country)),
        ("currency", Some(request.currency.code())),
        ("provider_id", Some(&*provider_id)),
        ("operation", Some("c2b")),
        ("type", Some(&*request.kind)),
        ("callback_url", notify_url),
        ("email", request.email.as_deref()),
        ("name", request.name.as_deref()),
        ("amount", amount.as_deref()),
    ];
    let pairs: Vec<_> =
        parameters.iter().filter_map(|(name, value)| value.map(|value| (*name, value))).collect();
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&pairs)
        .append_pair("signature", key.sign_pairs(&pairs).as_str())
        .finish();
    let hosts = [config.hosted_page.host().to_ascii_lowercase()];
    PageUrl::parse(&config.hosted_page.join(&format!("/?{query}")), hosts.iter().map(String::as_str)).map_err(
        |_| {
            let mut problems = Problems::default();
            problems.add("hosted_page", Fault::wrong("an address of https://"));
            problems
        },
    )
}

/// The providers that the page offers ("Payment Page").
const PROVIDERS: [u32; 3] = [5008, 5010, 5011];

/// All names of signed fields have small letters, so that a text without any cannot spell one.
fn customer_text(problems: &mut Problems, field: &'static str, text: Option<&str>) {
    let Some(text) = text else { return };
    if text.trim().is_empty() {
        problems.add(field, Fault::wrong("left out when it is not known"));
    }
    if let Some(sign) = text.chars().find(|sign| sign.is_ascii_lowercase() || sign.is_control()) {
        if sign.is_control() {
            problems.add(field, Fault::Forbidden(sign));
        } else {
            let wanted = "in capital letters, or left to the page: small ones could spell a signed field";
            problems.add(field, Fault::wrong(wanted));
        }
    }
}
