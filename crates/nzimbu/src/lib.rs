//! Collect and send money in Africa through CinetPay, Bitlipa and Adullam.
//!
//! This crate re-exports the parts by feature: gateways (`cinetpay`, `bitlipa`, `adullam`, on by default) and
//! transports (`blocking` or `async`, none by default).
#![cfg_attr(docsrs, feature(doc_cfg))]

pub use nzimbu_core::*;
#[cfg(any(feature = "adullam", feature = "bitlipa", feature = "cinetpay"))]
pub use nzimbu_providers::*;
#[cfg(feature = "async")]
pub use nzimbu_transport_async as transport_async;
#[cfg(feature = "blocking")]
pub use nzimbu_transport_blocking as transport_blocking;
