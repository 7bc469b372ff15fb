//! Many orders written down together, and released together.

use nzimbu_core::{PaymentProvider, UnixTime};

use super::{Journal, JournalError, Tried};
use crate::apply::{self, Planned};
use crate::entry::Entry;
use crate::error::JournalErrorKind;
use crate::intent::Intent;
use crate::reply::Reply;
use crate::row::Key;
use crate::rules::{Rules, Timing};
use crate::state::State;
use crate::store::{BatchRow, Tx};

/// Orders that came from one file or one decision. The same digest is the same batch.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Batch {
    /// Its number.
    pub id: i64,
    /// SHA-256 of the file.
    pub digest: [u8; 32],
    /// A name for people.
    pub label: Box<str>,
    /// When it was first planned.
    pub created_at: UnixTime,
    /// When it was released; only then is anything of it sent.
    pub released_at: Option<UnixTime>,
    /// Who released it.
    pub released_by: Option<Box<str>>,
}

/// That a batch was given up before it was released.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Discarded {
    /// When.
    pub at: UnixTime,
    /// Who gave it up.
    pub by: Box<str>,
}

impl From<BatchRow> for Batch {
    fn from(row: BatchRow) -> Self {
        let BatchRow { id, digest, label, created_at, released_at, released_by } = row;
        Self { id, digest, label, created_at, released_at, released_by }
    }
}

/// What became of one row of a batch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PlannedRow {
    /// It is written down.
    New,
    /// The same request was written down before, and stands here.
    Known(State),
    /// Its order id is taken by another request: the same reference with another amount or recipient.
    KeyReuse,
}

/// What planning an intent would find.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Foreseen {
    /// Nothing: it would be written down.
    Free,
    /// The same request, which stands here.
    Known(Entry),
    /// Another request under the same order id.
    KeyReuse(Entry),
    /// The same order id at another gateway: planned here as well, it could be paid twice.
    Elsewhere(Entry),
}

