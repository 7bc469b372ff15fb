//! Collect and send money in Africa through CinetPay, Bitlipa and Adullam.
//!
//! This crate re-exports the parts by feature: gateways (`cinetpay`, `bitlipa`, `adullam`, on by default), transports
//! (`blocking` or `async`, none by default), the journal (`journal-sqlite`, `journal-postgres`) as the module `journal`,
//! and callbacks for services (`axum`) as the module `axum`.
#![cfg_attr(
    all(feature = "async", feature = "blocking", feature = "cinetpay", feature = "journal-sqlite"),
    doc = concat!("\n\n", include_str!("../README.md"))
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "axum")]
pub use nzimbu_axum as axum;
pub use nzimbu_core::*;
#[cfg(any(feature = "axum", feature = "journal-postgres", feature = "journal-sqlite"))]
pub use nzimbu_journal as journal;
#[cfg(any(feature = "adullam", feature = "bitlipa", feature = "cinetpay"))]
pub use nzimbu_providers::*;
#[cfg(feature = "async")]
pub use nzimbu_transport_async::AsyncHttp;
#[cfg(feature = "blocking")]
pub use nzimbu_transport_blocking::BlockingHttp;
