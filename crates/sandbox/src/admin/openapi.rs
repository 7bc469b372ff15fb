//! The description of the admin API.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;

pub(super) async fn openapi() -> Response {
    let mut response = Response::new(Body::from(DESCRIPTION));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

const DESCRIPTION: &str = include_str!("openapi.json");
