//! Repeatable chance: ids and tokens come from a seed, so that a run can be repeated.

/// The splitmix64 generator. Good enough for ids that guard no real money, and never for keys.
#[derive(Clone, Debug)]
pub(crate) struct Dice {
    state: u64,
}

impl Dice {
    /// A generator for one purpose, independent of the others made from the same seed.
    pub(crate) fn new(seed: u64, purpose: u64) -> Dice {
        let mut dice = Dice { state: seed ^ purpose.wrapping_mul(0xd1b5_4a32_d192_ed03) };
        dice.roll();
        dice
    }

    /// Where the generator stands, for `resume`.
    pub(crate) fn state(&self) -> u64 {
        self.state
    }

    /// Goes on where another generator stood.
    pub(crate) fn resume(&mut self, state: u64) {
        self.state = state;
    }

    pub(crate) fn hex(&mut self, digits: usize) -> String {
        self.pick(digits, b"0123456789abcdef")
    }

    pub(crate) fn digits(&mut self, digits: usize) -> String {
        self.pick(digits, b"0123456789")
    }

    pub(crate) fn letter(&mut self) -> String {
        self.pick(1, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    }

    /// 0 to 99.
    pub(crate) fn percent(&mut self) -> u8 {
        u8::try_from(self.roll() % 100).expect("less than a hundred")
    }

    fn pick(&mut self, count: usize, alphabet: &[u8]) -> String {
        let size = alphabet.len() as u64;
        (0..count)
            .map(|_| {
                let index = usize::try_from(self.roll() % size).expect("smaller than the alphabet");
                char::from(alphabet[index])
            })
            .collect()
    }

    fn roll(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_repeatable_and_separate_per_purpose() {
        assert_eq!(Dice::new(7, 1).hex(32), Dice::new(7, 1).hex(32));
        assert_ne!(Dice::new(7, 1).hex(32), Dice::new(7, 2).hex(32));
        assert_ne!(Dice::new(7, 1).hex(32), Dice::new(8, 1).hex(32));
    }
}
