//! What Bitlipa signs ("Callback", and the weaknesses of the signature). The signature comes first, then a schema that
//! leaves one way to read what was signed.

use std::ops::Range;

use nzimbu_core::secret::Secret;
use nzimbu_core::signature::recursive::{Document, Members, RecursiveKey, Value, VerifyError, verify};
use nzimbu_core::{
    Authentic, Callback, CallbackError, Currency, Fault, GatewayRef, Method, Money, Operation, OrderName,
    OrderRef, Problems, RawCallback, Receipt, Status,
};

use super::codes;
use super::keys::{Keys, Member, Place};
use super::kind::Kind;
use super::rules;

/// What happens to a callback that carries a good signature and breaks the schema.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Schema {
    /// It is a [`Callback::Hint`] if it names an order: a reason to ask for the status, and no more.
    Lenient,
    /// It is refused.
    #[default]
    Strict,
}

/// Checks callbacks of Bitlipa's without a whole provider.
///
/// ```
/// use nzimbu_core::secret::Secret;
/// use nzimbu_core::{Callback, RawCallback, Status};
/// use nzimbu_providers::bitlipa::CallbackVerifier;
///
/// let verifier = CallbackVerifier::new(&[Secret::new("your newest secret"), Secret::new("the one before")])?;
/// let body = br#"{"order_id":"INV-7","status":2,"signature":"..."}"#;
/// # let key = nzimbu_core::signature::recursive::RecursiveKey::new(&Secret::new("your newest secret"));
/// # let digest = key.sign_json(br#"{"order_id":"INV-7","status":2}"#)?;
/// # let body = format!(r#"{{"order_id":"INV-7","status":2,"signature":"{digest}"}}"#);
/// # let body = body.as_bytes();
/// match verifier.verify(&RawCallback::post(&[], body))? {
///     Callback::Authentic(callback) => assert_eq!(callback.receipt().status, Status::Succeeded),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CallbackVerifier {
    secrets: Vec<RecursiveKey>,
    merchant_id: Option<Box<str>>,
    schema: Schema,
    keys: Keys,
}

impl CallbackVerifier {
    /// A verifier that accepts callbacks signed with any of these secrets, newest first, for any merchant.
    ///
    /// # Errors
    /// When there is no secret, or an empty or blank one, such as an unset environment variable leaves: with it
    /// anybody could sign.
    pub fn new(secrets: &[Secret]) -> Result<Self, Problems> {
        if secrets.is_empty() || secrets.iter().any(|secret| secret.expose().trim().is_empty()) {
            let mut problems = Problems::default();
            problems.add("secrets", Fault::Missing);
            return Err(problems);
        }
        Ok(Self::of_checked(secrets))
    }

    /// For secrets that passed the check of the settings.
    pub(super) fn of_checked(secrets: &[Secret]) -> Self {
        Self {
            secrets: secrets.iter().map(RecursiveKey::new).collect(),
            merchant_id: None,
            schema: Schema::Strict,
            keys: Keys::default(),
        }
    }

    /// Refuses callbacks that name another merchant. Most name none.
    #[must_use]
    pub fn for_merchant(mut self, merchant_id: &str) -> Self {
        self.merchant_id = Some(merchant_id.into());
        self
    }

    /// Says what happens to a callback that carries a good signature and breaks the schema.
    #[must_use]
    pub fn with_schema(mut self, schema: Schema) -> Self {
        self.schema = schema;
        self
    }

    /// Allows members besides the known ones: names at the top, or paths such as `extra.note`.
    ///
    /// # Errors
    /// When one is not such a name, is a member of requests, or begins another name or with one.
    pub fn allowing(mut self, paths: &[String]) -> Result<Self, Problems> {
        self.keys = Keys::with(paths)?;
        Ok(self)
    }

