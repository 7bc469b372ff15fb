//! A plain HTTP client on a socket.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e} in {:?}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// Sends one request; the headers are the caller's, besides host and length.
pub(crate) fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let rest = url.strip_prefix("http://").unwrap();
    let host = &rest[..rest.find(['/', '?']).unwrap_or(rest.len())];
    request_as(host, method, url, headers, body)
}

#[allow(dead_code, reason = "not every test that shares this asks under another name")]
/// Sends one request to the address of the URL under the name of another host.
pub(crate) fn request_as(
    name: &str,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let rest = url.strip_prefix("http://").unwrap();
    let split = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, target) = rest.split_at(split);
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    let mut text = format!("{method} {target} HTTP/1.1\r\nhost: {name}\r\nconnection: close\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!("content-length: {}\r\n\r\n{body}", body.len());
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    // A server that refuses early may close before it has read everything.
    let _ = stream.write_all(text.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Answer { status, headers, body: body.to_owned() }
}

pub(crate) fn get(url: &str) -> Answer {
    request("GET", url, &[("user-agent", "test/1")], "")
}

pub(crate) fn post_json(url: &str, body: &str) -> Answer {
    request("POST", url, &[("user-agent", "test/1"), ("content-type", "application/json")], body)
}

pub(crate) fn post_form(url: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request(
        "POST",
        url,
        &[("user-agent", "test/1"), ("content-type", "application/x-www-form-urlencoded")],
        &body,
    )
}

/// Fills the form of a page as a browser does: reads the page first, and sends its token along.
pub(crate) fn fill_form(url: &str, fields: &[(&str, &str)]) -> Answer {
    let page = get(url);
    let token = page.body.split("name=\"form_token\" value=\"").nth(1).unwrap_or("\"");
    let token = token.split('"').next().unwrap();
    post_form(url, &[fields, &[("form_token", token)]].concat())
}

/// What a reader sees of escaped text.
pub(crate) fn unescaped(html: &str) -> String {
    html.replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#38;", "&")
}

/// Waits for something that other threads bring about.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(5), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
