//! Signing a JSON text while it is read.

use super::document::fingerprint;
use super::reader::{Container, Sink};
use super::text::{Decimal, Fields, Path, Raw, Scalar, Span, Texts};
use super::{MAX_DEPTH, Malformed, Piece, SIGNATURE};

/// Hands the fields of a document over as they are read, and remembers only fingerprints of the
/// keys.
pub(super) struct Stream<'a, 'f, F> {
    fields: &'f mut F,
    path: Path,
    /// The innermost container.
    top: Frame,
    /// The containers around it.
    around: [Frame; MAX_DEPTH],
    depth: usize,
    opened: u32,
    key: Piece<'a>,
    keys: Keys,
}

#[derive(Clone, Copy)]
struct Frame {
    container: Container,
    /// How many containers were opened before it.
    number: u32,
    /// The number of items seen, in a list.
    index: u64,
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
        let frame = Frame { container: Container::List, number: 0, index: 0, outside: 0 };
        Self {
            fields,
            path: Path::new(),
            top: frame,
            around: [frame; MAX_DEPTH],
            depth: 0,
            opened: 0,
            key: Piece::default(),
            keys: Keys::default(),
        }
    }
}

impl<'a, F: Fields> Stream<'a, '_, F> {
    /// Remembers a key of the innermost object.
    #[inline(always)]
    fn hold(&mut self, key: Piece<'_>) -> Result<(), Halt> {
        if self.keys.insert(self.top.number, key.text()) { Ok(()) } else { Err(Halt::Undecidable) }
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
        self.opened += 1;
        self.top = Frame { container, number: self.opened, index: 0, outside };
        self.depth += 1;
        Ok(())
    }

    #[inline]
    fn close(&mut self) {
        self.depth -= 1;
        self.path.truncate(self.top.outside);
        self.top = self.around[self.depth];
    }
}

/// Fingerprints of the keys of all objects, each at the place it names or behind it.
struct Keys {
    /// Zero where there is none.
    places: [u32; PLACES],
    free: usize,
}

impl Keys {
    /// Whether the key is new in the object of this number. It may be called old when it is new, and
    /// is when there are very many.
    #[inline(always)]
    fn insert(&mut self, object: u32, key: &[u8]) -> bool {
        let fingerprint = (fingerprint(key) ^ object.wrapping_mul(ODD)) | 1;
        let mut at = (fingerprint >> 16) as usize;
        loop {
            match &mut self.places[at % PLACES] {
                place if *place == fingerprint => return false,
                place @ 0 => {
                    *place = fingerprint;
                    self.free -= 1;
                    return self.free > 0;
                }
                _ => at += 1,
            }
        }
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self { places: [0; PLACES], free: PLACES }
    }
}

/// Documents with as many keys are read twice.
const PLACES: usize = 128;

const ODD: u32 = 0x9e37_79b9;
