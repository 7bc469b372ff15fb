//! A document as it stood on the wire.

mod build;
mod walk;

pub(super) use self::build::fingerprint;
pub(super) use self::walk::Keys;

use self::build::Builder;
use super::Malformed;
use super::reader::{self, Container};
use super::text::{Scalar, Span, Texts};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A JSON object as it stood on the wire: members in their order, numbers as they were spelled.
///
/// It borrows from the bytes it was read from, and is bounded: at most 1 MiB, 256 members and
/// items, 16 containers inside each other, no key twice in one object, no container under the key
/// `signature`. What else a callback has to fulfil depends on its gateway, and is checked by
/// walking the members:
///
/// ```
/// use nzimbu_core::signature::recursive::{Document, Value};
///
/// let document = Document::parse(br#"{"order_id":"A-1","status":2,"result":{"code":0}}"#)?;
/// for (key, value) in document.members() {
///     match (key, value) {
///         ("order_id", Value::Text(id)) => assert_eq!(id, "A-1"),
///         ("status", value) => assert_eq!(value.as_integer(), Some(2)),
///         ("result", Value::Object(result)) => {
///             assert_eq!(result.get("code").and_then(|code| code.as_integer()), Some(0));
///         }
///         (unknown, _) => panic!("{unknown} is not on the list"),
///     }
/// }
/// # Ok::<(), nzimbu_core::signature::recursive::Malformed>(())
/// ```
pub struct Document<'a> {
    json: &'a str,
    /// The texts that had escapes in them.
    unescaped: String,
    /// All values in the order of the text; the root comes first, and each container is followed
    /// by what it holds.
    nodes: Vec<Node>,
    /// Where the scalar member `signature` of the root stands.
    signature: Option<usize>,
    holds_floats: bool,
}

struct Node {
    /// Empty for the items of a list and for the root.
    key: Span,
    /// Where the node behind this value and all that it holds stands. While a container is being
    /// read it is the container around it.
    next: u32,
    value: NodeValue,
}

enum NodeValue {
    Container(Container),
    Scalar(Scalar),
}

impl<'a> Document<'a> {
    /// Reads one JSON object.
    ///
    /// # Errors
    ///
    /// [`Malformed`] when the bytes are not a JSON object within the bounds named above.
    pub fn parse(json: &'a [u8]) -> Result<Self, Malformed> {
        if json.len() > MAX_BYTES {
            return Err(Malformed::TooLarge);
        }
        let document = Self::read(json, Reading::Strict)?;
        match document.nodes[0].value {
            NodeValue::Container(Container::Object) => Ok(document),
            _ => Err(Malformed::NotObject),
        }
    }

    /// The members of the object, in the order of the text.
    #[must_use]
    pub fn members(&self) -> Members<'_> {
        Members { document: self, at: 1, end: self.nodes.len() }
    }

    /// The member `key` of the object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value<'_>> {
        self.members().get(key)
    }

    /// Whether any number in it is a float for the signer: it has a point or an exponent, or is
    /// too large for 64 bits. Such numbers are signed differently by servers of different settings.
    #[must_use]
    pub fn holds_floats(&self) -> bool {
        self.holds_floats
    }

    pub(super) fn read(json: &'a [u8], reading: Reading) -> Result<Self, Malformed> {
        let text = core::str::from_utf8(json).map_err(|_| Malformed::NotUtf8)?;
        let mut builder = Builder::new(reading);
        let unescaped = reader::read(json, &mut builder)?;
        let Builder { nodes, signature, holds_floats, .. } = builder;
        Ok(Self { json: text, unescaped, nodes, signature, holds_floats })
    }

    /// The string that is the member `signature` of the object.
    pub(super) fn signature(&self) -> Option<&str> {
        self.value(self.signature?).as_text()
    }

    #[inline]
    fn texts(&self) -> Texts<'_> {
        Texts { json: self.json.as_bytes(), unescaped: self.unescaped.as_bytes() }
    }

    #[inline]
    fn text(&self, span: Span) -> &str {
        span.of(self.json, &self.unescaped)
    }

    #[inline]
    fn value(&self, at: usize) -> Value<'_> {
        let node = &self.nodes[at];
        match node.value {
            NodeValue::Scalar(Scalar::Text(text)) => Value::Text(self.text(text)),
            NodeValue::Scalar(Scalar::Integer(spelling) | Scalar::Float(spelling)) => {
                Value::Number(self.text(spelling))
            }
            NodeValue::Scalar(Scalar::True) => Value::Bool(true),
            NodeValue::Scalar(Scalar::False) => Value::Bool(false),
            NodeValue::Scalar(Scalar::Null) => Value::Null,
            NodeValue::Container(container) => {
                let members = Members { document: self, at: at + 1, end: node.next as usize };
                match container {
                    Container::List => Value::List(Items(members)),
                    Container::Object => Value::Object(members),
                }
            }
        }
    }
}

impl fmt::Debug for Document<'_> {
    /// Shows the size alone, since the values may be phone numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("values", &self.nodes.len()).finish_non_exhaustive()
    }
}

/// One value of a [`Document`].
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Value<'d> {
    /// `true` or `false`.
    Bool(bool),
    /// A list.
    List(Items<'d>),
    /// `null`.
    Null,
    /// A number as it was spelled, such as `100.00`.
    Number(&'d str),
    /// An object.
    Object(Members<'d>),
    /// A string with its escapes resolved.
    Text(&'d str),
}

impl<'d> Value<'d> {
    /// The number, if it is spelled as an integer of 64 bits: not `2.0`, not `"2"`.
    #[must_use]
    pub fn as_integer(self) -> Option<i64> {
        match self {
            Value::Number(spelling) => spelling.parse().ok(),
            _ => None,
        }
    }

    /// The string.
    #[must_use]
    pub fn as_text(self) -> Option<&'d str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What kind of value it is, for messages: `bool`, `list`, `null`, `number`, `object`, `text`.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Value::Bool(_) => "bool",
            Value::List(_) => "list",
            Value::Null => "null",
            Value::Number(_) => "number",
            Value::Object(_) => "object",
            Value::Text(_) => "text",
        }
    }
}

impl fmt::Debug for Value<'_> {
    /// Shows the kind alone, since the value may be a phone number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

/// The members of an object, as an iterator over keys and values in the order of the text.
#[derive(Clone, Copy)]
pub struct Members<'d> {
    document: &'d Document<'d>,
    at: usize,
    end: usize,
}

impl<'d> Members<'d> {
    /// The value of the member `key`, among those not yet iterated over.
    #[must_use]
    pub fn get(mut self, key: &str) -> Option<Value<'d>> {
        self.find_map(|(found, value)| (found == key).then_some(value))
    }
}

impl<'d> Iterator for Members<'d> {
    type Item = (&'d str, Value<'d>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.at == self.end {
            return None;
        }
        let at = self.at;
        let node = &self.document.nodes[at];
        self.at = node.next as usize;
        Some((self.document.text(node.key), self.document.value(at)))
    }
}

/// The items of a list, as an iterator.
#[derive(Clone, Copy)]
pub struct Items<'d>(Members<'d>);

impl<'d> Iterator for Items<'d> {
    type Item = Value<'d>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(_, value)| value)
    }
}

/// How much is accepted.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Reading {
    /// Whatever PHP reads, for signing.
    Php,
    /// Only what a callback may be.
    Strict,
}

const MAX_BYTES: usize = 1 << 20;
