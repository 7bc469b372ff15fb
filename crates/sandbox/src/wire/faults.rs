//! Sockets that fail: the request may have arrived, or certainly did not.

use std::io::Read;
use std::thread;
use std::time::Duration;

use nzimbu_core::HttpRequest;

use super::case::{CANARY, Case, Wanted};
use super::server::{Server, answer};
use super::tls::GOOD;

pub(super) const ALL: &[fn() -> Case] = &[
    refused,
    unknown_host,
    plain_outside,
    || Case::nowhere("plain http to a name", "http://localhost.example"),
    || Case::nowhere("another scheme", "ftp://127.0.0.1"),
    || Case::nowhere("credentials in the URL", "https://user:CANARY-8d1f@127.0.0.1:1"),
    || Case::nowhere("a URL that is none", "https://["),
    broken_header,
    || Case::nowhere("a host that does not answer", "https://192.0.2.1").lenient(),
    || Case::plain("reset right after accepting", Wanted::Unknown, |peer| peer.touch()).uncounted(),
    || Case::plain("closed right after accepting", Wanted::Unknown, |_| {}).uncounted(),
    || Case::plain("reset after the request", Wanted::Unknown, |peer| drop(peer.glimpse())),
    || Case::plain("closed after the request", Wanted::Unknown, |peer| drop(peer.read())),
    cut_request,
    no_answer,
    || {
        Case::plain("reset amid the body", Wanted::Unknown, |peer| {
            peer.glimpse();
            peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"status\":");
            thread::sleep(MOMENT);
        })
    },
    || {
        Case::plain("closed amid the body", Wanted::Unknown, |peer| {
            peer.read();
            peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"ok\":true}");
            peer.finish();
        })
    },
    || {
        Case::plain("closed between two chunks", Wanted::Unknown, |peer| {
            peer.read();
            peer.say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nb\r\n{\"ok\":true}\r\n");
            peer.finish();
        })
    },
    || {
        Case::plain("reset amid a body of no stated length", Wanted::Unknown, |peer| {
            peer.glimpse();
            peer.say(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"ok\":true}");
            thread::sleep(MOMENT);
        })
    },
    || {
        Case::plain("closed amid the head", Wanted::Unknown, |peer| {
            peer.read();
            peer.say(b"HTTP/1.1 200 OK\r\ncontent-le");
            peer.finish();
        })
    },
    || {
        Case::plain("bytes that are not HTTP", Wanted::Unknown, |peer| {
            peer.read();
            peer.say(b"SSH-2.0-OpenSSH_9.6\r\n\r\n{\"ok\":true}");
            peer.finish();
        })
    },
    || {
        Case::plain("an interim answer alone", Wanted::Unknown, |peer| {
            peer.read();
            peer.say(b"HTTP/1.1 100 Continue\r\n\r\n");
            peer.finish();
        })
    },
    || {
        Case::plain("two lengths that contradict each other", Wanted::Unknown, |peer| {
            peer.read();
            peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\ncontent-length: 4\r\n\r\n{\"ok\":true}");
            peer.finish();
        })
    },
    || {
        Case::plain("a chunk whose size is no number", Wanted::Unknown, |peer| {
            peer.read();
            peer.say(
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{\"ok\":true}\r\n0\r\n\r\n",
            );
            peer.finish();
        })
    },
    || {
        Case::plain("a body that drips", Wanted::Unknown, |peer| {
            peer.read();
            peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
            while peer.say(b" ") {
                thread::sleep(Duration::from_millis(300));
            }
        })
    },
    || {
        Case::plain("a head that drips", Wanted::Unknown, |peer| {
            peer.read();
            peer.say(b"HTTP/1.1 200 OK\r\nx-slow: ");
            while peer.say(b".") {
                thread::sleep(Duration::from_millis(300));
            }
        })
    },
    || {
        Case::plain("a head without end", Wanted::Unknown, |peer| {
            peer.read();
            peer.say(b"HTTP/1.1 200 OK\r\n");
            while peer.say("x-more: ".to_owned() + &"y".repeat(1000) + "\r\n") {}
        })
    },
    || {
        Case::plain("a body over the cap", Wanted::Unknown, |peer| {
            peer.read();
            peer.say(answer("200 OK", "", vec![b' '; 2 << 20]));
            peer.finish();
        })
    },
    || {
        Case::plain("a body without end", Wanted::Unknown, |peer| {
            peer.read();
            peer.say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
            let chunk = "10000\r\n".to_owned() + &" ".repeat(1 << 16) + "\r\n";
            while peer.say(&chunk) {}
        })
    },
    || {
        Case::plain("a gzip bomb", Wanted::Unknown, |peer| {
            peer.read();
            peer.say(answer("200 OK", "content-encoding: gzip\r\n", gzip_of_zeros(64 << 20)));
            peer.finish();
        })
    },
    || {
        Case::plain("an encoding that nobody knows", Wanted::Unknown, |peer| {
            peer.read();
            peer.say(answer("200 OK", "content-encoding: x-ours\r\n", GOOD));
            peer.finish();
        })
    },
    second_reset,
];

