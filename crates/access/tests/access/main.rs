//! `access` against the stand-in cloud, which really judges signatures, tokens and policies.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "what the tests share stands outside of #[test] functions")]

mod checking;
mod credentials;
mod listing;
mod scene;
mod secrets;
mod signing;
mod stand_in;
