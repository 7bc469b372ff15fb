//! Where the rows of a batch stand.

use std::collections::BTreeMap;

use nzimbu::Currency;
use nzimbu_journal::{Count, Journal, JournalError, State};
use serde::Serialize;

use crate::batch::report::numbers::amount_on_screen;
use crate::batch::totals::decimal;
use crate::lang::Text;
use crate::trouble;
use crate::words;

/// Rows by state, apart where people have to look.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally(Vec<Count>);

/// What `--json` prints of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Record {
    pub(super) rows: u64,
    planned: u64,
    ready: u64,
    sending: u64,
    accepted: u64,
    unknown: u64,
    succeeded: u64,
    failed: u64,
    rejected: u64,
    expired: u64,
    cancelled: u64,
    needs_people: u64,
    open: u64,
}

impl Tally {
    pub(super) fn of(journal: &Journal, batch: i64) -> Result<Self, JournalError> {
        journal.counts(Some(batch)).wait().map(Self)
    }

    pub(super) fn rows(&self) -> u64 {
        self.count(|_| true)
    }

    /// Rows in this state with which a machine can go on, or that have ended without a doubt.
    pub(super) fn state(&self, state: State) -> u64 {
        self.count(|count| count.state == state && !count.flags.needs_people())
    }

    /// Rows that wait for a person.
    pub(super) fn people(&self) -> u64 {
        self.count(|count| count.flags.needs_people())
    }

    /// Rows that have still to be sent, or are being sent.
    pub(super) fn unsent(&self) -> u64 {
        self.state(State::Ready) + self.state(State::Sending)
    }

    /// Rows with which a machine goes on once they are released.
    pub(super) fn open(&self) -> u64 {
        self.unsent() + self.state(State::Accepted) + self.state(State::Unknown)
    }

    /// Rows that ended otherwise than paid.
    pub(super) fn unpaid(&self) -> u64 {
        let states = [State::Failed, State::Rejected, State::Expired, State::Cancelled];
        states.into_iter().map(|state| self.state(state)).sum()
    }

    /// Rows that have ended or wait for a person.
    pub(super) fn done(&self) -> u64 {
        self.state(State::Succeeded) + self.unpaid() + self.people()
    }

    /// The exit status of a batch that stands so.
    pub(super) fn exit(&self) -> u8 {
        match (self.open() + self.people() + self.state(State::Planned), self.unpaid()) {
            (0, 0) => 0,
            (0, _) => trouble::REFUSED,
            _ => trouble::UNKNOWN,
        }
    }

    pub(super) fn record(&self) -> Record {
        Record {
            rows: self.rows(),
            planned: self.state(State::Planned),
            ready: self.state(State::Ready),
            sending: self.state(State::Sending),
            accepted: self.state(State::Accepted),
            unknown: self.state(State::Unknown),
            succeeded: self.state(State::Succeeded),
            failed: self.state(State::Failed),
            rejected: self.state(State::Rejected),
            expired: self.state(State::Expired),
            cancelled: self.state(State::Cancelled),
            needs_people: self.people(),
            open: self.open(),
        }
    }

    /// Every state that there is, with rows and money for people: `("succeeded", 12, "12,000 XOF")`.
    pub(super) fn lines(&self) -> Vec<(Text, u64, String)> {
        let mut lines: BTreeMap<(State, bool, &str), (u64, u128)> = BTreeMap::new();
        for count in &self.0 {
            let place = (count.state, count.flags.needs_people(), &*count.currency);
            let line = lines.entry(place).or_default();
            line.0 += count.orders;
            line.1 += count.minor;
        }
        let line = |((state, people, currency), (orders, minor)): ((State, bool, &str), (u64, u128))| {
            let word = words::state(state);
            let told = if people {
                Text::new(
                    format!("{}, for a person", word.english()),
                    format!("{}, pour une personne", word.french()),
                )
            } else {
                word
            };
            (told, orders, on_screen(minor, currency))
        };
        lines.into_iter().map(line).collect()
    }

    /// What was asked for in all, in each currency.
    pub(super) fn totals(&self) -> Vec<String> {
        self.sums().into_iter().map(|(currency, minor)| money(minor, currency)).collect()
    }

    /// The same for people.
    pub(super) fn totals_on_screen(&self) -> String {
        let each = self.sums().into_iter().map(|(currency, minor)| on_screen(minor, currency));
        each.collect::<Vec<_>>().join(", ")
    }

    fn sums(&self) -> BTreeMap<&str, u128> {
        let mut sums = BTreeMap::new();
        for count in &self.0 {
            *sums.entry(&*count.currency).or_default() += count.minor;
        }
        sums
    }

    fn count(&self, fits: impl Fn(&Count) -> bool) -> u64 {
        self.0.iter().filter(|count| fits(count)).map(|count| count.orders).sum()
    }
}

fn on_screen(minor: u128, code: &str) -> String {
    match Currency::parse(code) {
        Ok(currency) => format!("{} {code}", amount_on_screen(minor, currency)),
        Err(_) => money(minor, code),
    }
}

/// A sum as `12500 XOF`. A currency that this version does not know is shown in minor units.
fn money(minor: u128, code: &str) -> String {
    match Currency::parse(code) {
        Ok(currency) => format!("{} {code}", decimal(minor, currency)),
        Err(_) => format!("{minor} {code}"),
    }
}
