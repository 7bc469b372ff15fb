//! What every request passes before anybody looks at what it says: the path, the method, the bounds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{FromRequestParts as _, RawPathParams, Request};
use axum::http::Method as HttpMethod;
use nzimbu_core::signature::fields::{FieldsKey, verify};
use nzimbu_core::{Callback, Method, RawCallback, Secret, SharedProvider, UnixTime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::refusal::Refusal;
use crate::request::RawRequest;
use crate::settings::{Settings, SettingsError, Tally};

/// The bounds, shared by all clones.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Inner>);

struct Inner {
    settings: Settings,
    segment: Option<FieldsKey>,
    permits: Arc<Semaphore>,
    counts: Counts,
}

#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) pings: AtomicU64,
    pub(crate) noted: AtomicU64,
    pub(crate) replays: AtomicU64,
    pub(crate) strays: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) turned_away: AtomicU64,
}

/// A request that passed; it takes up one place until it is dropped.
pub(crate) struct Admitted {
    pub(crate) provider: SharedProvider,
    pub(crate) request: RawRequest,
    _place: OwnedSemaphorePermit,
}

impl Gate {
    pub(crate) fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.check()?;
        let segment = settings.segment.as_ref().map(FieldsKey::new);
        let permits = Arc::new(Semaphore::new(settings.at_once));
        Ok(Self(Arc::new(Inner { settings, segment, permits, counts: Counts::default() })))
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Reads a request, if it is for one of the gateways and within bounds.
    pub(crate) async fn admit(
        &self,
        request: Request,
        find: impl Fn(&str) -> Option<SharedProvider>,
    ) -> Result<Admitted, Refusal> {
        let permits = Arc::clone(&self.0.permits);
        let place = permits.try_acquire_owned().map_err(|_| Refusal::Busy)?;
        let (mut parts, body) = request.into_parts();
        let params = RawPathParams::from_request_parts(&mut parts, &()).await;
        let params = params.map_err(|_| Refusal::NotFound)?;
        let param = |wanted: &str| params.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value);
        if !self.fits(param("segment")) {
            return Err(Refusal::NotFound);
        }
        let provider = param("gateway").and_then(find).ok_or(Refusal::NotFound)?;
        let method = match parts.method {
            HttpMethod::POST => Method::Post,
            HttpMethod::GET | HttpMethod::HEAD if pings(&provider) => Method::Get,
            _ if pings(&provider) => return Err(Refusal::Method { allow: "GET, HEAD, POST" }),
            _ => return Err(Refusal::Method { allow: "POST" }),
        };
        let Settings { body_cap, body_time, .. } = *self.settings();
        let request = RawRequest::read(method, parts, body, body_cap, body_time).await?;
        Ok(Admitted { provider, request, _place: place })
    }

    /// Whether the secret part of the path is ours. Both are used as keys and their digests compared in constant time,
    /// so that neither length nor beginning can be probed.
    fn fits(&self, claimed: Option<&str>) -> bool {
        const SIGNED: [&str; 1] = ["nzimbu path"];
        match (&self.0.segment, claimed) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(ours), Some(claimed)) => {
                let theirs = FieldsKey::new(&Secret::new(claimed)).sign(SIGNED);
                verify(std::slice::from_ref(ours), SIGNED, theirs.as_str()).is_ok()
            }
        }
    }

    /// Counts an end, and tells of refusals.
    pub(crate) fn count(&self, count: impl Fn(&Counts) -> &AtomicU64) {
        count(&self.0.counts).fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a refusal, and tells of it.
    pub(crate) fn refuse(&self, refusal: Refusal) -> Refusal {
        self.count(|counts| match refusal {
            Refusal::Busy | Refusal::Journal(_) => &counts.turned_away,
            _ => &counts.refused,
        });
        crate::trace::refused(&refusal);
        refusal
    }

    pub(crate) fn tally(&self) -> Tally {
        let Counts { pings, noted, replays, strays, refused, turned_away } = &self.0.counts;
        let [pings, noted, replays, strays, refused, turned_away] =
            [pings, noted, replays, strays, refused, turned_away].map(|count| count.load(Ordering::Relaxed));
        Tally { pings, noted, replays, strays, refused, turned_away }
    }
}

/// Whether the gateway looks by an empty `GET` whether the address answers.
fn pings(provider: &SharedProvider) -> bool {
    let empty = RawCallback { method: Method::Get, query: "", headers: &[], body: b"" };
    matches!(provider.verify(&empty, UnixTime::default()), Ok(Callback::Ping))
}

/// The time of day, for gateways that sign one.
pub(crate) fn wall() -> UnixTime {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UnixTime::default().plus(since_1970.unwrap_or_default())
}
