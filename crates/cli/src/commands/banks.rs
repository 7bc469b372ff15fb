//! `nzimbu banks`: the banks that a gateway pays out to.

use std::process::ExitCode;

use nzimbu::bitlipa::Bank;
use serde::Serialize;

use crate::args::operations::Banks;
use crate::lang::say;
use crate::output::{self, Failure, Style};
use crate::profile::Connected;
use crate::screen;
use crate::session::Session;
use crate::trouble::Trouble;

pub(crate) fn run(args: &Banks) -> Result<ExitCode, Failure> {
    let style = Style::of(args.json);
    let banks = match ask(args) {
        Ok(banks) => banks,
        Err(trouble) => return trouble.end(style),
    };
    match style {
        Style::Json => {
            for bank in &banks {
                output::json(&Record { code: &bank.code, name: &bank.name })?;
            }
        }
        Style::People if banks.is_empty() => {
            output::line(say!("the gateway lists no banks for it", "la passerelle n'y liste aucune banque"))?;
        }
        Style::People => {
            let rows: Vec<_> =
                banks.iter().map(|bank| vec![bank.code.to_string(), bank.name.to_string()]).collect();
            output::line(screen::table(&[say!("code", "code"), say!("bank", "banque")], &rows))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct Record<'a> {
    code: &'a str,
    name: &'a str,
}

fn ask(args: &Banks) -> Result<Vec<Bank>, Trouble> {
    let session = Session::open(&args.settings)?;
    let name = args.gateway.as_str();
    match session.connect(args.gateway)? {
        Connected::Bitlipa(bitlipa) => session
            .http()?
            .run(bitlipa.banks(args.provider))
            .map_err(|error| Trouble::gateway(args.gateway, &error)),
        Connected::Adullam(_) | Connected::CinetPay(_) => Err(Trouble::refused(
            "unsupported",
            say!(
                "{name} lists no banks in its documents: only bitlipa does",
                "la documentation de {name} ne liste pas de banques : seule bitlipa le fait",
            ),
        )
        .with_gateway(args.gateway)),
    }
}
