//! The keys, and what they do with one text.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use nzimbu_core::Secret;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::sealing::Sealing;
use super::{PREFIX, key_of};
use crate::detail::hex;
use crate::error::{JournalError, JournalErrorKind};
use crate::journal::Journal;
use crate::row::Key;
use crate::store::{StoreError, Tx};

/// Keys that encrypt what is personal in a journal: the request, with its name, number and address, and what the customer
/// has to do. The first one encrypts, all of them decrypt, so that a new one is put before the old ones; an old one can go
/// once every order from its time was purged.
///
/// ChaCha20-Poly1305 with random nonces. Each text is bound to its order and its column, so that none can be moved to
/// another. Use a key for no more than a thousand million orders.
///
/// What is in the open all the same: order ids, amounts, states, your own [`reference`](crate::Intent::reference), and the
/// masked forms of the history.
pub struct Keys {
    keys: Vec<Named>,
    nonces: Nonces,
}

struct Named {
    /// Eight hexadecimal digits of a digest of the key.
    name: String,
    key: LessSafeKey,
}

type Nonces = Box<dyn Fn() -> Option<[u8; 12]> + Send + Sync>;

impl Keys {
    /// Keys of 32 bytes, each in base64, as `openssl rand -base64 32` prints them.
    ///
    /// # Errors
    /// [`Unfit`](JournalErrorKind::Unfit) when there is none, when one is no such key, or when one is there twice; all
    /// faults are told at once.
    pub fn new(keys: &[Secret]) -> Result<Self, JournalError> {
        let random = SystemRandom::new();
        Self::with_nonces(keys, move || {
            let mut nonce = [0; 12];
            random.fill(&mut nonce).ok()?;
            Some(nonce)
        })
    }

    /// As [`new`](Self::new), with nonces from elsewhere. No nonce may ever come twice: two texts under one nonce give
    /// each other away.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_nonces(
        keys: &[Secret],
        nonces: impl Fn() -> Option<[u8; 12]> + Send + Sync + 'static,
    ) -> Result<Self, JournalError> {
        let mut faults = Vec::new();
        let mut ring: Vec<Named> = Vec::with_capacity(keys.len());
        if keys.is_empty() {
            faults.push("no key was given: give one, or open the journal without".to_owned());
        }
        for (number, secret) in (1..).zip(keys) {
            match Named::read(secret) {
                None => faults.push(format!(
                    "key number {number} is not 32 bytes in base64: make one with `openssl rand -base64 32`"
                )),
                Some(key) if ring.iter().any(|known| known.name == key.name) => {
                    faults.push(format!("key number {number} is there twice: leave one out"));
                }
                Some(key) => ring.push(key),
            }
        }
        if faults.is_empty() {
            return Ok(Self { keys: ring, nonces: Box::new(nonces) });
        }
        let told = format!("the keys of the journal cannot be used: {}", faults.join("; "));
        Err(JournalError::new(JournalErrorKind::Unfit, told))
    }

    /// The names of the keys, the one that encrypts first. A name tells nothing of its key.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| &*key.name)
    }

    /// Encrypts a text of a row.
    pub(super) fn seal(&self, row: &Key, column: &str, text: &str) -> Result<Box<str>, StoreError> {
        let failed = || StoreError::Other("the system gave no random bytes to encrypt with".to_owned());
        let nonce = (self.nonces)().ok_or_else(failed)?;
        // There is at least one.
        let Some(Named { name, key }) = self.keys.first() else { return Err(failed()) };
        let mut bytes = Vec::with_capacity(nonce.len() + text.len() + CHACHA20_POLY1305.tag_len());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(text.as_bytes());
        let (_, body) = bytes.split_at_mut(nonce.len());
        let bound = Aad::from(bound(row, column));
        let tag = key.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), bound, body);
        bytes.extend_from_slice(tag.map_err(|_| failed())?.as_ref());
        Ok(format!("{PREFIX}{name}.{}", URL_SAFE_NO_PAD.encode(bytes)).into_boxed_str())
    }

    /// Decrypts a text of a row; none if its key was not given.
    pub(super) fn open(&self, row: &Key, column: &str, text: &str) -> Option<Result<Box<str>, StoreError>> {
        let name = key_of(text)?;
        let Named { key, .. } = self.keys.iter().find(|key| key.name == name)?;
        let opened = || {
            let (_, body) = text.rsplit_once('.')?;
            let mut bytes = URL_SAFE_NO_PAD.decode(body).ok()?;
            let (nonce, body) = bytes.split_first_chunk_mut::<12>()?;
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let plain = key.open_in_place(nonce, Aad::from(bound(row, column)), body).ok()?;
            std::str::from_utf8(plain).ok().map(Into::into)
        };
        let altered = || {
            let told = format!("the {column} of an order does not decrypt: it was altered from outside");
            StoreError::Corrupt(told)
        };
        Some(opened().ok_or_else(altered))
    }
}

impl Named {
    fn read(secret: &Secret) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(secret.expose().trim()).ok()?);
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes).ok()?;
        let digest = Sha256::new().chain_update("nzimbu key name 1").chain_update(&*bytes).finalize();
        Some(Self { name: hex(&digest[..4]), key: LessSafeKey::new(key) })
    }
}

