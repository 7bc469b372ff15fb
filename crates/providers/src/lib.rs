//! CinetPay, Bitlipa and Adullam behind [`PaymentProvider`](nzimbu_core::PaymentProvider), each with a typed API
//! of its own.
//!
//! One module and one Cargo feature a gateway; a gateway that is not chosen is not compiled. All gateways have
//! the same files: `mod.rs` (settings, typed API, mapping), `wire.rs` (the vendor's shapes), `rules.rs` (what the
//! gateway accepts), `codes.rs` (the vendor's codes and statuses), `callback.rs` (what the vendor signs).
//!
//! Nothing here does I/O, reads a clock or waits: every method returns an [`Exchange`](nzimbu_core::Exchange).
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "adullam")]
pub mod adullam;
#[cfg(feature = "bitlipa")]
pub mod bitlipa;
#[cfg(feature = "cinetpay")]
pub mod cinetpay;

#[cfg(any(feature = "adullam", feature = "bitlipa", feature = "cinetpay"))]
mod check;
#[cfg(any(feature = "adullam", feature = "bitlipa", feature = "cinetpay"))]
mod json;
#[cfg(any(feature = "adullam", feature = "cinetpay"))]
mod token;

/// What to do with limits that the documents give only as a hint.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg(any(feature = "adullam", feature = "bitlipa", feature = "cinetpay"))]
pub enum Limits {
    /// Refuse what lies outside.
    #[default]
    Enforced,
    /// Let the gateway decide.
    Ignored,
}
