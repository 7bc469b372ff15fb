//! What the gateways sign, and the check of what they claim to have signed.
//!
//! Two schemes, both without separators between the signed parts:
//!
//! | Module | Signs | MAC |
//! |---|---|---|
//! | [`recursive`] | every key and value of a JSON document, in the order in which they stand | HMAC-SHA512 |
//! | [`fields`] | the values of a fixed list of fields | HMAC-SHA256 |
//!
//! Verification always ends in a [`Proof`], which no other module can make. A proof says that the
//! signed *text* came from a holder of the secret. Since neither scheme marks where one part ends
//! and the next begins, it does **not** say that the text was cut into the fields that one reads
//! in it: after the MAC, a strict schema has to pin every field down, and money waits until the
//! gateway itself was asked.

use core::fmt;

pub mod fields;
pub mod recursive;

mod digest;
mod feed;
mod mac;

pub use self::digest::{Digest256, Digest512, HexDigest};

/// Evidence that a text was signed with one of our secrets.
///
/// It can be had from a successful verification and from nowhere else: it has no constructor, is
/// not `Clone`, and has no `Default`.
///
/// ```compile_fail
/// let forged = nzimbu_core::signature::Proof { key_index: 0 };
/// ```
#[derive(Debug)]
#[must_use = "a proof that nobody looks at protects nobody"]
pub struct Proof {
    key_index: usize,
}

impl Proof {
    /// Which of the keys given to the verification fits, counted from 0.
    ///
    /// With keys listed newest first, anything but 0 means that the gateway still signs with a
    /// secret that was rotated out.
    #[must_use]
    pub fn key_index(&self) -> usize {
        self.key_index
    }
}

/// The claimed signature is missing, is not the hexadecimal text of a digest, or fits none of the
/// keys.
///
/// The three are one error on purpose: whoever sent it learns nothing about which it was.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BadSignature;

impl fmt::Display for BadSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the signature is missing or fits none of the secrets")
    }
}

impl core::error::Error for BadSignature {}
