//! The emulated gateways over real HTTP, seen by a client and a merchant that share nothing with them.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod client;
mod merchant;

mod adullam;
mod adullam_tokens;
mod bitlipa;
mod bitlipa_states;
mod checkout;
mod checkout_codes;
mod hosted_page;
mod http;
mod programs;
mod running;
mod samples;
mod several;
mod transfer;
mod transfer_codes;
