//! One request, one answer, and what a failure proves.

use std::io::{self, Read};

use nzimbu_core::{HttpRequest, HttpResponse, Method, TransportError};
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header::CONTENT_ENCODING};
use ureq::{Agent, Body, Error};

use crate::connect::Progress;

/// Sends one request once and reads the whole answer.
pub(crate) fn carry(
    agent: &Agent,
    cap: usize,
    request: &HttpRequest,
) -> Result<HttpResponse, TransportError> {
    request.check()?;
    let head = head(request)?;
    Progress::reset();
    let answer = match request.method() {
        Method::Get => agent.run(head),
        Method::Post => agent.run(head.map(|()| request.body.as_slice())),
    };
    read(answer.map_err(|error| failure(&error))?, cap)
}

fn head(request: &HttpRequest) -> Result<Request<()>, TransportError> {
    let mut head = Request::builder()
        .method(request.method().as_str())
        .uri(&request.url)
        .body(())
        .map_err(|_| TransportError::not_sent("the URL is not valid"))?;
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
        head.headers_mut().append(name, value);
    }
    Ok(head)
}

fn read(answer: Response<Body>, cap: usize) -> Result<HttpResponse, TransportError> {
    let (parts, body) = answer.into_parts();
    let status = parts.status.as_u16();
    if status < 200 {
        return Err(TransportError::unknown("the gateway sent an interim answer instead of a final one"));
    }
    if encoded(&parts.headers) {
        return Err(TransportError::unknown("the answer is compressed although that was ruled out"));
    }
    let stated = body.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    let mut bytes = Vec::with_capacity(stated.min(cap));
    let limit = u64::try_from(cap).unwrap_or(u64::MAX).saturating_add(1);
    let read = body.into_reader().take(limit).read_to_end(&mut bytes);
    read.map_err(|error| failure(&Error::from(error)))?;
    if bytes.len() > cap {
        return Err(TransportError::unknown(format!("the answer is longer than {cap} bytes")));
    }
    let headers = (parts.headers.iter())
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    Ok(HttpResponse { status, headers, body: bytes })
}

fn encoded(headers: &HeaderMap) -> bool {
    (headers.get_all(CONTENT_ENCODING).iter())
        .any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Tells a failure in words of our own: ureq's may hold the URL.
fn failure(error: &Error) -> TransportError {
    match Progress::of_this_thread() {
        Progress::Resolving => TransportError::not_sent(match error {
            Error::Timeout(_) => "the host was not found in time",
            Error::HostNotFound | Error::Io(_) => "the host was not found",
            _ => "the request cannot be sent as it is",
        }),
        Progress::Connecting => TransportError::not_sent(match error {
            Error::Timeout(_) => "no connection in time".to_owned(),
            Error::Io(error) => cause(error, "no connection"),
            Error::ConnectProxyFailed(_) => "the proxy refused".to_owned(),
            _ => "no connection".to_owned(),
        }),
        Progress::Sending => TransportError::unknown(match error {
            Error::Timeout(_) => "no whole answer in time".to_owned(),
            Error::Io(error) => cause(error, "the connection was cut"),
            Error::Protocol(_) | Error::Http(_) => "the answer is not HTTP".to_owned(),
            Error::LargeResponseHeader(..) => "the head of the answer is too long".to_owned(),
            _ => "the connection was cut".to_owned(),
        }),
    }
}

fn cause(error: &io::Error, otherwise: &str) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(tls) => format!("TLS failed: {tls}"),
        None if error.kind() == io::ErrorKind::Other => otherwise.to_owned(),
        None => format!("{otherwise}: {}", error.kind()),
    }
}
