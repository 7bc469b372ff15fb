//! Whether the addresses that gateways call and the one that `nzimbu listen` has fit together.

use super::finding::{Finding, Verdict};
use crate::args::Gateway;
use crate::commands::listen;
use crate::lang::say;
use crate::session::Session;

/// The addresses themselves are not shown: nobody should be able to guess them.
pub(super) fn listen(session: &Session) -> Vec<Finding> {
    let Some(section) = &session.profile.listen else { return Vec::new() };
    let mut findings = Vec::new();
    let secrets: Vec<_> =
        section.forward_secrets.iter().filter_map(|secret| session.vault.fetch(secret).ok()).collect();
    // Those that cannot be had are told of already.
    if section.forward_to.is_some()
        && secrets.len() == section.forward_secrets.len()
        && let Err(trouble) = listen::Keys::of(&secrets)
    {
        findings.extend(Finding::of_trouble("listen", None, &trouble));
    }
    let segment = section.segment.as_ref().map(|segment| session.vault.fetch(segment));
    let segment = match &segment {
        Some(Err(_)) => return findings,
        Some(Ok(segment)) => Some(segment.expose()),
        None => None,
    };
    for gateway in session.profile.gateways() {
        let (_, callbacks) = session.profile.addresses(gateway);
        for (key, url) in callbacks.iter().filter(|(key, _)| key.ends_with("notify_url")) {
            findings.extend(unfit(gateway, key, url, segment, section.address.port()));
        }
    }
    findings
}

fn unfit(
    gateway: Gateway,
    key: &'static str,
    url: &str,
    segment: Option<&str>,
    port: u16,
) -> Option<Finding> {
    let name = gateway.as_str();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let bare = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = bare.split_once('/').unwrap_or((bare, ""));
    let mut parts = path.trim_end_matches('/').rsplit('/');
    let fits = parts.next() == Some(name) && segment.is_none_or(|segment| parts.next() == Some(segment));
    let warn = |told| Finding::new("listen", gateway, Verdict::Warning, told);
    if !fits {
        let told = say!(
            "{key} does not end as `nzimbu listen` expects it",
            "{key} ne finit pas comme `nzimbu listen` l'attend",
        );
        let end = if segment.is_some() { format!("/SEGMENT/{name}") } else { format!("/{name}") };
        return Some(warn(told).with_remedy(say!(
            "have it end in {end}, or have the web server in front rewrite it",
            "faites-le finir par {end}, ou réécrire par le serveur web devant",
        )));
    }
    // On this machine nothing stands between.
    let other_port = nzimbu::http::is_local_target(url)
        && authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(80_u16) != port;
    other_port.then(|| {
        let told = say!(
            "{key} has another port on this machine than `address` of the section `listen`",
            "{key} a un autre port de cette machine que `address` de la section `listen`",
        );
        warn(told).with_remedy(say!("give both the same", "donnez le même aux deux"))
    })
}