impl Journal {
    /// Opens a batch, or finds the one of the same digest: the same file again is a resume.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn open_batch(&self, digest: [u8; 32], label: &str) -> Reply<Batch> {
        let label: Box<str> = label.into();
        self.write_then(
            move |tx, now| {
                let row = BatchRow {
                    id: 0,
                    digest,
                    label: label.clone(),
                    created_at: now,
                    released_at: None,
                    released_by: None,
                };
                Ok(Ok(tx.batch(&row)?))
            },
            Batch::from,
        )
    }

    /// The batch of a file with this digest.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn find_batch(&self, digest: [u8; 32]) -> Reply<Option<Batch>> {
        self.submit(
            super::Lane::Read,
            move |tx, _| Ok(Ok(tx.find_batch_by_digest(&digest)?)),
            |row| row.map(Batch::from),
        )
    }

    /// The batch of this number.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn batch(&self, id: i64) -> Reply<Option<Batch>> {
        self.submit(super::Lane::Read, move |tx, _| Ok(Ok(tx.find_batch(id)?)), |row| row.map(Batch::from))
    }

    /// The batches behind this number, in order.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn batches(&self, after: i64, most: usize) -> Reply<Vec<Batch>> {
        self.submit(
            super::Lane::Read,
            move |tx, _| Ok(Ok(tx.batches(after, most)?)),
            |rows| rows.into_iter().map(Batch::from).collect(),
        )
    }

    /// Writes intents down without sending any. All of these are durable when the reply comes, or none is; planning
    /// the same again changes nothing. Hand in some hundreds at a time.
    ///
    /// # Errors
    /// When the batch was discarded, or the journal cannot be written. A reused key is no error of the whole: see
    /// [`PlannedRow`].
    pub fn plan(&self, batch: &Batch, intents: Vec<Intent>) -> Reply<Vec<PlannedRow>> {
        let batch = batch.id;
        self.write_then(
            move |tx, now| {
                if tx.meta(&discarded(batch))?.is_some() {
                    return Ok(Err(refused("the batch was discarded: its rows belong into another one")));
                }
                Ok(Ok(apply::plan(tx, &intents, Some(batch), now)?))
            },
            |planned| {
                let row = |planned| match planned {
                    Planned::New => PlannedRow::New,
                    Planned::Known(state) => PlannedRow::Known(state),
                    Planned::KeyReuse => PlannedRow::KeyReuse,
                };
                planned.into_iter().map(row).collect()
            },
        )
    }

    /// What [`plan`](Self::plan) would find for each of these, without writing anything. `gateways` are those at which
    /// the same order id is looked for as well.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn foresee(&self, intents: Vec<Intent>, gateways: &[&str]) -> Reply<Vec<Foreseen>> {
        let gateways: Vec<Box<str>> = gateways.iter().map(|gateway| (*gateway).into()).collect();
        self.read(move |tx, _| {
            let mut foreseen = Vec::with_capacity(intents.len());
            for intent in &intents {
                let (own, operation, order) = (intent.gateway.as_str(), intent.operation(), intent.order());
                let found = match tx.find(&Key::of(own, operation, order.as_str()))? {
                    Some(row) if row.digest == intent.request.digest() => Foreseen::Known(Entry::from(&row)),
                    Some(row) => Foreseen::KeyReuse(Entry::from(&row)),
                    None => {
                        let mut elsewhere = Foreseen::Free;
                        for gateway in gateways.iter().filter(|gateway| ***gateway != *own) {
                            if let Some(row) = tx.find(&Key::of(gateway, operation, order.as_str()))? {
                                elsewhere = Foreseen::Elsewhere(Entry::from(&row));
                            }
                        }
                        elsewhere
                    }
                };
                foreseen.push(found);
            }
            Ok(Ok(foreseen))
        })
    }

    /// Notes that a batch is released, and by whom. Then release its rows with [`release`](Self::release).
    ///
    /// # Errors
    /// When there is no such batch, it was discarded, or the journal cannot be written.
    pub fn approve_batch(&self, batch: &Batch, person: &str) -> Reply<Batch> {
        let (id, person): (_, Box<str>) = (batch.id, person.into());
        self.write_then(
            move |tx, now| {
                let Some(mut row) = tx.find_batch(id)? else {
                    return Ok(Err(JournalError::not_found("batch")));
                };
                if tx.meta(&discarded(id))?.is_some() {
                    return Ok(Err(refused("the batch was discarded: nothing of it can be released")));
                }
                if row.released_at.is_none() {
                    row.released_at = Some(now);
                    row.released_by = Some(person.clone());
                    tx.update_batch(&row)?;
                }
                Ok(Ok(row))
            },
            Batch::from,
        )
    }

    /// Releases up to `most` rows of an approved batch behind `after` (0 at first), of this gateway: they may be sent
    /// from now on. Returns where to go on, or none at the end. Interrupted, it is simply begun again.
    ///
    /// # Errors
    /// When the batch was not approved, or the journal cannot be written.
    pub fn release(
        &self,
        batch: &Batch,
        provider: &dyn PaymentProvider,
        timing: Timing,
        after: i64,
        most: usize,
    ) -> Reply<Option<i64>> {
        let id = batch.id;
        let gateway = provider.id().as_str();
        let ways = [nzimbu_core::Operation::Payment, nzimbu_core::Operation::Payout]
            .map(|operation| (operation, Rules::new(&provider.capabilities(operation), timing)));
        self.write(move |tx: &mut dyn Tx, now| -> Tried<Option<i64>> {
            if tx.find_batch(id)?.is_none_or(|row| row.released_at.is_none()) {
                return Ok(Err(refused("the batch was not approved")));
            }
            let rules = |row: &crate::row::Row| {
                let way = ways.iter().find(|(operation, _)| *operation == row.operation);
                way.filter(|_| *row.gateway == *gateway).map(|(_, rules)| *rules)
            };
            Ok(Ok(apply::release(tx, id, rules, after, most, now)?))
        })
    }

    /// Gives up to `most` rows up of a batch that was never released, behind `after` (0 at first): they end as
    /// cancelled, with who did it and why in their histories, and their order ids are free for another batch. Returns
    /// where to go on, or none at the end. Interrupted, it is simply begun again.
    ///
    /// # Errors
    /// When nobody is named, there is no such batch, it was released, or the journal cannot be written.
    pub fn discard(
        &self,
        batch: &Batch,
        person: &str,
        reason: &str,
        after: i64,
        most: usize,
    ) -> Reply<Option<i64>> {
        if person.trim().is_empty() {
            return Reply::ready(Err(refused("a batch is discarded by a person: name one")));
        }
        let (id, person, reason) = (batch.id, person.to_owned(), reason.to_owned());
        self.write(move |tx, now| {
            match tx.find_batch(id)? {
                None => return Ok(Err(JournalError::not_found("batch"))),
                Some(row) if row.released_at.is_some() => {
                    return Ok(Err(refused("the batch was released, so that rows of it may have been sent")));
                }
                Some(_) => {}
            }
            let name = discarded(id);
            if tx.meta(&name)?.is_none() {
                tx.set_meta(&name, &format!("{} {person}", now.millis))?;
            }
            Ok(Ok(apply::discard(tx, id, &person, &reason, after, most, now)?))
        })
    }

    /// Whether a batch was discarded, when and by whom.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn discarded(&self, batch: &Batch) -> Reply<Option<Discarded>> {
        let name = discarded(batch.id);
        self.submit(
            super::Lane::Read,
            move |tx, _| Ok(Ok(tx.meta(&name)?)),
            |told| {
                let told = told?;
                let (millis, by) = told.split_once(' ')?;
                Some(Discarded { at: UnixTime { millis: millis.parse().ok()? }, by: by.into() })
            },
        )
    }
}

/// The name under which it is remembered that a batch was discarded.
fn discarded(batch: i64) -> String {
    format!("discarded batch {batch}")
}

fn refused(told: &str) -> JournalError {
    JournalError::new(JournalErrorKind::Refused, told)
}
