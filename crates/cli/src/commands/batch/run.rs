//! `nzimbu batch run`: a whole file, each row once.

use std::process::ExitCode;

use nzimbu::{ErrorKind, Money, SharedProvider};
use nzimbu_journal::{Journal, Stop};
use serde::Serialize;

use super::plan::{Outlook, Plan};
use super::progress::Progress;
use super::send::{End, Sending, Until};
use super::tally::Tally;
use super::{print, reading, release, status};
use crate::args::Gateway;
use crate::args::batch::BatchRun;
use crate::batch::totals::decimal;
use crate::batch::{Batch, Checked, RowsError, Settings};
use crate::commands::confirm;
use crate::lang::{Lang, Text, say};
use crate::output::{self, Style};
use crate::screen;
use crate::session::{Access, Session};
use crate::signals;
use crate::trouble::{self, Trouble};
use crate::{moment, words};

/// What a program is told on the way.
#[derive(Serialize)]
struct Event {
    event: &'static str,
    batch: i64,
    new: u64,
    known: u64,
    /// Rows that belong to another batch or were paid out alone; they are not sent again.
    elsewhere: u64,
}

pub(super) fn run(args: &BatchRun) -> Result<ExitCode, Trouble> {
    let style = Style::of(args.json);
    let session = Session::open(&args.settings)?;
    confirm::allowed(&session.profile, args.live)?;
    let settings = reading::connected(&session, &args.reading)?;
    let file = Batch::new(args.reading.file.as_path(), &settings);
    let checked = check(&file, args, style)?;

    let journal = session.journal(Access::Write)?;
    let failed = |error| Trouble::journal(&error);
    let timing = session.timing()?;
    let plan = Plan { file: &file, checked: &checked, journal: &journal, timing };
    let known = journal.find_batch(*checked.digest.as_bytes()).wait().map_err(failed)?;
    if let Some(batch) = &known {
        release::not_discarded(&journal, batch)?;
    }
    let mut clashes = print::Problems::new(style);
    let outlook = plan.outlook(known.as_ref().map(|batch| batch.id), &mut clashes)?;
    clashes.finish()?;
    if outlook.clashes > 0 {
        let count = outlook.clashes;
        return Err(Trouble::refused(
            "clashes",
            say!(
                "nothing was sent: rows that contradict the journal: {count}",
                "rien n'a été envoyé : lignes en contradiction avec le journal : {count}",
            ),
        ));
    }
    let http = session.http()?;
    afford(&http, &settings, &outlook, &checked, style)?;
    let approval = release::needs_approval(&session.profile.batch.approval_above, &checked);
    let released = known.as_ref().is_some_and(|batch| batch.released_at.is_some());
    let person = planner(args, approval, released, &outlook)?;
    confirmed(&session, args, &checked)?;

    let stop = Stop::new();
    let signalled = stop.clone();
    signals::at_first(move || signalled.stop())?;
    let label = args.reading.file.file_name().map(|name| name.to_string_lossy().into_owned());
    let digest = *checked.digest.as_bytes();
    let batch = journal.open_batch(digest, &label.unwrap_or_default()).wait().map_err(failed)?;
    plan.write(&batch, &stop)?;
    let (id, Outlook { fresh, known, elsewhere, .. }) = (batch.id, outlook);
    if style == Style::Json {
        output::json(&Event { event: "planned", batch: id, new: fresh, known, elsewhere })?;
    } else {
        screen::note(
            &String::from(say!(
                "batch {id}: rows written down now {fresh}, before {known}",
                "lot {id} : lignes inscrites maintenant {fresh}, avant {known}",
            )),
            0,
        );
        if elsewhere > 0 {
            screen::note(
                &String::from(say!(
                    "rows that were paid out with another file or alone, and are not sent again: {elsewhere}",
                    "lignes déjà versées avec un autre fichier ou seules, et non renvoyées : {elsewhere}",
                )),
                0,
            );
        }
    }
    if approval && batch.released_at.is_none() {
        release::remember_planner(&journal, &batch, &person).map_err(failed)?;
        return waits(id, style);
    }
    let providers = used(&settings, &journal, id)?;
    let batch = release::release(&journal, &batch, &person, &providers, timing).map_err(failed)?;
    let cashier = session.cashier_with(journal.clone(), providers)?;
    let sending = Sending {
        cashier: &cashier,
        http: &http,
        batch: &batch,
        stop: &stop,
        until: if args.no_wait { Until::Sent } else { Until::Settled },
        workers: args.concurrency.or(session.profile.batch.concurrency).unwrap_or(AT_ONCE),
    };
    let mut progress = Progress::begin(style);
    let end = sending.run(&mut progress);
    progress.end();
    let end = end.map_err(failed)?;
    let tally = Tally::of(&journal, id).map_err(failed)?;
    status::show(&journal, &batch, &tally, style)?;
    farewell(&end, tally.exit(), checked.rows - checked.good_rows)
}

