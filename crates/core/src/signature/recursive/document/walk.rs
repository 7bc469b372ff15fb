//! Walking the signed fields of a document that was read.

use super::super::reader::Container;
use super::super::text::{Decimal, Fields, Path, Texts};
use super::super::{MAX_DEPTH, Malformed, Piece, SIGNATURE};
use super::{Document, Node, NodeValue};
use alloc::collections::BTreeMap;

/// What happens to a key that stands twice in one object.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(in super::super) enum Keys {
    /// As in PHP: it keeps its first place and takes the last value.
    LastWins,
    /// It cannot happen: reading was strict.
    Unique,
}

impl Document<'_> {
    /// Hands every signed field over, in the order of the text.
    #[inline]
    pub(in super::super) fn walk<F: Fields>(&self, keys: Keys, fields: &mut F) -> Result<(), Malformed> {
        Walk { nodes: &self.nodes, texts: self.texts(), path: Path::new(), keys, fields }.container(0, 0)
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