fn refused() -> Case {
    Case::nowhere("nobody listens", &format!("http://{}", Server::deserted()))
}

fn unknown_host() -> Case {
    // RFC 2606 reserves this name: it never exists.
    Case::nowhere("the host does not exist", "https://gateway.invalid")
}

/// Plain `http` leaves the machine only by mistake; an address of its own that is not loopback shows it.
fn plain_outside() -> Case {
    let name = "plain http to an address that is not loopback";
    match Server::outside(|peer| drop(peer.read())) {
        Some(server) => Case::at(server, name, Wanted::NotSent),
        None => Case::nowhere(name, "http://192.0.2.1"),
    }
}

/// A line break in a header would begin a header of somebody else's choice.
fn broken_header() -> Case {
    Case::plain("a header with a line break", Wanted::NotSent, |peer| drop(peer.read()))
        .with(|request| request.header("x-note", "a\r\nx-evil: b"))
}

fn cut_request() -> Case {
    Case::plain("reset amid a long request", Wanted::Unknown, |peer| {
        peer.log.lock().touched = true;
        let _ = peer.stream.read(&mut [0; 4096]);
    })
    .uncounted()
    .with(|request| {
        let url = request.url;
        HttpRequest::post(url).json(CANARY.repeat(400_000).into_bytes())
    })
}

fn no_answer() -> Case {
    Case::plain("no answer", Wanted::Unknown, |peer| {
        peer.read();
        peer.hang();
    })
}

/// The second request is reset, whether it comes over the first connection or over another one.
fn second_reset() -> Case {
    Case::plain("reset after the second request on a connection", Wanted::Unknown, |peer| {
        let first = peer.log.lock().requests.is_empty();
        if first {
            peer.read();
            peer.say(answer("200 OK", "connection: keep-alive\r\n", GOOD));
        }
        peer.glimpse();
    })
    .twice()
}

/// So many zeros, compressed by hand: one block with the fixed codes of RFC 1951, in it a zero and then
/// "258 bytes again from one byte back" as often as needed. The checksum is left out.
fn gzip_of_zeros(length: usize) -> Vec<u8> {
    let mut bits = Bits(vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255], 0);
    bits.push(0b1, 1);
    bits.push(0b01, 2);
    bits.push_code(0b0011_0000, 8);
    for _ in 0..length / 258 {
        bits.push_code(0b1100_0101, 8);
        bits.push_code(0, 5);
    }
    bits.push_code(0, 7);
    bits.0
}

/// Bytes and how many bits of the last one are used.
struct Bits(Vec<u8>, u8);

impl Bits {
    /// Appends a number, lowest bit first.
    fn push(&mut self, value: u8, width: u8) {
        for index in 0..width {
            let bit = value >> index & 1;
            match (self.1, self.0.last_mut()) {
                (1..=7, Some(last)) => *last |= bit << self.1,
                _ => self.0.push(bit),
            }
            self.1 = self.1 % 8 + 1;
        }
    }

    /// Appends a Huffman code, highest bit first.
    fn push_code(&mut self, code: u8, width: u8) {
        for index in (0..width).rev() {
            self.push(code >> index & 1, 1);
        }
    }
}

const MOMENT: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bomb_is_valid_up_to_its_checksum() {
        // Three bits of block head, a literal zero, two matches and the end, worked out by hand from RFC 1951.
        assert_eq!(gzip_of_zeros(2 * 258)[10..], [0x63, 0x18, 0x05, 0xa3, 0x00, 0x00]);
    }
}
