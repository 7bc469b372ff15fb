//! The checkout's codes ("Status codes") and the reading of its answers.

use nzimbu_core::secret::Secret;
use nzimbu_core::{
    Currency, ErrorKind, GatewayRef, HttpResponse, Money, OrderId, PageUrl, PhoneNumber, ProviderError,
    Status, UnixTime,
};

use super::{envelope, is_success, quoting, refused, shown, with_delay};
use crate::cinetpay::checkout::{Checkout, PaymentState};
use crate::cinetpay::config::CheckoutPart;
use crate::cinetpay::methods::PaymentMethod;
use crate::cinetpay::wire::checkout::{Created, State};
use crate::json::Scalar;

/// What a code says about a payment or a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Class {
    /// Paid.
    Paid,
    /// The payment failed.
    Failed,
    /// Under way.
    Pending,
    /// The request or the settings are wrong; this call charged nothing.
    Refused(ErrorKind, &'static str),
    /// The gateway knows the id; ask for its status.
    Duplicate,
    /// A part is out of service, or the documents leave the meaning open: it proves nothing.
    Open(ErrorKind),
}

/// The table. Codes that only an enumeration in public code knows prove nothing, nor do codes that two sources
/// explain differently.
fn class(code: &str) -> Class {
    use Class::{Duplicate, Failed, Open, Paid, Pending, Refused};
    match code {
        // Numbers lose a zero.
        "00" | "0" => Paid,
        "201" | "623" | "662" | "663" | "664" => Pending,
        "600" | "602" | "604" | "606" | "625" | "627" | "635" | "636" | "637" | "641" | "642" | "807"
        | "808" | "809" | "810" | "811" | "812" => Failed,
        "403" => Refused(ErrorKind::InvalidRequest, "the gateway does not accept the content type"),
        "429" => Refused(ErrorKind::RateLimited, "the gateway finds the calls suspicious or too many"),
        "608" => Refused(
            ErrorKind::InvalidRequest,
            "a field is missing or wrong, or the currency is not the account's",
        ),
        "609" => Refused(ErrorKind::Authentication, "the gateway does not know the api key"),
        "610" => Refused(ErrorKind::InvalidRequest, "the gateway does not know the payment method"),
        "611" => Refused(ErrorKind::InvalidRequest, "the gateway does not accept the amount"),
        "612" => Refused(ErrorKind::InvalidRequest, "the gateway does not accept the currency"),
        "613" => Refused(ErrorKind::Authentication, "the gateway does not know the site id"),
        "615" => Refused(ErrorKind::InvalidRequest, "the gateway does not accept the language"),
        "614" | "616" | "617" | "618" | "619" => {
            Refused(ErrorKind::InvalidRequest, "the gateway answered as its abandoned first version did")
        }
        "620" => Duplicate,
        "603" | "621" | "622" | "626" | "639" | "640" | "804" => Open(ErrorKind::Unavailable),
        _ => Open(ErrorKind::Malformed),
    }
}

/// Reads the answer to opening a page. It repeats neither order nor amount, so there is nothing to compare.
pub(in crate::cinetpay) fn read_created(
    order: OrderId,
    part: &CheckoutPart,
    reply: &HttpResponse,
) -> Result<Checkout, ProviderError> {
    let envelope = envelope(reply)?;
    let code = envelope.code.as_str().trim();
    let error = match (code, class(code)) {
        ("201", _) if is_success(reply) => {
            let created: Created = envelope.item()?.unwrap_or_default();
            let missing = || {
                ProviderError::new(ErrorKind::Malformed, "the payment page came without a link or a token")
            };
            let token = created.payment_token.text().ok_or_else(missing)?;
            let url = created.payment_url.text().ok_or_else(missing)?;
            let hosts = part.page_hosts.iter().map(String::as_str);
            let page = PageUrl::parse(url, hosts)
                .map_err(|error| ProviderError::new(ErrorKind::UntrustedUrl, error.to_string()))?;
            return Ok(Checkout {
                order,
                page,
                token: Secret::new(token),
                response_id: envelope.api_response_id.boxed(),
            });
        }
        ("201", _) => ProviderError::new(
            ErrorKind::Malformed,
            format!("the code says that the page was made, the status {} that it was not", reply.status),
        ),
        // Documented as a refusal of this call only; the same code in a status proves nothing.
        ("624", _) => refused(
            ErrorKind::InvalidRequest,
            "the gateway cannot process the request: check the api key, the locked phone number and the card block",
            reply,
        ),
        ("635" | "636" | "637", _) => {
            refused(ErrorKind::InvalidRequest, "the gateway does not serve the phone number", reply)
        }
        ("641", _) => refused(ErrorKind::InvalidRequest, "the amount is too low for the gateway", reply),
        ("642", _) => refused(ErrorKind::InvalidRequest, "the amount is too high for the gateway", reply),
        (_, Class::Refused(kind, told)) => refused(kind, told, reply),
        (_, Class::Duplicate) => {
            ProviderError::new(ErrorKind::DuplicateOrder, "the gateway knows this id already")
        }
        (_, Class::Open(kind)) => ProviderError::new(kind, "the gateway gave a code that proves nothing"),
        (_, Class::Paid | Class::Failed | Class::Pending) => ProviderError::new(
            ErrorKind::Malformed,
            "the gateway spoke of a payment where a page was asked for",
        ),
    };
    Err(with_delay(quoting(error.with_gateway_code(shown(code)), &envelope), reply))
}

