//! The one order that is meant.

use nzimbu::{Operation, OrderId};
use nzimbu_journal::{Entry, Journal};

use crate::args::Gateway;
use crate::args::daily::Which;
use crate::lang::say;
use crate::session::Session;
use crate::trouble::Trouble;
use crate::words;

/// The order of this id or reference, wherever it is.
pub(crate) fn find(session: &Session, journal: &Journal, which: &Which) -> Result<Entry, Trouble> {
    let mut found = Vec::new();
    for operation in [Operation::Payment, Operation::Payout] {
        if which.operation.is_some_and(|wanted| Operation::from(wanted) != operation) {
            continue;
        }
        // The direction is part of what an id is derived from.
        let Some(order) = session.which_order(which, operation)? else { continue };
        for gateway in Gateway::ALL {
            if which.gateway.is_none_or(|wanted| wanted == gateway) {
                let entry = journal.find(gateway.as_str(), operation, &order).wait();
                found.extend(entry.map_err(|error| Trouble::journal(&error))?);
            }
        }
    }
    match found.len() {
        0 => Err(Trouble::refused(
            "not-found",
            say!(
                "the journal has no such order: look for it with `nzimbu journal list`",
                "le journal n'a pas de telle commande : cherchez-la avec `nzimbu journal list`",
            ),
        )),
        1 => Ok(found.swap_remove(0)),
        _ => {
            let places = found.iter().map(|entry| {
                let operation = words::operation(entry.operation);
                format!("{} {operation}", entry.gateway)
            });
            let places = places.collect::<Vec<_>>().join(", ");
            Err(Trouble::usage(say!(
                "there are several orders of this id ({places}): give --gateway and --operation",
                "il y a plusieurs commandes de cet identifiant ({places}) : donnez --gateway et --operation",
            )))
        }
    }
}

impl Session {
    fn which_order(&self, which: &Which, operation: Operation) -> Result<Option<OrderId>, Trouble> {
        let name =
            crate::args::common::Name { order: which.order.clone(), reference: which.reference.clone() };
        self.order_id(&name, operation)
    }
}
