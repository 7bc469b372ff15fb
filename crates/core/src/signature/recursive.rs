//! The recursive signature: every key and value of a JSON document, in order, without separators.
//!
//! ```text
//! {"order_id":"A-1","amount":100.00,"extra":{"tags":["x","y"],"note":null},"signature":"..."}
//!
//! order_idA-1amount100extra.tags.0xextra.tags.1yextra.note
//! ```
//!
//! Each scalar gives its path and its text. The path joins the keys of the containers around it
//! with dots, the items of a list counting from 0. The text is what PHP prints: `true` is `1`,
//! `false` and `null` are nothing, integers are themselves, floats have 14 digits at most. A scalar
//! under the key `signature` is left out at every level, a *container* under that key is not; an
//! empty container leaves no trace; 16 containers inside each other pass, 17 do not. The text is
//! authenticated with HMAC-SHA512 under the UTF-8 bytes of the secret.
//!
//! # What a signature does not say
//!
//! Nothing marks where a key ends and a value begins, nor what type a value has: different
//! documents have equal texts, and `{"a":"1b2"}` is one of `{"a":"1","b":"2"}`. So a [`Proof`]
//! needs a strict schema after it: keys from a list, none with a dot in it, every value of its
//! type and in its grammar. [`verify`] refuses what no genuine callback holds (a key twice, a
//! container named `signature`) and hands over the [`Document`] for the rest.
//!
//! # Floats
//!
//! How a float is printed depends on the settings of the server that signs. Typed values with
//! floats are refused when signing; a callback that holds floats and does not match is
//! [`Undecided`](VerifyError::Undecided), not forged.

mod document;
mod explain;
mod reader;
mod stream;
mod text;
mod typed;

pub use self::document::{Document, Items, Members, Value};
pub use self::explain::{Difference, explain_json, explain_pairs, first_difference};

use self::document::{Keys, Reading};
use self::stream::{Halt, Stream};
use self::text::Fields;
use super::feed::{Feed, Piece};
use super::mac::{Hash, MacKey};
use super::{Digest512, Proof, digest};
use crate::secret::Secret;
use alloc::string::String;
use core::fmt;
use serde::Serialize;
use sha2::Sha512;

/// A secret made ready for signing documents.
///
/// Making it costs two compressions of the hash (more for a long secret), which every later use
/// saves: keep it.
///
/// ```
/// use nzimbu_core::secret::Secret;
/// use nzimbu_core::signature::recursive::RecursiveKey;
///
/// #[derive(serde::Serialize)]
/// struct Query<'a> {
///     merchant_id: &'a str,
///     order_id: &'a str,
/// }
///
/// let key = RecursiveKey::new(&Secret::new("k"));
/// let typed = key.sign(&Query { merchant_id: "m1", order_id: "A-1" })?;
/// let raw = key.sign_json(br#"{"merchant_id":"m1","order_id":"A-1"}"#)?;
/// assert_eq!(typed.as_str(), raw.as_str());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RecursiveKey {
    mac: MacKey<Sha512>,
}