    /// Checks a request that claims to be a callback.
    ///
    /// The signature says nothing about time or order: a genuine callback may come twice, late, or after a newer one.
    /// Whether it speaks of a payment or a payout is rarely said; without an operation code it is taken to be a
    /// payment, the direction whose callbacks are documented.
    ///
    /// A body with floats whose signature does not fit is undecided, because servers print floats differently: it is a
    /// [`Callback::Hint`] if the schema holds.
    ///
    /// # Errors
    /// - [`CallbackError::BadSignature`] when the signature is missing or fits none of the secrets.
    /// - [`CallbackError::WrongMerchant`] when it names another merchant.
    /// - [`CallbackError::Malformed`] when it is no document that the gateway sends, or its signed text could be read
    ///   in two ways.
    pub fn verify(&self, callback: &RawCallback<'_>) -> Result<Callback, CallbackError> {
        if callback.method != Method::Post {
            return Err(CallbackError::Malformed("a callback is a POST"));
        }
        match verify(&self.secrets, callback.body) {
            Ok(verified) => match self.read(&verified.document) {
                Ok((operation, receipt)) => {
                    Ok(Callback::Authentic(Authentic::new(verified.proof, operation, receipt)))
                }
                Err(error) => self.hint(&verified.document, error.of_signed()),
            },
            Err(VerifyError::Undecided) => {
                let document = Document::parse(callback.body)
                    .map_err(|_| CallbackError::Malformed("the body is not a JSON object"))?;
                match self.read(&document) {
                    Ok((operation, receipt)) => {
                        let Receipt { order, reference, .. } = receipt;
                        Ok(Callback::Hint(OrderRef { operation, order, reference }))
                    }
                    Err(error) => Err(error),
                }
            }
            Err(VerifyError::Malformed(malformed)) => Err(CallbackError::Malformed(rule(malformed))),
            Err(_) => Err(CallbackError::BadSignature),
        }
    }

    /// In the lenient mode an order that can be asked about is worth a question.
    fn hint(&self, document: &Document<'_>, error: CallbackError) -> Result<Callback, CallbackError> {
        if self.schema == Schema::Strict || error == CallbackError::WrongMerchant {
            return Err(error);
        }
        let order = document.get("order_id").and_then(|value| Kind::Order.text(value));
        let order = order.and_then(|order| OrderName::parse(order).ok());
        match order.filter(|order| rules::order(order).is_ok()) {
            Some(order) => Ok(Callback::Hint(OrderRef::new(Operation::Payment, order))),
            None => Err(error),
        }
    }

    fn read(&self, document: &Document<'_>) -> Result<(Operation, Receipt), CallbackError> {
        let told = Told::read(&self.keys, document.members()).map_err(CallbackError::Malformed)?;
        if told.merchant_id.zip(self.merchant_id.as_deref()).is_some_and(|(told, ours)| told != ours) {
            return Err(CallbackError::WrongMerchant);
        }
        told.into_receipt().map_err(CallbackError::Malformed)
    }
}

/// The members that decide or are passed on.
#[derive(Default)]
struct Told<'d> {
    order_id: Option<&'d str>,
    status: Option<&'d str>,
    transaction_id: Option<&'d str>,
    merchant_id: Option<&'d str>,
    provider_id: Option<&'d str>,
    amount: Option<&'d str>,
    currency: Option<&'d str>,
    operation: Option<&'d str>,
    message: Option<&'d str>,
    provider_message: Option<&'d str>,
}

