use hmac::Mac;
use hmac::digest::Output;

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

/// A MAC behind a staging buffer.
///
/// A document arrives as many texts of a few bytes each, and every call into the hash costs more
/// than copying them: they are gathered here and absorbed in whole blocks. Until the buffer is
/// full, which it seldom is, not even the key's state is copied.
pub(super) struct Feed<'k, M> {
    key: &'k M,
    /// What has absorbed the texts before those in the buffer.
    begun: Option<M>,
    /// Has room behind its end for what is copied along.
    staged: [u8; STAGED + WIDE],
    len: usize,
}

impl<'k, M: Mac + Clone> Feed<'k, M> {
    #[inline]
    pub(super) fn new(key: &'k M) -> Self {
        Self { key, begun: None, staged: [0; STAGED + WIDE], len: 0 }
    }

    #[inline(always)]
    pub(super) fn put(&mut self, piece: Piece<'_>) {
        let end = self.len + piece.len;
        if end > STAGED {
            self.put_long(piece.text());
            return;
        }
        let room = &mut self.staged[self.len..];
        match (piece.reach.first_chunk::<WIDE>(), room.first_chunk_mut::<WIDE>()) {
            (Some(from), Some(to)) if piece.len <= WIDE => *to = *from,
            _ => copy(piece.text(), &mut room[..piece.len]),
        }
        self.len = end;
    }

    #[inline]
    pub(super) fn finish(&mut self) -> Output<M> {
        self.absorbed().finalize().into_bytes()
    }

    /// Compares in constant time.
    #[inline]
    pub(super) fn matches(&mut self, claimed: &[u8]) -> bool {
        self.absorbed().verify_slice(claimed).is_ok()
    }

    #[inline]
    fn absorbed(&mut self) -> M {
        let mut mac = self.begun.take().unwrap_or_else(|| self.key.clone());
        mac.update(&self.staged[..self.len]);
        mac
    }

    #[cold]
    #[inline(never)]
    fn put_long(&mut self, part: &[u8]) {
        let (head, rest) = part.split_at(STAGED - self.len);
        // Fill up first, so that the hash always gets whole blocks until the last call.
        self.staged[self.len..STAGED].copy_from_slice(head);
        let mac = self.begun.get_or_insert_with(|| self.key.clone());
        mac.update(&self.staged[..STAGED]);
        let (whole, tail) = rest.split_at(rest.len() - rest.len() % STAGED);
        mac.update(whole);
        self.staged[..tail.len()].copy_from_slice(tail);
        self.len = tail.len();
    }
}

/// Copies between slices of equal length, short ones without a call to `memcpy`, which would cost
/// more than the copying.
#[inline(always)]
fn copy(from: &[u8], to: &mut [u8]) {
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