/// Checks the whole file; with one problem in it, it ends here.
fn check(file: &Batch<'_, std::path::Path>, args: &BatchRun, style: Style) -> Result<Checked, Trouble> {
    let mut problems = print::Problems::new(style);
    let checked = file.check(|finding| problems.add(finding)).map_err(|error| match error {
        RowsError::Stopped(failure) => failure.into(),
        RowsError::Unreadable(error) => {
            Trouble::usage(Text::new(error.message(Lang::En), error.message(Lang::Fr)))
        }
    })?;
    problems.finish()?;
    // What is to be accepted is accepted by its own name only.
    let unaccepted = checked.warnings > 0 && !args.reading.accept_duplicate_recipients;
    if checked.is_fine() || args.partial && checked.good_rows > 0 && !unaccepted {
        return Ok(checked);
    }
    print::summary(&checked, &[], style)?;
    let trouble = Trouble::refused(
        "file",
        say!("nothing was sent: the file has problems", "rien n'a été envoyé : le fichier a des problèmes"),
    );
    Err(if unaccepted {
        trouble.with_remedy(say!(
            "correct it, or give --accept-duplicate-recipients if a recipient is to get the same amount twice",
            "corrigez-le, ou donnez --accept-duplicate-recipients si un bénéficiaire doit avoir deux fois le même montant",
        ))
    } else {
        trouble.with_remedy(say!(
            "correct it, or give --partial to pay the rows without a problem",
            "corrigez-le, ou donnez --partial pour payer les lignes sans problème",
        ))
    })
}

