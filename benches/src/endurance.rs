//! Endurance: very many queued jobs through one worker, as fast at the end as at the beginning, in the same memory.

use crate::figures::say;
use crate::processes::{self, Used};
use crate::stage::{BUCKET, Stage};
use anyhow::{Context, Result, ensure};
use assay_testkit::cloud::ObjectOptions;
use bytes::Bytes;
use clap::Args;
use std::thread;
use std::time::{Duration, Instant};

/// `benches endurance`
#[derive(Debug, Args)]
pub(crate) struct Endurance {
    /// How many jobs.
    #[arg(long, default_value_t = 250_000)]
    jobs: u32,
    /// How many of them the first and the last speed are measured over.
    #[arg(long, default_value_t = 5_000)]
    window: u32,
    /// How many come before: caches, connections and the allocator are warm then.
    #[arg(long, default_value_t = 2_000)]
    warm_up: u32,
    /// A line of the curve is printed each time so many more are done.
    #[arg(long, default_value_t = 10_000)]
    every: u32,
}

/// How often it is asked how many are done.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// No job for so long: it hangs.
const PATIENCE: Duration = Duration::from_mins(2);
/// The servers have come to rest when the machine did next to nothing for so long: longer than PostgreSQL waits before it cleans
/// a table that has grown (autovacuum_naptime, a minute). RabbitMQ puts queued messages in order for some time, too.
const REST: Duration = Duration::from_secs(70);
/// Next to nothing, of one processor.
const IDLE: f64 = 0.05;
/// By how much the end may be slower.
const SLACK: f64 = 0.10;
/// By how much memory may have grown since the first window, bytes.
const GROWTH: u64 = 32 << 20;

/// One look.
#[derive(Debug, Clone, Copy)]
struct Point {
    at: Duration,
    done: f64,
    resident: u64,
    used: Used,
    stolen: Duration,
}

pub(crate) fn run(arguments: &Endurance) -> Result<()> {
    ensure!(arguments.jobs > arguments.warm_up + arguments.window * 2, "--jobs must be more than --warm-up and twice --window");
    let stage = Stage::new()?;
    let dot = Bytes::from(dot()?);
    let keys: Vec<String> = (0..arguments.jobs).map(|number| format!("small/{number}.jpg")).collect();
    for key in &keys {
        stage.cloud.put_object(BUCKET, key, dot.clone(), ObjectOptions::default());
    }
    stage.submit(&keys, "batch")?;
    say(&format!("{} jobs are queued", keys.len()));
    say(&format!("the servers came to rest after {:.0} s", rest()?.as_secs_f64()));
    say("      done   jobs/s   CPU ms/job   stolen   worker MB   store MB");
    let worker = stage.worker()?;
    let (began, mut curve, mut told) = (Instant::now(), Vec::<Point>::new(), 0_u32);
    loop {
        let point = Point {
            at: began.elapsed(),
            done: worker.metric("assay_outcomes_total", "").unwrap_or_default(),
            resident: processes::resident(worker.pid())?,
            used: processes::used(worker.pid())?,
            stolen: processes::stolen()?,
        };
        let last = curve.last().copied().unwrap_or(point);
        if point.done > last.done || curve.is_empty() {
            curve.push(point);
        }
        ensure!(point.at.saturating_sub(last.at) < PATIENCE, "after {} jobs nothing more comes: {}", point.done, worker.said());
        if point.done >= f64::from(told + arguments.every) {
            let since = told;
            told += arguments.every;
            tell(&stage, &curve, since, point)?;
            // Nobody takes the records here, and a queue that fills is not what is measured.
            stage.rabbit.purge("assay.records")?;
        }
        if point.done >= f64::from(arguments.jobs) {
            break;
        }
        thread::sleep(ASK_EVERY);
    }
    stage.each_exists_once(keys.len())?;
    let first = speed(&curve, arguments.warm_up, arguments.warm_up + arguments.window)?;
    let last = speed(&curve, arguments.jobs - arguments.window, arguments.jobs)?;
    let (early, late) = (resident(&curve, arguments.warm_up + arguments.window)?, resident(&curve, arguments.jobs)?);
    say(&format!(
        "  first {window} after {} of warm-up: {first:.1} jobs/s; last {window}: {last:.1} jobs/s ({:+.1} %)",
        arguments.warm_up,
        100.0 * (last / first - 1.0),
        window = arguments.window,
    ));
    say(&format!(
        "  CPU of worker, fork servers and children for a job: {:.2} ms, then {:.2} ms",
        cost(&curve, arguments.warm_up, arguments.warm_up + arguments.window)?,
        cost(&curve, arguments.jobs - arguments.window, arguments.jobs)?,
    ));
    let (begun, ended) = (reached(&curve, arguments.warm_up)?, reached(&curve, arguments.jobs - arguments.window)?);
    say(&format!(
        "  of the machine's time others took {:.1} %, then {:.1} %",
        stolen(begun, reached(&curve, arguments.warm_up + arguments.window)?),
        stolen(ended, reached(&curve, arguments.jobs)?),
    ));
    say(&format!(
        "  the worker's memory: {} MB then, {} MB at the end; its largest was {} MB",
        early >> 20,
        late >> 20,
        processes::peak(worker.pid())? >> 20
    ));
    ensure!(last >= first * (1.0 - SLACK), "it became slower");
    ensure!(late <= early + GROWTH, "its memory grew");
    worker.end()
}

