//! What Adullam says about a checkout, member by member.

use std::time::Duration;

use super::{Checkout, State};
use crate::gateway::Reply;
use crate::json::Json;

/// The members in the order of the documented sample.
pub(super) fn checkout(checkout: &Checkout) -> Json {
    let order = &checkout.order;
    let (completed_at, failure_reason) = match checkout.state {
        State::Completed { at } => (Some(at.rfc3339()), None),
        State::Failed(reason) => (None, Some(reason)),
        State::Expired => (None, Some("the checkout expired")),
        State::Cancelled => (None, Some("the checkout was cancelled")),
        State::Created | State::Pending | State::Processing => (None, None),
    };
    let mut members = vec![
        ("id", Json::from(checkout.id.as_str())),
        ("status", checkout.state.name().into()),
        ("amount", order.amount.into()),
        ("currency", "XOF".into()),
        ("user_phone", order.user_phone.as_str().into()),
        ("payment_id", checkout.payment_id.as_str().into()),
    ];
    if let Some(description) = &order.description {
        members.push(("description", description.as_str().into()));
    }
    members.extend([
        ("created_at", checkout.created.rfc3339().into()),
        ("expires_at", checkout.created.plus(Duration::from_secs(order.expires_in)).rfc3339().into()),
        ("completed_at", completed_at.into()),
        ("failure_reason", failure_reason.into()),
        // The sample's 25 on 5000; no tariff is published.
        ("transaction_fee", (order.amount / 200).into()),
    ]);
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// The documents show no body of an error; its one live consumer reads this one.
pub(super) fn error(status: u16, text: &str) -> Reply {
    Reply::json(status, &Json::object([("error", text.into())]))
}
