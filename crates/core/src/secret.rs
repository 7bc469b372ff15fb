//! Keys, passwords and tokens that must not leak.

use alloc::string::String;
use core::fmt;
use zeroize::Zeroizing;

/// A text that opens something: an API key, a password, a signing secret, a login token.
///
/// It is wiped from memory when it is dropped, prints as `Secret(..)`, and has neither `Display`
/// nor `Serialize` nor `PartialEq`. [`expose`](Secret::expose) is the only way out, so that every
/// place where a secret leaves can be found by searching for one word.
///
/// ```
/// use nzimbu_core::secret::Secret;
///
/// let secret = Secret::new("sk_demo_0123456789abcdef");
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// assert_eq!(secret.expose(), "sk_demo_0123456789abcdef");
/// ```
///
/// What the caller kept of the text before it came here is not wiped: hand the `String` over
/// instead of a copy of it.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over. A `String` moves in without being copied.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for the one place that has to send it or key a MAC with it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;
    use alloc::format;

    #[test]
    fn debug_shows_nothing_of_the_text() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?} {secret:#?}"), "Secret(..) Secret(..)");
        assert_eq!(secret.clone().expose(), "hunter2");
    }
}
