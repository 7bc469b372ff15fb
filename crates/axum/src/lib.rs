#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod settings;
mod inbox;
mod extract;
mod gate;
mod request;
mod refusal;
#[cfg_attr(feature = "tracing", path = "trace/on.rs")]
#[cfg_attr(not(feature = "tracing"), path = "trace/off.rs")]
mod trace;

pub use extract::{Gateways, Noted, Verified};
pub use inbox::{Inbox, callbacks};
pub use nzimbu_journal::{Cashier, Seen, Stop, Trouble, Workers};
pub use refusal::Refusal;
pub use settings::{Settings, SettingsError, Tally};