/// Reads the answer to a question: `data.status` decides, and where it is missing the class of the code.
pub(in crate::cinetpay) fn read_state(reply: &HttpResponse) -> Result<PaymentState, ProviderError> {
    let envelope = envelope(reply)?;
    let code = envelope.code.as_str().trim();
    let told: Option<State> = envelope.item()?;
    let told = told.unwrap_or_default();
    let has_data = !told.is_empty();
    let word = told.status.as_str().trim();
    let class = class(code);
    if word.is_empty()
        && let Class::Refused(kind, told) = class
    {
        let error = refused(kind, told, reply).with_gateway_code(shown(code));
        return Err(with_delay(quoting(error, &envelope), reply));
    }
    let status = match (word, class) {
        // Only with a 2xx, and only if word and code agree.
        ("ACCEPTED", Class::Paid) if is_success(reply) => Status::Succeeded,
        ("REFUSED", Class::Paid | Class::Pending) => Status::Unrecognized,
        ("REFUSED", _) => Status::Failed,
        // The last two are known from public code alone; to wait is safe.
        ("WAITING_FOR_CUSTOMER" | "CREATED" | "PENDING", Class::Pending | Class::Open(_)) => Status::Pending,
        // The answers of 2021 had no word. A verdict without any data might speak of an unknown order.
        ("", Class::Paid) if has_data && is_success(reply) => Status::Succeeded,
        ("", Class::Failed) if has_data => Status::Failed,
        ("", Class::Pending) if code != "201" => Status::Pending,
        _ => Status::Unrecognized,
    };
    if reply.status >= 500 && status != Status::Pending {
        let error = ProviderError::new(
            ErrorKind::Unavailable,
            format!("the gateway failed with status {}", reply.status),
        );
        return Err(quoting(error.with_gateway_code(shown(code)), &envelope));
    }
    Ok(PaymentState {
        status,
        raw_status: if word.is_empty() { shown(code).into() } else { word.into() },
        code: shown(code).into(),
        message: envelope.message.boxed(),
        amount: amount(&told)?,
        method: PaymentMethod::parse(told.payment_method.as_str()),
        operator_id: GatewayRef::new(told.operator_id.as_str()),
        phone: phone(&told),
        description: told.description.boxed(),
        metadata: told.metadata.boxed(),
        paid_at: date(&told.payment_date),
        funds_at: date(&told.fund_availability_date),
        response_id: envelope.api_response_id.boxed(),
    })
}

/// The amount counts only with its currency. A currency in which nothing is collected cannot be the order's.
fn amount(told: &State) -> Result<Option<Money>, ProviderError> {
    let Some(code) = told.currency.text() else { return Ok(None) };
    let currency = Currency::parse(code.trim()).map_err(|_| {
        ProviderError::new(ErrorKind::Mismatch, "the answer states a currency in which nothing is collected")
    })?;
    told.amount.amount(currency)
}

fn phone(told: &State) -> Option<PhoneNumber> {
    let (prefix, number) = (told.phone_prefix.text()?, told.phone_number.text()?);
    PhoneNumber::parse(&format!("+{}{number}", prefix.trim().trim_start_matches('+'))).ok()
}

/// Dates have no zone; the gateway's clock reads as UTC. Where there is none stands a blank.
fn date(told: &Scalar) -> Option<UnixTime> {
    UnixTime::parse_utc(told.as_str().trim())
}
