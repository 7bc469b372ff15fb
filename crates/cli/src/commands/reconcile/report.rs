//! What is seen of the work: a moving line on a terminal, plain lines elsewhere, events for programs.

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use nzimbu::UnixTime;
use nzimbu_journal::{Cashier, Closed, Filter};
use serde::Serialize;

use super::tally::{Done, Standing, Tally};
use super::work::Until;
use crate::commands::standing;
use crate::lang::{Text, say};
use crate::moment;
use crate::output::{self, Style};
use crate::screen;
use crate::trouble::Trouble;
use crate::words;

pub(super) struct Report {
    style: Style,
    until: Until,
    bar: Option<ProgressBar>,
    told: Done,
    told_at: Instant,
    closed: Vec<(&'static str, Closed)>,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event<'a> {
    Progress(Done),
    Closed(ClosedRecord),
    Summary {
        #[serde(flatten)]
        done: Done,
        open: Vec<StateCount>,
        needs_people: u64,
        planned: u64,
        closed: Vec<ClosedRecord>,
        /// The first of those that wait for a person.
        orders: Vec<standing::Record<'a>>,
    },
}

#[derive(Serialize)]
struct StateCount {
    state: &'static str,
    orders: u64,
}

#[derive(Serialize)]
struct ClosedRecord {
    gateway: &'static str,
    why: &'static str,
    /// Milliseconds since 1970.
    until: i64,
}

impl Report {
    pub(super) fn begin(style: Style, until: Until) -> Self {
        let shown = style == Style::People && io::stderr().is_terminal();
        let bar = shown.then(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        let report =
            Self { style, until, bar, told: Done::default(), told_at: Instant::now(), closed: Vec::new() };
        if until == Until::Stopped {
            report.note(&say!("working until Ctrl-C or SIGTERM", "au travail jusqu'à Ctrl-C ou SIGTERM"));
        }
        report
    }

    /// Tells what is new, at most once a second.
    pub(super) fn tick(&mut self, cashier: &Cashier, tally: &Tally) {
        let done = tally.done();
        if let Some(bar) = &self.bar {
            bar.set_message(line(done).to_string());
        }
        if self.told_at.elapsed() < PACE {
            return;
        }
        let closed = cashier.closed();
        let new: Vec<_> =
            closed.iter().filter(|(name, why, _)| !self.closed.contains(&(*name, *why))).collect();
        for (gateway, why, until) in new {
            match self.style {
                Style::Json => self.event(&Event::Closed(ClosedRecord::new((*gateway, *why, *until)))),
                Style::People => self.note(&left_alone((*gateway, *why, *until))),
            }
        }
        self.closed = closed.iter().map(|(name, why, _)| (*name, *why)).collect();
        if done == self.told {
            return;
        }
        // On a terminal the moving line says it; a worker's log shows what ended, not every question.
        let worth = done.sent != self.told.sent
            || done.ended != self.told.ended
            || done.handed_over != self.told.handed_over
            || self.until != Until::Stopped;
        match self.style {
            Style::Json => self.event(&Event::Progress(done)),
            Style::People if self.bar.is_none() && worth => self.note(&line(done)),
            Style::People => {}
        }
        self.told = done;
        self.told_at = Instant::now();
    }

    /// Tells how much is left.
    pub(super) fn open(&self, standing: &Standing) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{} · {}", line(self.told), left(standing)));
        }
    }

    pub(super) fn end(self, cashier: &Cashier, tally: &Tally, standing: &Standing) -> Result<(), Trouble> {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let mut filter = Filter::default();
        filter.needs_people = true;
        let orders = match standing.waiting() {
            0 => Vec::new(),
            _ => {
                cashier.journal().list(&filter, 0, SHOWN).wait().map_err(|error| Trouble::journal(&error))?
            }
        };
        let (done, closed) = (tally.done(), cashier.closed());
        if self.style == Style::Json {
            let states = standing.open_by_state().into_iter();
            output::json(&Event::Summary {
                done,
                open: states.map(|(state, orders)| StateCount { state: state.as_str(), orders }).collect(),
                needs_people: standing.waiting(),
                planned: standing.planned(),
                closed: closed.into_iter().map(ClosedRecord::new).collect(),
                orders: orders.iter().map(|(_, entry)| standing::record(entry)).collect(),
            })?;
            return Ok(());
        }
        output::line(line(done))?;
        for one in closed {
            output::line(left_alone(one))?;
        }
        output::line(left(standing))?;
        if !orders.is_empty() {
            output::line(say!("\nThese wait for a person:", "\nCelles-ci attendent une personne :"))?;
            let entries: Vec<_> = orders.iter().map(|(_, entry)| entry).collect();
            output::line(standing::table(&entries))?;
            output::line(say!(
                "Look at each with `nzimbu journal show ORDER`, and decide with `nzimbu resolve ORDER`.",
                "Regardez chacune avec `nzimbu journal show COMMANDE`, et décidez avec `nzimbu resolve COMMANDE`.",
            ))?;
        }
        Ok(())
    }

    fn event(&self, event: &Event<'_>) {
        // Whoever no longer reads is told by the summary's failure.
        let _ = output::json(event);
    }

    fn note(&self, told: &Text) {
        match (&self.bar, self.style) {
            (_, Style::Json) => {}
            (Some(bar), _) => bar.println(screen::wrapped_beside(&told.to_string(), 0)),
            (None, _) => screen::note(&told.to_string(), 0),
        }
    }
}

impl ClosedRecord {
    fn new((gateway, why, until): (&'static str, Closed, UnixTime)) -> Self {
        Self { gateway, why: words::closed(why).0, until: until.millis }
    }
}

fn line(done: Done) -> Text {
    let Done { sent, asked, ended, handed_over } = done;
    say!(
        "{asked} asked, {sent} sent, {ended} ended, {handed_over} handed over",
        "{asked} questions, {sent} envois, {ended} terminées, {handed_over} confiées à une personne",
    )
}

fn left(standing: &Standing) -> Text {
    let mut english = Vec::new();
    let mut french = Vec::new();
    for (state, orders) in standing.open_by_state() {
        let word = words::state(state);
        english.push(format!("{orders} {}", word.english()));
        french.push(format!("{orders} {}", word.french()));
    }
    let mut add = |count: u64, told: Text| {
        if count > 0 {
            english.push(told.english().to_owned());
            french.push(told.french().to_owned());
        }
    };
    let waiting = standing.waiting();
    add(waiting, say!("{waiting} waiting for a person", "{waiting} en attente d'une personne"));
    let planned = standing.planned();
    add(planned, say!("{planned} planned and not released", "{planned} prévues et non libérées"));
    if english.is_empty() {
        return say!("everything has ended", "tout est terminé");
    }
    Text::new(format!("left: {}", english.join(", ")), format!("reste : {}", french.join(", ")))
}

fn left_alone((gateway, why, until): (&'static str, Closed, UnixTime)) -> Text {
    let (_, why) = words::closed(why);
    let until = moment::utc(until);
    let (en, fr) = (why.english(), why.french());
    Text::new(
        format!("{gateway} is left alone until {until}: {en}"),
        format!("{gateway} est laissée en paix jusqu'à {until} : {fr}"),
    )
}

/// How many of the orders that wait for a person are shown.
const SHOWN: usize = 20;
const PACE: Duration = Duration::from_secs(1);
