//! A document as it stood on the wire.

use super::reader::{self, Container, Scalar, Sink};
use super::text::{Decimal, Fields, FloatText, Number, NumberKind, Path};
use super::{MAX_DEPTH, Malformed, SIGNATURE};
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
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
    /// All values in the order of the text; the root comes first, and each container is followed
    /// by what it holds.
    nodes: Vec<Node<'a>>,
    holds_floats: bool,
}

struct Node<'a> {
    /// Empty for the items of a list and for the root.
    key: Cow<'a, str>,
    value: NodeValue<'a>,
    /// Where the node behind this value and all that it holds stands. While a container is being
    /// read it is the container around it.
    next: usize,
}

enum NodeValue<'a> {
    Container(Container),
    Scalar(Scalar<'a>),
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
        Members { nodes: &self.nodes, at: 1 }
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
            key: Cow::Borrowed(""),
            innermost: 0,
            depth: 0,
            seen: [0; MAX_DEPTH],
            holds_floats: false,
            reading,
        };
        reader::read(json, &mut builder)?;
        Ok(Self { nodes: builder.nodes, holds_floats: builder.holds_floats })
    }

    /// Hands every signed field over, in the order of the text.
    #[inline]
    pub(super) fn walk<F: Fields>(&self, keys: Keys, fields: &mut F) -> Result<(), Malformed> {
        let mut walk = Walk { nodes: &self.nodes, path: Path::new(), keys, fields };
        walk.container(0, 0)
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
    /// The nodes up to the end of the object.
    nodes: &'d [Node<'d>],
    at: usize,
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
        let node = self.nodes.get(self.at)?;
        let value = node.value(self.nodes, self.at);
        self.at = node.next;
        Some((&node.key, value))
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

impl<'d> Node<'d> {
    #[inline]
    fn value(&'d self, nodes: &'d [Node<'d>], at: usize) -> Value<'d> {
        match &self.value {
            NodeValue::Container(container) => {
                let members = Members { nodes: &nodes[..self.next], at: at + 1 };
                match container {
                    Container::List => Value::List(Items(members)),
                    Container::Object => Value::Object(members),
                }
            }
            NodeValue::Scalar(Scalar::Bool(value)) => Value::Bool(*value),
            NodeValue::Scalar(Scalar::Null) => Value::Null,
            NodeValue::Scalar(Scalar::Number(number)) => Value::Number(number.spelling),
            NodeValue::Scalar(Scalar::Text(text)) => Value::Text(text),
        }
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

struct Builder<'a> {
    nodes: Vec<Node<'a>>,
    key: Cow<'a, str>,
    innermost: usize,
    depth: usize,
    /// For each open container, a bit per kind of key: a key whose bit is not set is new.
    seen: [u64; MAX_DEPTH],
    holds_floats: bool,
    reading: Reading,
}

impl<'a> Builder<'a> {
    #[inline]
    fn push(&mut self, value: NodeValue<'a>, next: usize) -> Result<(), Malformed> {
        if self.nodes.len() > MAX_ENTRIES && self.reading == Reading::Strict {
            return Err(Malformed::TooManyEntries);
        }
        let key = core::mem::take(&mut self.key);
        self.nodes.push(Node { key, value, next });
        Ok(())
    }

    #[cold]
    fn repeated(&self, key: &str) -> bool {
        let members = Members { nodes: &self.nodes, at: self.innermost + 1 };
        members.get(key).is_some()
    }
}

impl<'a> Sink<'a> for Builder<'a> {
    type Error = Malformed;

    #[inline]
    fn key(&mut self, key: Cow<'a, str>) -> Result<(), Malformed> {
        if self.reading == Reading::Strict {
            let bit = key_bit(&key);
            let seen = &mut self.seen[self.depth - 1];
            let perhaps = *seen & bit != 0;
            *seen |= bit;
            if perhaps && self.repeated(&key) {
                return Err(Malformed::DuplicateKey);
            }
        }
        self.key = key;
        Ok(())
    }

    #[inline]
    fn open(&mut self, container: Container) -> Result<(), Malformed> {
        if self.reading == Reading::Strict {
            if self.depth == MAX_DEPTH {
                return Err(Malformed::TooDeep);
            }
            if self.key == SIGNATURE {
                return Err(Malformed::SignatureContainer);
            }
            self.seen[self.depth] = 0;
        }
        self.depth += 1;
        let at = self.nodes.len();
        self.push(NodeValue::Container(container), self.innermost)?;
        self.innermost = at;
        Ok(())
    }

    #[inline]
    fn close(&mut self) {
        self.depth -= 1;
        let end = self.nodes.len();
        let around = core::mem::replace(&mut self.nodes[self.innermost].next, end);
        self.innermost = around;
    }

    #[inline]
    fn scalar(&mut self, scalar: Scalar<'a>) -> Result<(), Malformed> {
        if let Scalar::Number(number @ Number { kind: NumberKind::Float, .. }) = scalar {
            self.holds_floats = true;
            if self.reading == Reading::Strict && number.text(&mut FloatText::default()).is_none() {
                return Err(Malformed::InfiniteNumber);
            }
        }
        self.push(NodeValue::Scalar(scalar), self.nodes.len() + 1)
    }
}

struct Walk<'w, 'd, F> {
    nodes: &'d [Node<'d>],
    path: Path,
    keys: Keys,
    fields: &'w mut F,
}

impl<'d, F: Fields> Walk<'_, 'd, F> {
    fn container(&mut self, at: usize, depth: usize) -> Result<(), Malformed> {
        if depth == MAX_DEPTH {
            return Err(Malformed::TooDeep);
        }
        let nodes = self.nodes;
        let list = matches!(nodes[at].value, NodeValue::Container(Container::List));
        let mut last =
            (self.keys == Keys::LastWins && !list).then(|| last_places(nodes, at)).unwrap_or_default();
        let mut index = 0;
        let mut child = at + 1;
        while child < nodes[at].next {
            let node = &nodes[child];
            if list {
                let key = Decimal::unsigned(index);
                index += 1;
                self.member(child, key.as_bytes(), depth)?;
            } else if self.keys == Keys::Unique {
                self.member(child, node.key.as_bytes(), depth)?;
            } else if let Some(value) = last.remove(&*node.key) {
                self.member(value, node.key.as_bytes(), depth)?;
            }
            child = node.next;
        }
        Ok(())
    }

