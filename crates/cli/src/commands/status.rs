//! `nzimbu status`: where an order stands.

use std::process::ExitCode;
use std::time::Duration;

use nzimbu::{ErrorKind, GatewayRef, Operation, OrderRef, ProviderError, delays, until_final};

use crate::args::operations::Status;
use crate::commands::receipt::{self, Told};
use crate::lang::say;
use crate::output::{Failure, Style};
use crate::session::Session;
use crate::trouble::{self, Trouble};

pub(crate) fn run(args: &Status) -> Result<ExitCode, Failure> {
    let style = Style::of(args.json);
    match ask(args) {
        Ok(told) => told.print(style).map(|()| ExitCode::from(told.exit_of_question())),
        Err(trouble) => trouble.end(style),
    }
}

fn ask(args: &Status) -> Result<Told, Trouble> {
    let session = Session::open(&args.settings)?;
    let operation = Operation::from(args.operation);
    let amount = args
        .amount
        .money()
        .map_err(|told| Trouble::usage(say!("--amount is wrong: {told}", "--amount est faux : {told}")))?;
    let name = session.order_name(&args.name, operation)?;
    let mut order = OrderRef::new(operation, name.clone());
    if let Some(text) = &args.gateway_reference {
        order.reference = Some(GatewayRef::new(text).ok_or_else(|| {
            Trouble::usage(say!(
                "--gateway-reference is empty or too long: copy the gateway's id again",
                "--gateway-reference est vide ou trop longue : recopiez l'identifiant de la passerelle",
            ))
        })?);
    }
    let provider = session.connect(args.gateway)?.shared();
    let http = session.http()?;
    let answer = match args.wait {
        None => http.run(provider.status(&order)),
        Some(wait) => http.run(until_final(provider.clone(), order, delays(FIRST, MOST, looks(wait)))),
    };
    // Whatever went wrong with the question says nothing about the order, hence never that it ended.
    let failed = |error: ProviderError| {
        let trouble = Trouble::gateway(args.gateway, &error).with_order(name.as_str());
        match error.kind() {
            _ if !error.problems().is_empty() => trouble.with_exit(trouble::USAGE),
            ErrorKind::Unsupported => trouble.with_exit(trouble::UNKNOWN),
            _ => trouble.with_exit(trouble::UNKNOWN).with_remedy(say!(
                "this says nothing about the order: ask again later",
                "cela ne dit rien de la commande : redemandez plus tard",
            )),
        }
    };
    let Some(told) = answer.map_err(failed)? else {
        let (gateway, order) = (args.gateway.as_str(), name.as_str());
        return Err(Trouble::unknown(
            "not-found",
            say!(
                "{gateway} does not know the order {order}, which proves nothing yet: ask again later, and never \
                 send it again under another id",
                "{gateway} ne connaît pas la commande {order}, ce qui ne prouve encore rien : redemandez plus tard, \
                 et ne la renvoyez jamais sous un autre identifiant",
            ),
        )
        .with_gateway(args.gateway)
        .with_order(order));
    };
    match (amount, name.to_order_id()) {
        (Some(amount), Some(id)) => Told::checked(args.gateway, &provider, operation, told, (&id, amount)),
        (Some(_), None) => Err(Trouble::usage(say!(
            "an order of this name is not one of ours, so that its amount cannot be compared: leave out --amount",
            "une commande de ce nom n'est pas des nôtres, si bien que son montant ne peut être comparé : retirez \
             --amount",
        ))),
        (None, _) if told.order != name => {
            Err(receipt::mismatch(args.gateway, name.as_str(), &nzimbu::Mismatch::Order))
        }
        (None, _) => Ok(Told::unchecked(args.gateway, operation, told)),
    }
}

/// How often to ask within this time: the pauses are 1, 2, 4, 5, 5 … seconds.
fn looks(wait: Duration) -> usize {
    let mut left = wait;
    delays(FIRST, MOST, usize::MAX)
        .take_while(|delay| {
            let fits = left >= *delay;
            left = left.saturating_sub(*delay);
            fits
        })
        .count()
        .max(1)
}

const FIRST: Duration = Duration::from_secs(1);
const MOST: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_fit_into_the_time() {
        for (seconds, count) in [(1, 1), (2, 1), (3, 2), (7, 3), (12, 4), (60, 13)] {
            assert_eq!(looks(Duration::from_secs(seconds)), count, "{seconds}");
        }
    }
}