impl RecursiveKey {
    /// Uses the UTF-8 bytes of the secret. A secret that looks like hexadecimal is not decoded.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self { mac: MacKey::new(secret.expose().as_bytes()) }
    }

    /// Signs a value as the JSON that serde_json would make of it.
    ///
    /// The MAC is fed while serde walks the value: no text is built, and with keys and values of
    /// usual length nothing is allocated.
    ///
    /// # Errors
    ///
    /// [`SignError`] when the value holds what is not signed alike everywhere (floats, integers
    /// beyond 64 bits with a sign), is nested too deeply, or is not an object or a list.
    #[inline]
    pub fn sign<T: Serialize + ?Sized>(&self, value: &T) -> Result<Digest512, SignError> {
        let mut feed = self.feed();
        typed::walk(value, &mut feed)?;
        Ok(Digest512::new(&feed.finish()))
    }

    /// Signs a JSON text, just as the gateway would when it received it.
    ///
    /// Everything that PHP reads is signed, and read as PHP does: floats are printed with 14
    /// digits, and a key that stands twice in one object keeps its first place and takes its last
    /// value. The member `signature` may be in the text already; it is left out.
    ///
    /// # Errors
    ///
    /// [`Malformed`] when the text is not JSON, its root is a scalar, it is nested too deeply, or
    /// it holds a number beyond the range of floats.
    pub fn sign_json(&self, json: &[u8]) -> Result<Digest512, Malformed> {
        // Most documents are ASCII, which is seen sooner than that they are UTF-8.
        if !json.is_ascii() && core::str::from_utf8(json).is_err() {
            return Err(Malformed::NotUtf8);
        }
        let mut feed = self.feed();
        match reader::read(json, &mut Stream::new(&mut feed)) {
            Ok(_) => Ok(Digest512::new(&feed.finish())),
            Err(Halt::Malformed(malformed)) => Err(malformed),
            Err(Halt::Undecidable) => self.sign_document(json),
        }
    }

    /// Signs what cannot be signed while it is read.
    #[cold]
    #[inline(never)]
    fn sign_document(&self, json: &[u8]) -> Result<Digest512, Malformed> {
        let mut feed = self.feed();
        Document::read(json, Reading::Php)?.walk(Keys::LastWins, &mut feed)?;
        Ok(Digest512::new(&feed.finish()))
    }

    /// Signs the parameters of a link: keys and values, decoded, in the order of the link. A
    /// parameter named `signature` is left out.
    #[must_use]
    pub fn sign_pairs(&self, pairs: &[(&str, &str)]) -> Digest512 {
        let mut feed = self.feed();
        for (key, value) in pairs.iter().filter(|(key, _)| *key != SIGNATURE) {
            feed.field(Piece::default(), key.as_bytes().into(), value.as_bytes().into());
        }
        Digest512::new(&feed.finish())
    }

    #[inline]
    fn feed(&self) -> Feed<'_, Sha512> {
        Feed::new(&self.mac)
    }
}

impl fmt::Debug for RecursiveKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecursiveKey(..)")
    }
}

/// Checks a signed JSON object, such as the body of a callback, against every key, newest first.
///
/// The claimed signature is the string under `signature` at the top: 128 hexadecimal digits of
/// either case, compared in constant time. Only documents within the bounds of [`Document`] are
/// looked at.
///
/// ```
/// use nzimbu_core::secret::Secret;
/// use nzimbu_core::signature::recursive::{RecursiveKey, VerifyError, verify};
///
/// let keys = [RecursiveKey::new(&Secret::new("new")), RecursiveKey::new(&Secret::new("old"))];
/// let digest = keys[1].sign_json(br#"{"order_id":"A-1","status":2}"#)?;
/// let body = format!(r#"{{"order_id":"A-1","signature":"{digest}","status":2}}"#);
///
/// let verified = verify(&keys, body.as_bytes())?;
/// assert_eq!(verified.proof.key_index(), 1);
/// assert_eq!(verified.document.get("order_id").and_then(|id| id.as_text()), Some("A-1"));
///
/// let forged = body.replace("A-1", "A-2");
/// assert_eq!(verify(&keys, forged.as_bytes()).err(), Some(VerifyError::BadSignature));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`VerifyError`], by which of the three cases it is; none is a reason to change the state of an
/// order.
pub fn verify<'a>(keys: &[RecursiveKey], json: &'a [u8]) -> Result<Verified<'a>, VerifyError> {
    let document = Document::parse(json)?;
    let claimed = document.signature().ok_or(VerifyError::BadSignature)?;
    let digest = digest::decode::<64>(claimed).ok_or(VerifyError::BadSignature)?;
    for (key_index, key) in keys.iter().enumerate() {
        let mut feed = key.feed();
        document.walk(Keys::Unique, &mut feed)?;
        if feed.matches(&digest) {
            return Ok(Verified { proof: Proof { key_index }, document });
        }
    }
    Err(if document.holds_floats() { VerifyError::Undecided } else { VerifyError::BadSignature })
}

/// A document whose signature was checked.
#[derive(Debug)]
#[non_exhaustive]
pub struct Verified<'a> {
    /// That its text was signed with one of the keys.
    pub proof: Proof,
    /// What was read, to be held against a strict schema before anything in it is believed.
    pub document: Document<'a>,
}

