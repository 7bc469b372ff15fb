//! The sandbox's pages in a real browser: on a phone and on a desk, by keyboard, with and without scripts.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

#[path = "gateways/client.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod client;
#[path = "browser/driver.rs"]
mod driver;
#[path = "gateways/merchant.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod merchant;
#[path = "browser/shop.rs"]
mod shop;

#[path = "browser/counter.rs"]
mod counter;
#[path = "browser/dashboard.rs"]
mod dashboard;
#[path = "browser/hostile.rs"]
mod hostile;
#[path = "browser/pages_of_bitlipa.rs"]
mod pages_of_bitlipa;
#[path = "browser/seamless.rs"]
mod seamless;
