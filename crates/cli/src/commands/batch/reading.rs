//! How a file is read, and by whose rules.

use nzimbu::SharedProvider;

use crate::args::batch::Reading;
use crate::batch::{DuplicateRecipients, MOST_ROWS, Settings};
use crate::lang::say;
use crate::session::Session;
use crate::trouble::Trouble;

pub(super) fn settings(
    args: &Reading,
    namespace: String,
    gateway: Option<SharedProvider>,
    gateways: Vec<SharedProvider>,
) -> Settings {
    Settings {
        namespace,
        gateway,
        gateways,
        country: args.country,
        currency: args.currency,
        decimal_mark: args.decimal_mark,
        encoding: args.encoding,
        duplicate_recipients: if args.accept_duplicate_recipients {
            DuplicateRecipients::Accept
        } else {
            DuplicateRecipients::Refuse
        },
        most_rows: MOST_ROWS,
    }
}

/// The same with the gateways of a profile, whose secrets are fetched.
pub(super) fn connected(session: &Session, args: &Reading) -> Result<Settings, Trouble> {
    let name = &session.profile.name;
    let Some(namespace) = session.profile.namespace.clone().filter(|text| !text.trim().is_empty()) else {
        return Err(Trouble::usage(say!(
            "a batch needs `namespace` in [profile.{name}], for instance \"shop/live\", which must never change: every \
             order's id is derived from it and the row's reference",
            "un lot demande `namespace` dans [profile.{name}], par exemple \"boutique/reel\", qui ne doit jamais \
             changer : l'identifiant de chaque commande dérive de lui et de la référence de la ligne",
        )));
    };
    let mut gateways = Vec::new();
    for gateway in session.profile.gateways() {
        match session.connect(gateway) {
            Ok(connected) => gateways.push(connected.shared()),
            // What the rows need not is no obstacle; a row that names it is told that it cannot be used.
            Err(_) if args.gateway.is_some_and(|wanted| wanted != gateway) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    let gateway = match args.gateway {
        None => None,
        Some(wanted) => match gateways.iter().find(|gateway| gateway.id().as_str() == wanted.as_str()) {
            Some(found) => Some(SharedProvider::clone(found)),
            // It says what is missing.
            None => Some(session.connect(wanted)?.shared()),
        },
    };
    Ok(settings(args, namespace, gateway, gateways))
}
