//! What Assay costs, and what it withstands: each verb is one bench, which prints its figures and fails when a promise breaks.

mod bare;
mod device;
mod endurance;
mod figures;
mod kills;
mod memory;
mod outages;
mod photos;
mod poison;
mod processes;
mod random;
mod road;
mod rolling;
mod stage;
mod video;

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
    /// SIGKILL of the worker at random moments: each record exists once, and nothing is left, not even on the raw disk.
    Kills(kills::Kills),
    /// Large videos beside the worker's own memory, and many downloads beside the byte budget.
    Memory(memory::Memory),
    /// Very many queued jobs through one worker: as fast at the end as at the beginning, in the same memory.
    Endurance(endurance::Endurance),
    /// Queued jobs while SIGTERM rolls over three workers.
    Rolling(rolling::Rolling),
    /// Store, shelf, broker and cloud, each cut for a while under load.
    Outages(outages::Outages),
    /// A job that kills its worker each time, among healthy ones.
    Poison(poison::Poison),
}

fn main() -> Result<()> {
    match Arguments::parse().verb {
        Verb::Road(road) => road::run(&road),
        Verb::Kills(kills) => kills::run(&kills),
        Verb::Memory(memory) => memory::run(&memory),
        Verb::Endurance(endurance) => endurance::run(&endurance),
        Verb::Rolling(rolling) => rolling::run(&rolling),
        Verb::Outages(outages) => outages::run(&outages),
        Verb::Poison(poison) => poison::run(&poison),
    }
}
