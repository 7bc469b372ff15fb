//! The gateways by name, with the typed calls that a transcript can make.

mod adullam;

use nzimbu_core::{Exchange, RawCallback, SharedProvider, UnixTime};

use crate::args::Args;

/// A provider with test credentials, as transcripts see it.
#[derive(Debug)]
pub enum Gateway {
    /// Adullam.
    Adullam(adullam::Gateway),
}

impl Gateway {
    /// The names, which are also those of the folders.
    pub const NAMES: &'static [&'static str] = &["adullam"];

    /// A fresh provider with these settings.
    ///
    /// # Errors
    /// When the gateway or a setting is unknown.
    pub fn open(name: &str, with: &mut Args) -> Result<Self, String> {
        match name {
            "adullam" => adullam::Gateway::open(with).map(Self::Adullam),
            other => Err(format!("no gateway: {other}")),
        }
    }

    /// What all gateways share.
    #[must_use]
    pub fn provider(&self) -> SharedProvider {
        match self {
            Self::Adullam(gateway) => gateway.provider(),
        }
    }

    /// The credentials, by what stands for them in snapshots.
    #[must_use]
    pub fn secrets(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Adullam(_) => adullam::SECRETS,
        }
    }

    /// A typed call, such as `adullam.create_checkout`.
    ///
    /// # Errors
    /// When its words cannot be read.
    pub fn call(&self, name: &str, args: &mut Args) -> Result<Option<Exchange<String>>, String> {
        match self {
            Self::Adullam(gateway) => gateway.call(name, args),
        }
    }

    /// A typed check of a callback, such as `cinetpay.verify`.
    #[must_use]
    pub fn verify(&self, _name: &str, _callback: &RawCallback<'_>, _now: UnixTime) -> Option<String> {
        match self {
            Self::Adullam(_) => None,
        }
    }
}
