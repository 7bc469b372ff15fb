//! `nzimbu statement match`: a gateway's export against the journal.

use std::process::ExitCode;

use nzimbu::{Money, Operation, PhoneNumber};
use nzimbu_journal::{Entry, Filter};
use serde::Serialize;

use crate::args::statement::{Match, Statement, StatementCommand};
use crate::batch::report::State;
use crate::batch::statement::compare::{Statement as Export, Summary};
use crate::batch::statement::export::{ExportError, read};
use crate::batch::statement::mapping::Mapping;
use crate::batch::statement::{Difference, ExportStatus, JournalRow};
use crate::lang::{Lang, Text, say};
use crate::output::{self, Failure, Style};
use crate::screen;
use crate::session::{Access, Session};
use crate::trouble::Trouble;

pub(crate) fn run(args: &Statement) -> Result<ExitCode, Failure> {
    let StatementCommand::Match(args) = &args.command;
    let style = Style::of(args.json);
    compare(args, style).or_else(|trouble| trouble.end(style))
}

fn compare(args: &Match, style: Style) -> Result<ExitCode, Trouble> {
    let session = Session::open(&args.settings)?;
    let journal = session.journal(Access::Look)?;
    let mut mapping = Mapping::of(args.gateway.as_str());
    for text in &args.map {
        mapping.tell(text).map_err(|told| Trouble::usage(Text::same(format!("--map: {told}"))))?;
    }
    mapping.currency = args.currency;
    mapping.decimal_mark = args.decimal_mark;
    mapping.encoding = args.encoding;
    let mut export = Export::default();
    let mut told = Told { style, rows: Vec::new(), left_out: 0 };
    read(args.file.as_path(), &mapping, |row| export.add(row).map_or(Ok(()), |found| told.add(&found)))
        .map_err(unread)?;
    let mut filter = Filter::default();
    filter.gateway = Some(args.gateway.as_str().to_owned());
    filter.operation = args.operation.map(Operation::from);
    let mut after = 0;
    loop {
        let page = journal.list(&filter, after, PAGE).wait().map_err(|error| Trouble::journal(&error))?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        // A plan that was given up was never sent, and its id may be another order's since.
        for (_, entry) in page.into_iter().filter(|(_, entry)| !entry.is_discarded()) {
            let inside = args.since.is_none_or(|since| entry.created_at >= since)
                && args.until.is_none_or(|until| entry.created_at < until);
            let row = row(entry);
            if inside || export.lists(&row) {
                export.compare(&row).iter().try_for_each(|found| told.add(found))?;
            }
        }
    }
    let (missing, summary) = export.finish();
    missing.iter().try_for_each(|found| told.add(found))?;
    told.finish(&summary)?;
    Ok(output::exit(summary.differences.is_empty()))
}

fn unread(error: ExportError<Failure>) -> Trouble {
    match (error.message(Lang::En), error.message(Lang::Fr), error) {
        (_, _, ExportError::Stopped(failure)) => failure.into(),
        (en, fr, _) => Trouble::usage(Text::new(en.unwrap_or_default(), fr.unwrap_or_default())),
    }
}

fn row(entry: Entry) -> JournalRow {
    JournalRow {
        reference: entry.reference.as_deref().unwrap_or_default().to_owned(),
        order: entry.order,
        gateway_reference: entry.gateway_ref.map(|reference| reference.as_str().to_owned()),
        amount: entry.amount,
        state: State::from(entry.state),
    }
}

/// Tells differences as they are found: all of them as JSON, the first ones as a table.
struct Told {
    style: Style,
    rows: Vec<Vec<String>>,
    left_out: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    kind: &'static str,
    difference: &'static str,
    line: Option<u32>,
    reference: Option<&'a str>,
    order: Option<&'a str>,
    gateway_reference: Option<&'a str>,
    amount: Option<Money>,
    state: Option<&'static str>,
    export_amount: Option<Money>,
    export_status: Option<&'a str>,
    cause: &'static str,
    next_step: &'static str,
}

#[derive(Serialize)]
struct SummaryLine {
    kind: &'static str,
    export_rows: u64,
    journal_rows: u64,
    matched: u64,
    differences: serde_json::Map<String, serde_json::Value>,
}

