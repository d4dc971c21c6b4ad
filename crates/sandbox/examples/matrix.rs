//! Prints the attack matrix: what comes of each attack on each layer alone, and on all together.
//!
//! `cargo build -p assay-faulty && cargo run -p assay-sandbox --example matrix`, as root or as a plain user. It is the
//! table that the tests compare; cells that are not as they must be are named, and end it with 1.
#![allow(
    dead_code,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "shares its modules with the tests, and talks to a person"
)]

#[path = "../tests/sandbox/attacks.rs"]
mod attacks;
#[path = "../tests/sandbox/columns.rs"]
mod columns;
#[path = "../tests/sandbox/ground.rs"]
mod ground;
#[path = "../tests/sandbox/matrix.rs"]
mod matrix;
#[path = "../tests/sandbox/targets.rs"]
mod targets;

use std::process::ExitCode;
use std::sync::Arc;

#[tokio::main]
async fn main() -> ExitCode {
    let report = matrix::Report::of(&columns::Column::EVERY, &Arc::new(targets::Targets::open())).await;
    print!("{report}");
    report.skipped().iter().for_each(|why| println!("skipped: {why}"));
    report.wrong().iter().for_each(|wrong| println!("WRONG: {wrong}"));
    if report.wrong().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
