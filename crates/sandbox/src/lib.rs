//! To be written.

#[cfg(feature = "wire")]
pub mod wire;
