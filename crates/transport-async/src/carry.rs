//! One request, one answer, and what a failure proves.

use std::error::Error as _;
use std::io;

use nzimbu_core::{HttpRequest, HttpResponse, Method, TransportError};
use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Error, Request, Response, Url};

/// Sends one request once and reads the whole answer.
pub(crate) async fn carry(
    client: &Client,
    cap: usize,
    request: &HttpRequest,
) -> Result<HttpResponse, TransportError> {
    request.check()?;
    let built = build(request)?;
    let answer = client.execute(built).await.map_err(|error| failure(&error))?;
    read(answer, cap).await
}

fn build(request: &HttpRequest) -> Result<Request, TransportError> {
    let url = Url::parse(&request.url).map_err(|_| TransportError::not_sent("the URL is not valid"))?;
    let method = match request.method() {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
    };
    let mut built = Request::new(method, url);
    for header in &request.headers {
        let name = HeaderName::try_from(header.name);
        let value = HeaderValue::try_from(&header.value);
        let (Ok(name), Ok(mut value)) = (name, value) else {
            return Err(TransportError::not_sent(format!(
                "the header `{}` holds a sign that cannot be sent",
                header.name
            )));
        };
        value.set_sensitive(header.sensitive);
        built.headers_mut().append(name, value);
    }
    if request.method() == Method::Post {
        *built.body_mut() = Some(request.body.clone().into());
    }
    Ok(built)
}

async fn read(mut answer: Response, cap: usize) -> Result<HttpResponse, TransportError> {
    let status = answer.status().as_u16();
    if status < 200 {
        return Err(TransportError::unknown("the gateway sent an interim answer instead of a final one"));
    }
    if encoded(answer.headers()) {
        return Err(TransportError::unknown("the answer is compressed although that was ruled out"));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| unknown(&error))? {
        if body.len() + chunk.len() > cap {
            return Err(TransportError::unknown(format!("the answer is longer than {cap} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    let headers = (answer.headers().iter())
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    Ok(HttpResponse { status, headers, body })
}

fn encoded(headers: &HeaderMap) -> bool {
    (headers.get_all(CONTENT_ENCODING).iter())
        .any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Tells a failure in words of our own, since reqwest's hold the URL.
///
/// `is_connect` is asked before `is_timeout`, because a connection that takes too long is both. Neither
/// `is_request` nor an incomplete message proves that nothing was sent.
fn failure(error: &Error) -> TransportError {
    if error.is_builder() {
        TransportError::not_sent("the request cannot be sent as it is")
    } else if error.is_dns() && error.is_connect() {
        TransportError::not_sent("the host was not found")
    } else if error.is_connect() && error.is_timeout() {
        TransportError::not_sent("no connection in time")
    } else if error.is_connect() {
        TransportError::not_sent(cause(error).unwrap_or_else(|| "no connection".to_owned()))
    } else {
        unknown(error)
    }
}

fn unknown(error: &Error) -> TransportError {
    if error.is_timeout() {
        return TransportError::unknown("no whole answer in time");
    }
    TransportError::unknown(
        cause(error).unwrap_or_else(|| "the connection was cut, or the answer is not HTTP".to_owned()),
    )
}

/// What TLS or the operating system says; their texts hold no URL.
fn cause(error: &Error) -> Option<String> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(tell(error));
        }
        source = error.source();
    }
    None
}

/// An error of I/O may wrap another one, which `source` passes over.
fn tell(error: &io::Error) -> String {
    let inner = error.get_ref();
    if let Some(tls) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        format!("TLS failed: {tls}")
    } else if let Some(inner) = inner.and_then(|inner| inner.downcast_ref::<io::Error>()) {
        tell(inner)
    } else {
        format!("the connection failed: {}", error.kind())
    }
}
