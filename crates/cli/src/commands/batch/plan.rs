//! A file meets the journal: what is there already, and what is written down.

use std::collections::{BTreeMap, BTreeSet};

use nzimbu::{Country, Currency};
use nzimbu_journal::{Batch, Foreseen, Intent, Journal, PlannedRow, State, Stop, Timing};

use super::print::Problems;
use crate::args::Gateway;
use crate::batch::totals::{Group, Sum};
use crate::batch::{self, Checked, Row, RowsError};
use crate::lang::{Lang, Text, say};
use crate::trouble::Trouble;

/// What the journal knows of a file.
#[derive(Debug, Default)]
pub(super) struct Outlook {
    /// Rows that nobody has seen before.
    pub(super) fresh: u64,
    /// Rows that are in the journal as they are.
    pub(super) known: u64,
    /// Rows among these that came with another file, or alone.
    pub(super) elsewhere: u64,
    /// Rows that contradict what the journal has.
    pub(super) clashes: u64,
    /// What has still to be sent, by gateway and currency.
    pub(super) need: BTreeMap<(&'static str, Currency), Need>,
}

/// What has still to be sent.
#[derive(Debug, Default)]
pub(super) struct Need {
    pub(super) sum: Sum,
    /// Where it goes, as far as the rows say.
    pub(super) countries: BTreeSet<Option<Country>>,
}

/// A file of which everything is known, and the times by which its orders are settled.
pub(super) struct Plan<'a> {
    pub(super) file: &'a batch::Batch<'a, std::path::Path>,
    pub(super) checked: &'a Checked,
    pub(super) journal: &'a Journal,
    pub(super) timing: Timing,
}

/// A row on its way to the journal.
struct Waiting {
    line: u32,
    gateway: &'static str,
    amount: nzimbu::Money,
    country: Option<Country>,
}

impl Plan<'_> {
    /// Looks every row up, and writes nothing. What contradicts the journal is told.
    pub(super) fn outlook(&self, own: Option<i64>, problems: &mut Problems) -> Result<Outlook, Trouble> {
        let mut outlook = Outlook::default();
        self.chunks(|rows, intents| {
            let names = Gateway::ALL.map(Gateway::as_str);
            let told =
                self.journal.foresee(intents, &names).wait().map_err(|error| Trouble::journal(&error))?;
            for (row, foreseen) in rows.iter().zip(told) {
                let mut clash = |rule, told: &Text| {
                    outlook.clashes += 1;
                    problems.clash(row.line, rule, told)
                };
                let unsent = match foreseen {
                    Foreseen::Free => {
                        outlook.fresh += 1;
                        true
                    }
                    Foreseen::Known(entry) if entry.state == State::Planned && entry.batch != own => {
                        clash("planned_before", &planned_before(entry.batch))?;
                        false
                    }
                    Foreseen::Known(entry) => {
                        outlook.known += 1;
                        outlook.elsewhere += u64::from(entry.batch != own);
                        matches!(entry.state, State::Planned | State::Ready)
                    }
                    // Only a plan stands in the way, and a plan can be given up.
                    Foreseen::KeyReuse(entry) if entry.state == State::Planned => {
                        clash("planned_otherwise", &planned_otherwise(entry.batch))?;
                        false
                    }
                    Foreseen::Elsewhere(entry) if entry.state == State::Planned => {
                        clash("planned_otherwise", &planned_otherwise(entry.batch))?;
                        false
                    }
                    Foreseen::Elsewhere(entry) => {
                        clash("other_gateway", &other_gateway(&entry.gateway))?;
                        false
                    }
                    // A kind that comes later is no leave to send.
                    _ => {
                        clash("reference_reused", &reused())?;
                        false
                    }
                };
                if unsent {
                    let need = outlook.need.entry((row.gateway, row.amount.currency())).or_default();
                    need.sum.add(row.amount);
                    need.countries.insert(row.country);
                }
            }
            Ok(())
        })?;
        Ok(outlook)
    }

    /// Writes every row down. When it returns, the file was proven to be the one that was checked.
    pub(super) fn write(&self, batch: &Batch, stop: &Stop) -> Result<(), Trouble> {
        self.chunks(|rows, intents| {
            if stop.is_stopped() {
                return Err(stopped());
            }
            let told = self.journal.plan(batch, intents).wait().map_err(|error| Trouble::journal(&error))?;
            // Another process was faster since the rows were looked up.
            match rows.iter().zip(told).find(|(_, told)| *told == PlannedRow::KeyReuse) {
                None => Ok(()),
                Some((row, _)) => {
                    let (line, told) = (row.line, reused());
                    let (en, fr) = (told.english(), told.french());
                    let told = Text::new(format!("line {line}: {en}"), format!("ligne {line} : {fr}"));
                    Err(Trouble::refused("reference-reused", told))
                }
            }
        })
    }

    /// Hands over the rows some hundreds at a time.
    fn chunks(
        &self,
        mut take: impl FnMut(&[Waiting], Vec<Intent>) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let (mut rows, mut intents) = (Vec::new(), Vec::new());
        let read = self.file.rows(self.checked, |row| {
            let Row { line, reference, gateway, request } = row;
            let (amount, country) = (request.amount, Group::of(&request).country);
            rows.push(Waiting { line, gateway: gateway.id().as_str(), amount, country });
            let mut intent = Intent::payout(&*gateway, request, self.timing);
            intent.reference = Some(reference);
            intents.push(intent);
            if intents.len() < CHUNK {
                return Ok(());
            }
            let chunk = std::mem::take(&mut intents);
            take(&std::mem::take(&mut rows), chunk)
        });
        read.map_err(|error| match error {
            RowsError::Stopped(trouble) => trouble,
            RowsError::Unreadable(error) => {
                Trouble::usage(Text::new(error.message(Lang::En), error.message(Lang::Fr)))
            }
        })?;
        if intents.is_empty() { Ok(()) } else { take(&rows, intents) }
    }
}

