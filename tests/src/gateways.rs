//! The gateways by name, with the typed calls that a transcript can make.

mod adullam;
mod bitlipa;
mod cinetpay;

use std::fmt::Debug;

use nzimbu_core::{Exchange, RawCallback, SharedProvider, UnixTime};

use crate::args::Args;
use crate::text::Told;

/// A provider with test credentials, as transcripts see it.
pub trait Gateway: Debug {
    /// What all gateways share.
    fn provider(&self) -> SharedProvider;

    /// The credentials, behind what stands for them in snapshots.
    fn secrets(&self) -> &'static [(&'static str, &'static str)];

    /// A typed call, such as `adullam.create_checkout`; nothing when there is none of this name.
    ///
    /// # Errors
    /// When its words cannot be read.
    fn call(&self, name: &str, args: &mut Args) -> Result<Option<Exchange<Told>>, String>;

    /// A typed check of a callback, such as `cinetpay.verify_payment`; nothing when there is none of this name.
    fn verify(&self, name: &str, callback: &RawCallback<'_>, now: UnixTime) -> Option<Told>;
}

/// Makes a fresh provider with these settings.
pub type Open = fn(&mut Args) -> Result<Box<dyn Gateway>, String>;

/// Every gateway, by the name of its folder.
pub const GATEWAYS: &[(&str, Open)] =
    &[("adullam", adullam::open), ("bitlipa", bitlipa::open), ("cinetpay", cinetpay::open)];

/// A fresh provider of this name with these settings.
///
/// # Errors
/// When the gateway or a setting is unknown.
pub fn open(name: &str, with: &mut Args) -> Result<Box<dyn Gateway>, String> {
    let found = GATEWAYS.iter().find(|(known, _)| *known == name);
    found.ok_or_else(|| format!("no gateway: {name}")).and_then(|(_, open)| open(with))
}
