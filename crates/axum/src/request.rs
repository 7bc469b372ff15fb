//! A request as it came: raw bytes, within bounds.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use http_body_util::BodyExt as _;
use nzimbu_core::{Method, RawCallback};

use crate::refusal::Refusal;

/// What a [`RawCallback`] borrows from.
pub(crate) struct RawRequest {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl RawRequest {
    /// Reads the body, as far as it is allowed to be long and slow.
    pub(crate) async fn read(
        method: Method,
        parts: Parts,
        body: Body,
        cap: usize,
        time: Duration,
    ) -> Result<Self, Refusal> {
        let told = parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        if told.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > cap as u64) {
            return Err(Refusal::TooLong);
        }
        let body = tokio::time::timeout(time, collect(body, cap)).await.map_err(|_| Refusal::TooSlow)??;
        Ok(Self { method, uri: parts.uri, headers: parts.headers, body })
    }

    /// Lends the request out as the gateways check it. A header that is not UTF-8 is left out: none of theirs is such.
    pub(crate) fn lend<T>(&self, check: impl FnOnce(&RawCallback<'_>) -> T) -> T {
        let text = |value| std::str::from_utf8(value).ok();
        let headers: Vec<_> = self
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), text(value.as_bytes())?)))
            .collect();
        check(&RawCallback {
            method: self.method,
            query: self.uri.query().unwrap_or_default(),
            headers: &headers,
            body: &self.body,
        })
    }
}

/// Collects a body and stops as soon as it is too long, whatever its head said.
async fn collect(mut body: Body, cap: usize) -> Result<Bytes, Refusal> {
    let mut collected = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::BrokenOff)?;
        // Trailers are no part of what is signed.
        let Ok(data) = frame.into_data() else { continue };
        if collected.len() + data.len() > cap {
            return Err(Refusal::TooLong);
        }
        collected.extend_from_slice(&data);
    }
    Ok(collected.into())
}
