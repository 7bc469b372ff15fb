//! What the gateway's own rules say of a draft.

use std::sync::Arc;

use nzimbu::adullam::{self, Adullam};
use nzimbu::bitlipa::{self, Bitlipa};
use nzimbu::cinetpay::{self, CinetPay};
use nzimbu::{BaseUrl, Currency, Operation, Problem, Secret, SharedProvider};

use super::draft::Draft;
use super::fields::Findings;
use crate::args::{Check, Gateway};
use crate::output::Failure;

/// Adds the gateway's violations to those of reading.
pub(super) fn judge(args: &Check, draft: &Draft, findings: &mut Findings) -> Result<(), Failure> {
    let provider = offline(args.gateway, args.account_currency)?;
    let operation = Operation::from(args.operation);
    let capabilities = provider.capabilities(operation);
    if !capabilities.offered {
        let message = format!(
            "{} offers no {}s in its documents: use another gateway",
            provider.id(),
            operation.as_str()
        );
        findings.add("", "supported", message);
        return Ok(());
    }
    for problem in problems(&provider, operation, draft, findings) {
        findings.add(problem.field.as_str(), problem.fault.rule(), problem.to_string());
    }
    Ok(())
}

/// The gateway's own violations, as far as the draft can be judged.
pub(crate) fn problems(
    provider: &SharedProvider,
    operation: Operation,
    draft: &Draft,
    findings: &Findings,
) -> Vec<Problem> {
    // Where the amount or its currency cannot be read, the gateway is asked about every amount that may have
    // been meant, and the answer with the least to say is the one that speaks of the other fields alone.
    let currencies = provider.capabilities(operation).currencies;
    let answers = draft.amounts(currencies).into_iter().map(|amount| {
        let exchange = match operation {
            Operation::Payment => provider.pay(&draft.payment(amount)),
            Operation::Payout => provider.pay_out(&draft.payout(amount)),
        };
        let problems = exchange.problems().iter().filter(|problem| findings.can_judge(problem));
        problems.cloned().collect::<Vec<_>>()
    });
    answers.min_by_key(Vec::len).unwrap_or_default()
}

/// The gateway with settings that no request is refused for.
pub(crate) fn offline(gateway: Gateway, account: Option<Currency>) -> Result<SharedProvider, Failure> {
    let provider: Result<SharedProvider, _> = match gateway {
        Gateway::Adullam => Adullam::new(adullam::Config::new(adullam::Credentials::Bearer(stand_in())))
            .map(|found| Arc::new(found) as _),
        Gateway::Bitlipa => {
            let nowhere = BaseUrl::parse(NOWHERE).expect("a host over https is a base URL");
            let mut config = bitlipa::Config::new(nowhere, "0", "0", stand_in());
            config.notify_url = Some(NOWHERE.to_owned());
            Bitlipa::new(config).map(|found| Arc::new(found) as _)
        }
        Gateway::Cinetpay => {
            let mut checkout = cinetpay::CheckoutConfig::new(stand_in(), "0");
            checkout.currency = account;
            checkout.notify_url = Some(NOWHERE.to_owned());
            checkout.return_url = Some(NOWHERE.to_owned());
            let mut transfer = cinetpay::TransferConfig::new(stand_in(), stand_in());
            transfer.currency = account;
            transfer.notify_url = Some(NOWHERE.to_owned());
            CinetPay::new(cinetpay::Config::new(Some(checkout), Some(transfer)))
                .map(|found| Arc::new(found) as _)
        }
    };
    provider.map_err(|problems| Failure::usage(format!("the gateway's settings are unusable: {problems}")))
}

/// In place of credentials, since nothing is sent.
fn stand_in() -> Secret {
    Secret::new("stand-in")
}

/// In place of addresses that belong to the settings rather than to the request.
const NOWHERE: &str = "https://merchant.example/";
