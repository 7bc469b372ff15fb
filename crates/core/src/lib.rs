#![no_std]
//! To be written.

extern crate alloc;

pub mod secret;
pub mod signature;
