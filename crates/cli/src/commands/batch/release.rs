//! Who planned a batch, and its release.

use nzimbu::{Money, SharedProvider};
use nzimbu_journal::{Batch, Journal, JournalError, Timing};

use crate::batch::Checked;

/// Whether a second person has to approve what a file asks for.
pub(super) fn needs_approval(limits: &[Money], checked: &Checked) -> bool {
    checked.totals.needs().iter().any(|(currency, sum)| {
        let limit = limits.iter().find(|limit| limit.currency() == *currency);
        limit.is_some_and(|limit| sum.minor > u128::from(limit.minor()))
    })
}

/// Remembers that all rows were written down, and by whom; the first one stands.
pub(super) fn remember_planner(
    journal: &Journal,
    batch: &Batch,
    person: &str,
) -> Result<String, JournalError> {
    journal.remember(&memo(batch), person.trim()).wait()
}

/// Who planned a batch, once all of its rows were written down.
pub(super) fn planner(journal: &Journal, batch: &Batch) -> Result<Option<String>, JournalError> {
    journal.recall(&memo(batch)).wait()
}

fn memo(batch: &Batch) -> String {
    format!("planner of batch {}", batch.id)
}

/// Whether two names are one person's, as far as names can tell.
pub(super) fn is_same_person(one: &str, other: &str) -> bool {
    let folded = |name: &str| {
        let letters = name.chars().filter(|sign| sign.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect::<String>()
    };
    folded(one) == folded(other)
}

/// Notes who released a batch, and releases all of its rows. Interrupted, it is simply begun again.
pub(super) fn release(
    journal: &Journal,
    batch: &Batch,
    person: &str,
    providers: &[SharedProvider],
    timing: Timing,
) -> Result<Batch, JournalError> {
    let batch = journal.approve_batch(batch, person).wait()?;
    for provider in providers {
        let mut after = 0;
        while let Some(next) = journal.release(&batch, &**provider, timing, after, CHUNK).wait()? {
            after = next;
        }
    }
    Ok(batch)
}

const CHUNK: usize = 500;

#[cfg(test)]
mod tests {
    use super::is_same_person;

    #[test]
    fn a_name_written_otherwise_is_the_same_name() {
        assert!(is_same_person("A. Kouamé", "a kouamé "));
        assert!(is_same_person("A.Kouame", "A Kouame"));
        assert!(!is_same_person("A. Kouame", "B. Kouame"));
    }
}
