// A request is answered once.
use nzimbu_core::{HttpResponse, Sending};

fn twice(sending: Sending<u16>) {
    let _first = sending.resume(Ok(HttpResponse::new(200, "")));
    let _second = sending.resume(Ok(HttpResponse::new(200, "")));
}

fn main() {}
