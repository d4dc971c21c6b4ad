//! The room against a store that misbehaves on loopback, through the public door only.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a panic is how a test fails, in its helpers too")]

mod asking;
mod guarding;
mod holding;
mod local;
mod refusing;
mod resuming;
mod store;
mod whole;
