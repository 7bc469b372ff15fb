//! Who planned a batch, and its release.

use nzimbu::{Money, SharedProvider};
use nzimbu_journal::{Batch, Journal, JournalError, Timing};

use crate::batch::Checked;
use crate::lang::say;
use crate::moment;
use crate::trouble::Trouble;

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

/// Refuses a batch that somebody gave up.
pub(super) fn not_discarded(journal: &Journal, batch: &Batch) -> Result<(), Trouble> {
    let told = journal.discarded(batch).wait().map_err(|error| Trouble::journal(&error))?;
    let Some(told) = told else { return Ok(()) };
    let (id, at) = (batch.id, moment::utc(told.at));
    let trouble = Trouble::refused(
        "discarded",
        say!(
            "nothing was sent: this very file was given up as batch {id} at {at}",
            "rien n'a été envoyé : ce même fichier a été abandonné comme lot {id} à {at}",
        ),
    );
    Err(trouble.with_remedy(say!(
        "if it is to be paid after all, save it with a change, such as an empty line at its end",
        "s'il doit être payé malgré tout, enregistrez-le avec un changement, comme une ligne vide à la fin",
    )))
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
