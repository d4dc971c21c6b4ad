//! Memory: a large video costs the worker little beyond its spool, and many large downloads stay within the byte budget.

use crate::figures::{Spread, say};
use crate::photos::{Size, photo};
use crate::processes;
use crate::stage::{BUCKET, Stage, Worker};
use crate::video::video;
use anyhow::{Result, ensure};
use assay_contract::record::Status;
use assay_testkit::cloud::ObjectOptions;
use assay_testkit::kin;
use clap::Args;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// `benches memory`
#[derive(Debug, Args)]
pub(crate) struct Memory {
    /// Size of the one large video, MB.
    #[arg(long, default_value_t = 2000)]
    video_mb: u64,
    /// Size of each of the many downloads, MB.
    #[arg(long, default_value_t = 300)]
    download_mb: u64,
    /// How many of those.
    #[arg(long, default_value_t = 20)]
    downloads: usize,
    /// Bytes of assets that may be in memory at once meanwhile, MB.
    #[arg(long, default_value_t = 1000)]
    budget_mb: u64,
    /// What an interactive job may take meanwhile, from its submission to its record, 99 of 100.
    #[arg(long, default_value_t = 3000)]
    interactive_ms: u64,
}

const MB: u64 = 1_000_000;
/// Most that the worker itself may take beyond the spool, bytes.
const OWN: u64 = 100 * MB;

pub(crate) fn run(arguments: &Memory) -> Result<()> {
    let mut stage = Stage::new()?;
    let bytes = video(arguments.video_mb * MB)?;
    stage.cloud.put_object(BUCKET, "large.mov", bytes, ObjectOptions::default());
    stage.set("WORKER_MEMORY_BUDGET", &(arguments.video_mb * MB * 2));
    say(&format!("one video of {} MB", arguments.video_mb));
    for (name, above) in [("encrypted-file", (256 * MB).min(arguments.video_mb * MB / 8)), ("memory", arguments.video_mb * MB * 2)] {
        one_large(&mut stage, name, above)?;
    }
    stage.cloud.remove_object(BUCKET, "large.mov");
    many(&mut stage, arguments)
}

fn one_large(stage: &mut Stage, spool: &str, above: u64) -> Result<()> {
    stage.set("FETCH_SPILL_ABOVE", &above);
    let worker = stage.worker()?;
    let idle = processes::peak(worker.pid())?;
    let began = Instant::now();
    let records = stage.records(&stage.submit(&["large.mov".to_owned()], "batch")?)?;
    let [record] = records.as_slice() else { anyhow::bail!("{} records of one job", records.len()) };
    ensure!(record.status == Status::Complete, "the video's record is {:?}: {:?}", record.status, record.failure);
    let kind = record.erasure.as_ref().map(|erasure| serde_json::to_value(erasure.spool)).transpose()?;
    ensure!(kind.as_ref().and_then(serde_json::Value::as_str) == Some(spool), "its spool was {kind:?}");
    // The spool is written by calls, never mapped: none of it is resident in the worker.
    let (peak, mapped) = (processes::peak(worker.pid())?, processes::mapped_shared(worker.pid())?);
    let own = peak.saturating_sub(mapped);
    say(&format!(
        "  spill_above {:>5} MB ({spool}): {:.1} s; the worker's largest resident size {} MB, {} MB of it mapped spool; idle it was {} MB; the child's {} MB",
        above / MB,
        began.elapsed().as_secs_f64(),
        peak / MB,
        mapped / MB,
        idle / MB,
        record.cost.peak_memory_bytes / MB,
    ));
    ensure!(own < OWN, "the worker took {} MB beyond the spool", own / MB);
    worker.end()
}

fn many(stage: &mut Stage, arguments: &Memory) -> Result<()> {
    let budget = arguments.budget_mb * MB;
    stage.set("WORKER_MEMORY_BUDGET", &budget);
    stage.set("FETCH_SPILL_ABOVE", &budget);
    let download = video(arguments.download_mb * MB)?;
    let keys: Vec<String> = (0..arguments.downloads).map(|number| format!("many/{number}.mov")).collect();
    for key in &keys {
        stage.cloud.put_object(BUCKET, key, download.clone(), ObjectOptions::default());
    }
    let small = photo(Size::SixtyFourKilobytes, 4)?;
    let worker = stage.worker()?;
    let watch = Watch::of(worker.pid());
    let began = Instant::now();
    let task = stage.submit(&keys, "batch")?;
    let (mut times, mut gauge) = (Vec::new(), 0.0_f64);
    while stage.recorded()? < keys.len() + times.len() {
        times.push(interactive(stage, &small, times.len())?);
        gauge = gauge.max(used(&worker));
    }
    let records = stage.records(&task)?;
    let complete = records.iter().filter(|record| record.status == Status::Complete).count();
    ensure!(complete == keys.len(), "{complete} of {} downloads are complete", keys.len());
    let in_memory = records.iter().filter(|record| record.erasure.as_ref().is_some_and(|erasure| erasure.bytes > budget / 8)).count();
    let most = watch.end();
    let spread = Spread::of(times.iter().copied());
    say(&format!("{} downloads of {} MB, budget {} MB", keys.len(), arguments.download_mb, arguments.budget_mb));
    say(&format!(
        "  {:.1} s; {in_memory} of them in memory, at most {} MB at once; the gauge said {:.0} MB",
        began.elapsed().as_secs_f64(),
        most / MB,
        gauge / MB as f64
    ));
    say(&format!(
        "  {} interactive jobs meanwhile: p50 {} ms, p99 {} ms from submission to record",
        times.len(),
        spread.p50_ms,
        spread.p99_ms
    ));
    ensure!(most <= budget && gauge <= budget as f64, "the budget was exceeded");
    ensure!(most >= budget / 2, "the budget was never needed: nothing is proven");
    ensure!(!times.is_empty() && spread.p99_ms <= arguments.interactive_ms, "interactive jobs were starved");
    worker.end()
}

/// One small picture of the interactive lane, from its submission to its record, milliseconds.
fn interactive(stage: &Stage, small: &[u8], number: usize) -> Result<u64> {
    let key = format!("interactive/{number}.jpg");
    stage.put(&key, small);
    let records = stage.records(&stage.submit(&[key], "interactive")?)?;
    let [record] = records.as_slice() else { anyhow::bail!("{} records of one job", records.len()) };
    ensure!(record.status == Status::Complete, "an interactive record is {:?}: {:?}", record.status, record.failure);
    Ok(record.cost.queue_ms + record.cost.total_ms)
}

fn used(worker: &Worker) -> f64 {
    worker.metric("assay_budget_used_bytes", "\"memory\"").unwrap_or_default()
}

/// Looks at a worker's memory files again and again.
struct Watch {
    ended: Arc<AtomicBool>,
    most: Arc<AtomicU64>,
    looking: thread::JoinHandle<()>,
}

impl Watch {
    fn of(pid: u32) -> Self {
        let (ended, most) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (until, found) = (Arc::clone(&ended), Arc::clone(&most));
        let looking = thread::spawn(move || {
            while !until.load(Ordering::Relaxed) {
                found.fetch_max(kin::spooled(pid).unwrap_or_default(), Ordering::Relaxed);
                thread::sleep(Duration::from_millis(5));
            }
        });
        Self { ended, most, looking }
    }

    /// The largest sum that was seen, bytes.
    fn end(self) -> u64 {
        self.ended.store(true, Ordering::Relaxed);
        let _ = self.looking.join();
        self.most.load(Ordering::Relaxed)
    }
}