/// Waits until the servers have done what came with so many rows and messages; how long that took.
fn rest() -> Result<Duration> {
    let began = Instant::now();
    let (mut from, mut before) = (began, processes::machine()?);
    while from.elapsed() < REST {
        thread::sleep(Duration::from_secs(1));
        let now = processes::machine()?;
        if now.saturating_sub(before).as_secs_f64() > IDLE * from.elapsed().as_secs_f64().max(10.0) {
            (from, before) = (Instant::now(), now);
        }
        ensure!(began.elapsed() < REST * 10, "this machine is busy with something else; nothing can be measured on it");
    }
    Ok(began.elapsed())
}

/// A grey square of 64 pixels.
fn dot() -> Result<Vec<u8>> {
    let pixels = vec![128_u8; 64 * 64 * 3];
    let image = turbojpeg::Image { pixels: pixels.as_slice(), width: 64, pitch: 64 * 3, height: 64, format: turbojpeg::PixelFormat::RGB };
    turbojpeg::Compressor::new()?.compress_to_vec(image).context("a square can't be made")
}

fn tell(stage: &Stage, curve: &[Point], since: u32, now: Point) -> Result<()> {
    let from = reached(curve, since)?;
    let speed = (now.done - from.done) / now.at.saturating_sub(from.at).as_secs_f64().max(f64::MIN_POSITIVE);
    let (cost, stolen) = (per_job(from, now), stolen(from, now));
    let store = stage.number("SELECT pg_database_size(current_database())")?;
    say(&format!("{:>10} {speed:>8.1} {cost:>12.2} {stolen:>7.1}% {:>11} {:>10}", now.done, now.resident >> 20, store >> 20));
    Ok(())
}

/// The first look at which so many were done.
fn reached(curve: &[Point], done: u32) -> Result<Point> {
    curve.iter().find(|point| point.done >= f64::from(done)).copied().with_context(|| format!("{done} were never done"))
}

fn resident(curve: &[Point], done: u32) -> Result<u64> {
    Ok(reached(curve, done)?.resident)
}

fn speed(curve: &[Point], from: u32, to: u32) -> Result<f64> {
    let (from, to) = (reached(curve, from)?, reached(curve, to)?);
    Ok((to.done - from.done) / to.at.saturating_sub(from.at).as_secs_f64().max(f64::MIN_POSITIVE))
}

fn cost(curve: &[Point], from: u32, to: u32) -> Result<f64> {
    Ok(per_job(reached(curve, from)?, reached(curve, to)?))
}

/// CPU of the worker's tree for one job, milliseconds.
fn per_job(from: Point, to: Point) -> f64 {
    1_000.0 * to.used.since(from.used).total().as_secs_f64() / (to.done - from.done).max(1.0)
}

/// The part of the processors' time that the host gave to others, percent: what makes a speed say less than it seems to.
fn stolen(from: Point, to: Point) -> f64 {
    let processors = std::thread::available_parallelism().map_or(1.0, |count| count.get() as f64);
    let span = to.at.saturating_sub(from.at).as_secs_f64() * processors;
    100.0 * to.stolen.saturating_sub(from.stolen).as_secs_f64() / span.max(f64::MIN_POSITIVE)
}
