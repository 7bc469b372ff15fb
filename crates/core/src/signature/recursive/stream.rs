//! Signing a JSON text while it is read.

use super::document::{emit, key_bit};
use super::reader::{Container, Scalar, Sink};
use super::text::{Decimal, Fields, Path};
use super::{MAX_DEPTH, Malformed, SIGNATURE};
use alloc::borrow::Cow;

/// Hands the fields of a document over as they are read, and remembers only the keys of the
/// containers that are open.
pub(super) struct Stream<'a, 'f, F> {
    fields: &'f mut F,
    path: Path,
    frames: [Frame; MAX_DEPTH],
    depth: usize,
    key: &'a str,
    keys: [&'a str; MAX_KEYS],
    held: usize,
}

#[derive(Clone, Copy)]
struct Frame {
    container: Container,
    /// The number of items seen, in a list.
    index: u64,
    /// Where its keys begin, in an object.
    first_key: usize,
    seen: u64,
    /// The length of the path outside it.
    outside: usize,
}

/// Why the stream ended early.
pub(super) enum Halt {
    Malformed(Malformed),
    /// The document has something that cannot be decided from left to right: a key may stand
    /// twice, in which case PHP puts the last value in the first place and never sees the others.
    Undecidable,
}

impl From<Malformed> for Halt {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl<'f, F: Fields> Stream<'_, 'f, F> {
    pub(super) fn new(fields: &'f mut F) -> Self {
        let frame = Frame { container: Container::List, index: 0, first_key: 0, seen: 0, outside: 0 };
        Self {
            fields,
            path: Path::new(),
            frames: [frame; MAX_DEPTH],
            depth: 0,
            key: "",
            keys: [""; MAX_KEYS],
            held: 0,
        }
    }
}

impl<'a, F: Fields> Sink<'a> for Stream<'a, '_, F> {
    type Error = Halt;

    #[inline]
    fn key(&mut self, key: Cow<'a, str>) -> Result<(), Halt> {
        let (Cow::Borrowed(key), Some(room)) = (key, self.keys.get_mut(self.held)) else {
            return Err(Halt::Undecidable);
        };
        *room = key;
        let frame = &mut self.frames[self.depth - 1];
        let bit = key_bit(key);
        if frame.seen & bit != 0 && self.keys[frame.first_key..self.held].contains(&key) {
            return Err(Halt::Undecidable);
        }
        frame.seen |= bit;
        self.held += 1;
        self.key = key;
        Ok(())
    }

    #[inline]
    fn open(&mut self, container: Container) -> Result<(), Halt> {
        if self.depth == MAX_DEPTH {
            // Too deep, unless a later value of the same key replaces all this.
            return Err(Halt::Undecidable);
        }
        let outside = self.path.len();
        if self.depth > 0 {
            let frame = &mut self.frames[self.depth - 1];
            match frame.container {
                Container::Object => self.path.push(self.key.as_bytes()),
                Container::List => {
                    self.path.push(Decimal::unsigned(frame.index).as_bytes());
                    frame.index += 1;
                }
            }
            self.path.push(b".");
        }
        self.frames[self.depth] = Frame { container, index: 0, first_key: self.held, seen: 0, outside };
        self.depth += 1;
        Ok(())
    }

    #[inline]
    fn close(&mut self) {
        self.depth -= 1;
        let frame = &self.frames[self.depth];
        self.path.truncate(frame.outside);
        self.held = frame.first_key;
    }

    #[inline]
    fn scalar(&mut self, scalar: Scalar<'a>) -> Result<(), Halt> {
        let frame = &mut self.frames[self.depth - 1];
        let emitted = match frame.container {
            Container::Object if self.key == SIGNATURE => Ok(()),
            Container::Object => emit(self.fields, self.path.as_bytes(), self.key.as_bytes(), &scalar),
            Container::List => {
                let index = Decimal::unsigned(frame.index);
                frame.index += 1;
                emit(self.fields, self.path.as_bytes(), index.as_bytes(), &scalar)
            }
        };
        // An infinity counts only if no later value of the same key replaces it.
        emitted.map_err(|_| Halt::Undecidable)
    }
}

/// Keys of open containers that fit; documents with more are read twice.
const MAX_KEYS: usize = 32;
