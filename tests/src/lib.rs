//! What the workspace's tests share: transcripts of conversations with gateways, and the player that runs them.
//!
//! A person writes `fixtures/<gateway>/<case>.http`: what is called and what the gateway says. The [`player`]
//! runs the calls under a driver and writes down the whole conversation; `tests/transcripts.rs` compares it with
//! the snapshot beside the file. `fixtures/README.md` describes the format.

pub mod args;
pub mod transcript;
pub mod text;
pub mod player;
pub mod gateways;
pub mod world;
pub mod houses;
pub mod crash;
pub mod simulation;
