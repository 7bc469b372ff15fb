//! The comparison: the export is kept in memory, the journal passes by row by row.

use std::collections::{BTreeMap, HashMap};

use nzimbu::Money;

use super::{Difference, ExportRow, ExportStatus, JournalRow, Kind};
use crate::batch::report::State;

/// An export to which a journal is compared.
#[derive(Debug, Default)]
pub(crate) struct Statement {
    rows: Vec<Kept>,
    by_order: HashMap<Box<str>, usize>,
    by_reference: HashMap<Box<str>, usize>,
    summary: Summary,
}

/// What a comparison came to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Summary {
    /// How many lines the export has, repeated ones among them.
    pub(crate) export_rows: u64,
    /// How many orders the journal has.
    pub(crate) journal_rows: u64,
    /// How many orders are on both sides and differ in nothing.
    pub(crate) matched: u64,
    /// How many differences there are of each kind.
    pub(crate) differences: BTreeMap<Kind, u64>,
}

#[derive(Debug)]
struct Kept {
    row: ExportRow,
    met: Met,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Met {
    No,
    Yes,
}

impl Statement {
    /// Takes a line of the export; a difference when it repeats an order.
    pub(crate) fn add(&mut self, row: ExportRow) -> Option<Difference> {
        self.summary.export_rows += 1;
        let known = self.find(row.order.as_deref(), row.gateway_reference.as_deref());
        if let Some(at) = known {
            let kept = &mut self.rows[at].row;
            let twice_paid = kept.status == ExportStatus::Succeeded && row.status == ExportStatus::Succeeded;
            let same = kept.gateway_reference == row.gateway_reference && kept.amount == row.amount;
            let kind = if twice_paid && !same { Kind::DuplicatePaid } else { Kind::Duplicate };
            let difference = Difference {
                kind,
                line: Some(row.line),
                reference: None,
                order: row.order.clone(),
                gateway_reference: row.gateway_reference.clone(),
                ours: None,
                theirs: Some((row.amount.as_ref().ok().copied(), row.status.clone())),
            };
            if let Some(reference) = &row.gateway_reference {
                self.by_reference.entry(reference.as_str().into()).or_insert(at);
            }
            // An export may list every step of an order; the most final line is the one that counts.
            if weight(&row.status) > weight(&kept.status) {
                *kept = row;
            }
            return Some(self.counted(difference));
        }
        let at = self.rows.len();
        if let Some(order) = &row.order {
            self.by_order.insert(order.as_str().into(), at);
        }
        if let Some(reference) = &row.gateway_reference {
            self.by_reference.insert(reference.as_str().into(), at);
        }
        self.rows.push(Kept { row, met: Met::No });
        None
    }

    /// Whether the export has an order of the journal.
    pub(crate) fn lists(&self, ours: &JournalRow) -> bool {
        self.find(Some(ours.order.as_str()), ours.gateway_reference.as_deref()).is_some()
    }

    /// Compares an order of the journal.
    pub(crate) fn compare(&mut self, ours: &JournalRow) -> Vec<Difference> {
        self.summary.journal_rows += 1;
        let found = self.find(Some(ours.order.as_str()), ours.gateway_reference.as_deref());
        let kinds = match found {
            None if is_expected(ours.state) => vec![Kind::MissingInExport],
            None => return Vec::new(),
            Some(at) => {
                self.rows[at].met = Met::Yes;
                kinds(ours, &self.rows[at].row)
            }
        };
        if kinds.is_empty() {
            self.summary.matched += 1;
        }
        let theirs = found.map(|at| &self.rows[at].row);
        let differences: Vec<_> = kinds
            .into_iter()
            .map(|kind| Difference {
                kind,
                line: theirs.map(|row| row.line),
                reference: Some(ours.reference.clone()),
                order: Some(ours.order.as_str().to_owned()),
                gateway_reference: theirs
                    .and_then(|row| row.gateway_reference.clone())
                    .or_else(|| ours.gateway_reference.clone()),
                ours: Some((ours.amount, ours.state)),
                theirs: theirs.map(|row| (row.amount.as_ref().ok().copied(), row.status.clone())),
            })
            .collect();
        differences.into_iter().map(|difference| self.counted(difference)).collect()
    }

    /// What the journal has not met, once all of it was compared.
    pub(crate) fn finish(mut self) -> (Vec<Difference>, Summary) {
        let left = std::mem::take(&mut self.rows).into_iter().filter(|kept| kept.met == Met::No);
        let missing: Vec<_> = left
            .map(|Kept { row, .. }| Difference {
                kind: Kind::MissingInJournal,
                line: Some(row.line),
                reference: None,
                order: row.order,
                gateway_reference: row.gateway_reference,
                ours: None,
                theirs: Some((row.amount.ok(), row.status)),
            })
            .collect();
        let missing = missing.into_iter().map(|difference| self.counted(difference)).collect();
        (missing, self.summary)
    }

    fn find(&self, order: Option<&str>, reference: Option<&str>) -> Option<usize> {
        let by_order = order.and_then(|order| self.by_order.get(order));
        by_order.or_else(|| reference.and_then(|reference| self.by_reference.get(reference))).copied()
    }

    fn counted(&mut self, difference: Difference) -> Difference {
        *self.summary.differences.entry(difference.kind).or_default() += 1;
        difference
    }
}

fn kinds(ours: &JournalRow, theirs: &ExportRow) -> Vec<Kind> {
    let mut kinds = Vec::new();
    if theirs.order.as_deref().is_some_and(|order| order != ours.order.as_str()) {
        kinds.push(Kind::Order);
    }
    if let (Some(told), Some(listed)) = (&ours.gateway_reference, &theirs.gateway_reference)
        && told != listed
    {
        kinds.push(Kind::Reference);
    }
    match &theirs.amount {
        Err(_) => kinds.push(Kind::AmountUnreadable),
        Ok(amount) if amount.currency() != ours.amount.currency() => kinds.push(Kind::Currency),
        Ok(amount) if *amount != ours.amount => kinds.push(Kind::Amount),
        Ok(_) => {}
    }
    match (&theirs.status, ours.state) {
        (ExportStatus::Unrecognized, _) => kinds.push(Kind::StatusUnrecognized),
        (_, State::Planned | State::Ready) => kinds.push(Kind::Status),
        (ExportStatus::Succeeded | ExportStatus::None, State::Succeeded)
        | (ExportStatus::Failed, State::Cancelled | State::Expired | State::Failed | State::Rejected)
        | (ExportStatus::Pending, State::Accepted | State::Sending | State::Unknown) => {}
        // Without a status it may be either.
        (ExportStatus::None, State::Accepted | State::Sending | State::Unknown) => {}
        _ => kinds.push(Kind::Status),
    }
    kinds
}

/// Whether an order of this state should be in the export. What was not sent or not paid may be left out of it.
fn is_expected(state: State) -> bool {
    matches!(state, State::Accepted | State::Sending | State::Succeeded | State::Unknown)
}

fn weight(status: &ExportStatus) -> u8 {
    match status {
        ExportStatus::Succeeded => 4,
        ExportStatus::Failed => 3,
        ExportStatus::Pending => 2,
        ExportStatus::Unrecognized => 1,
        ExportStatus::None => 0,
    }
}

/// Whether one amount is a hundred times the other: minor units taken for major ones, or the reverse.
pub(super) fn is_hundredfold(one: Money, other: Money) -> bool {
    let times = |one: Money, other: Money| one.minor().checked_mul(100) == Some(other.minor());
    times(one, other) || times(other, one)
}
