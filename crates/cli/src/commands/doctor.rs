//! `nzimbu doctor`: what would go wrong, and what to do about it.

mod books;
mod ears;
mod finding;
mod here;
mod there;

use std::process::ExitCode;

use crate::args::upkeep::Doctor;
use crate::lang::say;
use crate::output::{self, Failure, Style};
use crate::profile::{Profile, Vault};
use crate::session::Session;
use crate::trouble::Trouble;

use self::finding::{Finding, Verdict};

pub(crate) fn run(args: &Doctor) -> Result<ExitCode, Failure> {
    let style = Style::of(args.json);
    let findings = look(args);
    for finding in &findings {
        match style {
            Style::Json => output::json(&finding.record())?,
            Style::People => output::line(finding)?,
        }
    }
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let (problems, warnings) = (count(Verdict::Problem), count(Verdict::Warning));
    if style == Style::People {
        output::line(say!(
            "\nproblems: {problems}, warnings: {warnings}",
            "\nproblèmes : {problems}, avertissements : {warnings}",
        ))?;
    }
    Ok(output::exit(problems == 0))
}

fn look(args: &Doctor) -> Vec<Finding> {
    let profile = match Profile::find(&args.settings) {
        Ok(profile) => profile,
        Err(unfit) => {
            let mut findings = Finding::of_trouble("settings", None, &Trouble::from(unfit));
            findings.push(here::clock());
            return findings;
        }
    };
    let session = Session { vault: Vault::new(profile.environment), profile };
    let mut findings = vec![here::settings(&session.profile)];
    findings.extend(here::private_secrets(&session));
    findings.extend(here::daily(&session.profile));
    findings.extend(ears::listen(&session));
    findings.extend(books::journal(&session));
    findings.push(here::clock());
    let http = match session.http() {
        Ok(http) => Some(http).filter(|_| !args.offline),
        Err(trouble) => {
            findings.extend(Finding::of_trouble("http", None, &trouble));
            None
        }
    };
    for gateway in session.profile.gateways() {
        let connected = here::gateway(&session, gateway, &mut findings);
        if let Some(http) = &http {
            there::addresses(&session, gateway, http, &mut findings);
            if let Some(connected) = &connected {
                there::credentials(gateway, connected, http, &mut findings);
            }
        }
    }
    findings
}
