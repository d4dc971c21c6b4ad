//! SIGKILL at random moments: each job has one record and its thumbnails, and nothing of any asset is left, not even on the raw disk.

use crate::device::Device;
use crate::figures::say;
use crate::photos::{Size, photo};
use crate::random::Random;
use crate::stage::{BUCKET, Stage, Worker};
use anyhow::{Context, Result, ensure};
use assay_testkit::cloud::Fault;
use assay_testkit::kin;
use clap::Args;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// `benches kills`
#[derive(Debug, Args)]
pub(crate) struct Kills {
    /// How many jobs.
    #[arg(long, default_value_t = 200)]
    jobs: u32,
    /// How many kills.
    #[arg(long = "kills", default_value_t = 50)]
    count: u32,
    /// Where chance begins; the time by default. It is printed.
    #[arg(long)]
    seed: Option<u64>,
}

/// Larger assets go to the spill folder.
const SPILL_ABOVE: u64 = 200_000;
/// Of the file system that they spill to, bytes.
const DEVICE: u64 = 256 << 20;
/// What is searched for: it stands in the assets many times, in the clear.
const MARKER: &[u8] = b"assay-bench: these words are in the asset";
/// The same length, written in the clear, to see that the search finds what is there.
const CONTROL: &[u8] = b"assay-bench: these words are the control!";
/// No round takes longer, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// What lay open when the kills came.
#[derive(Debug, Default)]
struct Seen {
    processes: usize,
    children: usize,
    memory_spools: usize,
    encrypted_spools: usize,
}

pub(crate) fn run(arguments: &Kills) -> Result<()> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let seed = arguments.seed.unwrap_or(now);
    say(&format!("{} kills over {} jobs, --seed {seed}", arguments.count, arguments.jobs));
    let mut stage = Stage::new()?;
    let device = match Device::mount(stage.folder.path(), DEVICE) {
        Ok(device) => Some(device),
        Err(why) => {
            say(&format!("  the raw disk is not searched: {why:#}"));
            None
        }
    };
    if let Some(device) = &device {
        stage.set("FETCH_SPILL_FOLDER", &device.folder().display());
        control(device)?;
    }
    stage.set("FETCH_SPILL_ABOVE", &SPILL_ABOVE);
    // What a dead worker held can be taken over soon.
    stage.set("WORKER_CLAIM_LEASE_S", &3);
    let keys = fill(&stage, arguments.jobs)?;
    let task = stage.submit(&keys, "batch")?;

    let (mut random, mut seen, began) = (Random::new(seed), Seen::default(), Instant::now());
    let mut moments: Vec<u32> = (0..arguments.count).map(|_| random.below(arguments.jobs.saturating_sub(1).max(1))).collect();
    moments.sort_unstable();
    for (at, moment) in moments.iter().enumerate() {
        let worker = stage.worker()?;
        let recorded = usize::try_from(*moment)?;
        stage.until_recorded(recorded, PATIENCE)?;
        thread::sleep(Duration::from_millis(random.below(700).into()));
        let before = stage.recorded()?;
        kill(worker, &stage, &mut seen)?;
        if let Some(device) = &device {
            let found = device.count(MARKER)?;
            ensure!(found == 0, "after kill {} the marker stands {found} times on the raw disk", at + 1);
        }
        ensure!(before < keys.len() || at + 1 == moments.len(), "all jobs were done before kill {}", at + 1);
    }
    let last = stage.worker()?;
    stage.until_recorded(keys.len(), PATIENCE)?;
    let records = stage.records(&task)?;
    stage.each_exists_once(keys.len())?;
    let thumbnails = thumbnails(&stage, &records)?;
    let spilled = records.iter().filter(|record| record.asset.content_length.is_some_and(|bytes| bytes > SPILL_ABOVE)).count();
    last.end()?;
    if let Some(device) = &device {
        ensure!(device.count(MARKER)? == 0, "the marker stands on the raw disk at the end");
    }
    ensure!(arguments.count < 10 || (seen.memory_spools > 0 && seen.encrypted_spools > 0), "no kill met an asset: {seen:?}");
    say(&format!("  {} jobs, {spilled} of them spilled, in {:.1} s", keys.len(), began.elapsed().as_secs_f64()));
    say(&format!("  each has one record of generation 1, published; {thumbnails} thumbnails match their digests"));
    say(&format!(
        "  the kills met {} processes, {} of them children at work, {} assets in memory and {} on disk: none of them is left",
        seen.processes, seen.children, seen.memory_spools, seen.encrypted_spools
    ));
    if device.is_some() {
        say("  the marker in each spilled asset was not found on the raw disk; the control was");
    }
    Ok(())
}

