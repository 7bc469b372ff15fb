//! Collects a payment and signs a document without std. Its exit status is 0 when both went as they should.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::string::ToString;
use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicUsize, Ordering};

use nzimbu_core::secret::Secret;
use nzimbu_core::signature::recursive::RecursiveKey;
use nzimbu_core::{
    Currency, ErrorKind, Exchange, HttpRequest, HttpResponse, Money, OrderId, Outcome, PhoneNumber,
    ProviderError, Step, TransportError, UnixTime,
};

#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    let checks = [values(), signature(), answered(), lost()];
    checks.iter().position(|held| !held).map_or(0, |place| i32::try_from(place).unwrap_or(100) + 1)
}

fn values() -> bool {
    let phone = PhoneNumber::parse("+225 07 00 00 00 00");
    let money = Money::parse_major("12.50", Currency::Ghs);
    phone.is_ok_and(|phone| phone.e164() == "+2250700000000")
        && money.is_ok_and(|money| money.to_string() == "12.50 GHS")
}

/// HMAC-SHA512 of the text `a1b.c2` under the key `secret`, as PHP gives it.
fn signature() -> bool {
    let key = RecursiveKey::new(&Secret::new("secret"));
    let signed = key.sign_json(br#"{"a":"1","b":{"c":2},"signature":"left out"}"#);
    signed.is_ok_and(|digest| digest.as_str() == SIGNED)
}

fn answered() -> bool {
    let Step::Send(sending) = payment().start().step(UnixTime::from_secs(0)) else { return false };
    let answer = sending.resume(Ok(HttpResponse::new(201, "created"))).step(UnixTime::from_secs(1));
    matches!(answer, Step::Done(Ok(201)))
}

fn lost() -> bool {
    let Step::Send(sending) = payment().start().step(UnixTime::from_secs(0)) else { return false };
    let answer = sending.resume(Err(TransportError::unknown("cut"))).step(UnixTime::from_secs(1));
    matches!(answer, Step::Done(Err(error)) if error.kind() == ErrorKind::Transport && error.outcome() == Outcome::Unknown)
}

fn payment() -> Exchange<u16> {
    let order = OrderId::parse("INV-7").map(|order| order.to_uuid("no std"));
    match order {
        Ok(key) => {
            let post = HttpRequest::post("https://host/pay").header("idempotency-key", key);
            Exchange::send(post, |reply| Ok(reply.status))
        }
        Err(error) => Exchange::done(Err(ProviderError::unsupported(error.to_string()))),
    }
}

const SIGNED: &str = "c9f4793aff45a029a597b341702ee44e5da701cd45687acd10d0a940df5bdc3e0f1caa1ffbf7058e8ddf59aa25860fe47a6ce3b463490f0e54e49ab3920a9ecf";

/// If std were linked, this would be the second panic handler, and the program would not link.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

// The prebuilt alloc was compiled with unwinding and names these two; with `panic = "abort"` nobody calls them.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    loop {}
}

/// Hands out one block of memory from its beginning to its end and takes nothing back.
struct Bump;

const SIZE: usize = 1 << 20;
static mut MEMORY: [u8; SIZE] = [0; SIZE];
static USED: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Bump = Bump;

// SAFETY: every piece is handed out once, aligned, and lies inside the block.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let base = &raw mut MEMORY as usize;
        let start = USED.fetch_add(layout.size() + layout.align(), Ordering::Relaxed);
        let aligned = (base + start).next_multiple_of(layout.align());
        if aligned + layout.size() > base + SIZE { core::ptr::null_mut() } else { aligned as *mut u8 }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

// The start code of the system's C library calls `main`; core's own code copies memory with its functions.
#[link(name = "c")]
unsafe extern "C" {}