/// Why a document was not verified.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum VerifyError {
    /// The signature is missing, is not 128 hexadecimal digits in a string, or fits none of the
    /// keys.
    BadSignature,
    /// The bytes are not a document that a genuine sender sends.
    Malformed(Malformed),
    /// The signature fits none of the keys, but the document holds floats, which servers print
    /// differently: it may be genuine or not. It is worth no more than a hint to ask for the state.
    Undecided,
}

impl From<Malformed> for VerifyError {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadSignature => fmt::Display::fmt(&super::BadSignature, f),
            Self::Malformed(malformed) => malformed.fmt(f),
            Self::Undecided => f.write_str(
                "the signature fits none of the secrets, but the document holds floats, so that this \
                 proves nothing; ask for the status",
            ),
        }
    }
}

impl core::error::Error for VerifyError {}

/// What is wrong with a JSON text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Malformed {
    /// A key stands twice in one object, so that readers differ in which value they take.
    DuplicateKey,
    /// A number is beyond the range of floats.
    InfiniteNumber,
    /// Half of a surrogate pair is escaped without the other half.
    LoneSurrogate,
    /// The root is not an object (when signing: neither an object nor a list).
    NotObject,
    /// The bytes are not UTF-8.
    NotUtf8,
    /// An object or a list stands under the key `signature`; revisions of the algorithm differ in
    /// whether it is signed.
    SignatureContainer,
    /// The text is not JSON.
    Syntax {
        /// The offset in bytes at which reading stopped.
        at: usize,
    },
    /// More than 16 containers inside each other.
    TooDeep,
    /// More than 1 MiB.
    TooLarge,
    /// More than 256 members and items.
    TooManyEntries,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DuplicateKey => "the document has a key twice in one object",
            Self::InfiniteNumber => "the document holds a number that is too large",
            Self::LoneSurrogate => "the document holds half of a surrogate pair",
            Self::NotObject => "the document is not a JSON object",
            Self::NotUtf8 => "the document is not UTF-8",
            Self::SignatureContainer => "the document has an object or a list under the key signature",
            Self::Syntax { at } => return write!(f, "the document is not JSON, from byte {at} on"),
            Self::TooDeep => "the document has more than 16 containers inside each other",
            Self::TooLarge => "the document has more than 1 MiB",
            Self::TooManyEntries => "the document has more than 256 members and items",
        })
    }
}

impl core::error::Error for Malformed {}

/// Why a typed value cannot be signed.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SignError {
    /// A map gives the same key twice.
    DuplicateKey,
    /// The value is a scalar; only objects and lists are signed.
    NotContainer,
    /// A float, or an integer beyond 64 bits with a sign: servers print them differently. Send a
    /// text instead.
    NotPortable,
    /// The value's own `Serialize` refused.
    Refused(String),
    /// More than 16 containers inside each other.
    TooDeep,
    /// Something that JSON texts are made of by other means than a value.
    Unsupported(&'static str),
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateKey => f.write_str("the value to sign has a key twice in one map"),
            Self::NotContainer => f.write_str("the value to sign is neither an object nor a list"),
            Self::NotPortable => f.write_str(
                "the value to sign holds a float or an integer beyond 64 bits, which servers print \
                 differently; send it as text",
            ),
            Self::Refused(message) => write!(f, "the value to sign refused to be read: {message}"),
            Self::TooDeep => f.write_str("the value to sign has more than 16 containers inside each other"),
            Self::Unsupported(what) => write!(f, "the value to sign holds {what}, which cannot be signed"),
        }
    }
}

impl core::error::Error for SignError {}

impl<H: Hash> Fields for Feed<'_, H> {
    #[inline(always)]
    fn field(&mut self, prefix: Piece<'_>, key: Piece<'_>, text: Piece<'_>) {
        if !prefix.is_empty() {
            self.put(prefix);
        }
        self.put(key);
        self.put(text);
    }
}

const MAX_DEPTH: usize = 16;

/// The key that holds the signature, and is no part of what it signs.
const SIGNATURE: &str = "signature";