/// The place that a text belongs to.
fn bound(row: &Key, column: &str) -> Vec<u8> {
    [b"nzimbu personal 1", &row.0[..], column.as_bytes()].concat()
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl Journal {
    /// The same journal, with what is personal in it encrypted from now on. What was written before stays as it is, and
    /// can be read; so can a journal that was encrypted, without the keys: but an order whose request is needed, to be
    /// sent again, waits for its key ([`Locked`](JournalErrorKind::Locked)).
    #[must_use]
    pub fn encrypted(&self, keys: Keys) -> Self {
        self.with_keys(keys)
    }
}

/// Runs over statements that encrypt and decrypt, if there are keys.
pub(crate) fn within<T>(keys: Option<&Keys>, tx: &mut dyn Tx, run: impl FnOnce(&mut dyn Tx) -> T) -> T {
    match keys {
        Some(keys) => run(&mut Sealing::new(tx, keys)),
        None => run(tx),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failing test may panic")]
    use nzimbu_core::Operation;
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    const NEW: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const OLD: &str = "//////////////////////////////////////////8=";

    fn keys(texts: &[&str]) -> Result<Keys, JournalError> {
        Keys::new(&texts.iter().map(|text| Secret::new(*text)).collect::<Vec<_>>())
    }

    fn row(order: &str) -> Key {
        Key::of("cinetpay", Operation::Payout, order)
    }

    #[test]
    fn a_text_opens_in_its_own_place_alone() {
        let ring = keys(&[NEW]).unwrap();
        let sealed = ring.seal(&row("A-1"), "request", "Awa").unwrap();
        assert_eq!(key_of(&sealed), ring.names().next());
        assert!(!sealed.contains("Awa"), "{sealed}");
        assert_eq!(ring.open(&row("A-1"), "request", &sealed).unwrap().unwrap(), "Awa".into());
        for (row, column) in [(row("A-2"), "request"), (row("A-1"), "action")] {
            ring.open(&row, column, &sealed).unwrap().expect_err("moved");
        }
        // Whichever byte of it is another.
        let body = sealed.rfind('.').unwrap() + 1;
        for at in body..sealed.len() {
            let other = if &sealed[at..=at] == "A" { "B" } else { "A" };
            let altered = [&sealed[..at], other, &sealed[at + 1..]].concat();
            ring.open(&row("A-1"), "request", &altered).unwrap().expect_err("altered");
        }
        let cut = &sealed[..body + 8];
        ring.open(&row("A-1"), "request", cut).unwrap().expect_err("cut");
    }

    #[test]
    fn old_keys_decrypt_and_the_first_encrypts() {
        let old = keys(&[OLD]).unwrap().seal(&row("A-1"), "request", "Awa").unwrap();
        let both = keys(&[NEW, OLD]).unwrap();
        assert_eq!(both.open(&row("A-1"), "request", &old).unwrap().unwrap(), "Awa".into());
        let new = both.seal(&row("A-1"), "request", "Awa").unwrap();
        assert_eq!(key_of(&new), both.names().next());
        assert!(keys(&[OLD]).unwrap().open(&row("A-1"), "request", &new).is_none(), "its key is not there");
        assert!(both.open(&row("A-1"), "request", "{}").is_none(), "it is not encrypted");
    }

    #[test]
    fn nonces_come_from_where_they_are_handed_in() {
        let next = AtomicU8::new(0);
        let nonces = move || Some([next.fetch_add(1, Ordering::Relaxed); 12]);
        let ring = Keys::with_nonces(&[Secret::new(NEW)], nonces).unwrap();
        let sealed = |ring: &Keys| ring.seal(&row("A-1"), "request", "Awa").unwrap();
        let (first, second) = (sealed(&ring), sealed(&ring));
        assert_ne!(first, second);
        let body = |text: &str| URL_SAFE_NO_PAD.decode(text.rsplit_once('.').unwrap().1).unwrap();
        assert_eq!((&body(&first)[..12], &body(&second)[..12]), (&[0; 12][..], &[1; 12][..]));
        let dry = Keys::with_nonces(&[Secret::new(NEW)], || None).unwrap();
        dry.seal(&row("A-1"), "request", "Awa").expect_err("nothing is written in the open instead");
    }

    #[test]
    fn keys_that_are_none_are_refused_together_and_show_nothing() {
        let error = keys(&["c2hvcnQ=", NEW, NEW, "canary of a key"]).expect_err("three faults");
        assert_eq!(error.kind(), JournalErrorKind::Unfit);
        let told = error.to_string();
        for part in ["number 1 is not 32 bytes", "number 3 is there twice", "number 4 is not", "openssl rand"]
        {
            assert!(told.contains(part), "{told}");
        }
        assert!(!told.contains("canary") && !told.contains("c2hvcnQ"), "{told}");
        keys(&[]).expect_err("none");
        let shown = format!("{:?}", keys(&[NEW]).unwrap());
        assert!(!shown.contains("AAEC") && shown.len() == 12, "{shown}");
    }
}
