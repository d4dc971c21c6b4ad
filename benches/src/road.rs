//! Queue to acknowledgement: RabbitMQ, PostgreSQL and the stand-in cloud, beside a bare loop of the same library calls in the same run.

use crate::bare::{Floor, bare_loop};
use crate::figures::{Spread, each, millis_each, percent, say};
use crate::photos::{Size, photo};
use crate::processes::{self, Used};
use crate::stage::Stage;
use anyhow::{Result, ensure};
use assay_contract::Record;
use assay_contract::record::Status;
use clap::Args;
use serde_json::json;
use std::time::{Duration, Instant};

/// `benches road`
#[derive(Debug, Args)]
pub(crate) struct Road {
    /// How many 12-megapixel JPEGs.
    #[arg(long, default_value_t = 300)]
    large: usize,
    /// How many 64-KB JPEGs.
    #[arg(long, default_value_t = 3000)]
    small: usize,
    /// Print the figures as JSON as well.
    #[arg(long)]
    json: bool,
}

/// Unlike pictures; the same ones go round.
const DISTINCT: usize = 6;
/// Jobs before the measured ones: connections, credentials, tables and caches are warm then.
const WARM_UP: usize = 24;

/// What one size of picture cost.
struct Outcome {
    count: usize,
    bytes: usize,
    floor: Floor,
    used: Used,
    wall: Duration,
    records: Vec<Record>,
    peak: u64,
}

/// Measures both sizes and prints what came out.
pub(crate) fn run(arguments: &Road) -> Result<()> {
    let stage = Stage::new()?;
    for (size, count) in [(Size::TwelveMegapixels, arguments.large), (Size::SixtyFourKilobytes, arguments.small)] {
        if count == 0 {
            continue;
        }
        let outcome = measure(&stage, size, count)?;
        tell(size, &outcome);
        if arguments.json {
            say(&as_json(size, &outcome).to_string());
        }
    }
    Ok(())
}

fn measure(stage: &Stage, size: Size, count: usize) -> Result<Outcome> {
    let photos: Vec<Vec<u8>> = (0..DISTINCT as u64).map(|seed| photo(size, seed)).collect::<Result<_>>()?;
    // Half of the floor before and half after, so that a machine that slows down slows both.
    let half = (count / 2).max(1);
    bare_loop(&photos, DISTINCT)?;
    let first = bare_loop(&photos, half)?;
    // Each row has an object of its own: nothing may be known from an earlier one.
    let keys = |from: usize, count: usize| -> Vec<String> { (from..from + count).map(|number| format!("{size:?}/{number}.jpg")).collect() };
    for (key, photo) in keys(0, WARM_UP + count).iter().zip(photos.iter().cycle()) {
        stage.put(key, photo);
    }
    let worker = stage.worker()?;
    stage.records(&stage.submit(&keys(0, WARM_UP), "batch")?)?;
    let (before, began) = (processes::used(worker.pid())?, Instant::now());
    let records = stage.records(&stage.submit(&keys(WARM_UP, count), "batch")?)?;
    let (wall, used) = (began.elapsed(), processes::used(worker.pid())?.since(before));
    let peak = processes::peak(worker.pid())?;
    worker.end()?;
    let second = bare_loop(&photos, count - half)?;
    ensure!(records.len() == count, "{} records of {count} jobs", records.len());
    let failed = records.iter().filter(|record| record.status != Status::Complete || record.thumbnails.len() != 2).count();
    ensure!(failed == 0, "{failed} of {count} records are not complete with two thumbnails");
    let bytes = photos.iter().map(Vec::len).sum::<usize>() / photos.len();
    Ok(Outcome { count, bytes, floor: sum(first, second), used, wall, records, peak })
}

fn sum(first: Floor, second: Floor) -> Floor {
    Floor {
        decode: first.decode + second.decode,
        resize: first.resize + second.resize,
        encode: first.encode + second.encode,
        wall: first.wall + second.wall,
    }
}

fn tell(size: Size, outcome: &Outcome) {
    let Outcome { count, floor, used, wall, .. } = outcome;
    say(&format!("\n{} × {count}, {} KB on average, both thumbnails\n", size.name(), outcome.bytes / 1000));
    say("  CPU of each                         the bare loop     Assay");
    say(&format!("    decode                            {}", each(floor.decode, *count)));
    say(&format!("    resize                            {}", each(floor.resize, *count)));
    say(&format!("    encode                            {}", each(floor.encode, *count)));
    say(&format!("    the children                                    {}", each(used.children, *count)));
    say(&format!("    the fork servers                                {}", each(used.fork_servers, *count)));
    say(&format!("    the worker                                      {}", each(used.worker, *count)));
    say(&format!("    together                          {}   {}", each(floor.total(), *count), each(used.total(), *count)));
    say(&format!("\n  CPU ratio, bare loop / Assay        {:>5.1} %", percent(floor.total(), used.total())));
    say(&format!("  wall ratio, bare loop on two cores  {:>5.1} %", percent(floor.wall / 2, *wall)));
    say(&format!("  assets a second                     {:>7.1}", *count as f64 / wall.as_secs_f64()));
    say(&format!("  worker's largest resident size      {:>5} MiB", outcome.peak >> 20));
    say("\n  where an asset's time goes (wall)     p50       p99");
    for (stage, spread) in stages(&outcome.records) {
        say(&format!("    {stage:<32} {:>5} ms  {:>6} ms", spread.p50_ms, spread.p99_ms));
    }
}

fn stages(records: &[Record]) -> Vec<(&'static str, Spread)> {
    let of = |time: fn(&Record) -> u64| Spread::of(records.iter().map(time));
    vec![
        ("queue", of(|record| record.cost.queue_ms)),
        ("access", of(|record| record.cost.access_ms)),
        ("fetch", of(|record| record.cost.fetch_ms)),
        ("child: fork to reap", of(|record| record.cost.decode_ms)),
        ("intake to record", of(|record| record.cost.total_ms)),
        ("child's CPU", of(|record| record.cost.cpu_ms)),
    ]
}

fn as_json(size: Size, outcome: &Outcome) -> serde_json::Value {
    let (count, floor, used) = (outcome.count, &outcome.floor, &outcome.used);
    json!({
        "asset": size.name(), "count": count, "bytes": outcome.bytes,
        "floor_ms": { "decode": millis_each(floor.decode, count), "resize": millis_each(floor.resize, count), "encode": millis_each(floor.encode, count) },
        "assay_ms": { "children": millis_each(used.children, count), "fork_servers": millis_each(used.fork_servers, count), "worker": millis_each(used.worker, count) },
        "cpu_ratio": percent(floor.total(), used.total()) / 100.0, "wall_ratio": percent(floor.wall / 2, outcome.wall) / 100.0,
        "assets_a_second": count as f64 / outcome.wall.as_secs_f64(), "worker_peak_bytes": outcome.peak,
        "stages_ms": stages(&outcome.records).into_iter().map(|(stage, spread)| (stage.to_owned(), json!(spread))).collect::<serde_json::Map<_, _>>(),
    })
}