fn stopped() -> Trouble {
    Trouble::unknown(
        "stopped",
        say!(
            "stopped before anything was sent; run the same command again to go on",
            "arrêté avant tout envoi ; relancez la même commande pour continuer",
        ),
    )
}

fn reused() -> Text {
    say!(
        "the reference was used before for another amount, recipient or order: a reference names one payout for ever, so \
         give this one a new reference if it is meant as well",
        "la référence a déjà servi pour un autre montant, bénéficiaire ou ordre : une référence nomme un versement pour \
         toujours, donc donnez-en une nouvelle si celui-ci est voulu aussi",
    )
}

fn other_gateway(gateway: &str) -> Text {
    say!(
        "the reference was given to {gateway} before, and would be paid twice: leave the row out, or give it a new \
         reference once that payout is known to have failed",
        "la référence a déjà été confiée à {gateway}, et serait payée deux fois : retirez la ligne, ou donnez-lui une \
         nouvelle référence une fois que ce versement a échoué avec certitude",
    )
}

fn planned_before(batch: Option<i64>) -> Text {
    let batch = number(batch);
    say!(
        "the row was planned with batch {batch}, which was never released: go on with that file, or give it up with \
         `nzimbu batch discard {batch} --person …`, or leave the row out here",
        "la ligne a été prévue avec le lot {batch}, jamais libéré : continuez avec ce fichier, ou abandonnez-le par \
         `nzimbu batch discard {batch} --person …`, ou retirez la ligne ici",
    )
}

fn planned_otherwise(batch: Option<i64>) -> Text {
    let batch = number(batch);
    say!(
        "the reference was planned with batch {batch} for another amount, recipient or gateway, and that batch was never \
         released: if this row is right, give that batch up with `nzimbu batch discard {batch} --person …`",
        "la référence a été prévue avec le lot {batch} pour un autre montant, bénéficiaire ou passerelle, et ce lot n'a \
         jamais été libéré : si cette ligne est la bonne, abandonnez-le par `nzimbu batch discard {batch} --person …`",
    )
}

fn number(batch: Option<i64>) -> String {
    batch.map_or_else(|| "?".to_owned(), |batch| batch.to_string())
}

/// How many rows are written down in one commit.
const CHUNK: usize = 500;
