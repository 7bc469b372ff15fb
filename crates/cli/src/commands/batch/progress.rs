//! What is seen of a batch under way: a bar on a terminal, plain lines elsewhere, events for programs.

use std::collections::VecDeque;
use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use nzimbu::UnixTime;
use nzimbu_journal::{Closed, State};
use serde::Serialize;

use super::tally::{Record, Tally};
use crate::lang::{Text, say};
use crate::moment;
use crate::output::{self, Style};
use crate::screen;
use crate::words;

pub(super) struct Progress {
    style: Style,
    bar: Option<ProgressBar>,
    pace: Pace,
    told: Option<(Instant, u64)>,
    closed: Vec<(&'static str, Closed)>,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    Progress {
        #[serde(flatten)]
        tally: Record,
        /// Steps in a minute: each row is sent and ends.
        steps_per_minute: u64,
        seconds_left: Option<u64>,
    },
    Closed {
        gateway: &'static str,
        why: &'static str,
        /// Milliseconds since 1970.
        until: i64,
    },
    Stopping,
}

impl Progress {
    pub(super) fn begin(style: Style) -> Self {
        let shown = style == Style::People && io::stderr().is_terminal();
        let bar = shown.then(|| {
            let look = ProgressStyle::with_template("{wide_bar} {percent:>3}%\n{msg}");
            let bar = ProgressBar::new(0);
            bar.with_style(look.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { style, bar, pace: Pace::default(), told: None, closed: Vec::new() }
    }

    /// Tells where the batch stands; on a terminal each time, elsewhere every few seconds.
    pub(super) fn show(&mut self, tally: &Tally) {
        let steps = steps(tally);
        self.pace.note(Instant::now(), steps.0);
        let left = self.pace.left(steps.1 - steps.0);
        if let Some(bar) = &self.bar {
            bar.set_length(steps.1);
            bar.set_position(steps.0);
            bar.set_message(broken(&line(tally, self.pace.per_minute(), left).to_string()));
            return;
        }
        let is_news = self.told.is_none_or(|(_, told)| told != steps.0);
        if !is_news || self.told.is_some_and(|(at, _)| at.elapsed() < self.pause()) {
            return;
        }
        self.told = Some((Instant::now(), steps.0));
        match self.style {
            Style::Json => event(&Event::Progress {
                tally: tally.record(),
                steps_per_minute: self.pace.per_minute(),
                seconds_left: left.map(|left| left.as_secs()),
            }),
            Style::People => output::note(&line(tally, self.pace.per_minute(), left).to_string()),
        }
    }

    /// Tells of gateways that are left alone, each once.
    pub(super) fn closed(&mut self, closed: &[(&'static str, Closed, UnixTime)]) {
        for (gateway, why, until) in closed {
            if self.closed.contains(&(*gateway, *why)) {
                continue;
            }
            let (word, told) = words::closed(*why);
            match self.style {
                Style::Json => {
                    event(&Event::Closed { gateway, why: word, until: until.millis });
                }
                Style::People => {
                    let (until, en, fr) = (moment::utc(*until), told.english(), told.french());
                    self.note(&Text::new(
                        format!("{gateway} is left alone until {until}: {en}"),
                        format!("{gateway} est laissée en paix jusqu'à {until} : {fr}"),
                    ));
                }
            }
        }
        self.closed = closed.iter().map(|(gateway, why, _)| (*gateway, *why)).collect();
    }

    /// Tells that what is in hand is finished and nothing more begun.
    pub(super) fn stopping(&self) {
        match self.style {
            Style::Json => event(&Event::Stopping),
            Style::People => self.note(&say!(
                "stopping: what is under way is finished first; once more ends it at once, which is as safe",
                "arrêt : ce qui est en cours est d'abord terminé ; une seconde fois arrête net, sans danger non plus",
            )),
        }
    }

    /// Takes the bar away, so that what follows stands alone.
    pub(super) fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }

    fn pause(&self) -> Duration {
        match self.style {
            Style::Json => Duration::from_secs(1),
            Style::People => Duration::from_secs(5),
        }
    }

    fn note(&self, told: &Text) {
        match &self.bar {
            Some(bar) => bar.println(screen::wrapped_beside(&told.to_string(), 0)),
            None => screen::note(&told.to_string(), 0),
        }
    }
}

fn event(event: &Event) {
    // Whoever no longer reads is told by the summary's failure.
    let _ = output::json(event);
}

/// Steps that are done and steps in all: each row is sent, and ends.
fn steps(tally: &Tally) -> (u64, u64) {
    let all = tally.rows() * 2;
    (
        all - tally.state(State::Planned) * 2
            - tally.unsent() * 2
            - tally.state(State::Accepted)
            - tally.state(State::Unknown),
        all,
    )
}

fn line(tally: &Tally, per_minute: u64, left: Option<Duration>) -> Text {
    let (paid, unpaid, rows) = (tally.state(State::Succeeded), tally.unpaid(), tally.rows());
    let (unsent, accepted, unknown) =
        (tally.unsent(), tally.state(State::Accepted), tally.state(State::Unknown));
    let (people, done) = (tally.people(), tally.done());
    let left = left.map_or_else(|| "–".to_owned(), clock);
    let per_second = format!("{}.{}", per_minute / 60, per_minute % 60 / 6);
    let mut told = say!(
        "{done}/{rows} · {per_second}/s · {left} left · paid {paid} · not paid {unpaid}",
        "{done}/{rows} · {per_second}/s · reste {left} · payées {paid} · non payées {unpaid}",
    );
    let parts = [
        (unknown, say!("unknown {unknown}", "inconnues {unknown}")),
        (people, say!("for a person {people}", "pour une personne {people}")),
        (accepted, say!("under way {accepted}", "en cours {accepted}")),
        (unsent, say!("to send {unsent}", "à envoyer {unsent}")),
    ];
    for (_, part) in parts.iter().filter(|(count, _)| *count > 0) {
        let (en, fr) = (part.english(), part.french());
        told = Text::new(format!("{} · {en}", told.english()), format!("{} · {fr}", told.french()));
    }
    told
}

/// A line in as many as the terminal needs, none of its parts broken.
fn broken(line: &str) -> String {
    let whole = line.replace(' ', "\u{a0}").replace("\u{a0}·\u{a0}", "\u{a0}· ");
    screen::wrapped_beside(&whole, 0)
}

/// A span as `0:42` or `1:03:20`.
fn clock(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds / 3_600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

/// How many steps were done lately.
#[derive(Debug, Default)]
struct Pace(VecDeque<(Instant, u64)>);

impl Pace {
    fn note(&mut self, now: Instant, steps: u64) {
        self.0.push_back((now, steps));
        while self.0.len() > 2 && self.0.get(1).is_some_and(|(at, _)| now.duration_since(*at) >= WINDOW) {
            self.0.pop_front();
        }
    }

    fn per_minute(&self) -> u64 {
        let (Some((began, first)), Some((now, last))) = (self.0.front(), self.0.back()) else { return 0 };
        let millis = u64::try_from(now.duration_since(*began).as_millis()).unwrap_or(u64::MAX);
        match millis {
            0 => 0,
            _ => last.saturating_sub(*first).saturating_mul(60_000) / millis,
        }
    }

    fn left(&self, steps: u64) -> Option<Duration> {
        match self.per_minute() {
            0 => None,
            rate => Some(Duration::from_secs(steps.saturating_mul(60).div_ceil(rate))),
        }
    }
}

/// Over which time the rate is measured.
const WINDOW: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let mut pace = Pace::default();
        let began = Instant::now();
        assert_eq!((pace.per_minute(), pace.left(5)), (0, None));
        for second in 0..=30 {
            pace.note(began + Duration::from_secs(second), second * 2);
        }
        assert_eq!(pace.per_minute(), 120);
        assert_eq!(pace.left(100), Some(Duration::from_secs(50)));
        // Nothing more happens.
        for second in 31..=60 {
            pace.note(began + Duration::from_secs(second), 60);
        }
        assert_eq!((pace.per_minute(), pace.left(100)), (0, None));
    }

    #[test]
    fn a_span_is_written_like_a_clock() {
        assert_eq!(clock(Duration::from_secs(42)), "0:42");
        assert_eq!(clock(Duration::from_secs(3_800)), "1:03:20");
    }
}
