//! The index: where everything is and what brings about failures.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use crate::faults::{FaultKind, MAGIC};
use crate::hub::Hub;

/// The index for programs, as plain text.
pub(crate) async fn index(State(hub): State<Arc<Hub>>) -> Response {
    let endpoints = hub.endpoints();
    let mut text = String::from("SANDBOX: no money here is real.\n\nBase URLs\n");
    for (name, url) in [
        ("CinetPay checkout", &endpoints.cinetpay.checkout_url),
        ("CinetPay transfer", &endpoints.cinetpay.transfer_url),
        ("Bitlipa", &endpoints.bitlipa.base_url),
        ("Bitlipa hosted page", &endpoints.bitlipa.hosted_page_url),
        ("Adullam", &endpoints.adullam.base_url),
        ("Admin API", &endpoints.admin_url),
    ] {
        line(&mut text, &format!("  {name:<20} {url}"));
    }
    text.push_str("\nAdmin API: /openapi.json describes it, /api/state begins it, /api/events follows it.\n");
    text.push_str(
        "\nMagic values: orders of exactly this amount, or of a phone number that ends in these digits\n",
    );
    for value in MAGIC {
        line(&mut text, &format!("  {}  …{}  {}", value.amount, value.phone_ending, value.meaning));
    }
    text.push_str(
        "  9000000 + 10 x code: any code of CinetPay's checkout; 900000 + 10 x code: of its transfer service\n  \
         4370.00 to 4376.00: Bitlipa's status 0 to 6\n",
    );
    text.push_str("\nKinds of faults for POST /api/faults\n");
    for kind in FaultKind::ALL {
        line(&mut text, &format!("  {}", kind.name()));
    }
    let mut response = Response::new(Body::from(text));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("writing to a string never fails");
}
