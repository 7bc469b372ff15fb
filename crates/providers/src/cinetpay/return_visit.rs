//! What the customer's browser brings back.

use std::fmt;

use nzimbu_core::secret::Secret;
use nzimbu_core::{CallbackError, OrderName};

use super::form;

/// The form that the payment page posts to the return URL ("Return page").
///
/// It comes from the customer's browser, whatever the outcome was, and **proves nothing**: use the order only to
/// find your own record, ask for its status, and show the page that fits the answer. Deliver nothing by it.
///
/// ```
/// use nzimbu_providers::cinetpay::ReturnVisit;
/// let visit = ReturnVisit::parse(b"token=5df64dd9&transaction_id=INV-7")?;
/// assert_eq!(visit.order.unwrap().as_str(), "INV-7");
/// # Ok::<(), nzimbu_core::CallbackError>(())
/// ```
#[non_exhaustive]
pub struct ReturnVisit {
    /// The field `token`: the payment token, as a browser sent it.
    pub token: Option<Secret>,
    /// The field `transaction_id`: our id, as a browser sent it; nothing if it cannot be one.
    pub order: Option<OrderName>,
}

impl ReturnVisit {
    /// Reads the body of the `POST`, or the query of a `GET`. Both fields may be missing, for the return URL must
    /// answer a bare `GET` too.
    ///
    /// # Errors
    /// When a field occurs more than once or is not UTF-8, or the text is longer than 64 KiB.
    pub fn parse(form: &[u8]) -> Result<Self, CallbackError> {
        let [token, order] = form::read(form, &["token", "transaction_id"])?;
        let token = token.filter(|token| !token.trim().is_empty()).map(Secret::new);
        Ok(Self { token, order: order.and_then(|order| OrderName::parse(&order).ok()) })
    }
}

impl fmt::Debug for ReturnVisit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReturnVisit").field("order", &self.order).finish_non_exhaustive()
    }
}
