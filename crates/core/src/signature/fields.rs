//! The field-list signature: the values of named fields, in a fixed order, glued together.
//!
//! The caller knows which fields and in which order; this module sees only their decoded values.

use super::feed::Feed;
use super::mac::MacKey;
use super::{BadSignature, Digest256, Proof, digest};
use crate::secret::Secret;
use core::fmt;
use sha2::Sha256;

/// A secret made ready for signing lists of fields with HMAC-SHA256.
///
/// Making it costs two compressions of the hash, which every later use saves: keep it.
///
/// ```
/// use nzimbu_core::secret::Secret;
/// use nzimbu_core::signature::fields::{FieldsKey, verify};
///
/// let key = FieldsKey::new(&Secret::new("sk_demo_0123456789abcdef"));
/// let parts = ["123456", "ORDER-1001", "2024-05-17 10:42:31"];
/// let claimed = key.sign(parts);
///
/// assert_eq!(verify(&[key], parts, claimed.as_str()).unwrap().key_index(), 0);
/// ```
#[derive(Clone)]
pub struct FieldsKey {
    mac: MacKey<Sha256>,
}

impl FieldsKey {
    /// Uses the UTF-8 bytes of the secret, whatever they look like; nothing is decoded.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self { mac: MacKey::new(secret.expose().as_bytes()) }
    }

    /// Signs the values in the order given. A field that is missing counts as the empty text.
    pub fn sign<'a>(&self, parts: impl IntoIterator<Item = &'a str>) -> Digest256 {
        Digest256::new(&self.feed(parts).finish())
    }

    fn feed<'a>(&self, parts: impl IntoIterator<Item = &'a str>) -> Feed<'_, Sha256> {
        let mut feed = Feed::new(&self.mac);
        for part in parts {
            feed.put(part.as_bytes().into());
        }
        feed
    }
}

impl fmt::Debug for FieldsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FieldsKey(..)")
    }
}

/// Checks a claimed signature, hexadecimal in either case, against every key, newest first.
///
/// The values are those of the message just as they arrived, decoded once and not reformatted. A
/// [`Proof`] says nothing about where one value ends and the next begins: check each in its own
/// grammar before using it.
///
/// # Errors
///
/// [`BadSignature`] when `claimed` is not 64 hexadecimal digits or fits none of the keys.
pub fn verify<'a>(
    keys: &[FieldsKey],
    parts: impl IntoIterator<Item = &'a str> + Clone,
    claimed: &str,
) -> Result<Proof, BadSignature> {
    let digest = digest::decode::<32>(claimed).ok_or(BadSignature)?;
    keys.iter()
        .position(|key| key.feed(parts.clone()).matches(&digest))
        .map(|key_index| Proof { key_index })
        .ok_or(BadSignature)
}
