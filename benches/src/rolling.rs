//! Rolling: three workers, and SIGTERM to one after the other, for as long as there are jobs.

use crate::figures::say;
use crate::photos::{Size, photo};
use crate::stage::{Stage, Worker};
use anyhow::{Context, Result, ensure};
use clap::Args;
use std::collections::{BTreeSet, VecDeque};
use std::thread;
use std::time::{Duration, Instant};

/// `benches rolling`
#[derive(Debug, Args)]
pub(crate) struct Rolling {
    /// How many jobs.
    #[arg(long, default_value_t = 10_000)]
    jobs: usize,
    /// How many workers at once.
    #[arg(long, default_value_t = 3)]
    workers: usize,
    /// Time between two signals, milliseconds.
    #[arg(long, default_value_t = 3_000)]
    pause_ms: u64,
}

/// No record for so long: a job is stuck.
const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) fn run(arguments: &Rolling) -> Result<()> {
    let stage = Stage::new()?;
    let small = photo(Size::SixtyFourKilobytes, 5)?;
    let keys: Vec<String> = (0..arguments.jobs).map(|number| format!("rolling/{number}.jpg")).collect();
    for key in &keys {
        stage.put(key, &small);
    }
    let task = stage.submit(&keys, "batch")?;
    let (began, mut rolled, mut longest) = (Instant::now(), 0_u32, Duration::ZERO);
    let mut crew: VecDeque<Worker> = (0..arguments.workers.max(1)).map(|_| stage.worker()).collect::<Result<_>>()?;
    let (mut had, mut since) = (0, Instant::now());
    while had < keys.len() {
        let draining = crew.pop_front().context("no worker is left")?;
        let asked = Instant::now();
        draining.terminate()?;
        crew.push_back(stage.worker()?);
        draining.end()?;
        longest = longest.max(asked.elapsed());
        rolled += 1;
        thread::sleep(Duration::from_millis(arguments.pause_ms));
        let has = stage.recorded()?;
        if has > had {
            (had, since) = (has, Instant::now());
        }
        ensure!(since.elapsed() < PATIENCE, "{had} of {} records, and none more in {PATIENCE:?}", keys.len());
    }
    let wall = began.elapsed();
    for worker in crew {
        worker.end()?;
    }
    stage.each_exists_once(keys.len())?;
    let records = stage.records(&task)?;
    let workers: BTreeSet<&str> = records.iter().map(|record| record.worker.id.as_str()).collect();
    let again = records.iter().filter(|record| record.attempt != 1).count();
    ensure!(again == 0, "{again} jobs lost an attempt by a drain");
    say(&format!("{} jobs through {} workers, {} at once, {rolled} told to end", keys.len(), workers.len(), arguments.workers));
    say(&format!("  {:.1} s; the longest drain, with the next one's start, {:.1} s", wall.as_secs_f64(), longest.as_secs_f64()));
    say("  each has one record of its first attempt, published; nothing is in the dead letter, no row in limbo");
    ensure!(rolled > 1, "all was done before workers rolled: more jobs are needed");
    Ok(())
}