impl<'d> Told<'d> {
    /// Checks every member, and that the signed text can be read in this one way only.
    fn read(keys: &Keys, members: Members<'d>) -> Result<Self, &'static str> {
        let mut told = Self::default();
        let mut suspicious = false;
        let mut before: &str = "";
        each(keys, members, |container, name, member, text| {
            let next = if container.is_empty() { name } else { container };
            suspicious |= keys.may_begin_in(before.as_bytes(), next.as_bytes());
            before = text;
            told.note(member, text)
        })?;
        suspicious |= keys.may_begin_in(before.as_bytes(), b"");
        if suspicious && is_ambiguous(keys, members) {
            return Err(
                "a value spells the name of a member, so that the signed text can be read in two ways",
            );
        }
        Ok(told)
    }

    #[inline]
    fn note(&mut self, member: Member, text: &'d str) -> Result<(), &'static str> {
        let slot = match member {
            Member::Amount => &mut self.amount,
            Member::Currency => &mut self.currency,
            Member::MerchantId => &mut self.merchant_id,
            Member::Message => &mut self.message,
            // The exact name is not known, so there could be two.
            Member::Operation if self.operation.is_some() => return Err("there are two operation codes"),
            Member::Operation => &mut self.operation,
            Member::OrderId => &mut self.order_id,
            Member::ProviderId => &mut self.provider_id,
            Member::ProviderMessage => &mut self.provider_message,
            Member::Status => &mut self.status,
            Member::TransactionId => &mut self.transaction_id,
            Member::Country | Member::Id | Member::Line => return Ok(()),
        };
        *slot = Some(text);
        Ok(())
    }

    fn into_receipt(self) -> Result<(Operation, Receipt), &'static str> {
        let order = self.order_id.ok_or("order_id is missing")?;
        let order = OrderName::parse(order).map_err(|_| "order_id is not the name of an order")?;
        let raw_status = self.status.ok_or("status is missing")?;
        let mut receipt = Receipt::new(order, codes::status(raw_status), raw_status);
        if let Some(code) = self.currency {
            let currency = Currency::parse(code).map_err(|_| "currency is none that the gateway works in")?;
            if let Some(text) = self.amount {
                let amount = Money::parse_told(text, currency);
                receipt.amount = Some(amount.map_err(|_| "amount does not fit its currency")?);
            }
        }
        receipt.reference = self.transaction_id.and_then(GatewayRef::new);
        receipt.method = self.provider_id.filter(|id| !id.is_empty()).map(Box::from);
        if matches!(receipt.status, Status::Failed | Status::Cancelled) {
            let words = self.provider_message.filter(|words| !words.is_empty()).or(self.message);
            receipt.failure = words.filter(|words| !words.is_empty()).map(Box::from);
        }
        let operation = if self.operation == Some("16") { Operation::Payout } else { Operation::Payment };
        Ok((operation, receipt))
    }
}

/// Hands over every scalar with the object around it, after checking its name and type.
#[inline]
fn each<'d>(
    keys: &Keys,
    members: Members<'d>,
    mut piece: impl FnMut(&'static str, &'d str, Member, &'d str) -> Result<(), &'static str>,
) -> Result<(), &'static str> {
    for (name, value) in members {
        match keys.top(name) {
            Some(Place::Member(member)) => {
                piece("", name, member, member.kind().text(value).ok_or(TYPE)?)?;
            }
            Some(Place::Object(container)) => match value {
                Value::Object(inner) => {
                    for (name, value) in inner {
                        let member = keys.inside(container, name).ok_or(UNKNOWN)?;
                        piece(container.as_str(), name, member, member.kind().text(value).ok_or(TYPE)?)?;
                    }
                }
                // PHP writes an empty object as an empty list.
                Value::List(items) if { items }.next().is_none() => {}
                _ => return Err(TYPE),
            },
            None if name == "signature" => {}
            None => return Err(UNKNOWN),
        }
    }
    Ok(())
}

/// Puts the signed text together and looks whether a known name begins inside a value.
#[cold]
fn is_ambiguous(keys: &Keys, members: Members<'_>) -> bool {
    let (mut signed, mut values) = (Vec::new(), Vec::new());
    let read = each(keys, members, |container, name, _, text| {
        signed.extend_from_slice(container.as_bytes());
        signed.extend_from_slice(if container.is_empty() { b"" } else { b"." });
        signed.extend_from_slice(name.as_bytes());
        let start = signed.len();
        signed.extend_from_slice(text.as_bytes());
        values.push(start..signed.len());
        Ok(())
    });
    read.is_err()
        || values
            .into_iter()
            .any(|value: Range<usize>| value.into_iter().any(|at| keys.begins(&signed[at..])))
}

fn rule(malformed: nzimbu_core::signature::recursive::Malformed) -> &'static str {
    use nzimbu_core::signature::recursive::Malformed;
    match malformed {
        Malformed::DuplicateKey => "a member stands twice",
        Malformed::SignatureContainer => "the signature is an object or a list",
        Malformed::TooDeep | Malformed::TooLarge | Malformed::TooManyEntries => {
            "the body is too large or too deep"
        }
        _ => "the body is not a JSON object",
    }
}

const UNKNOWN: &str = "a member is not known: allow it by name if it is genuine";
const TYPE: &str = "a member has another type or form than documented";
