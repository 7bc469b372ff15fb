//! The emulated gateways over real HTTP, seen by a client and a merchant that share nothing with them.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod client;
mod merchant;

mod adullam;
mod bitlipa;
mod checkout;
mod hosted_page;
mod running;
mod transfer;
