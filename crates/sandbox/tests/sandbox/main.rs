//! The sandbox under attack by its own test decoder; one binary, so that it is linked once.
//!
//! `assay-faulty` must be built before: `cargo build -p assay-faulty`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test that can't go on has failed; the doomed worker is a process that talks on its stdout"
)]

mod attacked;
mod attacks;
mod columns;
mod conditions;
mod confinement;
mod cores;
mod deaths;
mod ground;
mod inputs;
mod lies;
mod lifecycle;
mod matrix;
mod next_job;
mod orphans;
mod targets;
mod traps;
