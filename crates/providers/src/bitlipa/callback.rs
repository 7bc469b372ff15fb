//! What Bitlipa signs ("Callback", and the weaknesses of the signature). The signature comes first, then a schema that
//! leaves one way to read what was signed.

use nzimbu_core::secret::Secret;
use nzimbu_core::signature::recursive::{Document, Members, RecursiveKey, Value, VerifyError, verify};
use nzimbu_core::{
    Authentic, Callback, CallbackError, Currency, GatewayRef, Method, Money, Operation, OrderName, OrderRef,
    Problems, RawCallback, Receipt, Status,
};

use super::codes;
use super::keys::{Keys, Kind, Place};

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
/// let verifier = CallbackVerifier::new(&[Secret::new("your newest secret"), Secret::new("the one before")]);
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
    #[must_use]
    pub fn new(secrets: &[Secret]) -> Self {
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
                Err(error) => self.hint(&verified.document, error),
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

    /// In the lenient mode an order that is named at all is worth a question.
    fn hint(&self, document: &Document<'_>, error: CallbackError) -> Result<Callback, CallbackError> {
        if self.schema == Schema::Strict || error == CallbackError::WrongMerchant {
            return Err(error);
        }
        let order = document.get("order_id").and_then(|value| Kind::Order.text(value));
        match order.and_then(|order| OrderName::parse(order).ok()) {
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
        let mut cut = Cut::new();
        for (name, value) in members {
            if name == "signature" {
                continue;
            }
            match keys.top(name).ok_or("a member is not known: allow it by name if it is genuine")? {
                Place::Scalar(kind) => {
                    let text = kind.text(value).ok_or("a member has another type or form than documented")?;
                    cut.push(&[name], text);
                    told.note(name, kind, text)?;
                }
                Place::Object(known) => {
                    let inner = match value {
                        Value::Object(inner) => inner,
                        // PHP writes an empty object as an empty list.
                        Value::List(items) if { items }.next().is_none() => continue,
                        _ => return Err("a member that is an object holds something else"),
                    };
                    for (inner_name, value) in inner {
                        let kind =
                            known.iter().find(|(known, _)| *known == inner_name).map(|(_, kind)| *kind);
                        let kind = kind
                            .or_else(|| keys.adds(name, inner_name).then_some(Kind::Line))
                            .ok_or("a member is not known: allow it by name if it is genuine")?;
                        let text =
                            kind.text(value).ok_or("a member has another type or form than documented")?;
                        cut.push(&[name, ".", inner_name], text);
                        match (name, inner_name) {
                            ("result", "message") => told.message = Some(text),
                            ("provider_result", "message") => told.provider_message = Some(text),
                            _ => {}
                        }
                    }
                }
            }
        }
        if cut.is_ambiguous(keys) {
            return Err(
                "a value spells the name of a member, so that the signed text can be read in two ways",
            );
        }
        Ok(told)
    }

    fn note(&mut self, name: &str, kind: Kind, text: &'d str) -> Result<(), &'static str> {
        let slot = match (kind, name) {
            (Kind::Order, _) => &mut self.order_id,
            (Kind::Status, _) => &mut self.status,
            (Kind::Amount, _) => &mut self.amount,
            (Kind::Currency, _) => &mut self.currency,
            (Kind::Operation, _) if self.operation.is_some() => return Err("there are two operation codes"),
            (Kind::Operation, _) => &mut self.operation,
            (_, "transaction_id") => &mut self.transaction_id,
            (_, "merchant_id") => &mut self.merchant_id,
            (_, "provider_id") => &mut self.provider_id,
            _ => return Ok(()),
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

/// The signed text, and where in it the values stand.
struct Cut {
    text: Vec<u8>,
    values: Vec<(usize, usize)>,
}

impl Cut {
    fn new() -> Self {
        Self { text: Vec::with_capacity(768), values: Vec::with_capacity(24) }
    }

    #[inline]
    fn push(&mut self, path: &[&str], value: &str) {
        for part in path {
            self.text.extend_from_slice(part.as_bytes());
        }
        let start = self.text.len();
        self.text.extend_from_slice(value.as_bytes());
        self.values.push((start, self.text.len()));
    }

    fn is_ambiguous(&self, keys: &Keys) -> bool {
        self.values.iter().any(|(start, end)| (*start..*end).any(|at| keys.begins(&self.text[at..])))
    }
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
