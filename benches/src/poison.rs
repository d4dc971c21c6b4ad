//! Poison: a job that kills its worker each time ends in the dead letter, and its neighbours lose nothing.

use crate::figures::say;
use crate::photos::{Size, photo};
use crate::stage::{BUCKET, Stage};
use anyhow::{Result, ensure};
use assay_testkit::cloud::Fault;
use clap::Args;
use std::thread;
use std::time::{Duration, Instant};

/// `benches poison`
#[derive(Debug, Args)]
pub(crate) struct Poison {
    /// How many healthy jobs are queued with it.
    #[arg(long, default_value_t = 100)]
    jobs: usize,
}

/// The poison's own key.
const KEY: &str = "poison.jpg";
/// More deaths than a message is forgiven: RabbitMQ gives it up after twenty.
const MOST_DEATHS: usize = 40;
/// No worker takes longer to get to the poison.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn run(arguments: &Poison) -> Result<()> {
    let mut stage = Stage::new()?;
    stage.set("WORKER_CLAIM_LEASE_S", &2);
    let small = photo(Size::SixtyFourKilobytes, 7)?;
    let healthy: Vec<String> = (0..arguments.jobs).map(|number| format!("healthy/{number}.jpg")).collect();
    for key in healthy.iter().map(String::as_str).chain([KEY]) {
        stage.put(key, &small);
    }
    // It never gets far: whoever reads it is killed meanwhile.
    stage.cloud.misbehave(BUCKET, KEY, Fault::StallAfter(1_000).always());
    let (half, rest) = healthy.split_at(healthy.len() / 2);
    let task = stage.submit(half, "batch")?;
    stage.submit(&[KEY.to_owned()], "batch")?;
    let second = stage.submit(rest, "batch")?;
    let (began, mut deaths) = (Instant::now(), 0);
    loop {
        let worker = stage.worker()?;
        let (reads, since) = (reads(&stage), Instant::now());
        while self::reads(&stage) == reads && poisoned(&stage)? == 0 {
            ensure!(since.elapsed() < PATIENCE, "no worker takes the poison again: {}", worker.said());
            thread::sleep(Duration::from_millis(20));
        }
        if poisoned(&stage)? > 0 {
            worker.end()?;
            break;
        }
        worker.kill()?;
        deaths += 1;
        ensure!(deaths <= MOST_DEATHS, "the poison killed {deaths} workers and is not given up");
    }
    stage.cloud.behave(BUCKET, KEY);
    let last = stage.worker()?;
    let mut records = stage.records(&task)?;
    records.extend(stage.records(&second)?);
    last.end()?;
    let unharmed = records.iter().filter(|record| record.attempt == 1 && record.generation == 1 && record.failure.is_none()).count();
    let dead = stage.assay(&["dead", "list", "--json"])?;
    say(&format!("a poison among {} healthy jobs: {deaths} workers died of it in {:.1} s", healthy.len(), began.elapsed().as_secs_f64()));
    say(&format!("  {unharmed} healthy jobs are complete at their first attempt; the dead letter holds {}", dead.lines().count()));
    ensure!(unharmed == healthy.len(), "{} of {} healthy jobs were harmed", healthy.len() - unharmed, healthy.len());
    ensure!(dead.lines().count() == 1, "the dead letter holds something else than the poison: {dead}");
    ensure!(poisoned(&stage)? == 1, "the poison has no failed record");
    Ok(())
}

/// How often the poison was read.
fn reads(stage: &Stage) -> usize {
    stage.cloud.requests().iter().filter(|request| request.operation == "GetObject" && request.key == KEY).count()
}

/// Records of jobs that failed.
fn poisoned(stage: &Stage) -> Result<i64> {
    stage.number("SELECT count(*) FROM records WHERE status = 'failed'")
}
