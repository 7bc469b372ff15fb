//! Answers that are whole, however odd: a transport has to hand them on as they are.

use nzimbu_core::HttpRequest;

use super::case::{Case, Wanted};
use super::server::answer;
use super::tls::GOOD;

pub(super) const ALL: &[fn() -> Case] = &[
    || whole("a plain answer", 200, answer("200 OK", "Content-Type: application/json\r\n", GOOD), GOOD),
    || whole("a refusal", 400, answer("400 Bad Request", "", GOOD), GOOD),
    || whole("a failure of the gateway", 500, answer("500 Internal Server Error", "", GOOD), GOOD),
    || whole("a status of no standard", 726, answer("726 Already My Contact", "", GOOD), GOOD),
    || {
        let page = "error code: 1010";
        whole(
            "the page of a firewall",
            403,
            answer("403 Forbidden", "content-type: text/plain\r\n", page),
            page,
        )
    },
    || moved("301 Moved Permanently", 301),
    || moved("302 Found", 302),
    || moved("303 See Other", 303),
    || moved("307 Temporary Redirect", 307),
    || moved("308 Permanent Redirect", 308),
    || {
        let head = "www-authenticate: Basic realm=\"gateway\"\r\n";
        whole("a demand for a password", 401, answer("401 Unauthorized", head, GOOD), GOOD)
    },
    || whole("a timeout that invites to repeat", 408, answer("408 Request Timeout", "", GOOD), GOOD),
    || whole("a limit", 429, answer("429 Too Many Requests", "retry-after: 0\r\n", GOOD), GOOD),
    || whole("a pause", 503, answer("503 Service Unavailable", "retry-after: 0\r\n", GOOD), GOOD),
    || whole("no content", 204, b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), ""),
    || {
        whole(
            "an encoding that changes nothing",
            200,
            answer("200 OK", "content-encoding: identity\r\n", GOOD),
            GOOD,
        )
    },
    || {
        let bytes = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"ok\"\r\n6;x=y\r\n:true}\r\n0\r\n\r\n";
        whole("a body in chunks", 200, bytes.to_vec(), GOOD)
    },
    || {
        let bytes = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"ok\":true}";
        whole("a body that ends with the connection", 200, bytes.to_vec(), GOOD)
    },
    || whole("HTTP/1.0", 200, b"HTTP/1.0 200 OK\r\n\r\n{\"ok\":true}".to_vec(), GOOD),
    || {
        let bytes = [b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), answer("200 OK", "", GOOD)].concat();
        whole("an interim answer before the final one", 200, bytes, GOOD).lenient()
    },
    || {
        let bytes =
            [b"HTTP/1.1 200 OK\r\nx-name: caf\xe9\r\ncontent-length: 11\r\n\r\n", GOOD.as_bytes()].concat();
        whole("a header that is not UTF-8", 200, bytes, GOOD).lenient()
    },
    just_at_the_cap,
    cookies,
    idle_closed,
    get,
    empty_post,
];

/// The server reads a request, says this, and is done.
fn whole(name: &'static str, status: u16, bytes: Vec<u8>, body: &'static str) -> Case {
    Case::plain(name, Wanted::Answer(status, body.as_bytes()), move |peer| {
        if peer.read().is_some() {
            peer.say(&bytes);
            peer.finish();
        }
    })
}

/// The server sends the client elsewhere, to itself; who follows is seen twice.
fn moved(status: &'static str, code: u16) -> Case {
    let name = match code {
        301 => "moved (301)",
        302 => "moved (302)",
        303 => "moved (303)",
        307 => "moved (307)",
        _ => "moved (308)",
    };
    Case::plain(name, Wanted::Answer(code, GOOD.as_bytes()), move |peer| {
        while peer.read().is_some() {
            peer.say(answer(status, "location: /elsewhere\r\n", GOOD));
        }
    })
}

fn just_at_the_cap() -> Case {
    static FULL: [u8; super::BODY_CAP] = [b' '; super::BODY_CAP];
    Case::plain("a body just at the cap", Wanted::Answer(200, &FULL), |peer| {
        peer.read();
        peer.say(answer("200 OK", "", FULL));
        peer.finish();
    })
}

fn cookies() -> Case {
    Case::plain("a cookie", Wanted::Answer(200, GOOD.as_bytes()), |peer| {
        while peer.read().is_some() {
            peer.say(answer("200 OK", "set-cookie: session=1; path=/\r\n", GOOD));
        }
    })
    .twice()
}

/// The connection is kept alive and then closed while it is idle, as gateways do.
fn idle_closed() -> Case {
    Case::plain("an idle connection that the server closed", Wanted::Answer(200, GOOD.as_bytes()), |peer| {
        if peer.read().is_some() {
            peer.say(answer("200 OK", "connection: keep-alive\r\n", GOOD));
        }
    })
    .twice()
}

fn get() -> Case {
    whole("a GET", 200, answer("200 OK", "", GOOD), GOOD)
        .with(|request| HttpRequest::get(request.url).header("accept", "application/json"))
}

fn empty_post() -> Case {
    whole("a POST without a body", 200, answer("200 OK", "", GOOD), GOOD)
        .with(|request| HttpRequest::post(request.url))
}
