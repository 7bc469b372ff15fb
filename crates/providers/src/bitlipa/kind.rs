//! The forms of values in callbacks. They are as narrow as the documents and what was seen in use allow, because a form
//! is part of the proof that a signed text can be read in one way only (`keys.rs`).

use nzimbu_core::signature::recursive::Value;

/// What the value of a member may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// A decimal number without sign and exponent, as text or number.
    Amount,
    /// Two capital letters.
    Country,
    /// Three capital letters.
    Currency,
    /// An id or a code: text of a narrow alphabet, an integer, or nothing.
    Id,
    /// Any scalar.
    Line,
    /// 16 or 17, as text or number.
    Operation,
    /// Text of 1 to 128 of the documented alphabet.
    Order,
    /// An integer from -1 to 7.
    Status,
}

impl Kind {
    /// The text of a value of this kind, as it stands in the signed text; `None` when it is of another kind. A float
    /// keeps its spelling, which has no letter that begins a name.
    #[inline]
    pub(super) fn text(self, value: Value<'_>) -> Option<&str> {
        let (text, number) = match value {
            Value::Text(text) => (text, false),
            Value::Number(spelling) => (spelling, true),
            Value::Null | Value::Bool(false) => ("", false),
            Value::Bool(true) => ("1", false),
            _ => return None,
        };
        let typed = match value {
            Value::Text(_) => self != Self::Status,
            Value::Number(_) => !matches!(self, Self::Country | Self::Currency | Self::Order),
            Value::Null => matches!(self, Self::Id | Self::Line),
            _ => self == Self::Line,
        };
        (typed && self.fits(text, number)).then_some(text)
    }

    #[inline]
    fn fits(self, text: &str, number: bool) -> bool {
        let bytes = text.as_bytes();
        match self {
            Self::Amount => is_amount(bytes),
            Self::Country => bytes.len() == 2 && bytes.iter().all(u8::is_ascii_uppercase),
            Self::Currency => bytes.len() == 3 && bytes.iter().all(u8::is_ascii_uppercase),
            Self::Id if number => is_integer(bytes),
            Self::Id => bytes.len() <= 128 && bytes.iter().all(|byte| is_id_byte(*byte)),
            Self::Line => true,
            Self::Operation => matches!(bytes, b"16" | b"17"),
            Self::Order => (1..=128).contains(&bytes.len()) && bytes.iter().all(|byte| is_order_byte(*byte)),
            Self::Status => matches!(bytes, b"-1" | [b'0'..=b'7']),
        }
    }

    /// Whether a value of this kind could begin here. Everything that [`fits`](Self::fits) does, whatever follows it.
    #[inline]
    pub(super) fn could_begin(self, text: &[u8]) -> bool {
        match self {
            Self::Amount | Self::Operation => matches!(text, [b'0'..=b'9', ..]),
            Self::Country => text.len() >= 2 && text[..2].iter().all(u8::is_ascii_uppercase),
            Self::Currency => text.len() >= 3 && text[..3].iter().all(u8::is_ascii_uppercase),
            // An empty one is followed by a name, which begins with a letter, or by nothing.
            Self::Id => text.first().is_none_or(|byte| is_id_byte(*byte)),
            Self::Line => true,
            Self::Order => text.first().is_some_and(|byte| is_order_byte(*byte)),
            Self::Status => matches!(text, [b'0'..=b'9', ..] | [b'-', b'0'..=b'9', ..]),
        }
    }
}

#[inline]
fn is_id_byte(byte: u8) -> bool {
    CLASSES[usize::from(byte)] & ID != 0
}

#[inline]
fn is_order_byte(byte: u8) -> bool {
    CLASSES[usize::from(byte)] & ORDER != 0
}

fn is_integer(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    (1..=18).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
}

/// At most 14 digits, as many as the signer keeps of a float: two amounts that are not equal never sign alike.
fn is_amount(text: &[u8]) -> bool {
    let mut parts = text.split(|byte| *byte == b'.');
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let whole = parts.next().is_some_and(digits);
    text.len() <= 15 && whole && parts.next().is_none_or(digits) && parts.next().is_none()
}

const ID: u8 = 1;
const ORDER: u8 = 2;

/// Which bytes ids and order ids are made of.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'_' | b':' | b'.' | b'-' => ID | ORDER,
            b'/' | b'|' | b'+' | b'#' | b'@' => ID,
            _ if byte.is_ascii_alphanumeric() => ID | ORDER,
            _ => 0,
        };
        byte += 1;
    }
    classes
};
