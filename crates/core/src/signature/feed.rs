use super::mac::{Begun, Hash, MacKey, PADDING};
use ctutils::CtEq;

/// A text together with what stands behind it in memory, which may be copied along with it: 32
/// bytes are copied faster than a number of bytes that has to be looked at.
#[derive(Clone, Copy, Default)]
pub(super) struct Piece<'t> {
    reach: &'t [u8],
    len: usize,
}

impl<'t> Piece<'t> {
    /// The first `len` bytes of `reach`.
    #[inline]
    pub(super) fn new(reach: &'t [u8], len: usize) -> Self {
        Self { reach, len }
    }

    #[inline]
    pub(super) fn is_empty(self) -> bool {
        self.len == 0
    }

    #[inline]
    pub(super) fn text(self) -> &'t [u8] {
        &self.reach[..self.len]
    }
}

impl<'t> From<&'t [u8]> for Piece<'t> {
    #[inline]
    fn from(text: &'t [u8]) -> Self {
        Self::new(text, text.len())
    }
}

/// Aligned as the lines of a cache, so that no block is loaded from one line more than it has to.
#[repr(align(64))]
struct Staged([u8; STAGED + PADDING]);

/// A MAC behind a staging buffer.
///
/// A document arrives as many texts of a few bytes each, and every call into the hash costs more
/// than copying them: they are gathered here and absorbed in whole blocks.
pub(super) struct Feed<'k, H: Hash> {
    key: &'k MacKey<H>,
    begun: Begun<H>,
    /// Has room behind its end for the padding.
    staged: Staged,
    len: usize,
}

impl<'k, H: Hash> Feed<'k, H> {
    #[inline]
    pub(super) fn new(key: &'k MacKey<H>) -> Self {
        Self { key, begun: key.begin(), staged: Staged([0; STAGED + PADDING]), len: 0 }
    }

    #[inline(always)]
    pub(super) fn put(&mut self, piece: Piece<'_>) {
        let room = self.staged.0[..STAGED].get_mut(self.len..).and_then(<[u8]>::first_chunk_mut::<WIDE>);
        match (piece.reach.first_chunk::<WIDE>(), room) {
            (Some(from), Some(to)) if piece.len <= WIDE => {
                *to = *from;
                self.len += piece.len;
            }
            _ => self.put_exactly(piece.text()),
        }
    }

    #[inline(always)]
    fn put_exactly(&mut self, text: &[u8]) {
        let end = self.len + text.len();
        match self.staged.0[..STAGED].get_mut(self.len..end) {
            Some(room) => {
                copy(text, room);
                self.len = end;
            }
            None => self.put_long(text),
        }
    }

    #[inline]
    pub(super) fn finish(&mut self) -> H::Output {
        self.key.finish(&mut self.begun, &mut self.staged.0, self.len)
    }

    /// Compares in constant time.
    #[inline]
    pub(super) fn matches(&mut self, claimed: &[u8]) -> bool {
        self.finish().as_ref().ct_eq(claimed).to_bool()
    }

    /// Fills the buffer up before it is absorbed, so that the hash gets whole blocks.
    #[cold]
    #[inline(never)]
    fn put_long(&mut self, mut text: &[u8]) {
        while text.len() > STAGED - self.len {
            let (head, rest) = text.split_at(STAGED - self.len);
            self.staged.0[self.len..STAGED].copy_from_slice(head);
            self.begun.absorb(&self.staged.0[..STAGED]);
            self.len = 0;
            text = rest;
        }
        self.staged.0[self.len..self.len + text.len()].copy_from_slice(text);
        self.len += text.len();
    }
}

/// Copies between slices of equal length, short ones without a call to `memcpy`, which would cost
/// more than the copying.
#[inline(always)]
pub(super) fn copy(from: &[u8], to: &mut [u8]) {
    match from.len() {
        0 => {}
        1..4 => {
            for (from, to) in from.iter().zip(to) {
                *to = *from;
            }
        }
        4..8 => copy_ends::<4>(from, to),
        8..=16 => copy_ends::<8>(from, to),
        17..=32 => copy_ends::<16>(from, to),
        33..=64 => copy_ends::<32>(from, to),
        _ => to.copy_from_slice(from),
    }
}

/// Copies the first and the last `N` bytes, which overlap.
#[inline(always)]
fn copy_ends<const N: usize>(from: &[u8], to: &mut [u8]) {
    if let (Some(from), Some(to)) = (from.first_chunk::<N>(), to.first_chunk_mut::<N>()) {
        *to = *from;
    }
    if let (Some(from), Some(to)) = (from.last_chunk::<N>(), to.last_chunk_mut::<N>()) {
        *to = *from;
    }
}

/// Four blocks of SHA-512, eight of SHA-256: most bodies fit at once.
const STAGED: usize = 512;

const WIDE: usize = 32;
