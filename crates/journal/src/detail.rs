//! What the history tells of an event: enough to follow what was sent and answered, and nothing personal.

use nzimbu_core::Receipt;
use serde::Serialize;

use crate::event::{Event, Failure, Worth};
use crate::intent::Shown;
use crate::row::Row;

/// The body of an event. Members that say nothing are left out.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Detail<'a> {
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    word: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    /// The order that has this reference already.
    #[serde(skip_serializing_if = "Option::is_none")]
    shared_with: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    worth: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Shown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    late: Option<bool>,
}

impl<'a> Detail<'a> {
    /// What is told of the first event of a history.
    pub(crate) fn first(row: &Row, request: Shown) -> Self {
        Self {
            event: "planned",
            amount: Some(row.amount.to_string()),
            request: Some(request),
            digest: Some(hex(&row.digest)),
            ..Self::default()
        }
    }

    /// What is told of an event to this row.
    pub(crate) fn of(event: &'a Event, row: &Row) -> Self {
        let mut detail = Self { event: event.as_str(), ..Self::default() };
        match event {
            Event::Ended { ended, fence, twin } => {
                detail.shared_with = twin.as_ref().map(|other| other.as_str());
                detail.late = (*fence != row.fence).then_some(true);
                match ended {
                    Ok(receipt) => detail.receipt(receipt),
                    Err(failure) => detail.failure(failure),
                }
            }
            Event::Told { said: Some(receipt), twin, .. } => {
                detail.shared_with = twin.as_ref().map(|other| other.as_str());
                detail.receipt(receipt);
            }
            Event::Told { said: None, .. } => detail.status = Some("not_known"),
            Event::NotTold { failure, .. } => detail.failure(failure),
            Event::Woken { worth, says } => {
                detail.worth = Some(match worth {
                    Worth::Authentic => "authentic",
                    Worth::Hint => "hint",
                });
                detail.status = says.map(|status| status.as_str());
            }
            Event::Decided { verdict } => detail.verdict = Some(verdict.as_str()),
            Event::Begin { .. }
            | Event::Release
            | Event::Discarded
            | Event::Claim
            | Event::Dropped { .. }
            | Event::Doubted => {}
        }
        detail
    }

    /// Adds who decided, and why.
    pub(crate) fn by(mut self, person: &'a str, reason: &'a str) -> Self {
        self.person = Some(person);
        self.reason = (!reason.is_empty()).then_some(reason);
        self
    }

    pub(crate) fn to_json(&self) -> Box<str> {
        serde_json::to_string(self).expect("details have text keys and no floats").into_boxed_str()
    }

    fn receipt(&mut self, receipt: &'a Receipt) {
        self.status = Some(receipt.status.as_str());
        // Words of a gateway are short; a longer text might repeat what was sent.
        self.word = (receipt.raw_status.len() <= 64).then_some(&*receipt.raw_status);
        self.reference = receipt.reference.as_ref().map(|reference| reference.as_str());
        self.amount = receipt.amount.map(|amount| amount.to_string());
    }

    fn failure(&mut self, failure: &'a Failure) {
        self.outcome = Some(failure.outcome.as_str());
        self.kind = Some(failure.kind.as_str());
        self.code = failure.code.as_deref();
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Reads what [`hex`] writes of 32 bytes.
pub(crate) fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(bytes)
}
