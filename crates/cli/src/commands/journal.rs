//! `nzimbu journal`: look at the journal, check it, keep it.

mod accept;
mod export;
mod find;
mod history;
mod list;
mod show;
mod upkeep;
mod verify;

use std::process::ExitCode;

use crate::args::daily::{Journal, JournalCommand};
use crate::output::{Failure, Style};

pub(crate) use self::find::find;
pub(crate) use self::history::{Step, history};

pub(crate) fn run(args: &Journal) -> Result<ExitCode, Failure> {
    let (style, ended) = match &args.command {
        JournalCommand::List(args) => (Style::of(args.json), list::run(args)),
        JournalCommand::Show(args) => (Style::of(args.json), show::run(args)),
        JournalCommand::Counts(args) => (Style::of(args.json), list::counts(args)),
        JournalCommand::Strays(args) => (Style::of(args.json), list::strays(args)),
        JournalCommand::Verify(args) => (Style::of(args.json), verify::run(args)),
        JournalCommand::Accept(args) => (Style::of(args.json), accept::run(args)),
        JournalCommand::Export(args) => (Style::of(args.json), export::run(args)),
        JournalCommand::Purge(args) => (Style::of(args.json), upkeep::purge(args)),
        JournalCommand::Restored(args) => (Style::of(args.json), upkeep::restored(args)),
        JournalCommand::Doubt(args) => (Style::of(args.json), upkeep::doubt(args)),
    };
    ended.or_else(|trouble| trouble.end(style))
}
