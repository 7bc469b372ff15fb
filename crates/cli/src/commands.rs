//! One module a command.

pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod sandbox;
pub(crate) mod sign;
pub(crate) mod verify;
