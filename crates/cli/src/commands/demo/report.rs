//! What people and programs get to see of a demo.

use std::fmt;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle, presets};
use indicatif::{MultiProgress, ProgressBar};
use nzimbu::{GatewayRef, Money};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use super::steps::{CREATED, SUCCEEDED, Step, UNSUPPORTED};
use crate::output;

/// One step at one gateway under one driver.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) gateway: &'static str,
    pub(super) driver: &'static str,
    pub(super) step: Step,
    pub(super) status: &'static str,
    pub(super) money: Option<Money>,
    pub(super) reference: Option<GatewayRef>,
    /// Why it failed, in words.
    pub(super) failure: Option<String>,
}

impl Row {
    pub(super) fn is_failed(&self) -> bool {
        ![SUCCEEDED, CREATED, UNSUPPORTED].contains(&self.status)
    }

    /// Where it stands in the report.
    pub(super) fn place(&self) -> (&'static str, &'static str, Step) {
        (self.gateway, self.driver, self.step)
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut record = serializer.serialize_struct("Row", 7)?;
        record.serialize_field("gateway", self.gateway)?;
        record.serialize_field("driver", self.driver)?;
        record.serialize_field("operation", self.step.as_str())?;
        record.serialize_field("status", self.status)?;
        record.serialize_field("amount", &self.money.map(Money::to_major))?;
        record.serialize_field("currency", &self.money.map(|money| money.currency().code()))?;
        record.serialize_field("reference", &self.reference.as_ref().map(GatewayRef::as_str))?;
        record.end()
    }
}

/// All rows, for people.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) rows: Vec<Row>,
    pub(super) took: Duration,
}

impl Report {
    /// Whether everything that the gateways can do was done.
    pub(super) fn is_good(&self) -> bool {
        !self.rows.is_empty() && !self.rows.iter().any(Row::is_failed)
    }

    /// What failed, and why.
    pub(super) fn failures(&self) -> impl Iterator<Item = String> {
        self.rows.iter().filter(|row| row.is_failed()).map(|row| {
            let why = row.failure.as_deref().unwrap_or(row.status);
            format!("{} {} {}: {why}", row.gateway, row.driver, row.step.as_str())
        })
    }

    fn count(&self, status: &str) -> usize {
        self.rows.iter().filter(|row| row.status == status).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(LOOK);
        table.set_header(["gateway", "driver", "operation", "status", "amount", "reference"]);
        let mut group = None;
        for row in &self.rows {
            let now = Some((row.gateway, row.driver));
            let (gateway, driver) = if now == group { ("", "") } else { (row.gateway, row.driver) };
            group = now;
            let amount = row.money.map_or_else(String::new, |money| money.to_string());
            let reference = row.reference.as_ref().map_or_else(String::new, |told| shortened(told.as_str()));
            table.add_row([gateway, driver, row.step.as_str(), row.status, &amount, &reference]);
        }
        if let Some(column) = table.column_mut(4) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        writeln!(f, "{table}")?;
        for told in self.failures() {
            writeln!(f, "{told}")?;
        }
        write!(
            f,
            "{} succeeded, {} created (no documented call can follow them), {} not offered by the gateway, \
             {} failed, in {} ms",
            self.count(SUCCEEDED),
            self.count(CREATED),
            self.count(UNSUPPORTED),
            self.failures().count(),
            self.took.as_millis(),
        )
    }
}

/// CinetPay's payment tokens have more than a hundred characters; `--json` has them whole.
fn shortened(reference: &str) -> String {
    if reference.chars().count() <= MOST_REFERENCE {
        return reference.to_owned();
    }
    let kept: String = reference.chars().take(MOST_REFERENCE - 1).collect();
    kept + "…"
}

/// Lines around the table and below its head, none between the rows.
const LOOK: TableStyle = TableStyle { row_separator: LineStyle::none(), ..presets::UTF8_HORIZONTAL_ONLY };

const MOST_REFERENCE: usize = 32;

/// What is going on, on standard error: a spinner for each job on a terminal, plain lines elsewhere.
#[derive(Debug)]
pub(super) struct Progress(Option<MultiProgress>);

impl Progress {
    pub(super) fn new() -> Self {
        Self(io::stderr().is_terminal().then(MultiProgress::new))
    }

    /// The line of one job.
    pub(super) fn line(&self, name: String) -> ProgressLine {
        let bar = self.0.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new_spinner());
            bar.enable_steady_tick(Duration::from_millis(80));
            bar
        });
        ProgressLine { name, bar }
    }

    pub(super) fn clear(&self) {
        if let Some(bars) = &self.0 {
            // A terminal that cannot be cleared is the only thing that can fail here.
            let _ = bars.clear();
        }
    }
}

/// The progress of one job.
#[derive(Debug)]
pub(super) struct ProgressLine {
    name: String,
    bar: Option<ProgressBar>,
}

impl ProgressLine {
    pub(super) fn begin(&self, step: Step) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{}: {}", self.name, step.as_str()));
        }
    }

    pub(super) fn end(&self, step: Step, status: &str) {
        if self.bar.is_none() {
            output::note(&format!("{} {}: {status}", self.name, step.as_str()));
        }
    }
}
