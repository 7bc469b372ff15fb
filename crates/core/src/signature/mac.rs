//! HMAC (RFC 2104) over the compression functions of SHA-2.
//!
//! A signature is three or four compressions and little else, so that what stands around them
//! counts. The crate hmac copies the state of the key with an empty buffer, the text into that
//! buffer, and the digest through it once more; here a text is padded where it was gathered and
//! compressed in one call. The tests hold every length against that crate.

use core::fmt::Debug;
use sha2::block_api::{compress256, compress512};
use sha2::{Digest, Sha256, Sha512};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// A hash of the SHA-2 family, block by block.
pub(super) trait Hash {
    type State: Copy + Zeroize;
    type Output: AsRef<[u8]> + Copy + Debug;

    /// Bytes of a block.
    const BLOCK: usize;
    /// Bytes in which the padding tells the length.
    const LENGTH: usize;
    const INITIAL: Self::State;

    /// Absorbs whole blocks.
    fn compress(state: &mut Self::State, blocks: &[u8]);
    /// Writes the digest to the front and says how long it is.
    fn write(state: Self::State, to: &mut [u8]) -> usize;
    fn output(state: Self::State) -> Self::Output;
    fn digest(text: &[u8]) -> Self::Output;
}

/// The states behind the two pads of a key, which every text begins with.
#[derive(Clone)]
pub(super) struct MacKey<H: Hash> {
    inner: H::State,
    outer: H::State,
}

impl<H: Hash> MacKey<H> {
    pub(super) fn new(secret: &[u8]) -> Self {
        let behind = |pad: u8| {
            let mut block = Zeroizing::new([pad; LONGEST_BLOCK]);
            let digest;
            let key = if secret.len() > H::BLOCK {
                digest = H::digest(secret);
                digest.as_ref()
            } else {
                secret
            };
            block.iter_mut().zip(key).for_each(|(pad, key)| *pad ^= key);
            let mut state = H::INITIAL;
            H::compress(&mut state, &block[..H::BLOCK]);
            state
        };
        Self { inner: behind(0x36), outer: behind(0x5c) }
    }

    /// A text is about to begin.
    #[inline]
    pub(super) fn begin(&self) -> Begun<H> {
        Begun { state: self.inner, absorbed: H::BLOCK }
    }

    /// Ends a text with the first `len` bytes of the buffer, which has room for padding behind
    /// them.
    #[inline]
    pub(super) fn finish(&self, begun: &mut Begun<H>, buffer: &mut [u8], len: usize) -> H::Output {
        let padded = pad::<H>(buffer, len, begun.absorbed);
        H::compress(&mut begun.state, &buffer[..padded]);
        let mut block = [0; LONGEST_BLOCK + PADDING];
        let digest = H::write(begun.state, &mut block);
        let padded = pad::<H>(&mut block, digest, H::BLOCK);
        let mut state = self.outer;
        H::compress(&mut state, &block[..padded]);
        H::output(state)
    }
}

impl<H: Hash> Drop for MacKey<H> {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

impl<H: Hash> ZeroizeOnDrop for MacKey<H> {}

/// A text whose first blocks were absorbed.
pub(super) struct Begun<H: Hash> {
    state: H::State,
    /// In bytes, the pad of the key among them.
    absorbed: usize,
}

impl<H: Hash> Begun<H> {
    /// Absorbs whole blocks.
    pub(super) fn absorb(&mut self, blocks: &[u8]) {
        H::compress(&mut self.state, blocks);
        self.absorbed += blocks.len();
    }
}

impl<H: Hash> Drop for Begun<H> {
    /// A text that never ends would leave the state of the key behind.
    fn drop(&mut self) {
        self.state.zeroize();
    }
}

/// Ends a text of which `absorbed` bytes are gone and `len` stand in the buffer, and says how long
/// it is with its padding.
#[inline(always)]
fn pad<H: Hash>(buffer: &mut [u8], len: usize, absorbed: usize) -> usize {
    let end = (len + 1 + H::LENGTH).next_multiple_of(H::BLOCK);
    let bits = (absorbed + len) as u64 * 8;
    buffer[len] = 0x80;
    // All that it can be, because a number of bytes that is known is cleared without a call.
    buffer[len + 1..len + PADDING].fill(0);
    buffer[end - size_of_val(&bits)..end].copy_from_slice(&bits.to_be_bytes());
    end
}

impl Hash for Sha256 {
    type State = [u32; 8];
    type Output = [u8; 32];

    const BLOCK: usize = 64;
    const LENGTH: usize = 8;
    /// FIPS 180-4, 5.3.3.
    const INITIAL: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];

