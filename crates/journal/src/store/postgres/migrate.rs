//! The tables, version by version.

use sha2::{Digest as _, Sha256};
use tokio_postgres::Client;

use super::session::OpenError;
use crate::detail::hex;

/// Every version's step from the one before. A step that was published is never altered.
const STEPS: [&str; 2] = [
    include_str!("../../../migrations/postgres/0001_journal.sql"),
    include_str!("../../../migrations/postgres/0002_twin.sql"),
];

/// Brings the tables to this version, all steps in one transaction, one process at a time.
pub(super) async fn migrate(client: &mut Client, schema: &str) -> Result<(), OpenError> {
    if is_current(client, &STEPS).await? {
        return Ok(());
    }
    step(client, schema, &STEPS).await
}

async fn step(client: &mut Client, schema: &str, steps: &[&str]) -> Result<(), OpenError> {
    let transaction = client.transaction().await?;
    transaction
        .execute("SELECT pg_advisory_xact_lock(hashtextextended('nzimbu ' || $1, 0))", &[&schema])
        .await?;
    // To make what exists needs more rights than to see it.
    let known = transaction.query("SELECT 1 FROM pg_namespace WHERE nspname = $1", &[&schema]).await?;
    if known.is_empty() {
        transaction.batch_execute(&format!("CREATE SCHEMA \"{schema}\"")).await?;
    }
    if transaction.query("SELECT 1 WHERE to_regclass('schema_version') IS NOT NULL", &[]).await?.is_empty() {
        transaction
            .batch_execute(
                "CREATE TABLE schema_version (version integer PRIMARY KEY, checksum text NOT NULL, \
                 applied_at timestamptz NOT NULL DEFAULT now())",
            )
            .await?;
    }
    let applied =
        transaction.query("SELECT version, checksum FROM schema_version ORDER BY version", &[]).await?;
    let applied = compare(applied.iter().map(|row| (row.get(0), row.get(1))), steps)?;
    for (place, text) in steps.iter().enumerate().skip(applied) {
        transaction.batch_execute(text).await?;
        let version = i32::try_from(place + 1).unwrap_or(i32::MAX);
        transaction
            .execute(
                "INSERT INTO schema_version (version, checksum) VALUES ($1, $2)",
                &[&version, &checksum(text)],
            )
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Whether nothing is to be done; asks without a lock.
async fn is_current(client: &Client, steps: &[&str]) -> Result<bool, OpenError> {
    if client.query("SELECT 1 WHERE to_regclass('schema_version') IS NOT NULL", &[]).await?.is_empty() {
        return Ok(false);
    }
    let applied = client.query("SELECT version, checksum FROM schema_version ORDER BY version", &[]).await?;
    Ok(compare(applied.iter().map(|row| (row.get(0), row.get(1))), steps)? == steps.len())
}

/// How many steps were applied; fails where they are not ours.
fn compare(applied: impl Iterator<Item = (i32, String)>, steps: &[&str]) -> Result<usize, OpenError> {
    let mut count = 0;
    for (version, sum) in applied {
        let Some(text) = usize::try_from(version - 1).ok().and_then(|place| steps.get(place)) else {
            return Err(OpenError::Unfit(format!(
                "the journal's tables are of version {version}, and this program knows {} at most: upgrade the program",
                steps.len()
            )));
        };
        if checksum(text) != sum {
            return Err(OpenError::Unfit(format!(
                "step {version} of the journal's tables is not the one that this program knows: it was made by \
                 another build, or altered by hand"
            )));
        }
        count += 1;
    }
    Ok(count)
}

fn checksum(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::{checksum, compare};

    #[test]
    fn newer_tables_and_other_steps_are_refused() {
        let steps = ["one", "two"];
        let applied = |texts: &[&str]| {
            let rows: Vec<_> = (1..).zip(texts.iter().map(|text| checksum(text))).collect();
            compare(rows.into_iter(), &steps)
        };
        assert_eq!(applied(&[]).unwrap(), 0);
        assert_eq!(applied(&["one"]).unwrap(), 1);
        assert_eq!(applied(&["one", "two"]).unwrap(), 2);
        let newer = applied(&["one", "two", "three"]).unwrap_err().to_string();
        assert!(newer.contains("version 3") && newer.contains("upgrade"), "{newer}");
        let other = applied(&["one", "zwei"]).unwrap_err().to_string();
        assert!(other.contains("step 2"), "{other}");
    }
}
