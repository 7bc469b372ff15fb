//! A document as it stood on the wire.

use super::reader::{self, Container, Sink};
use super::text::{Decimal, Fields, FloatText, Path, Raw, Scalar, Span, Texts};
use super::{MAX_DEPTH, Malformed, Piece, SIGNATURE};
use alloc::collections::BTreeMap;
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
        let mut builder = Builder {
            nodes: Vec::with_capacity(FIRST_NODES),
            key: Span::default(),
            signs: false,
            innermost: 0,
            depth: 0,
            seen: [0; MAX_DEPTH],
            signature: None,
            holds_floats: false,
            reading,
        };
        let (json, unescaped) = reader::read(json, &mut builder)?;
        let Builder { nodes, signature, holds_floats, .. } = builder;
        Ok(Self { json, unescaped, nodes, signature, holds_floats })
    }

    /// The string that is the member `signature` of the object.
    pub(super) fn signature(&self) -> Option<&str> {
        self.value(self.signature?).as_text()
    }

    /// Hands every signed field over, in the order of the text.
    #[inline]
    pub(super) fn walk<F: Fields>(&self, keys: Keys, fields: &mut F) -> Result<(), Malformed> {
        Walk { nodes: &self.nodes, texts: self.texts(), path: Path::new(), keys, fields }.container(0, 0)
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

/// What happens to a key that stands twice in one object.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Keys {
    /// As in PHP: it keeps its first place and takes the last value.
    LastWins,
    /// It cannot happen: reading was strict.
    Unique,
}

struct Builder {
    nodes: Vec<Node>,
    key: Span,
    /// Whether that key is `signature`.
    signs: bool,
    innermost: u32,
    depth: usize,
    /// For each open container, a bit per kind of key: a key whose bit is not set is new.
    seen: [u128; MAX_DEPTH],
    signature: Option<usize>,
    holds_floats: bool,
    reading: Reading,
}

impl Builder {
    /// Where the next node will stand. Every node takes at least one byte of a document that is
    /// shorter than that.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a document has fewer values than bytes")]
    fn end(&self) -> u32 {
        self.nodes.len() as u32
    }

    #[inline]
    fn push(&mut self, value: NodeValue, next: u32) -> Result<(), Malformed> {
        if self.nodes.len() > MAX_ENTRIES && self.reading == Reading::Strict {
            return Err(Malformed::TooManyEntries);
        }
        let key = core::mem::take(&mut self.key);
        self.nodes.push(Node { key, next, value });
        Ok(())
    }

    #[cold]
    fn repeated(&self, texts: Texts<'_>, key: &[u8]) -> bool {
        let mut at = self.innermost as usize + 1;
        while let Some(node) = self.nodes.get(at) {
            if texts.get(node.key) == key {
                return true;
            }
            at = node.next as usize;
        }
        false
    }
}

impl Builder {
    #[inline(always)]
    fn begin(&mut self, texts: Texts<'_>, text: &[u8], key: Span) -> Result<(), Malformed> {
        if self.reading == Reading::Strict {
            let bit = 1 << (fingerprint(text) >> 25);
            let seen = &mut self.seen[self.depth - 1];
            let perhaps = *seen & bit != 0;
            *seen |= bit;
            if perhaps && self.repeated(texts, text) {
                return Err(Malformed::DuplicateKey);
            }
        }
        self.key = key;
        self.signs = text == SIGNATURE.as_bytes();
        Ok(())
    }

    #[inline(always)]
    fn end_scalar(&mut self, scalar: Scalar) -> Result<(), Malformed> {
        if self.signs && self.depth == 1 {
            self.signature = Some(self.nodes.len());
        }
        self.push(NodeValue::Scalar(scalar), self.end() + 1)
    }
}

impl<'a> Sink<'a> for Builder {
    type Error = Malformed;

    #[inline(always)]
    fn key(&mut self, texts: Texts<'_>, key: Raw<'a>) -> Result<(), Malformed> {
        self.begin(texts, key.piece().text(), key.span())
    }

    fn unescaped_key(&mut self, texts: Texts<'_>, key: Span) -> Result<(), Malformed> {
        self.begin(texts, texts.get(key), key)
    }

