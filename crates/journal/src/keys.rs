//! What is personal in a journal can be encrypted, behind the feature `encryption`; `on.rs` does it, `off.rs` hands
//! everything on as it is.

#[cfg_attr(feature = "encryption", path = "keys/on.rs")]
#[cfg_attr(not(feature = "encryption"), path = "keys/off.rs")]
mod ring;
#[cfg(feature = "encryption")]
mod sealing;

#[cfg(not(feature = "encryption"))]
pub(crate) use self::ring::Keys;
#[cfg(feature = "encryption")]
pub use self::ring::Keys;
pub(crate) use self::ring::within;

/// What an encrypted text begins with; JSON does not.
const PREFIX: &str = "nz1.";

/// The name of the key that a text was encrypted with; none for a text that is not encrypted.
pub(crate) fn key_of(text: &str) -> Option<&str> {
    let (key, _) = text.strip_prefix(PREFIX)?.split_once('.')?;
    Some(key)
}
