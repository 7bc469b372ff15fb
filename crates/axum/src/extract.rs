//! Extractors for handlers of one's own. They take the whole request, so that no other extractor can have read, decoded
//! and lost the bytes that were signed.

use std::fmt;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequest, Request};
use axum::response::{IntoResponse, Response};
use nzimbu_core::{Callback, ProviderId, SharedProvider};
use nzimbu_journal::Seen;

use crate::gate::{Gate, wall};
use crate::inbox::Inbox;
use crate::refusal::{self, Refusal};
use crate::settings::{Settings, SettingsError, Tally};

/// A callback that is durable in the journal, for a handler at a path with `{gateway}` in it. The state has an
/// [`Inbox`].
///
/// Whatever the handler answers, the order is asked for; answer with `noted` itself to acknowledge.
///
/// ```no_run
/// use axum::routing::any;
/// use nzimbu_axum::{Inbox, Noted, Seen};
///
/// async fn notify(noted: Noted) -> Noted {
///     if let Seen::Noted(entry) = &noted.seen {
///         println!("{} was heard of, and is asked for", entry.order);
///     }
///     noted
/// }
///
/// # fn app(inbox: Inbox) -> axum::Router {
/// axum::Router::new().route("/callbacks/{gateway}", any(notify)).with_state(inbox)
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Noted {
    /// The gateway.
    pub gateway: ProviderId,
    /// What became of it; never [`Seen::Refused`].
    pub seen: Seen,
}

impl<S: Send + Sync> FromRequest<S> for Noted
where
    Inbox: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        Inbox::from_ref(state).take(request).await
    }
}

impl IntoResponse for Noted {
    fn into_response(self) -> Response {
        refusal::status(&self.seen).into_response()
    }
}

/// Gateways whose callbacks are checked, for programs with an inbox of their own. Cheap to clone.
#[derive(Clone)]
pub struct Gateways {
    providers: Arc<[SharedProvider]>,
    gate: Gate,
}

impl Gateways {
    /// These gateways, with the default [`Settings`].
    #[must_use]
    pub fn new(providers: Vec<SharedProvider>) -> Self {
        let gate = Gate::new(Settings::default()).expect("the defaults make sense");
        Self { providers: providers.into(), gate }
    }

    /// These gateways, with these settings.
    ///
    /// # Errors
    /// When they make no sense; the error names all faults.
    pub fn with(providers: Vec<SharedProvider>, settings: Settings) -> Result<Self, SettingsError> {
        Ok(Self { providers: providers.into(), gate: Gate::new(settings)? })
    }

    /// What came in since the start, over all clones.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.gate.tally()
    }

    fn find(&self, name: &str) -> Option<SharedProvider> {
        self.providers.iter().find(|provider| provider.id().as_str() == name).cloned()
    }
}

impl fmt::Debug for Gateways {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.providers.iter().map(|provider| provider.id().as_str()).collect();
        f.debug_struct("Gateways").field("names", &names).field("settings", self.gate.settings()).finish()
    }
}

/// A callback that was checked and is written down nowhere, for a handler at a path with `{gateway}` in it. The state
/// has [`Gateways`].
///
/// Answer 200 only once it is durable in a place of yours, do so for one that came before as well, and ask for the
/// status before money or goods move. [`Noted`] does all of that.
#[derive(Debug)]
#[non_exhaustive]
pub struct Verified {
    /// The gateway.
    pub provider: SharedProvider,
    /// What it says.
    pub callback: Callback,
}

impl<S: Send + Sync> FromRequest<S> for Verified
where
    Gateways: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let gateways = Gateways::from_ref(state);
        let gate = &gateways.gate;
        let admitted = gate.admit(request, |name| gateways.find(name)).await;
        let admitted = admitted.map_err(|refusal| gate.refuse(refusal))?;
        let provider = admitted.provider.clone();
        let callback = admitted.request.lend(|raw| provider.verify(raw, wall()));
        let callback = callback.map_err(|error| gate.refuse(Refusal::NotACallback(error)))?;
        gate.count(|counts| match callback {
            Callback::Ping => &counts.pings,
            _ => &counts.noted,
        });
        Ok(Self { provider, callback })
    }
}
