//! Where to listen and where to pass changes on, from settings and arguments.

use std::net::SocketAddr;

use nzimbu::Secret;
use nzimbu_axum::Settings;

use super::webhook::Keys;
use crate::args::daily::Listen;
use crate::lang::say;
use crate::profile;
use crate::session::Session;
use crate::trouble::Trouble;

pub(super) struct Places {
    pub(super) address: SocketAddr,
    pub(super) segment: Option<Secret>,
    pub(super) forward: Option<(String, Keys)>,
}

impl Places {
    pub(super) fn of(args: &Listen, session: &Session) -> Result<Self, Trouble> {
        let name = &session.profile.name;
        let section = session.profile.listen.as_ref();
        if session.profile.gateways().is_empty() {
            return Err(Trouble::usage(say!(
                "the profile {name} has no gateway, so that nobody calls: add its section",
                "le profil {name} n'a aucune passerelle, donc personne n'appelle : ajoutez sa section",
            )));
        }
        let Some(address) = args.address.or(section.map(|section| section.address)) else {
            return Err(Trouble::usage(say!(
                "no address is given: set `address` in [profile.{name}.listen], or give --address 127.0.0.1:4999",
                "aucune adresse n'est donnée : indiquez `address` dans [profile.{name}.listen], ou donnez --address \
                 127.0.0.1:4999",
            )));
        };
        let fetch = |secret| {
            let unusable =
                say!("the section `listen` is unusable:", "la section `listen` est inutilisable :");
            session.vault.fetch(secret).map_err(|wrong| Trouble::settings(unusable, &[wrong]))
        };
        let segment = section.and_then(|section| section.segment.as_ref()).map(fetch).transpose()?;
        let typed = args.forward_to.as_deref().map(profile::target).transpose().map_err(|told| {
            Trouble::usage(say!("--forward-to is wrong: {told}", "--forward-to est faux : {told}"))
        })?;
        let target = typed.or(section.and_then(|section| section.forward_to.clone()));
        let forward = match target {
            None => None,
            Some(url) => {
                let secrets = section.map(|section| &*section.forward_secrets).unwrap_or_default();
                let secrets = secrets.iter().map(fetch).collect::<Result<Vec<_>, _>>()?;
                Some((url, Keys::of(&secrets)?))
            }
        };
        Ok(Self { address, segment, forward })
    }

    /// The bounds of the endpoint.
    pub(super) fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        settings.segment.clone_from(&self.segment);
        settings
    }
}
