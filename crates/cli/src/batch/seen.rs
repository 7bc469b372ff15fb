//! Which rows are the same, from a digest and a line for each row and nothing more.

use sha2::{Digest as _, Sha256};

/// The first 128 bits of SHA-256 over parts that are each preceded by their length.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Fingerprint([u8; 16]);

impl Fingerprint {
    pub(super) fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        Self(first)
    }
}

/// What was seen, and on which line.
#[derive(Debug, Default)]
pub(super) struct Seen(Vec<(Fingerprint, u32)>);

impl Seen {
    pub(super) fn note(&mut self, fingerprint: Fingerprint, line: u32) {
        self.0.push((fingerprint, line));
    }

    /// The lines that repeat an earlier one.
    pub(super) fn repeats(mut self) -> Repeated {
        self.0.sort_unstable();
        let mut repeats: Vec<_> = self
            .0
            .chunk_by(|one, other| one.0 == other.0)
            .flat_map(|alike| alike[1..].iter().map(|(_, line)| (*line, alike[0].1)))
            .collect();
        repeats.sort_unstable();
        Repeated(repeats)
    }
}

/// Lines that repeat an earlier one, each with the first of them.
#[derive(Debug, Default)]
pub(super) struct Repeated(Vec<(u32, u32)>);

impl Repeated {
    /// The first line with what this line repeats.
    pub(super) fn first_of(&self, line: u32) -> Option<u32> {
        self.0.binary_search_by_key(&line, |(line, _)| *line).ok().map(|at| self.0[at].1)
    }

    /// The lines that are repeated, in order and each once.
    pub(super) fn firsts(&self) -> Vec<u32> {
        let mut firsts: Vec<_> = self.0.iter().map(|(_, first)| *first).collect();
        firsts.sort_unstable();
        firsts.dedup();
        firsts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_point_to_the_first() {
        let mut seen = Seen::default();
        for (text, line) in [("a", 2), ("b", 3), ("a", 5), ("c", 6), ("a", 9), ("c", 10)] {
            seen.note(Fingerprint::of(&[text.as_bytes()]), line);
        }
        let repeated = seen.repeats();
        let firsts: Vec<_> =
            (1..=10).filter_map(|line| repeated.first_of(line).map(|first| (line, first))).collect();
        assert_eq!(firsts, [(5, 2), (9, 2), (10, 6)]);
        assert_eq!(repeated.firsts(), [2, 6]);
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(Fingerprint::of(&[b"ab", b"c"]), Fingerprint::of(&[b"a", b"bc"]));
    }
}