    #[inline(always)]
    fn text(&mut self, text: Raw<'a>) -> Result<(), Malformed> {
        self.end_scalar(Scalar::Text(text.span()))
    }

    fn scalar(&mut self, texts: Texts<'_>, scalar: Scalar) -> Result<(), Malformed> {
        if let Scalar::Float(spelling) = scalar {
            self.holds_floats = true;
            if self.reading == Reading::Strict {
                FloatText::default().format(texts.get(spelling))?;
            }
        }
        self.end_scalar(scalar)
    }

    #[inline]
    fn open(&mut self, container: Container) -> Result<(), Malformed> {
        if self.reading == Reading::Strict {
            if self.depth == MAX_DEPTH {
                return Err(Malformed::TooDeep);
            }
            if self.signs {
                return Err(Malformed::SignatureContainer);
            }
            self.seen[self.depth] = 0;
        }
        self.depth += 1;
        self.signs = false;
        let at = self.end();
        self.push(NodeValue::Container(container), self.innermost)?;
        self.innermost = at;
        Ok(())
    }

    #[inline]
    fn close(&mut self) {
        self.depth -= 1;
        let end = self.end();
        self.innermost = core::mem::replace(&mut self.nodes[self.innermost as usize].next, end);
        self.signs = false;
    }
}

struct Walk<'w, F> {
    nodes: &'w [Node],
    texts: Texts<'w>,
    path: Path,
    keys: Keys,
    fields: &'w mut F,
}

impl<'w, F: Fields> Walk<'w, F> {
    fn container(&mut self, at: usize, depth: usize) -> Result<(), Malformed> {
        if depth == MAX_DEPTH {
            return Err(Malformed::TooDeep);
        }
        let list = matches!(self.nodes[at].value, NodeValue::Container(Container::List));
        let mut last = match self.keys {
            Keys::LastWins if !list => self.last_places(at),
            _ => BTreeMap::new(),
        };
        let mut index = 0;
        let mut child = at + 1;
        let end = self.nodes[at].next as usize;
        while child < end {
            let node = &self.nodes[child];
            let key = self.texts.piece(node.key);
            if list {
                self.member(child, Decimal::unsigned(index).piece(), depth)?;
                index += 1;
            } else if self.keys == Keys::Unique {
                self.member(child, key, depth)?;
            } else if let Some(value) = last.remove(key.text()) {
                self.member(value, key, depth)?;
            }
            child = node.next as usize;
        }
        Ok(())
    }

    #[inline]
    fn member(&mut self, at: usize, key: Piece<'_>, depth: usize) -> Result<(), Malformed> {
        match self.nodes[at].value {
            NodeValue::Container(_) => {
                let outside = self.path.len();
                self.path.push(key.text());
                self.path.push(b".");
                self.container(at, depth + 1)?;
                self.path.truncate(outside);
                Ok(())
            }
            NodeValue::Scalar(_) if key.text() == SIGNATURE.as_bytes() => Ok(()),
            NodeValue::Scalar(scalar) => scalar.emit(self.texts, self.fields, self.path.piece(), key),
        }
    }

    fn last_places(&self, at: usize) -> BTreeMap<&'w [u8], usize> {
        let mut last = BTreeMap::new();
        let mut child = at + 1;
        while child < self.nodes[at].next as usize {
            let node = &self.nodes[child];
            last.insert(self.texts.get(node.key), child);
            child = node.next as usize;
        }
        last
    }
}

/// A number that is equal for equal keys, and seldom for others.
///
/// It looks at both ends of a key and at its length, which tells the keys of one object apart
/// unless they are long; whoever uses it has an exact way for the rest.
#[inline(always)]
pub(super) fn fingerprint(key: &[u8]) -> u32 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let ends = match (key.first_chunk::<8>(), key.last_chunk::<8>()) {
        (Some(first), Some(last)) => u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(24),
        _ => match (key.first_chunk::<4>(), key.last_chunk::<4>()) {
            (Some(first), Some(last)) => {
                u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
            }
            _ => key.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)),
        },
    };
    ((ends.wrapping_add(key.len() as u64)).wrapping_mul(ODD) >> 32) as u32
}

const FIRST_NODES: usize = 24;
const MAX_BYTES: usize = 1 << 20;
const MAX_ENTRIES: usize = 256;
