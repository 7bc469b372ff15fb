//! `nzimbu balance`: what the account for payouts holds.

use std::process::ExitCode;

use nzimbu::{Balance, Currency};
use serde::Serialize;

use crate::args;
use crate::lang::{Text, say};
use crate::output::{self, Failure, Style};
use crate::screen;
use crate::session::Session;
use crate::trouble::Trouble;

pub(crate) fn run(args: &args::operations::Balance) -> Result<ExitCode, Failure> {
    let style = Style::of(args.json);
    match ask(args) {
        Ok(balance) => print(args.gateway, &balance, style).map(|()| ExitCode::SUCCESS),
        Err(trouble) => trouble.end(style),
    }
}

fn ask(args: &args::operations::Balance) -> Result<Balance, Trouble> {
    let session = Session::open(&args.settings)?;
    let provider = session.connect(args.gateway)?.shared();
    let settled = session.profile.cinetpay.as_ref().and_then(|part| part.transfer_currency());
    // Only CinetPay tells a balance, and says itself that its account's currency has to be set.
    let currency = args.currency.or(settled).unwrap_or(Currency::Xof);
    session.http()?.run(provider.balance(currency)).map_err(|error| Trouble::gateway(args.gateway, &error))
}

#[derive(Serialize)]
struct Record<'a> {
    gateway: &'static str,
    #[serde(flatten)]
    balance: &'a Balance,
}

fn print(gateway: args::Gateway, balance: &Balance, style: Style) -> Result<(), Failure> {
    let gateway = gateway.as_str();
    if style == Style::Json {
        return output::json(&Record { gateway, balance });
    }
    let mut facts: Vec<(Text, String)> = vec![
        (say!("gateway", "passerelle"), gateway.to_owned()),
        (say!("available", "disponible"), balance.available.to_string()),
    ];
    facts.extend(balance.reserved.map(|held| (say!("reserved", "réservé"), held.to_string())));
    facts.extend(balance.total.map(|total| (say!("total", "total"), total.to_string())));
    output::line(screen::facts(&facts))
}