    #[inline]
    fn compress(state: &mut [u32; 8], blocks: &[u8]) {
        compress256(state, blocks.as_chunks().0);
    }

    #[inline]
    fn write(state: [u32; 8], to: &mut [u8]) -> usize {
        for (bytes, word) in to.as_chunks_mut().0.iter_mut().zip(state) {
            *bytes = word.to_be_bytes();
        }
        size_of_val(&state)
    }

    #[inline]
    fn output(state: [u32; 8]) -> [u8; 32] {
        let mut output = [0; 32];
        Self::write(state, &mut output);
        output
    }

    fn digest(text: &[u8]) -> [u8; 32] {
        <Self as Digest>::digest(text).into()
    }
}

impl Hash for Sha512 {
    type State = [u64; 8];
    type Output = [u8; 64];

    const BLOCK: usize = 128;
    const LENGTH: usize = 16;
    /// FIPS 180-4, 5.3.5.
    const INITIAL: [u64; 8] = [
        0x6a09_e667_f3bc_c908,
        0xbb67_ae85_84ca_a73b,
        0x3c6e_f372_fe94_f82b,
        0xa54f_f53a_5f1d_36f1,
        0x510e_527f_ade6_82d1,
        0x9b05_688c_2b3e_6c1f,
        0x1f83_d9ab_fb41_bd6b,
        0x5be0_cd19_137e_2179,
    ];

    #[inline]
    fn compress(state: &mut [u64; 8], blocks: &[u8]) {
        compress512(state, blocks.as_chunks().0);
    }

    #[inline]
    fn write(state: [u64; 8], to: &mut [u8]) -> usize {
        for (bytes, word) in to.as_chunks_mut().0.iter_mut().zip(state) {
            *bytes = word.to_be_bytes();
        }
        size_of_val(&state)
    }

    #[inline]
    fn output(state: [u64; 8]) -> [u8; 64] {
        let mut output = [0; 64];
        Self::write(state, &mut output);
        output
    }

    fn digest(text: &[u8]) -> [u8; 64] {
        <Self as Digest>::digest(text).into()
    }
}

/// That of SHA-512.
const LONGEST_BLOCK: usize = 128;

/// No hash pads a text with more bytes than those of a block and of a length.
pub(super) const PADDING: usize = LONGEST_BLOCK + 16;

#[cfg(test)]
mod tests {
    use super::{Hash, MacKey, PADDING};
    use alloc::vec::Vec;
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::{Sha256, Sha512};

    /// The first `absorbed` blocks of the text at once, the rest in the buffer.
    fn ours<H: Hash>(secret: &[u8], text: &[u8], absorbed: usize) -> Vec<u8> {
        let key = MacKey::<H>::new(secret);
        let (blocks, rest) = text.split_at(absorbed * H::BLOCK);
        let mut begun = key.begin();
        begun.absorb(blocks);
        // What stands behind the text must not matter.
        let mut buffer = [0xa5; 1024 + PADDING];
        buffer[..rest.len()].copy_from_slice(rest);
        key.finish(&mut begun, &mut buffer, rest.len()).as_ref().to_vec()
    }

    macro_rules! theirs {
        ($hash:ty, $secret:expr, $text:expr) => {{
            let mut mac = Hmac::<$hash>::new_from_slice($secret).expect("HMAC takes keys of any length");
            mac.update($text);
            mac.finalize().into_bytes().to_vec()
        }};
    }

    #[test]
    fn texts_of_every_length_as_the_crate_hmac_has_them() {
        let text: Vec<u8> = (0..=255).cycle().take(1024).collect();
        for len in 0..=text.len() {
            let text = &text[..len];
            let expected = theirs!(Sha512, b"a secret", text);
            for absorbed in 0..=len / 128 {
                assert_eq!(ours::<Sha512>(b"a secret", text, absorbed), expected, "{len} {absorbed}");
            }
            let expected = theirs!(Sha256, b"a secret", text);
            for absorbed in 0..=len / 64 {
                assert_eq!(ours::<Sha256>(b"a secret", text, absorbed), expected, "{len} {absorbed}");
            }
        }
    }

    #[test]
    fn secrets_of_every_length_as_the_crate_hmac_has_them() {
        let secret: Vec<u8> = (0..=255).rev().cycle().take(400).collect();
        for len in 0..=secret.len() {
            let secret = &secret[..len];
            assert_eq!(ours::<Sha512>(secret, b"a text", 0), theirs!(Sha512, secret, b"a text"), "{len}");
            assert_eq!(ours::<Sha256>(secret, b"a text", 0), theirs!(Sha256, secret, b"a text"), "{len}");
        }
    }
}
