//! What an observer sees of an order, whatever its gateway.

use crate::json::Json;
use crate::moment::Moment;

/// One order as the admin API shows it.
#[derive(Clone, Debug)]
pub(crate) struct OrderView {
    /// Rises over all gateways in the order of arrival.
    pub(crate) serial: u64,
    pub(crate) gateway: &'static str,
    pub(crate) merchant: &'static str,
    /// `payment` or `payout`.
    pub(crate) operation: &'static str,
    /// The merchant's own id.
    pub(crate) order_id: String,
    /// The gateway's id.
    pub(crate) gateway_id: String,
    pub(crate) amount: String,
    pub(crate) currency: String,
    pub(crate) phone: Option<String>,
    /// The number whose phone shows a prompt now.
    pub(crate) prompted: Option<String>,
    pub(crate) state: Standing,
    /// The state in the gateway's own word.
    pub(crate) status: String,
    pub(crate) created: Moment,
    pub(crate) callback_url: Option<String>,
    pub(crate) page_url: Option<String>,
}

/// What orders are listed by, so that no list has to look at those it does not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// `payment` or `payout`.
    pub(crate) operation: &'static str,
    pub(crate) standing: Standing,
    pub(crate) prompt: Prompt,
}

/// Whether somebody's phone shows a prompt now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    Shown,
    None,
}

impl Group {
    /// Every group there is.
    pub(crate) fn all() -> impl Iterator<Item = Group> {
        OPERATIONS.into_iter().flat_map(|operation| {
            Standing::ALL.into_iter().flat_map(move |standing| {
                [Prompt::Shown, Prompt::None].map(|prompt| Group { operation, standing, prompt })
            })
        })
    }

    /// The short form that is kept.
    pub(crate) fn number(self) -> u8 {
        let operation = u8::from(self.operation == OPERATIONS[1]);
        let standing = match self.standing {
            Standing::Open => 0,
            Standing::Approved => 1,
            Standing::Refused => 2,
        };
        operation + 2 * standing + 6 * u8::from(self.prompt == Prompt::Shown)
    }
}

const OPERATIONS: [&str; 2] = ["payment", "payout"];

/// Where every order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Open,
    /// The money has moved.
    Approved,
    /// The money has not moved and will not.
    Refused,
}

impl Standing {
    pub(crate) const ALL: [Standing; 3] = [Standing::Open, Standing::Approved, Standing::Refused];

    pub(crate) fn parse(name: &str) -> Option<Standing> {
        Standing::ALL.into_iter().find(|standing| standing.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Standing::Open => "open",
            Standing::Approved => "approved",
            Standing::Refused => "refused",
        }
    }
}

impl OrderView {
    pub(crate) fn json(&self) -> Json {
        Json::object([
            ("serial", self.serial.into()),
            ("gateway", self.gateway.into()),
            ("merchant", self.merchant.into()),
            ("operation", self.operation.into()),
            ("order_id", self.order_id.as_str().into()),
            ("gateway_id", self.gateway_id.as_str().into()),
            ("amount", self.amount.as_str().into()),
            ("currency", self.currency.as_str().into()),
            ("phone", self.phone.as_deref().into()),
            ("state", self.state.name().into()),
            ("status", self.status.as_str().into()),
            ("created", self.created.rfc3339().into()),
            ("callback_url", self.callback_url.as_deref().into()),
            ("page_url", self.page_url.as_deref().into()),
        ])
    }
}

/// How a signature comes about.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) algorithm: &'static str,
    /// What is signed, before the secret comes in.
    pub(crate) text: String,
    pub(crate) given: String,
    pub(crate) expected: String,
}

impl Signed {
    pub(crate) fn json(&self) -> Json {
        Json::object([
            ("algorithm", self.algorithm.into()),
            ("signed_text", self.text.as_str().into()),
            ("given", self.given.as_str().into()),
            ("expected", self.expected.as_str().into()),
            ("valid", Json::Bool(self.given.eq_ignore_ascii_case(&self.expected))),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_a_number_of_its_own() {
        let numbers: std::collections::BTreeSet<u8> = Group::all().map(Group::number).collect();
        assert_eq!(numbers.len(), Group::all().count());
    }
}