impl Told {
    fn add(&mut self, found: &Difference) -> Result<(), Failure> {
        let (export_amount, export_status) =
            found.theirs.as_ref().map_or((None, None), |(amount, status)| (*amount, Some(status)));
        // What the journal knows is ours to show; what only the export has may be anything.
        let order = found.order.as_deref().map(|id| if found.ours.is_some() { id } else { shown(id) });
        let gateways = found.gateway_reference.as_deref().map(shown);
        if self.style == Style::Json {
            return output::json(&Line {
                kind: "difference",
                difference: found.kind.as_str(),
                line: found.line,
                reference: found.reference.as_deref().filter(|text| !text.is_empty()),
                order,
                gateway_reference: gateways,
                amount: found.ours.map(|(amount, _)| amount),
                state: found.ours.map(|(_, state)| state.as_str()),
                export_amount,
                export_status: export_status.map(word),
                cause: found.cause(Lang::En),
                next_step: found.next_step(Lang::En),
            });
        }
        if self.rows.len() == SHOWN {
            self.left_out += 1;
            return Ok(());
        }
        let lang = Lang::spoken();
        let reference = found.reference.as_deref().filter(|text| !text.is_empty());
        let named = reference.or(order).or(gateways);
        let pair = |amount: Option<Money>, word: &str| {
            let parts = [amount.map(|amount| amount.to_string()), Some(word.to_owned())];
            parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
        };
        self.rows.push(vec![
            found.line.map_or_else(|| "–".to_owned(), |line| line.to_string()),
            found.kind.as_str().to_owned(),
            named.unwrap_or("–").to_owned(),
            found.ours.map_or_else(|| "–".to_owned(), |(amount, state)| pair(Some(amount), state.as_str())),
            export_status.map_or_else(|| "–".to_owned(), |status| pair(export_amount, word(status))),
            found.cause(lang).to_owned(),
            found.next_step(lang).to_owned(),
        ]);
        Ok(())
    }

    fn finish(&self, summary: &Summary) -> Result<(), Failure> {
        let Summary { export_rows, journal_rows, matched, differences } = summary;
        if self.style == Style::Json {
            let named = differences.iter().map(|(kind, count)| (kind.as_str().to_owned(), (*count).into()));
            return output::json(&SummaryLine {
                kind: "summary",
                export_rows: *export_rows,
                journal_rows: *journal_rows,
                matched: *matched,
                differences: named.collect(),
            });
        }
        if !self.rows.is_empty() {
            let head = [
                say!("line", "ligne"),
                say!("difference", "différence"),
                say!("order", "commande"),
                say!("journal", "journal"),
                say!("export", "export"),
                say!("probable cause", "cause probable"),
                say!("next step", "que faire"),
            ];
            output::line(screen::table(&head, &self.rows))?;
        }
        if self.left_out > 0 {
            let count = self.left_out;
            output::line(say!(
                "{count} more are not shown: --json prints all of them",
                "{count} autres ne sont pas affichées : --json les donne toutes",
            ))?;
        }
        let count: u64 = differences.values().sum();
        output::line(screen::wrapped(
            &String::from(say!(
                "Lines of the export: {export_rows}; orders of the journal: {journal_rows}; in accord: {matched}; \
                 differences: {count}.",
                "Lignes de l'export : {export_rows} ; commandes du journal : {journal_rows} ; en accord : {matched} ; \
                 différences : {count}.",
            )),
            0,
        ))
    }
}

fn word(status: &ExportStatus) -> &str {
    match status {
        ExportStatus::Failed => "failed",
        ExportStatus::None => "",
        ExportStatus::Pending => "pending",
        ExportStatus::Succeeded => "succeeded",
        ExportStatus::Unrecognized => "unrecognized",
    }
}

/// An id as it can be shown: where the column is a wrong one, it may be a name or a phone number. The line says where it
/// stands.
fn shown(id: &str) -> &str {
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let has_digit = id.bytes().any(|byte| byte.is_ascii_digit());
    let is_phone =
        id.bytes().all(|byte| byte.is_ascii_digit()) && PhoneNumber::parse(&format!("+{id}")).is_ok();
    if plain && has_digit && !is_phone { id } else { "…" }
}

/// How many differences the table has room for.
const SHOWN: usize = 200;
const PAGE: usize = 500;