/// Shows totals, and compares what has still to be sent with what the accounts hold, where they can be asked.
fn afford(
    http: &nzimbu::BlockingHttp,
    settings: &Settings,
    outlook: &Outlook,
    checked: &Checked,
    style: Style,
) -> Result<(), Trouble> {
    let mut balances: Vec<(&'static str, Money)> = Vec::new();
    for (gateway, currency) in outlook.need.keys() {
        let Some(provider) = settings.gateways.iter().find(|found| found.id().as_str() == *gateway) else {
            continue;
        };
        match http.run(provider.balance(*currency)) {
            Ok(balance) => balances.push((gateway, balance.available)),
            Err(error) if error.kind() == ErrorKind::Unsupported => {}
            Err(error) => {
                let named = Gateway::ALL.into_iter().find(|known| known.as_str() == *gateway);
                let refused = matches!(error.kind(), ErrorKind::Authentication | ErrorKind::Blocked);
                if let Some(named) = named.filter(|_| refused) {
                    return Err(Trouble::gateway(named, &error));
                }
                screen::note(
                    &String::from(say!(
                        "{gateway} does not say now what the account holds",
                        "{gateway} ne dit pas maintenant ce que le compte contient",
                    )),
                    0,
                );
            }
        }
    }
    // Accounts for payouts are one for each country, and no document says which of them is told of.
    let (balances, apart): (Vec<_>, Vec<_>) = balances.into_iter().partition(|(gateway, balance)| {
        let need = outlook.need.get(&(*gateway, balance.currency()));
        need.is_none_or(|need| need.countries.len() <= 1)
    });
    for (gateway, balance) in apart {
        if style == Style::People {
            screen::note(
                &String::from(say!(
                    "{gateway} tells of an account that holds {balance}; the rows go to several countries, each of which \
                     may have an account of its own, so compare them yourself",
                    "{gateway} indique un compte qui contient {balance} ; les lignes vont dans plusieurs pays, dont chacun \
                     peut avoir son propre compte : comparez vous-même",
                )),
                0,
            );
        }
    }
    // A file that was begun needs less than its total, and one over several gateways has several accounts.
    let gateways = outlook.need.keys().map(|(gateway, _)| gateway).collect::<std::collections::BTreeSet<_>>();
    let plain = outlook.known == 0 && gateways.len() == 1;
    let shown: Vec<_> = balances.iter().filter(|_| plain).map(|(_, money)| *money).collect();
    print::needs(checked, &shown, style)?;
    for (gateway, balance) in balances {
        let currency = balance.currency();
        let need = outlook.need.get(&(gateway, currency)).map_or(0, |need| need.sum.minor);
        if u128::from(balance.minor()) < need {
            let (need, holds) = (decimal(need, currency), balance.to_major());
            return Err(Trouble::refused(
                "balance",
                say!(
                    "nothing was sent: the account at {gateway} holds {holds} {currency}, and {need} are needed",
                    "rien n'a été envoyé : le compte chez {gateway} contient {holds} {currency}, et il faut {need}",
                ),
            )
            .with_remedy(say!(
                "top it up and run the same command again",
                "approvisionnez-le et relancez la même commande",
            )));
        }
    }
    Ok(())
}

/// Who plans the batch.
fn planner(args: &BatchRun, approval: bool, released: bool, outlook: &Outlook) -> Result<String, Trouble> {
    let person = args.person.as_deref().unwrap_or_default().trim();
    if approval && released && outlook.fresh > 0 {
        let count = outlook.fresh;
        return Err(Trouble::refused(
            "not-approved",
            say!(
                "nothing was sent: rows that were not there when the batch was approved: {count}; put them into a file of \
                 their own",
                "rien n'a été envoyé : lignes absentes quand le lot a été approuvé : {count} ; mettez-les dans un fichier \
                 à part",
            ),
        ));
    }
    if approval && !released && person.is_empty() {
        return Err(Trouble::usage(say!(
            "the total is above `approval_above`, so that a second person has to approve it: give --person with the name \
             of the one who plans it",
            "le total dépasse `approval_above`, donc une seconde personne doit l'approuver : donnez --person avec le nom \
             de celle qui le prévoit",
        )));
    }
    Ok(if person.is_empty() { "batch run".to_owned() } else { person.to_owned() })
}

fn confirmed(session: &Session, args: &BatchRun, checked: &Checked) -> Result<(), Trouble> {
    let rows = checked.good_rows;
    let needs = checked.totals.needs();
    let sums = needs.iter().map(|(currency, sum)| format!("{} {currency}", decimal(sum.minor, *currency)));
    let totals = sums.collect::<Vec<_>>().join(" ");
    let what = Text::new(
        format!("pays out {rows} rows, {totals} in all"),
        format!("verse {rows} lignes, {totals} en tout"),
    );
    let input = Some(args.reading.file.as_path());
    confirm::typed_back(&session.profile, &what, &format!("{rows} {totals}"), input)
}

fn waits(batch: i64, style: Style) -> Result<ExitCode, Trouble> {
    if style == Style::Json {
        #[derive(Serialize)]
        struct Waits {
            event: &'static str,
            batch: i64,
        }
        output::json(&Waits { event: "waits_for_approval", batch })?;
    } else {
        output::line(say!(
            "Nothing was sent: batch {batch} waits for a second person. That person runs `nzimbu batch approve {batch} \
             --person …`; then run the same command again.",
            "Rien n'a été envoyé : le lot {batch} attend une seconde personne. Elle lance `nzimbu batch approve {batch} \
             --person …` ; puis relancez la même commande.",
        ))?;
    }
    Ok(ExitCode::from(trouble::UNKNOWN))
}

/// The gateways that the batch has rows for.
fn used(settings: &Settings, journal: &Journal, batch: i64) -> Result<Vec<SharedProvider>, Trouble> {
    let counts = journal.counts(Some(batch)).wait().map_err(|error| Trouble::journal(&error))?;
    let is_used =
        |gateway: &&SharedProvider| counts.iter().any(|count| *count.gateway == *gateway.id().as_str());
    Ok(settings.gateways.iter().filter(is_used).map(SharedProvider::clone).collect())
}

/// Says how to go on, where there is something to go on with.
fn farewell(end: &End, exit: u8, left_out: u64) -> Result<ExitCode, Trouble> {
    match end {
        End::Done if exit == 0 && left_out > 0 => {
            return Err(Trouble::refused(
                "partial",
                say!(
                    "rows that were left out because of a problem: {left_out}",
                    "lignes laissées de côté à cause d'un problème : {left_out}",
                ),
            ));
        }
        End::Done => {}
        End::Stopped => screen::note(
            &String::from(say!("stopped; to go on: {}", "arrêté ; pour continuer : {}", typed())),
            0,
        ),
        End::Paused { gateway, why, until } => {
            let (kind, told) = words::closed(*why);
            let (until, en, fr) = (moment::utc(*until), told.english(), told.french());
            let told = Text::new(
                format!("the batch is paused, since {gateway} was closed until {until}: {en}"),
                format!("le lot est en pause, {gateway} étant fermée jusqu'à {until} : {fr}"),
            );
            let trouble = Trouble::unknown(kind, told).with_exit(exit.max(trouble::REFUSED));
            return Err(trouble.with_remedy(say!(
                "put that right, then go on with: {}",
                "réglez cela, puis continuez avec : {}",
                typed()
            )));
        }
    }
    Ok(ExitCode::from(exit))
}

/// The command as it was typed, ready to be typed again; whoever planned it is known by now.
fn typed() -> String {
    let mut words = vec!["nzimbu".to_owned()];
    let mut given = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    while let Some(word) = given.next() {
        match &*word {
            "--person" => drop(given.next()),
            _ if word.starts_with("--person=") => {}
            _ => words.push(quoted(&word)),
        }
    }
    words.join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "-_./=:,+@".contains(sign);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Calls under way at once, unless the settings say otherwise.
const AT_ONCE: u32 = 8;
