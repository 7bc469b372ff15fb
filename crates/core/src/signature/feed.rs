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
        Self { mac, staged: [0; STAGED], len: 0 }
    }

    #[inline]
    pub(super) fn put(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        if let Some(room) = self.staged.get_mut(self.len..end) {
            room.copy_from_slice(bytes);
            self.len = end;
        } else {
            self.put_long(bytes);
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
        let (head, rest) = bytes.split_at(STAGED - self.len);
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

/// Four blocks of SHA-512, eight of SHA-256: most bodies fit at once.
const STAGED: usize = 512;
