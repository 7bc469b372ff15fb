//! Two gateways that the sandbox has none like. Both take two steps to pay, have no login that would end, and can be asked
//! by order id. One knows no idempotency and executes every copy of a request, which is the hardest of all. The other
//! refuses copies, so that they are sent; what sleeps between the two steps can arrive there however late.

use std::collections::BTreeMap;

use nzimbu_core::{Balance, Operation, OrderName};
use nzimbu_core::{
    BaseUrl, Callback, CallbackError, Capabilities, Currency, Directory, ErrorKind, Exchange, HttpRequest,
    HttpResponse, Money, OrderRef, PaymentProvider, PaymentRequest, PayoutRequest, ProviderError, ProviderId,
    RawCallback, Receipt, Repeats, Status, UnixTime,
};

/// What becomes of a copy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Copies {
    Executed,
    Refused,
}

impl Copies {
    /// Where the gateway is; the sandbox's have smaller ports.
    const fn base(self) -> &'static str {
        match self {
            Self::Executed => "http://127.0.0.1:7",
            Self::Refused => "http://127.0.0.1:9",
        }
    }

    fn url(self, path: &str) -> String {
        BaseUrl::parse(self.base()).expect("loopback is a base URL").join(path)
    }

    /// The name of the gateway.
    pub(super) const fn gateway(self) -> &'static str {
        match self {
            Self::Executed => "plain",
            Self::Refused => "strict",
        }
    }
}

/// The client.
#[derive(Debug)]
pub(super) struct Plain {
    copies: Copies,
    directory: Directory,
}

impl Plain {
    pub(super) fn new(copies: Copies) -> Self {
        Self { copies, directory: Directory::default() }
    }
}

impl PaymentProvider for Plain {
    fn id(&self) -> ProviderId {
        ProviderId::new(self.copies.gateway())
    }

    fn capabilities(&self, operation: Operation) -> Capabilities {
        match operation {
            Operation::Payment => Capabilities::NONE,
            Operation::Payout => {
                let mut offered = Capabilities::offered(&[Currency::Xof]);
                offered.repeats = match self.copies {
                    Copies::Executed => Repeats::Executed,
                    Copies::Refused => Repeats::Refused,
                };
                offered.states_amount = true;
                offered.status_by_order = true;
                offered
            }
        }
    }

    fn directory(&self) -> &Directory {
        &self.directory
    }

    fn pay(&self, _: &PaymentRequest) -> Exchange<Receipt> {
        Exchange::done(Err(ProviderError::unsupported("payouts only")))
    }

    fn pay_out(&self, request: &PayoutRequest) -> Exchange<Receipt> {
        let name = OrderName::from(&request.order);
        let body = format!("{} {}", request.order, request.amount.minor());
        let post = HttpRequest::post(self.copies.url("/pay")).json(body.into_bytes());
        // A step before the one that moves money, so that a process can fall asleep between the two.
        let hello = Exchange::send(HttpRequest::get(self.copies.url("/hello")), |reply| match reply.status {
            200 => Ok(()),
            _ => Err(unclear("no greeting")),
        });
        hello.and_then(|()| {
            Exchange::send(post, move |reply| read(&name, &reply)?.ok_or_else(|| unclear("an unknown order")))
        })
    }

    fn status(&self, order: &OrderRef) -> Exchange<Option<Receipt>> {
        let name = order.order.clone();
        Exchange::send(HttpRequest::get(self.copies.url(&format!("/status/{name}"))), move |reply| {
            read(&name, &reply)
        })
    }

    fn balance(&self, _: Currency) -> Exchange<Balance> {
        Exchange::done(Err(ProviderError::unsupported("payouts only")))
    }

    fn verify(&self, _: &RawCallback<'_>, _: UnixTime) -> Result<Callback, CallbackError> {
        Err(CallbackError::Unsupported)
    }
}

fn unclear(what: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Malformed, format!("the gateway answers with {what}"))
}

/// `STATUS AMOUNT`, or a refusal, or that the order is not known.
fn read(name: &OrderName, reply: &HttpResponse) -> Result<Option<Receipt>, ProviderError> {
    let text = std::str::from_utf8(&reply.body).unwrap_or_default();
    let mut words = text.split(' ');
    let status = match (reply.status, words.next()) {
        (404, Some("unknown")) => return Ok(None),
        (429, Some("busy")) => return Err(ProviderError::rejected(ErrorKind::RateLimited, "busy")),
        (403, Some("refused")) => return Err(ProviderError::rejected(ErrorKind::Blocked, "refused")),
        (200, Some("pending")) => Status::Pending,
        (200, Some("succeeded")) => Status::Succeeded,
        (200, Some("failed")) => Status::Failed,
        _ => return Err(unclear("something else")),
    };
    let mut receipt = Receipt::new(name.clone(), status, status.as_str());
    let amount = words.next().and_then(|word| word.parse().ok());
    receipt.amount = amount.and_then(|minor| Money::from_minor(minor, Currency::Xof).ok());
    Ok(Some(receipt))
}

/// The gateway itself.
#[derive(Debug)]
pub(super) struct PlainGateway {
    pub(super) copies: Copies,
    orders: BTreeMap<String, Standing>,
}

#[derive(Debug)]
struct Standing {
    status: &'static str,
    amount: String,
}

impl PlainGateway {
    pub(super) fn new(copies: Copies) -> Self {
        Self { copies, orders: BTreeMap::new() }
    }

    /// Whether a request is for it.
    pub(super) fn serves(&self, url: &str) -> bool {
        url.starts_with(self.copies.base())
    }

    /// Answers. Where copies are executed, a further one moves its money again at once; the amount is given back for the
    /// ledger.
    pub(super) fn answer(&mut self, url: &str, body: &[u8]) -> (HttpResponse, Option<(String, String)>) {
        if let Some(name) =
            url.strip_prefix(self.copies.base()).and_then(|path| path.strip_prefix("/status/"))
        {
            return match self.orders.get(name) {
                Some(order) => (told(order), None),
                None => (HttpResponse::new(404, "unknown"), None),
            };
        }
        if url.ends_with("/hello") {
            return (HttpResponse::new(200, ""), None);
        }
        let text = String::from_utf8_lossy(body);
        let Some((name, amount)) = text.split_once(' ') else { return (HttpResponse::new(400, ""), None) };
        let again = self.orders.contains_key(name).then(|| (name.to_owned(), amount.to_owned()));
        if again.is_some() && self.copies == Copies::Refused {
            return (HttpResponse::new(409, "known"), None);
        }
        let order = self.orders.entry(name.to_owned());
        let order = order.or_insert_with(|| Standing { status: "pending", amount: amount.to_owned() });
        (told(order), again)
    }

    /// Ends an order; the amount if money moved by it.
    pub(super) fn settle(&mut self, name: &str, approved: bool) -> Option<String> {
        let order = self.orders.get_mut(name).filter(|order| order.status == "pending")?;
        order.status = if approved { "succeeded" } else { "failed" };
        approved.then(|| order.amount.clone())
    }
}

fn told(order: &Standing) -> HttpResponse {
    HttpResponse::new(200, format!("{} {}", order.status, order.amount))
}
