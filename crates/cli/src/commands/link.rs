//! `nzimbu link`: a signed link to a hosted page.

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use nzimbu::bitlipa::HostedPageRequest;
use nzimbu::{Operation, OrderId, PhoneNumber, ProviderError};
use serde::Serialize;

use crate::args::operations::Link;
use crate::commands::confirm;
use crate::lang::say;
use crate::output::{self, Failure, Style};
use crate::profile::Connected;
use crate::session::Session;
use crate::trouble::Trouble;

pub(crate) fn run(args: &Link) -> Result<ExitCode, Failure> {
    let style = Style::of(args.json);
    match make(args) {
        Err(trouble) => trouble.end(style),
        Ok(link) => {
            match style {
                Style::Json => output::json(&link)?,
                Style::People => output::line(&link.url)?,
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

#[derive(Serialize)]
struct Made {
    gateway: &'static str,
    order: OrderId,
    url: String,
}

fn make(args: &Link) -> Result<Made, Trouble> {
    let session = Session::open(&args.settings)?;
    let name = args.gateway.as_str();
    let Connected::Bitlipa(bitlipa) = session.connect(args.gateway)? else {
        return Err(Trouble::refused(
            "unsupported",
            say!(
                "{name} has no page that is linked to without asking it: `nzimbu pay` gives the page of a payment",
                "{name} n'a pas de page qu'on lie sans l'interroger : `nzimbu pay` donne la page d'un encaissement",
            ),
        )
        .with_gateway(args.gateway));
    };
    let Some(order) = session.order_id(&args.name, Operation::Payment)? else {
        return Err(Trouble::usage(say!(
            "no order is named: give --order or --reference",
            "aucune commande n'est nommée : donnez --order ou --reference",
        )));
    };
    let amount = args
        .amount
        .money()
        .map_err(|told| Trouble::usage(say!("--amount is wrong: {told}", "--amount est faux : {told}")))?;
    let mut request = HostedPageRequest::new(order.clone(), args.provider);
    request.amount = amount;
    request.currency = args.amount.currency.unwrap_or(request.currency);
    request.customer_id = args.customer_id.as_deref().map(Into::into);
    if let Some(country) = &args.country {
        request.country = country.as_str().into();
    }
    if let Some(kind) = &args.kind {
        request.kind = kind.as_str().into();
    }
    if args.ask_phone {
        request.payer.phone = Some(phone()?);
    }
    let page = bitlipa
        .hosted_page_link(&request)
        .map_err(|problems| Trouble::gateway(args.gateway, &ProviderError::invalid(problems)))?;
    Ok(Made { gateway: name, order, url: page.as_str().to_owned() })
}

fn phone() -> Result<PhoneNumber, Trouble> {
    if io::stdin().is_terminal() {
        confirm::prompt(&say!("phone, as +234…: ", "téléphone, comme +234… : "));
    }
    let line = confirm::line()?.unwrap_or_default();
    PhoneNumber::parse(line.trim()).map_err(|error| {
        let told = error.to_string();
        Trouble::usage(say!("the phone number is wrong: {told}", "le numéro de téléphone est faux : {told}"))
    })
}
