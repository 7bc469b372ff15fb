//! Chance that a seed repeats.

use std::time::Duration;

/// The splitmix64 generator: good enough for faults, and never for keys.
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// Dice for one purpose, independent of the others made from the same seed.
    pub(super) fn new(seed: u64, purpose: u64) -> Self {
        let mut dice = Self(seed ^ purpose.wrapping_mul(0xd1b5_4a32_d192_ed03));
        dice.roll();
        dice
    }

    pub(super) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 to one less than this.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit.max(1)
    }

    /// An index into so many things.
    pub(super) fn index(&mut self, count: usize) -> usize {
        usize::try_from(self.below(count as u64)).expect("smaller than the count")
    }

    /// Whether something happens that happens so many times in a thousand.
    pub(super) fn happens(&mut self, per_mille: u64) -> bool {
        per_mille > 0 && self.below(1_000) < per_mille
    }

    /// Milliseconds from one span to another.
    pub(super) fn millis(&mut self, from: Duration, to: Duration) -> i64 {
        let (from, to) = (whole(from), whole(to));
        from + i64::try_from(self.below(u64::try_from(to - from).unwrap_or(0) + 1)).expect("a short span")
    }
}

/// A span in milliseconds.
pub(super) fn whole(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).expect("a span of this simulation")
}
