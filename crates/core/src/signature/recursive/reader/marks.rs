//! Finding the ends of strings, many at a time.

/// The bytes of a document that no plain string holds, a bit each for the 64 bytes of one window.
///
/// A reader that looks for the end of each string on its own waits for the bytes of one before it
/// can load those of the next. Windows stand at fixed places instead, so that a processor marks
/// the next one while it still works on the last.
pub(super) struct Marks {
    window: usize,
    bits: u64,
}

impl Marks {
    pub(super) fn new(json: &[u8]) -> Self {
        Self { window: 0, bits: window(json, 0) }
    }

    /// Where the next quote, backslash or control character stands, at `at` or behind it, or the
    /// end. Places are asked for from left to right; the last one may be asked for again.
    #[inline(always)]
    pub(super) fn next(&mut self, json: &[u8], at: usize) -> usize {
        // There is nothing between the two: that was looked at when the window moved.
        let mut from = at.max(self.window);
        loop {
            let within = from - self.window;
            if within < WIDTH && self.bits >> within != 0 {
                return from + (self.bits >> within).trailing_zeros() as usize;
            }
            self.window += WIDTH;
            if self.window >= json.len() {
                self.bits = 0;
                return json.len();
            }
            self.bits = window(json, self.window);
            from = from.max(self.window);
        }
    }
}

/// It is not inlined, so that the code around every string stays small.
#[inline(never)]
fn window(json: &[u8], start: usize) -> u64 {
    if let Some(whole) = json[start..].first_chunk() {
        bits(whole)
    } else if let Some(last) = json.last_chunk() {
        bits(last) >> (start + WIDTH - json.len())
    } else {
        let mut padded = [0; WIDTH];
        padded[..json.len()].copy_from_slice(json);
        bits(&padded)
    }
}

/// There is no branch in it, so that it becomes instructions on vectors.
fn bits(window: &[u8; WIDTH]) -> u64 {
    let mut marks = [0; WIDTH];
    for (mark, &byte) in marks.iter_mut().zip(window) {
        *mark = u8::from((byte < b' ') | (byte == b'"') | (byte == b'\\'));
    }
    // The product of eight marks has them side by side in its highest byte.
    let eights =
        marks.as_chunks::<8>().0.iter().map(|eight| u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56);
    eights.rev().fold(0, |bits, eight| bits << 8 | eight)
}

const WIDTH: usize = 64;

/// Moves the lowest bit of the byte `n` to the bit `56 + n`, and no two onto one another.
const GATHER: u64 = 0x0102_0408_1020_4080;

#[cfg(test)]
mod tests {
    use super::Marks;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn is_special(byte: u8) -> bool {
        byte < b' ' || byte == b'"' || byte == b'\\'
    }

    #[test]
    fn every_byte_is_marked_or_not() {
        for byte in 0..=255 {
            let mut json = [b' '; 70];
            json[67] = byte;
            assert_eq!(Marks::new(&json).next(&json, 3), if is_special(byte) { 67 } else { 70 }, "{byte}");
        }
    }

    proptest! {
        #[test]
        fn the_next_one_is_found_as_one_finds_it_byte_by_byte(
            json in prop::collection::vec(prop_oneof![9 => Just(b'a'), 1 => any::<u8>()], 0..300),
            places in prop::collection::vec((0_usize..300, 1..3), 0..30),
        ) {
            let mut marks = Marks::new(&json);
            let mut places: Vec<_> = places.into_iter().filter(|(at, _)| *at <= json.len()).collect();
            places.sort_unstable();
            for (at, times) in places {
                let found = json[at..].iter().position(|byte| is_special(*byte)).map_or(json.len(), |n| at + n);
                for _ in 0..times {
                    prop_assert_eq!(marks.next(&json, at), found);
                }
            }
        }
    }
}
