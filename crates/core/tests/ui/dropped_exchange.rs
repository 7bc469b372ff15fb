// An exchange that nobody runs does nothing, which the compiler says.
#![deny(unused_must_use)]
use nzimbu_core::{Exchange, HttpRequest};

fn pay() -> Exchange<u16> {
    Exchange::send(HttpRequest::post("https://host/pay"), |reply| Ok(reply.status))
}

fn main() {
    pay();
}
