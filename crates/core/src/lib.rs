#![no_std]
//! To be written.

extern crate alloc;

pub mod phone;
pub mod place;

pub use phone::{PhoneError, PhoneErrorKind, PhoneNumber, PhoneShape};
pub use place::*;
