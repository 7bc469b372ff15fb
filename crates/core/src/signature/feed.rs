use super::hmac::{Hash, MacKey, equal, pad};

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
/// than copying them: they are gathered here and compressed in whole blocks. Most bodies fit at once.
pub(super) struct Feed<'k, H: Hash> {
    key: &'k MacKey<H>,
    state: H::State,
    /// How much was compressed of what stood in the buffer before.
    absorbed: usize,
    len: usize,
    /// Has room behind its end for what is copied along and for the padding.
    staged: [u8; STAGED + ROOM],
}

impl<'k, H: Hash> Feed<'k, H> {
    #[inline]
    pub(super) fn new(key: &'k MacKey<H>) -> Self {
        Self { key, state: key.inner, absorbed: 0, len: 0, staged: [0; STAGED + ROOM] }
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
    pub(super) fn finish(&mut self) -> H::Output {
        let end = pad::<H>(&mut self.staged, self.len, H::BLOCK + self.absorbed + self.len);
        H::compress(&mut self.state, &self.staged[..end]);
        self.key.outer(&self.state)
    }

    /// Compares in constant time.
    #[inline]
    pub(super) fn matches(&mut self, claimed: &[u8]) -> bool {
        equal(self.finish().as_ref(), claimed)
    }

    #[cold]
    #[inline(never)]
    fn put_long(&mut self, part: &[u8]) {
        // Fill up first, so that the hash always gets whole blocks until the last call.
        let (head, rest) = part.split_at(STAGED - self.len);
        self.staged[self.len..STAGED].copy_from_slice(head);
        H::compress(&mut self.state, &self.staged[..STAGED]);
        let (whole, tail) = rest.split_at(rest.len() - rest.len() % STAGED);
        H::compress(&mut self.state, whole);
        self.absorbed += STAGED + whole.len();
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

/// A block of SHA-512, and what of a length does not fit into the one before it.
const ROOM: usize = 128 + WIDE;

#[cfg(test)]
mod tests {
    use super::{Feed, MacKey, STAGED};
    use alloc::vec::Vec;
    use hmac::{Hmac, KeyInit, Mac};
    use proptest::prelude::*;
    use sha2::{Sha256, Sha512};

    proptest! {
        #[test]
        fn it_is_the_mac_of_the_crate_hmac(
            secret in prop::collection::vec(any::<u8>(), 0..300),
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..12),
        ) {
            check(&secret, &parts);
        }
    }

    #[test]
    fn texts_and_secrets_may_end_anywhere() {
        let text: Vec<u8> = (0..=255).cycle().take(3 * STAGED).collect();
        for len in 0..=text.len() {
            check(b"key", &[text[..len].to_vec()]);
        }
        for len in 0..=260 {
            check(&text[..len], &[b"one".to_vec(), b"two".to_vec()]);
        }
    }

    fn check(secret: &[u8], parts: &[Vec<u8>]) {
        let text = parts.concat();
        let expected256 = Hmac::<Sha256>::new_from_slice(secret).expect("any length").chain_update(&text);
        let expected512 = Hmac::<Sha512>::new_from_slice(secret).expect("any length").chain_update(&text);
        let expected256 = expected256.finalize().into_bytes();
        let expected512 = expected512.finalize().into_bytes();
        let (key256, key512) = (MacKey::<Sha256>::new(secret), MacKey::<Sha512>::new(secret));
        let (mut feed256, mut feed512) = (Feed::new(&key256), Feed::new(&key512));
        for part in parts {
            feed256.put(part.as_slice().into());
            feed512.put(part.as_slice().into());
        }
        assert_eq!(feed256.finish(), *expected256, "{} bytes", text.len());
        assert_eq!(feed512.finish(), *expected512, "{} bytes", text.len());
        let mut feed512 = Feed::new(&key512);
        parts.iter().for_each(|part| feed512.put(part.as_slice().into()));
        let mut wrong = expected512;
        wrong[text.len() % 64] ^= 1;
        assert!(!feed512.matches(&wrong) && !feed512.matches(&wrong[..63]));
    }

    #[test]
    fn only_the_digest_itself_matches() {
        let key = MacKey::<Sha256>::new(b"key");
        let digest = Feed::new(&key).finish();
        assert!(Feed::new(&key).matches(&digest));
        for bit in 0..256 {
            let mut wrong = digest;
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(!Feed::new(&key).matches(&wrong), "bit {bit}");
        }
        assert!(!Feed::new(&key).matches(&digest[..31]));
        assert!(!Feed::new(&key).matches(b""));
    }
}
