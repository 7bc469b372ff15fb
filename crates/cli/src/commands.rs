//! One module a command.

pub(crate) mod balance;
pub(crate) mod banks;
pub(crate) mod batch;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod confirm;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod journal;
pub(crate) mod link;
pub(crate) mod listen;
pub(crate) mod man;
pub(crate) mod operators;
pub(crate) mod order;
pub(crate) mod receipt;
pub(crate) mod reconcile;
pub(crate) mod resolve;
pub(crate) mod sandbox;
pub(crate) mod sign;
pub(crate) mod standing;
pub(crate) mod statement;
pub(crate) mod status;
pub(crate) mod verify;
