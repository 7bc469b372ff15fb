//! By what a request shows which merchant it comes from.

use crate::gateway::{Front, Request, field};
use crate::hub::Place;
use crate::json::Json;

/// What a request says of its sender, before anybody has looked whether it is true.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// CinetPay's apikey, Bitlipa's id in the path.
    Account(String),
    /// Bitlipa's merchant_id in a signed link.
    Owner(String),
    /// A token of CinetPay's transfer service, or Adullam's.
    Token(String),
    /// Adullam's phone and password.
    Login(String, String),
    /// The address of a page that belongs to an order.
    Page(String),
}

impl Claim {
    /// Nothing when the request names nobody; then it is the first merchant's.
    pub(crate) fn read(place: Place, request: &Request) -> Option<Claim> {
        let path = request.path.trim_matches('/');
        match place {
            Place::Checkout => {
                match path.strip_prefix("payment/").or_else(|| path.strip_prefix("seamless/state/")) {
                    Some(token) => Some(Claim::Page(token.to_owned())),
                    None => text(&Json::parse(&request.body).ok()?, "apikey").map(Claim::Account),
                }
            }
            Place::Transfer if path.ends_with("auth/login") => {
                field(&request.form_pairs(), "apikey").map(|key| Claim::Account(key.to_owned()))
            }
            Place::Transfer => {
                field(&request.query_pairs(), "token").map(|token| Claim::Token(token.to_owned()))
            }
            Place::Bitlipa if request.front == Front::Pages => match path.rsplit_once('/') {
                Some((_, token)) => Some(Claim::Page(token.to_owned())),
                None => field(&request.query_pairs(), "merchant_id").map(|id| Claim::Owner(id.to_owned())),
            },
            Place::Bitlipa => path.split('/').next().map(|id| Claim::Account(id.to_owned())),
            Place::Adullam if path.ends_with("auth/token") => {
                let body = Json::parse(&request.body).ok()?;
                Some(Claim::Login(text(&body, "phone")?, text(&body, "password")?))
            }
            Place::Adullam => request.bearer().map(|token| Claim::Token(token.to_owned())),
        }
    }
}

fn text(body: &Json, name: &str) -> Option<String> {
    body.get(name).and_then(Json::text).map(str::to_owned)
}
