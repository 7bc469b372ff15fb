//! HMAC (RFC 2104) over the bare compression functions of SHA-2.
//!
//! It is written out here, and held against the crate `hmac` by a test, for two reasons. A key is two states of the
//! hash and nothing else, so that it can be wiped, and the copies that are made of it for one text are overwritten
//! by the compressions themselves. And a text that lies in one piece is padded in place and compressed in one call,
//! where a general MAC copies its key's states and buffers, and the end of the text once more.

use sha2::block_api::{compress256, compress512};
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroize;

/// A hash of the SHA-2 family, by its compression.
pub(super) trait Hash {
    type State: Copy + Zeroize;
    type Output: AsRef<[u8]>;

    /// The bytes of a block.
    const BLOCK: usize;
    const INITIAL: Self::State;

    /// Takes in whole blocks.
    fn compress(state: &mut Self::State, blocks: &[u8]);
    fn output(state: &Self::State) -> Self::Output;
    fn digest(long: &[u8]) -> Self::Output;
}

impl Hash for Sha256 {
    type State = [u32; 8];
    type Output = [u8; 32];

    const BLOCK: usize = 64;
    const INITIAL: [u32; 8] = {
        // They are the first halves of those of SHA-512.
        let mut state = [0; 8];
        let mut at = 0;
        while at < state.len() {
            state[at] = (Sha512::INITIAL[at] >> 32) as u32;
            at += 1;
        }
        state
    };

    #[inline]
    fn compress(state: &mut [u32; 8], blocks: &[u8]) {
        compress256(state, blocks.as_chunks().0);
    }

    #[inline]
    fn output(state: &[u32; 8]) -> [u8; 32] {
        let mut output = [0; 32];
        for (bytes, word) in output.as_chunks_mut().0.iter_mut().zip(state) {
            *bytes = word.to_be_bytes();
        }
        output
    }

    fn digest(long: &[u8]) -> [u8; 32] {
        <Self as Digest>::digest(long).into()
    }
}

impl Hash for Sha512 {
    type State = [u64; 8];
    type Output = [u8; 64];

    const BLOCK: usize = 128;
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
    fn output(state: &[u64; 8]) -> [u8; 64] {
        let mut output = [0; 64];
        for (bytes, word) in output.as_chunks_mut().0.iter_mut().zip(state) {
            *bytes = word.to_be_bytes();
        }
        output
    }

    fn digest(long: &[u8]) -> [u8; 64] {
        <Self as Digest>::digest(long).into()
    }
}

/// A secret as two states of the hash: after the inner and after the outer padded key. Wiped when dropped.
pub(super) struct MacKey<H: Hash> {
    pub(super) inner: H::State,
    outer: H::State,
}

impl<H: Hash> MacKey<H> {
    /// Takes two compressions, and those of the secret if it is longer than a block.
    pub(super) fn new(secret: &[u8]) -> Self {
        let mut block = [0; LARGEST_BLOCK];
        if secret.len() > H::BLOCK {
            let digest = H::digest(secret);
            block[..digest.as_ref().len()].copy_from_slice(digest.as_ref());
        } else {
            block[..secret.len()].copy_from_slice(secret);
        }
        let mut after = |pad: u8| {
            block.iter_mut().for_each(|byte| *byte ^= pad);
            let mut state = H::INITIAL;
            H::compress(&mut state, &block[..H::BLOCK]);
            state
        };
        let inner = after(INNER);
        let outer = after(INNER ^ OUTER);
        block.zeroize();
        Self { inner, outer }
    }

    /// The MAC of a text whose inner hash came to this.
    #[inline]
    pub(super) fn outer(&self, inner: &H::State) -> H::Output {
        let inner = H::output(inner);
        let inner = inner.as_ref();
        let mut block = [0; LARGEST_BLOCK];
        block[..inner.len()].copy_from_slice(inner);
        pad::<H>(&mut block, inner.len(), H::BLOCK + inner.len());
        let mut state = self.outer;
        H::compress(&mut state, &block[..H::BLOCK]);
        H::output(&state)
    }
}

impl<H: Hash> Clone for MacKey<H> {
    fn clone(&self) -> Self {
        Self { inner: self.inner, outer: self.outer }
    }
}

impl<H: Hash> Drop for MacKey<H> {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

/// Ends what was hashed behind `len` bytes of `blocks`, `total` bytes in all with those before them, and says where
/// the last block ends.
#[inline]
pub(super) fn pad<H: Hash>(blocks: &mut [u8], len: usize, total: usize) -> usize {
    // One byte at least, and a length of an eighth of a block, of which 64 bits are more than enough.
    let end = (len + 1 + H::BLOCK / 8).next_multiple_of(H::BLOCK);
    let padding = &mut blocks[len..end];
    padding.fill(0);
    padding[0] = 0x80;
    if let Some(length) = padding.last_chunk_mut() {
        *length = (total as u64 * 8).to_be_bytes();
    }
    end
}

/// Compares without telling by its time where the two differ.
#[inline]
pub(super) fn equal(left: &[u8], right: &[u8]) -> bool {
    let differences = left.iter().zip(right).fold(0, |all, (left, right)| all | (left ^ right));
    // The optimizer must not know that one difference decides.
    core::hint::black_box(differences) == 0 && left.len() == right.len()
}

const INNER: u8 = 0x36;
const OUTER: u8 = 0x5c;
const LARGEST_BLOCK: usize = 128;