/// A third small, a third in the spill folder, a third there so slowly that a kill meets them on the way; of the small ones half are slow.
fn fill(stage: &Stage, jobs: u32) -> Result<Vec<String>> {
    let small = photo(Size::SixtyFourKilobytes, 1)?;
    let marked = marked(&photo(Size::SixtyFourKilobytes, 2)?)?;
    let keys: Vec<String> = (0..jobs).map(|number| format!("kills/{number}.jpg")).collect();
    for (number, key) in keys.iter().enumerate() {
        stage.put(key, if number % 3 == 0 { &small } else { &marked });
        let slow = match number % 6 {
            0 => 50_000,
            1 | 4 => 400_000,
            _ => continue,
        };
        stage.cloud.misbehave(BUCKET, key, Fault::Slow { bytes_per_second: slow }.first(1));
    }
    Ok(keys)
}

/// A JPEG with comments full of markers before its picture.
fn marked(photo: &[u8]) -> Result<Vec<u8>> {
    let (start, rest) = photo.split_at_checked(2).context("a photo has two bytes")?;
    let mut made = start.to_vec();
    let comment: Vec<u8> = MARKER.iter().copied().cycle().take(60_000).collect();
    for _ in 0..8 {
        // COM; its length counts itself (ITU T.81, B.2.4.5).
        made.extend([0xff, 0xfe]);
        made.extend(u16::try_from(comment.len() + 2)?.to_be_bytes());
        made.extend(&comment);
    }
    made.extend(rest);
    Ok(made)
}

/// An unnamed file in the clear leaves its words on the device: without this, a search that finds nothing would prove nothing.
fn control(device: &Device) -> Result<()> {
    let mut file = tempfile::tempfile_in(device.folder())?;
    let words: Vec<u8> = CONTROL.iter().copied().cycle().take(400_000).collect();
    file.write_all(&words)?;
    let began = Instant::now();
    while device.count(CONTROL)? == 0 {
        ensure!(began.elapsed() < PATIENCE, "what was written in the clear does not get to the device");
    }
    drop(file);
    ensure!(device.count(CONTROL)? > 0, "what an unnamed file held in the clear is not on the raw disk: the search proves nothing");
    Ok(())
}

/// What was alive, open or named before the kill is gone after it.
fn kill(worker: Worker, stage: &Stage, seen: &mut Seen) -> Result<()> {
    let family = kin::family(worker.pid());
    let spools = kin::spools(&family).unwrap_or_default();
    seen.processes += family.len();
    seen.children += family.iter().filter(|kin| kin.generation == 2).count();
    seen.memory_spools += spools.len();
    seen.encrypted_spools += unnamed(worker.pid(), stage)?;
    worker.kill()?;
    until("every process of the killed worker is gone", || Ok(kin::alive(&family).is_empty()))?;
    until("its memory files are gone", || Ok(kin::still_held(&spools).is_empty()))?;
    let named = fs::read_dir(stage.setting("FETCH_SPILL_FOLDER")?)?.count();
    ensure!(named == 0, "{named} named files lie in the spill folder");
    Ok(())
}

/// Unnamed files of the spill folder that a process holds.
fn unnamed(pid: u32, stage: &Stage) -> Result<usize> {
    let folder = stage.setting("FETCH_SPILL_FOLDER")?;
    let links = fs::read_dir(format!("/proc/{pid}/fd"))?.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    Ok(links.filter(|link| link.starts_with(&folder) && link.to_string_lossy().ends_with("(deleted)")).count())
}

/// How many there are, after each was read and compared with its record.
fn thumbnails(stage: &Stage, records: &[assay_contract::Record]) -> Result<usize> {
    let mut count = 0;
    for thumbnail in records.iter().flat_map(|record| &record.thumbnails) {
        let uri = thumbnail.uri.as_deref().context("a thumbnail lies nowhere")?;
        let bytes = stage.shelved(uri)?;
        ensure!(thumbnail.sha256 == format!("{:x}", Sha256::digest(&bytes)), "another thumbnail lies at {uri}");
        count += 1;
    }
    ensure!(count == records.len() * 2, "{count} thumbnails of {} records", records.len());
    Ok(count)
}

fn until(what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    let began = Instant::now();
    while !holds()? {
        ensure!(began.elapsed() < PATIENCE, "after {PATIENCE:?} still not so: {what}");
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
