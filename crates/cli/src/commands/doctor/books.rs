//! The journal: whether it opens, is durable, has room, is closed to others and fits its history.

use std::path::Path;

use nzimbu_journal::{Filter, Journal};

use super::finding::{Finding, Verdict};
use crate::lang::{Text, say};
use crate::profile;
use crate::session::{Access, Session};
use crate::trouble::Trouble;

pub(super) fn journal(session: &Session) -> Vec<Finding> {
    let Some(books) = &session.profile.journal else { return vec![none(session)] };
    let mut findings = Vec::new();
    if let profile::Store::File(path) = &books.store {
        if !path.exists() {
            // A look makes nothing.
            return vec![not_yet(path)];
        }
        findings.extend(mode(path));
        findings.extend(room(path));
    }
    // Opening it to write is what asks for durability: settings are set, read back, and refused otherwise.
    match session.journal(Access::Check) {
        Ok(journal) => findings.extend(opened(&journal)),
        Err(trouble) => findings.extend(troubled(&trouble)),
    }
    findings
}

fn new(verdict: Verdict, told: Text) -> Finding {
    Finding::new("journal", None, verdict, told)
}

fn none(session: &Session) -> Finding {
    let name = &session.profile.name;
    let told = say!(
        "there is no journal, so that nothing remembers an order whose answer is lost",
        "il n'y a pas de journal, si bien que rien ne retient une commande dont la réponse se perd",
    );
    let verdict = match session.profile.environment {
        profile::Environment::Live => Verdict::Warning,
        profile::Environment::Sandbox => Verdict::Skipped,
    };
    new(verdict, told).with_remedy(say!(
        "add [profile.{name}.journal] with `path`",
        "ajoutez [profile.{name}.journal] avec `path`",
    ))
}

fn not_yet(path: &Path) -> Finding {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_some_and(|folder| !folder.is_dir()) {
        let told = say!("the folder of the journal is missing", "le dossier du journal n'existe pas");
        return new(Verdict::Problem, told).with_remedy(say!(
            "make it, on a disk that is kept and backed up",
            "créez-le, sur un disque conservé et sauvegardé",
        ));
    }
    new(
        Verdict::Ok,
        say!("the journal is made with the first order", "le journal sera créé avec la première commande",),
    )
}

fn opened(journal: &Journal) -> Vec<Finding> {
    let mut findings = vec![new(
        Verdict::Ok,
        say!(
            "the journal opens, and syncs every order before it is sent",
            "le journal s'ouvre, et écrit chaque commande sur le disque avant de l'envoyer",
        ),
    )];
    match journal.is_doubted().wait() {
        Ok(false) => {}
        Ok(true) => findings.push(
            new(
                Verdict::Problem,
                say!(
                    "the journal may be older than the truth, and sends nothing",
                    "le journal peut être plus ancien que la vérité, et n'envoie rien",
                ),
            )
            .with_remedy(say!(
                "run `nzimbu journal doubt` with a --reach that covers what may be lost",
                "lancez `nzimbu journal doubt` avec un --reach qui couvre ce qui a pu se perdre",
            )),
        ),
        Err(error) => findings.extend(troubled(&Trouble::journal(&error))),
    }
    match waiting(journal) {
        Ok(0) => {}
        Ok(waiting) => findings.push(
            new(
                Verdict::Warning,
                say!("{waiting} orders wait for a person", "{waiting} commandes attendent une personne"),
            )
            .with_remedy(say!(
                "see them with `nzimbu journal list --needs-people`",
                "voyez-les avec `nzimbu journal list --needs-people`",
            )),
        ),
        Err(trouble) => findings.extend(troubled(&trouble)),
    }
    match journal.verify_tail(TAIL) {
        Ok(audit) => findings.push(match audit.flaw {
            None => {
                let events = audit.events;
                new(
                    Verdict::Ok,
                    say!(
                        "its last {events} events are as they were written",
                        "ses {events} derniers événements sont tels qu'ils ont été écrits",
                    ),
                )
            }
            Some(flaw) => new(Verdict::Problem, Text::same(flaw.to_string())).with_remedy(say!(
                "send nothing with it, and run `nzimbu journal verify`",
                "n'envoyez rien avec lui, et lancez `nzimbu journal verify`",
            )),
        }),
        Err(error) => findings.extend(troubled(&Trouble::journal(&error))),
    }
    match journal.strays(1).wait() {
        Ok(strays) if strays.is_empty() => {}
        Ok(_) => findings.push(
            new(
                Verdict::Warning,
                say!(
                    "genuine callbacks came for orders that the journal does not have",
                    "des notifications authentiques sont venues pour des commandes que le journal n'a pas",
                ),
            )
            .with_remedy(say!(
                "see `nzimbu journal strays`; if a backup was restored, run `nzimbu journal doubt`",
                "voyez `nzimbu journal strays` ; si une sauvegarde a été restaurée, lancez `nzimbu journal doubt`",
            )),
        ),
        Err(error) => findings.extend(troubled(&Trouble::journal(&error))),
    }
    findings
}

/// How many orders wait for a person.
fn waiting(journal: &Journal) -> Result<u64, Trouble> {
    let mut filter = Filter::default();
    filter.needs_people = true;
    let waiting = journal.list(&filter, 0, MOST).wait().map_err(|error| Trouble::journal(&error))?;
    Ok(waiting.len() as u64)
}

fn troubled(trouble: &Trouble) -> Vec<Finding> {
    Finding::of_trouble("journal", None, trouble)
}

#[cfg(unix)]
fn mode(path: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    if mode & 0o077 == 0 {
        return None;
    }
    let told = say!(
        "other users of this machine may read the journal, which holds names and numbers for a while",
        "d'autres utilisateurs de cette machine peuvent lire le journal, qui contient un temps des noms et des numéros",
    );
    Some(new(Verdict::Warning, told).with_remedy(say!(
        "chmod 600 it and the files beside it",
        "faites chmod 600 sur lui et les fichiers à côté",
    )))
}

#[cfg(not(unix))]
fn mode(_path: &Path) -> Option<Finding> {
    None
}

#[cfg(unix)]
fn room(path: &Path) -> Option<Finding> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let disk = rustix::fs::statvfs(folder).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize) >> 20;
    let told =
        say!("{free} MiB are left on the journal's disk", "il reste {free} Mio sur le disque du journal");
    Some(match free {
        0..LITTLE => new(Verdict::Problem, told).with_remedy(say!(
            "make room: nothing is sent when the journal cannot be written",
            "faites de la place : rien n'est envoyé quand le journal ne peut être écrit",
        )),
        LITTLE..SOME => {
            new(Verdict::Warning, told).with_remedy(say!("make room soon", "faites bientôt de la place"))
        }
        _ => new(Verdict::Ok, told),
    })
}

#[cfg(not(unix))]
fn room(_path: &Path) -> Option<Finding> {
    None
}

/// In MiB; an order takes two to three KiB.
#[cfg(unix)]
const LITTLE: u64 = 64;
#[cfg(unix)]
const SOME: u64 = 1_024;
/// How many of the last events are checked.
const TAIL: u32 = 10_000;
/// Nobody needs to know more exactly.
const MOST: usize = 1_000;
