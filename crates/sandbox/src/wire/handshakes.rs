//! TLS that is not agreed on: the request itself was certainly not sent.

use super::case::{Case, Wanted};
use super::server::answer;
use super::tls::{self, EXPIRED, GOOD, SELF_SIGNED, TRUSTED, WRONG_HOST};

pub(super) const ALL: &[fn() -> Case] = &[
    || tls_fails("TLS closed at once", |_| {}),
    || tls_fails("TLS reset at once", |peer| drop(peer.stream.peek(&mut [0]))),
    || {
        tls_fails("garbage instead of TLS", |peer| {
            peer.say(vec![0x5a; 512]);
            peer.finish();
        })
    },
    || {
        tls_fails("plain HTTP instead of TLS", |peer| {
            peer.say(answer("400 Bad Request", "", GOOD));
            peer.finish();
        })
    },
    || {
        // Alert, TLS 1.2, two bytes: fatal, handshake failure.
        tls_fails("TLS refused", |peer| {
            peer.say([0x15, 3, 3, 0, 2, 2, 40]);
            peer.finish();
        })
    },
    || tls_fails("TLS without an answer", |peer| peer.hang()),
    || tls_fails("an expired certificate", |peer| tls::serve(peer, EXPIRED)),
    || tls_fails("a certificate for another host", |peer| tls::serve(peer, WRONG_HOST)),
    || tls_fails("a certificate that signed itself", |peer| tls::serve(peer, SELF_SIGNED)),
    || good("a good certificate for an address", "127.0.0.1"),
    || good("a good certificate for a name", "localhost"),
    || Case::secured("an answer over TLS cut without goodbye", "127.0.0.1", Wanted::Unknown, tls::truncate),
];

fn tls_fails(name: &'static str, behave: impl Fn(&mut super::server::Peer) + Send + Sync + 'static) -> Case {
    Case::secured(name, "127.0.0.1", Wanted::NotSent, behave)
}

fn good(name: &'static str, host: &str) -> Case {
    Case::secured(name, host, Wanted::Answer(200, GOOD.as_bytes()), |peer| tls::serve(peer, TRUSTED))
}
