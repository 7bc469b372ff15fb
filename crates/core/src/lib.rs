//! The pure part of nzimbu: what payments are, what a conversation with a gateway is, what a signature proves.
//!
//! No I/O, no clock, no randomness, no `std`. A [`PaymentProvider`] turns a [`PaymentRequest`] into an
//! [`Exchange`]; a [`Transport`] or an [`AsyncTransport`] runs it; it ends in a [`Receipt`] or in a
//! [`ProviderError`], whose [`Outcome`] says whether money may have moved.
//!
//! Modules in the order of reading: values ([`money`], [`place`], [`time`], [`phone`], [`order`], [`customer`],
//! [`request`], [`problem`], [`directory`]), results ([`receipt`], [`error`]), the trait of all gateways
//! ([`provider`]), conversations ([`http`], [`exchange`], [`transport`], [`settings`], [`poll`]), proofs ([`secret`],
//! [`signature`], [`callback`]).
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

pub mod money;
pub mod place;
pub mod time;
pub mod phone;
pub mod order;
pub mod customer;
pub mod request;
pub mod problem;
pub mod directory;
pub mod receipt;
pub mod error;
pub mod provider;
pub mod http;
pub mod exchange;
pub mod transport;
pub mod settings;
pub mod poll;
pub mod secret;
pub mod redact;
pub mod signature;
pub mod callback;
#[cfg_attr(feature = "tracing", path = "trace/on.rs")]
#[cfg_attr(not(feature = "tracing"), path = "trace/off.rs")]
mod trace;
#[cfg(feature = "testing")]
pub mod testing;

pub use callback::{Authentic, Callback, CallbackError, RawCallback};
pub use customer::{Customer, Document, DocumentKind};
pub use directory::{Directory, Entry, Flow};
pub use error::{Advice, ErrorKind, Outcome, ProviderError};
pub use exchange::{Exchange, Run, Sending, Step, Waiting};
pub use http::{BaseUrl, BaseUrlError, Effect, Header, HttpRequest, HttpResponse, Method};
pub use money::{Currency, Money, MoneyError};
pub use order::{GatewayRef, Operation, OrderId, OrderIdError, OrderName, OrderNameError, OrderRef};
pub use phone::{PhoneError, PhoneErrorKind, PhoneNumber, PhoneShape};
pub use place::{Country, CountryError, Language};
pub use poll::{delays, until_final, until_next_action};
pub use problem::{Fault, Field, Problem, Problems};
pub use provider::{Callbacks, Capabilities, PaymentProvider, ProviderId, Repeats, SharedProvider};
pub use receipt::{Balance, Checked, Mismatch, NextAction, PageUrl, PageUrlError, Receipt, Status};
pub use request::{Channel, Operator, PaymentRequest, PayoutRequest};
pub use secret::Secret;
pub use settings::{HttpSettings, IpFamily, SettingsError};
pub use signature::Proof;
pub use time::UnixTime;
pub use transport::{AsyncTransport, AsyncTransportExt, Delivery, Transport, TransportError, TransportExt};
