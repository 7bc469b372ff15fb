//! Making a document of what is read.

use super::super::reader::{Container, Sink};
use super::super::text::{FloatText, Raw, Scalar, Span, Texts};
use super::super::{MAX_DEPTH, Malformed, SIGNATURE};
use super::{Node, NodeValue, Reading};
use alloc::vec::Vec;

pub(super) struct Builder {
    pub(super) nodes: Vec<Node>,
    key: Span,
    /// Whether that key is `signature`.
    signs: bool,
    innermost: u32,
    depth: usize,
    /// For each open container, a bit per kind of key: a key whose bit is not set is new.
    seen: [u128; MAX_DEPTH],
    pub(super) signature: Option<usize>,
    pub(super) holds_floats: bool,
    reading: Reading,
}

impl Builder {
    pub(super) fn new(reading: Reading) -> Self {
        Self {
            nodes: Vec::with_capacity(FIRST_NODES),
            key: Span::default(),
            signs: false,
            innermost: 0,
            depth: 0,
            seen: [0; MAX_DEPTH],
            signature: None,
            holds_floats: false,
            reading,
        }
    }

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
    fn member(&mut self, texts: Texts<'_>, key: Raw<'a>, text: Raw<'a>) -> Result<(), Malformed> {
        self.key(texts, key)?;
        self.text(text)
    }

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

/// A number that is equal for equal keys, and seldom for others.
///
/// It looks at both ends of a key and at its length, which tells the keys of one object apart
/// unless they are long; whoever uses it has an exact way for the rest.
#[inline(always)]
pub(in super::super) fn fingerprint(key: &[u8]) -> u32 {
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
const MAX_ENTRIES: usize = 256;
