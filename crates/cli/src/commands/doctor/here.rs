//! What can be looked at without sending anything.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::finding::{Finding, Verdict};
use crate::args::Gateway;
use crate::lang::{Text, say};
use crate::profile::{Connected, Environment, Profile};
use crate::session::Session;
use crate::trouble::Trouble;

pub(super) fn settings(profile: &Profile) -> Finding {
    let (file, name, environment) = (profile.file.display(), &profile.name, profile.environment);
    let gateways = profile.gateways().into_iter().map(Gateway::as_str).collect::<Vec<_>>().join(", ");
    if gateways.is_empty() {
        return Finding::new(
            "settings",
            None,
            Verdict::Problem,
            say!(
                "{file}: the profile {name} ({environment}) has no gateway",
                "{file} : le profil {name} ({environment}) n'a aucune passerelle",
            ),
        )
        .with_remedy(say!(
            "add a section such as [profile.{name}.cinetpay.checkout]",
            "ajoutez une section comme [profile.{name}.cinetpay.checkout]",
        ));
    }
    let finding = Finding::new(
        "settings",
        None,
        Verdict::Ok,
        say!(
            "{file}: the profile {name} ({environment}) with {gateways}",
            "{file} : le profil {name} ({environment}) avec {gateways}",
        ),
    );
    match &profile.namespace {
        Some(_) => finding,
        None => finding.with_remedy(say!(
            "set `namespace` if ids shall be derived from --reference; it must never change afterwards",
            "indiquez `namespace` pour dériver les identifiants de --reference ; il ne doit plus jamais changer",
        )),
    }
}

/// The secrets that belong to no gateway.
pub(super) fn private_secrets(session: &Session) -> Vec<Finding> {
    let wrong: Vec<_> = session
        .profile
        .private_secrets()
        .into_iter()
        .filter_map(|secret| session.vault.fetch(secret).err())
        .collect();
    if wrong.is_empty() {
        return Vec::new();
    }
    let told = say!("secrets are missing", "il manque des secrets");
    Finding::of_trouble("secrets", None, &Trouble::settings(told, &wrong))
}

/// What the sections for batches and callbacks say.
pub(super) fn daily(profile: &Profile) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(listen) = &profile.listen {
        let address = listen.address;
        let forwards = listen.forward_to.is_some();
        if address.ip().is_loopback() && profile.environment == Environment::Live {
            findings.push(
                Finding::new(
                    "listen",
                    None,
                    Verdict::Warning,
                    say!(
                        "callbacks are received on {address}, which only this machine reaches",
                        "les notifications sont reçues sur {address}, que seule cette machine atteint",
                    ),
                )
                .with_remedy(say!(
                    "have a web server with TLS pass them on to it",
                    "faites-les y transmettre par un serveur web avec TLS",
                )),
            );
        } else {
            let passed = if forwards {
                say!("and passed on", "et transmises")
            } else {
                say!("and passed on to nobody", "et transmises à personne")
            };
            let (en, fr) = (passed.english(), passed.french());
            let told = Text::new(
                format!("callbacks are received on {address} {en}"),
                format!("les notifications sont reçues sur {address} {fr}"),
            );
            findings.push(Finding::new("listen", None, Verdict::Ok, told));
        }
    }
    let batch = &profile.batch;
    let mut limits = Vec::new();
    limits.extend(batch.concurrency.map(|most| say!("{most} at once", "{most} à la fois")));
    for (gateway, rate) in &batch.per_minute {
        limits.push(say!("{gateway} {rate} a minute", "{gateway} {rate} par minute"));
    }
    for limit in &batch.approval_above {
        limits.push(say!("approval above {limit}", "accord au-dessus de {limit}"));
    }
    if !limits.is_empty() {
        let english = limits.iter().map(|limit| limit.english()).collect::<Vec<_>>().join(", ");
        let french = limits.iter().map(|limit| limit.french()).collect::<Vec<_>>().join(", ");
        let told = Text::new(format!("batches: {english}"), format!("lots de versements : {french}"));
        findings.push(Finding::new("batch", None, Verdict::Ok, told));
    }
    findings
}

/// A clock that stands before this program was written is wrong whatever others say.
pub(super) fn clock() -> Finding {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    if (WRITTEN..FAR_AWAY).contains(&since) {
        return Finding::new(
            "clock",
            None,
            Verdict::Ok,
            say!("the clock is plausible", "l'horloge est plausible"),
        );
    }
    Finding::new(
        "clock",
        None,
        Verdict::Problem,
        say!(
            "the clock of this machine is years off",
            "l'horloge de cette machine est décalée de plusieurs années"
        ),
    )
    .with_remedy(say!("set it, and have it kept by NTP", "réglez-la, et faites-la tenir par NTP"))
}

/// The gateway's secrets and settings; the gateway, if both are right.
pub(super) fn gateway(session: &Session, gateway: Gateway, findings: &mut Vec<Finding>) -> Option<Connected> {
    match session.connect(gateway) {
        Ok(connected) => {
            let told =
                say!("settings and secrets are complete", "les réglages et les secrets sont complets",);
            findings.push(Finding::new("secrets", gateway, Verdict::Ok, told));
            Some(connected)
        }
        Err(trouble) => {
            findings.extend(Finding::of_trouble("secrets", Some(gateway), &trouble));
            None
        }
    }
}

/// 1 January 2026 and 1 January 2100.
const WRITTEN: Duration = Duration::from_secs(1_767_225_600);
const FAR_AWAY: Duration = Duration::from_secs(4_102_444_800);
