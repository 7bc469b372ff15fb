use hmac::Mac;
use hmac::digest::Output;

/// A MAC behind a staging buffer.
///
/// A document arrives as many texts of a few bytes each, and every call into the hash costs more
/// than copying them: they are gathered here and absorbed in whole blocks.
pub(super) struct Feed<M> {
    mac: M,
    staged: [u8; STAGED],
    len: usize,
}

impl<M: Mac> Feed<M> {
    pub(super) fn new(mac: M) -> Self {
        Self {
            mac,
            staged: [0; STAGED],
            len: 0,
        }
    }

    #[inline]
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

    pub(super) fn finish(mut self) -> Output<M> {
        self.flush();
        self.mac.finalize().into_bytes()
    }

    /// Compares in constant time.
    pub(super) fn matches(mut self, claimed: &[u8]) -> bool {
        self.flush();
        self.mac.verify_slice(claimed).is_ok()
    }

    #[cold]
    #[inline(never)]
    fn put_long(&mut self, bytes: &[u8]) {
        // Fill up first, so that the hash always gets whole blocks until the last call.
        let Some((head, rest)) = bytes.split_at_checked(STAGED - self.len) else {
            self.staged[self.len..self.len + bytes.len()].copy_from_slice(bytes);
            self.len += bytes.len();
            return;
        };
        self.staged[self.len..].copy_from_slice(head);
        self.len = STAGED;
        self.flush();
        let (whole, tail) = rest.split_at(rest.len() - rest.len() % STAGED);
        self.mac.update(whole);
        self.staged[..tail.len()].copy_from_slice(tail);
        self.len = tail.len();
    }

    fn flush(&mut self) {
        self.mac.update(&self.staged[..self.len]);
        self.len = 0;
    }
}

/// Copies a few bytes without calling `memcpy`, which would cost more than the copying.
#[inline(always)]
fn copy(from: &[u8], to: &mut [u8]) {
    if from.len() > 16 {
        to.copy_from_slice(from);
    } else if let (Some(first), Some(last)) = (from.first_chunk::<8>(), from.last_chunk::<8>()) {
        // The two overlap.
        if let Some(to) = to.first_chunk_mut::<8>() {
            *to = *first;
        }
        if let Some(to) = to.last_chunk_mut::<8>() {
            *to = *last;
        }
    } else {
        for (from, to) in from.iter().zip(to) {
            *to = *from;
        }
    }
}

/// Four blocks of SHA-512, eight of SHA-256: most bodies fit at once.
const STAGED: usize = 512;
