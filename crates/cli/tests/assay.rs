//! The binary `assay` from outside: real processes, real servers, a cloud that judges, and no look into any crate.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "these are tests, with their helpers")]
#![allow(unreachable_pub, reason = "a test has no public API; `pub` here means used by another module")]
mod beginnings;
mod commands;
mod dead_letters;
mod demo;
mod expected;
mod gallery;
mod inspect;
mod killed;
mod leaks;
mod newcomer;
mod outputs;
mod refusals;
mod rolling;
mod running;
mod stage;
mod submissions;
