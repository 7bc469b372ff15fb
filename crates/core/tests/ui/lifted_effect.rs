// What a request may do to money is not a field that anyone can set.
use nzimbu_core::{Effect, HttpRequest};

fn main() {
    let mut request = HttpRequest::post("https://host/pay");
    request.effect = Effect::NoMoney;
}
