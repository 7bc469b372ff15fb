use hmac::Mac;
use hmac::digest::Output;

/// A MAC behind a staging buffer.
///
/// A document arrives as many texts of a few bytes each, and every call into the hash costs more
/// than copying them: they are gathered here and absorbed in whole blocks. Until the buffer is
/// full, which it seldom is, not even the key's state is copied.
pub(super) struct Feed<'k, M> {
    key: &'k M,
    /// What has absorbed the texts before those in the buffer.
    begun: Option<M>,
    staged: [u8; STAGED],
    len: usize,
}

impl<'k, M: Mac + Clone> Feed<'k, M> {
    #[inline]
    pub(super) fn new(key: &'k M) -> Self {
        Self { key, begun: None, staged: [0; STAGED], len: 0 }
    }

    #[inline(always)]
    pub(super) fn put<const N: usize>(&mut self, parts: [&[u8]; N]) {
        let total: usize = parts.iter().map(|part| part.len()).sum();
        match self.staged.get_mut(self.len..self.len + total) {
            Some(mut room) => {
                for part in parts {
                    let (here, rest) = room.split_at_mut(part.len());
                    copy(part, here);
                    room = rest;
                }
                self.len += total;
            }
            None => parts.into_iter().for_each(|part| self.put_long(part)),
        }
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
        let Some((head, rest)) = part.split_at_checked(STAGED - self.len) else {
            self.staged[self.len..self.len + part.len()].copy_from_slice(part);
            self.len += part.len();
            return;
        };
        // Fill up first, so that the hash always gets whole blocks until the last call.
        self.staged[self.len..].copy_from_slice(head);
        let mac = self.begun.get_or_insert_with(|| self.key.clone());
        mac.update(&self.staged);
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
