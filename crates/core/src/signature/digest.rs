use core::fmt;

/// A digest as lower-case hexadecimal text of `HEX` characters, kept on the stack.
///
/// There is no `PartialEq`: digests are compared in constant time by the verifying functions, not
/// as text.
#[derive(Clone, Copy)]
pub struct HexDigest<const HEX: usize> {
    hex: [u8; HEX],
}

/// An HMAC-SHA256 digest: 64 hexadecimal digits.
pub type Digest256 = HexDigest<64>;

/// An HMAC-SHA512 digest: 128 hexadecimal digits.
pub type Digest512 = HexDigest<128>;

impl<const HEX: usize> HexDigest<HEX> {
    /// `bytes` are half as many as `HEX`; only this module's siblings call it, with a MAC's output.
    pub(super) fn new(bytes: &[u8]) -> Self {
        let mut hex = [0; HEX];
        hex::encode_to_slice(bytes, &mut hex).expect("a digest has half as many bytes as digits");
        Self { hex }
    }

    /// The text to send.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.hex).expect("hexadecimal digits are ASCII")
    }
}

impl<const HEX: usize> fmt::Display for HexDigest<HEX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<const HEX: usize> fmt::Debug for HexDigest<HEX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HexDigest").field(&self.as_str()).finish()
    }
}
