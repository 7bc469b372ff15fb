//! The ready router: callbacks into the journal, one answer for each case.

use std::fmt;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use nzimbu_journal::{Cashier, Seen};

use crate::extract::Noted;
use crate::gate::{Gate, wall};
use crate::refusal::{self, Refusal};
use crate::settings::{Settings, SettingsError, Tally};

/// The callbacks of all gateways of a cashier, as a router with one path for each: `/cinetpay`, `/bitlipa`,
/// `/adullam`. Nest it wherever you like.
///
/// ```no_run
/// # fn app(cashier: nzimbu_axum::Cashier) -> axum::Router {
/// // The notify address of CinetPay is https://shop.example/callbacks/cinetpay
/// axum::Router::new().nest("/callbacks", nzimbu_axum::callbacks(cashier))
/// # }
/// ```
///
/// | The request | is answered with |
/// |---|---|
/// | a callback, once it is durable in the journal; a replay; a callback of an unknown order; a ping | 200 |
/// | a body that broke off, or breaks its documented form | 400 |
/// | a signature that is missing or does not fit | 401 |
/// | a path without a gateway that is served | 404 |
/// | another method (`GET` is for gateways that ping) | 405 |
/// | a body that is too slow | 408 |
/// | a body that is too long | 413 |
/// | a content type that the gateway's documents rule out | 415 |
/// | more at once than allowed, or a journal that cannot be written | 503 |
///
/// No answer has a body.
pub fn callbacks<S: Clone + Send + Sync + 'static>(cashier: Cashier) -> Router<S> {
    Inbox::new(cashier).router()
}

/// Takes callbacks into the journal of a cashier. Cheap to clone; clones share bounds and counts.
///
/// As a part of the application's state it is what [`Noted`] works with.
#[derive(Clone)]
pub struct Inbox {
    cashier: Cashier,
    gate: Gate,
}

impl Inbox {
    /// An inbox with the default [`Settings`].
    #[must_use]
    pub fn new(cashier: Cashier) -> Self {
        let gate = Gate::new(Settings::default()).expect("the defaults make sense");
        Self { cashier, gate }
    }

    /// An inbox with these settings.
    ///
    /// # Errors
    /// When they make no sense; the error names all faults.
    pub fn with(cashier: Cashier, settings: Settings) -> Result<Self, SettingsError> {
        Ok(Self { cashier, gate: Gate::new(settings)? })
    }

    /// The router of [`callbacks`], with the secret part of the path first, if there is one.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let path = match self.gate.settings().segment {
            Some(_) => "/{segment}/{gateway}",
            None => "/{gateway}",
        };
        Router::new().route(path, any(answer)).with_state(self.clone())
    }

    /// Takes in a request to a path with `{gateway}` in it (and `{segment}`, if the settings have one), for handlers
    /// of your own. It returns once the callback is durable.
    ///
    /// # Errors
    /// A [`Refusal`], which is the answer to give.
    pub async fn take(&self, request: Request) -> Result<Noted, Refusal> {
        let gate = &self.gate;
        let admitted = gate.admit(request, |name| self.cashier.provider(name).cloned()).await;
        let admitted = admitted.map_err(|refusal| gate.refuse(refusal))?;
        let gateway = admitted.provider.id();
        let reply = admitted.request.lend(|raw| self.cashier.receive(gateway.as_str(), raw, wall()));
        // A reply that is dropped takes nothing back: what the journal still writes is there.
        let seen = match tokio::time::timeout(gate.settings().journal_time, reply).await {
            Ok(Ok(Seen::Refused(error))) => Err(Refusal::NotACallback(error)),
            Ok(Ok(seen)) => Ok(seen),
            Ok(Err(error)) => Err(Refusal::Journal(Some(error))),
            Err(_) => Err(Refusal::Journal(None)),
        };
        let seen = seen.map_err(|refusal| gate.refuse(refusal))?;
        gate.count(|counts| match &seen {
            Seen::Ping => &counts.pings,
            Seen::Replay => &counts.replays,
            Seen::Stray => &counts.strays,
            _ => &counts.noted,
        });
        Ok(Noted { gateway, seen })
    }

    /// What came in since the start, over all clones.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.gate.tally()
    }

    /// The cashier.
    #[must_use]
    pub fn cashier(&self) -> &Cashier {
        &self.cashier
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("cashier", &self.cashier)
            .field("settings", self.gate.settings())
            .finish()
    }
}

async fn answer(State(inbox): State<Inbox>, request: Request) -> Response {
    let mut response = match inbox.take(request).await {
        Ok(noted) => refusal::status(&noted.seen).into_response(),
        Err(refusal) => refusal.into_response(),
    };
    // A ping that a proxy answers by itself says nothing about us.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
