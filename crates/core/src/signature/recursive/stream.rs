//! Signing a JSON text while it is read.

use super::document::fingerprint;
use super::reader::{Container, Sink};
use super::text::{Decimal, Fields, Path, Raw, Scalar, Span, Texts};
use super::{MAX_DEPTH, Malformed, Piece, SIGNATURE};

/// Hands the fields of a document over as they are read, and remembers only fingerprints of the
/// keys of the containers that are open.
pub(super) struct Stream<'a, 'f, F> {
    fields: &'f mut F,
    path: Path,
    /// The innermost container.
    top: Frame,
    /// The containers around it.
    around: [Frame; MAX_DEPTH],
    depth: usize,
    key: Piece<'a>,
    keys: [u32; MAX_KEYS],
    held: usize,
}

#[derive(Clone, Copy)]
struct Frame {
    container: Container,
    /// The number of items seen, in a list.
    index: u64,
    /// Where its keys begin, in an object.
    first_key: usize,
    /// A bit per kind of key, in an object: a key whose bit is not set is new.
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
    #[inline]
    pub(super) fn new(fields: &'f mut F) -> Self {
        let frame = Frame { container: Container::List, index: 0, first_key: 0, seen: 0, outside: 0 };
        Self {
            fields,
            path: Path::new(),
            top: frame,
            around: [frame; MAX_DEPTH],
            depth: 0,
            key: Piece::default(),
            keys: [0; MAX_KEYS],
            held: 0,
        }
    }
}

impl<'a, F: Fields> Stream<'a, '_, F> {
    /// Remembers a key of the innermost object.
    #[inline(always)]
    fn hold(&mut self, key: Piece<'_>) -> Result<(), Halt> {
        let fingerprint = fingerprint(key.text());
        let bit = 1 << (fingerprint >> 26);
        if self.top.seen & bit != 0 && self.holds(fingerprint) {
            return Err(Halt::Undecidable);
        }
        *self.keys.get_mut(self.held).ok_or(Halt::Undecidable)? = fingerprint;
        self.held += 1;
        self.top.seen |= bit;
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn holds(&self, fingerprint: u32) -> bool {
        self.keys[self.top.first_key..self.held].contains(&fingerprint)
    }

    /// Hands the value over that `emit` spells.
    #[inline(always)]
    fn emit(
        &mut self,
        emit: impl FnOnce(&mut F, Piece<'_>, Piece<'_>) -> Result<(), Malformed>,
    ) -> Result<(), Halt> {
        let index;
        let key = match self.top.container {
            Container::Object => self.key,
            Container::List => {
                index = Decimal::unsigned(self.top.index);
                self.top.index += 1;
                index.piece()
            }
        };
        if key.text() == SIGNATURE.as_bytes() {
            return Ok(());
        }
        // An infinity counts only if no later value of the same key replaces it.
        emit(self.fields, self.path.piece(), key).map_err(|_| Halt::Undecidable)
    }
}

impl<'a, F: Fields> Sink<'a> for Stream<'a, '_, F> {
    type Error = Halt;

    #[inline(always)]
    fn member(&mut self, _: Texts<'_>, key: Raw<'a>, text: Raw<'a>) -> Result<(), Halt> {
        let key = key.piece();
        self.hold(key)?;
        if key.text() != SIGNATURE.as_bytes() {
            self.fields.field(self.path.piece(), key, text.piece());
        }
        Ok(())
    }

    #[inline(always)]
    fn key(&mut self, _: Texts<'_>, key: Raw<'a>) -> Result<(), Halt> {
        self.key = key.piece();
        self.hold(self.key)
    }

    fn unescaped_key(&mut self, _: Texts<'_>, _: Span) -> Result<(), Halt> {
        // Such keys are too rare to be kept somewhere while their value is read.
        Err(Halt::Undecidable)
    }

    #[inline(always)]
    fn text(&mut self, text: Raw<'a>) -> Result<(), Halt> {
        self.emit(|fields, prefix, key| {
            fields.field(prefix, key, text.piece());
            Ok(())
        })
    }

    fn scalar(&mut self, texts: Texts<'_>, scalar: Scalar) -> Result<(), Halt> {
        self.emit(|fields, prefix, key| scalar.emit(texts, fields, prefix, key))
    }

    #[inline]
    fn open(&mut self, container: Container) -> Result<(), Halt> {
        // Too deep, unless a later value of the same key replaces all this.
        let around = self.around.get_mut(self.depth).ok_or(Halt::Undecidable)?;
        let outside = self.path.len();
        if self.depth > 0 {
            match self.top.container {
                Container::Object => self.path.push(self.key.text()),
                Container::List => {
                    self.path.push(Decimal::unsigned(self.top.index).as_bytes());
                    self.top.index += 1;
                }
            }
            self.path.push(b".");
        }
        *around = self.top;
        self.top = Frame { container, index: 0, first_key: self.held, seen: 0, outside };
        self.depth += 1;
        Ok(())
    }

    #[inline]
    fn close(&mut self) {
        self.depth -= 1;
        self.path.truncate(self.top.outside);
        self.held = self.top.first_key;
        self.top = self.around[self.depth];
    }
}

/// Keys of open containers that fit; documents with more are read twice.
const MAX_KEYS: usize = 128;