    #[inline]
    fn member(&mut self, at: usize, key: &[u8], depth: usize) -> Result<(), Malformed> {
        let scalar = match &self.nodes[at].value {
            NodeValue::Container(_) => {
                let len = self.path.len();
                self.path.push(key);
                self.path.push(b".");
                self.container(at, depth + 1)?;
                self.path.truncate(len);
                return Ok(());
            }
            NodeValue::Scalar(scalar) => scalar,
        };
        if key == SIGNATURE.as_bytes() {
            return Ok(());
        }
        emit(self.fields, self.path.as_bytes(), key, scalar)
    }
}

/// Hands one scalar over, as PHP spells it.
#[inline]
pub(super) fn emit<F: Fields>(
    fields: &mut F,
    prefix: &[u8],
    key: &[u8],
    scalar: &Scalar<'_>,
) -> Result<(), Malformed> {
    match scalar {
        Scalar::Text(text) => fields.field(prefix, key, text.as_bytes()),
        Scalar::Number(number) => {
            let mut scratch = FloatText::default();
            fields.field(prefix, key, number.text(&mut scratch).ok_or(Malformed::InfiniteNumber)?);
        }
        Scalar::Bool(true) => fields.field(prefix, key, b"1"),
        Scalar::Bool(false) | Scalar::Null => fields.field(prefix, key, b""),
    }
    Ok(())
}

/// One of 64 bits that says something about a key: equal keys have equal bits.
#[inline]
pub(super) fn key_bit(key: &str) -> u64 {
    let bytes = key.as_bytes();
    let (first, last) = match bytes {
        [] => (0, 0),
        [only] => (*only, 0),
        [first, .., last] => (*first, *last),
    };
    let mixed = usize::from(first) * 5 + usize::from(last) * 3 + bytes.len();
    1 << (mixed % 64)
}

fn last_places<'d>(nodes: &'d [Node<'d>], at: usize) -> BTreeMap<&'d str, usize> {
    let mut last = BTreeMap::new();
    let mut child = at + 1;
    while child < nodes[at].next {
        last.insert(&*nodes[child].key, child);
        child = nodes[child].next;
    }
    last
}

const FIRST_NODES: usize = 24;
const MAX_BYTES: usize = 1 << 20;
const MAX_ENTRIES: usize = 256;
