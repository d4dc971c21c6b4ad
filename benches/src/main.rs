//! What Assay costs beside what the libraries alone would cost: each verb is one bench, which prints its figures.

mod bare;
mod figures;
mod photos;
mod processes;
mod road;
mod stage;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Benches of the whole road, with a private RabbitMQ and PostgreSQL and the stand-in cloud.
#[derive(Debug, Parser)]
#[command(arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Queue to acknowledgement, beside a bare loop of the same library calls.
    Road(road::Road),
}

fn main() -> Result<()> {
    match Arguments::parse().verb {
        Verb::Road(road) => road::run(&road),
    }
}
