//! `nzimbu verify`: what a callback is worth.

use std::process::ExitCode;

use nzimbu::{Callback, CallbackError, OrderName, Problems, RawCallback, Secret, Status, bitlipa, cinetpay};
use serde::Serialize;

use crate::args::{Signer, Verify};
use crate::output::Failure;
use crate::{input, output};

pub(crate) fn run(args: &Verify) -> Result<ExitCode, Failure> {
    let secrets = args.secret_env.iter().map(|name| input::secret(name)).collect::<Result<Vec<_>, _>>()?;
    let body = input::read(args.file.as_deref())?;
    let headers: Vec<_> = args.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let callback = RawCallback::post(&headers, input::without_line_break(&body));
    let verified = match args.gateway {
        Signer::Bitlipa => bitlipa::CallbackVerifier::new(&secrets).map_err(unusable)?.verify(&callback),
        Signer::Cinetpay => cinetpay(args.site_id.as_deref(), &secrets, &callback)?,
    };
    let verdict = Verdict::of(verified, args.gateway);
    output::json(&verdict)?;
    Ok(output::exit(verdict.verdict != REJECTED))
}

/// The answer.
#[derive(Debug, Serialize)]
struct Verdict {
    verdict: &'static str,
    order_id: Option<OrderName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_status: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl Verdict {
    fn of(verified: Result<Callback, CallbackError>, gateway: Signer) -> Self {
        let mut verdict = Self {
            verdict: REJECTED,
            order_id: None,
            status: None,
            raw_status: None,
            reason: None,
            message: None,
        };
        match verified {
            Ok(Callback::Authentic(authentic)) => {
                verdict.verdict = "authentic";
                let receipt = authentic.into_receipt();
                verdict.order_id = Some(receipt.order);
                // CinetPay's notifications name a reason for people, and leave the status to a query.
                if gateway == Signer::Bitlipa {
                    verdict.status = Some(receipt.status);
                    verdict.raw_status = Some(receipt.raw_status);
                }
            }
            Ok(Callback::Hint(order)) => {
                verdict.verdict = "hint";
                verdict.order_id = Some(order.order);
            }
            Ok(_) => {
                let error = CallbackError::Malformed("it speaks of no order");
                verdict.reason = Some(error.as_str());
                verdict.message = Some(error.to_string());
            }
            Err(error) => {
                verdict.reason = Some(error.as_str());
                verdict.message = Some(error.to_string());
            }
        }
        verdict
    }
}

/// Verifies for a site. Notifications of transfers name none and need none.
fn cinetpay(
    site_id: Option<&str>,
    secrets: &[Secret],
    callback: &RawCallback<'_>,
) -> Result<Result<Callback, CallbackError>, Failure> {
    let verifier = cinetpay::CallbackVerifier::new(site_id.unwrap_or(NO_SITE), secrets).map_err(unusable)?;
    let verified = verifier.verify(callback);
    let depends_on_site = !matches!(
        verified,
        Ok(Callback::Hint(_))
            | Err(CallbackError::ContentType | CallbackError::Malformed(_) | CallbackError::Unreadable(_))
    );
    if site_id.is_none() && depends_on_site {
        return Err(Failure::usage(
            "this is a notification of CinetPay's checkout: give your own site id with --site-id, since the \
             signature alone does not tell for whom it is",
        ));
    }
    Ok(verified)
}

fn unusable(problems: Problems) -> Failure {
    Failure::usage(problems.to_string())
}

const REJECTED: &str = "rejected";
const NO_SITE: &str = "0";
