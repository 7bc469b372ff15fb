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
    #[inline]
    pub(super) fn new(bytes: &[u8]) -> Self {
        debug_assert_eq!(bytes.len() * 2, HEX, "a digest has half as many bytes as digits");
        let mut hex = [0; HEX];
        // `hex::encode_to_slice` looks every digit up in a table and takes as long as an eighth of
        // a compression; this loop has neither tables nor branches, so that it becomes vectors.
        for (pair, byte) in hex.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
            *pair = [digit(byte >> 4), digit(byte & 0xf)];
        }
        Self { hex }
    }

    /// The text to send.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.hex).expect("hexadecimal digits are ASCII")
    }
}

/// Reads `N` bytes from twice as many hexadecimal digits of either case.
///
/// `hex::decode_to_slice` takes as long as half a compression. There is no branch here that
/// depends on a digit, so that the time does not either.
#[inline]
pub(super) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    let mut wrong = 0;
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        let [high, low] = pair.map(value);
        wrong |= high | low;
        *byte = high << 4 | low;
    }
    (wrong < 16).then_some(bytes)
}

#[inline]
fn digit(value: u8) -> u8 {
    value + b'0' + if value > 9 { b'a' - b'9' - 1 } else { 0 }
}

/// The value of a digit; 128 or more for what is none.
#[inline]
fn value(digit: u8) -> u8 {
    let number = digit.wrapping_sub(b'0');
    let letter = (digit | 0x20).wrapping_sub(b'a');
    let number = if number < 10 { number } else { 0x80 };
    let letter = if letter < 6 { letter + 10 } else { 0x80 };
    // One of the two at most is a value.
    number & letter | (number | letter) & 0x7f
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

#[cfg(test)]
mod tests {
    use super::{HexDigest, decode};
    use alloc::string::ToString;

    #[test]
    fn every_byte_is_written_as_the_hex_crate_writes_it() {
        for byte in 0..=255 {
            let bytes = [byte, !byte];
            assert_eq!(HexDigest::<4>::new(&bytes).to_string(), hex::encode(bytes));
            assert_eq!(decode(&hex::encode(bytes)), Some(bytes));
            assert_eq!(decode(&hex::encode_upper(bytes)), Some(bytes));
        }
    }

    #[test]
    fn every_pair_of_characters_is_read_as_the_hex_crate_reads_it() {
        for high in '\0'..='\u{ff}' {
            for low in '\0'..='\u{ff}' {
                let text: alloc::string::String = [high, low].into_iter().collect();
                let mut expected = [0];
                let known = hex::decode_to_slice(&text, &mut expected).is_ok();
                assert_eq!(decode(&text), known.then_some(expected), "{text:?}");
            }
        }
        assert_eq!(decode::<2>("abc"), None);
        assert_eq!(decode::<1>("abcd"), None);
        assert_eq!(decode::<1>(""), None);
    }
}
