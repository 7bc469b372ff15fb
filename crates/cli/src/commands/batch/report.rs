//! `nzimbu batch report`: for people who read and forward it.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;

use nzimbu_journal::{Entry, Filter, Flags, Masked, State as Standing};
use serde::Serialize;

use super::find;
use crate::args::batch::BatchReport;
use crate::batch::report::csv::CsvReport;
use crate::batch::report::html::{About, HtmlReport};
use crate::batch::report::{Flag, ReportRow, State};
use crate::batch::source::FileDigest;
use crate::lang::{Lang, say};
use crate::moment;
use crate::output;
use crate::session::{Access, Session};
use crate::trouble::Trouble;

#[derive(Serialize)]
struct Record<'a> {
    event: &'static str,
    batch: i64,
    rows: u64,
    csv: Option<&'a Path>,
    html: Option<&'a Path>,
}

pub(super) fn run(args: &BatchReport) -> Result<ExitCode, Trouble> {
    let session = Session::open(&args.settings)?;
    let journal = session.journal(Access::Look)?;
    let batch = find::find(&journal, &args.which)?;
    let lang = Lang::spoken();
    let mut csv = match &args.csv {
        Some(path) => Some(create(path).and_then(|file| unwritten(path, CsvReport::new(file, lang)))?),
        None => None,
    };
    let mut html = HtmlReport::default();
    let mut filter = Filter::default();
    filter.batch = Some(batch.id);
    let (mut after, mut rows) = (0, 0_u64);
    loop {
        let page =
            journal.list_masked(&filter, after, PAGE).wait().map_err(|error| Trouble::journal(&error))?;
        let Some((last, ..)) = page.last() else { break };
        after = *last;
        rows += page.len() as u64;
        for (_, entry, masked) in page {
            let row = row(entry, masked.unwrap_or_default());
            if let (Some(csv), Some(path)) = (&mut csv, &args.csv) {
                unwritten(path, csv.add(&row))?;
            }
            html.add(&row);
        }
    }
    if let (Some(csv), Some(path)) = (csv, &args.csv) {
        unwritten(path, csv.finish().and_then(|mut file| file.flush()))?;
    }
    if let Some(path) = &args.html {
        let about = About {
            file: batch.label.to_string(),
            digest: FileDigest::from(batch.digest),
            environment: session.profile.environment.as_str().to_owned(),
            written_at: moment::now(),
        };
        let mut file = create(path)?;
        unwritten(path, html.write(&about, lang, &mut file).and_then(|()| file.flush()))?;
    }
    if args.json {
        let (csv, html) = (args.csv.as_deref(), args.html.as_deref());
        output::json(&Record { event: "report", batch: batch.id, rows, csv, html })?;
    } else {
        output::note(&String::from(say!("rows in the report: {rows}", "lignes dans le rapport : {rows}")));
    }
    Ok(ExitCode::SUCCESS)
}

fn create(path: &Path) -> Result<BufWriter<File>, Trouble> {
    unwritten(path, File::create(path)).map(BufWriter::new)
}

fn unwritten<T>(path: &Path, result: io::Result<T>) -> Result<T, Trouble> {
    result.map_err(|error| {
        let (path, reason) = (path.display(), error.kind());
        Trouble::usage(say!(
            "the report cannot be written to {path} ({reason}): name a file in a folder that can be written",
            "le rapport ne peut être écrit dans {path} ({reason}) : nommez un fichier dans un dossier accessible",
        ))
    })
}

fn row(entry: Entry, masked: Masked) -> ReportRow {
    let state = State::from(entry.state);
    let failed = matches!(state, State::Failed | State::Rejected | State::Expired | State::Unknown);
    ReportRow {
        reference: entry.reference.as_deref().unwrap_or_default().to_owned(),
        order: entry.order,
        phone: masked.phone,
        operator: masked.operator,
        country: masked.country,
        amount: entry.amount,
        state,
        flag: flag(entry.flags),
        gateway: entry.gateway.into(),
        gateway_reference: entry.gateway_ref,
        failure: entry.word.filter(|_| failed).map(Into::into),
        created_at: Some(entry.created_at),
        updated_at: Some(entry.updated_at),
    }
}

/// The one of several that people have to know first.
fn flag(flags: Flags) -> Option<Flag> {
    let all = [
        (Flags::CONFLICT, Flag::Conflict),
        (Flags::MISMATCH, Flag::Mismatch),
        (Flags::NEEDS_REVIEW, Flag::NeedsReview),
        (Flags::AMOUNT_UNCONFIRMED, Flag::AmountUnconfirmed),
    ];
    all.into_iter().find(|(one, _)| flags.has(*one)).map(|(_, flag)| flag)
}

impl From<Standing> for State {
    fn from(state: Standing) -> Self {
        match state {
            Standing::Planned => Self::Planned,
            Standing::Ready => Self::Ready,
            Standing::Sending => Self::Sending,
            Standing::Accepted => Self::Accepted,
            Standing::Unknown => Self::Unknown,
            Standing::Succeeded => Self::Succeeded,
            Standing::Failed => Self::Failed,
            Standing::Expired => Self::Expired,
            Standing::Cancelled => Self::Cancelled,
            Standing::Rejected => Self::Rejected,
        }
    }
}

/// Page by page, so that memory stays flat however many rows there are.
const PAGE: usize = 500;
