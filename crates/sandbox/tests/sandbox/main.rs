//! The sandbox under attack by its own test decoder; one binary, so that it is linked once.
//!
//! `assay-faulty` must be built before: `cargo build -p assay-faulty`.

mod confinement;
mod deaths;
mod ground;
mod inputs;
mod lies;
mod lifecycle;
mod orphans;
