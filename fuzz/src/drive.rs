//! A driver for stable Rust: tries altered copies of seeds for a while, the same ones for the same seed.

use crate::mutation::{MOST_BYTES, altered};
use anyhow::{Context, Result};
use clap::Parser;
use fastrand::Rng;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// An input that costs more CPU time is a finding.
const TOO_DEAR: Duration = Duration::from_secs(10);
/// An input that takes longer has hung, and this process ends.
const PATIENCE: Duration = Duration::from_mins(2);
/// More address space is a finding: an allocation that nobody bounded ends this process.
const MEMORY_BYTES: u64 = 4 << 30;
/// The input that is being tried.
const CURRENT: &str = "current";

/// What is tried with bytes.
pub type Target = fn(&[u8]);
/// How a program ends: 0 for nothing found, 1 for findings.
pub type Ended = Result<ExitCode>;

/// Tries one target, with altered copies of known files, or with the files that are named. An input that kills the program is left in
/// `fuzz/artifacts`, as `current`.
#[derive(Debug, Parser)]
struct Options {
    /// How long altered copies are tried. Without, each file is tried once, as it is.
    #[arg(long)]
    seconds: Option<u64>,
    /// The same seed makes the same copies.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Files, and folders with all that is below them, in place of those that are known for the target.
    seeds: Vec<PathBuf>,
}

/// Runs the program of a target. `known` are its seeds, as paths from the repository's root.
pub fn run(name: &str, target: Target, known: &[&str]) -> Ended {
    let options = Options::parse();
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = if options.seeds.is_empty() { known.iter().map(|path| fuzz.join("..").join(path)).collect() } else { options.seeds };
    let mut seeds = read(named)?;
    bound_memory()?;
    let kept = fuzz.join("artifacts").join(name);
    let Some(seconds) = options.seconds else {
        for seed in &seeds {
            target(seed);
        }
        writeln!(io::stdout(), "{name}: {} seeds as they are, nothing found", seeds.len())?;
        return Ok(ExitCode::SUCCESS);
    };
    for seed in &mut seeds {
        seed.truncate(MOST_BYTES);
    }
    let mut session = Session::open(name, target, kept)?;
    let (start, mut dice) = (Instant::now(), Rng::with_seed(options.seed));
    while start.elapsed() < Duration::from_secs(seconds) {
        session.attempt(&altered(&mut dice, &seeds), options.seed)?;
    }
    session.close(seeds.len(), start.elapsed())
}

/// One run over altered copies.
struct Session<'n> {
    name: &'n str,
    target: Target,
    kept: PathBuf,
    /// Written before it is tried: what kills this process is then still there. Kept open: ext4 writes a file to the disk when one
    /// that was truncated is closed.
    current: File,
    tried: Arc<AtomicU64>,
    found: u64,
    dearest: Duration,
}

impl<'n> Session<'n> {
    fn open(name: &'n str, target: Target, kept: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&kept).with_context(|| format!("{} can't be made", kept.display()))?;
        let tried = Arc::new(AtomicU64::new(0));
        watch(name.to_owned(), tried.clone());
        let current = File::create(kept.join(CURRENT)).context("no input can be kept")?;
        Ok(Self { name, target, current, kept, tried, found: 0, dearest: Duration::ZERO })
    }

    fn attempt(&mut self, bytes: &[u8], seed: u64) -> Result<()> {
        let number = self.tried.fetch_add(1, Ordering::Relaxed);
        self.current.set_len(bytes.len() as u64).and_then(|()| self.current.write_all_at(bytes, 0)).context("the input can't be kept")?;
        let (target, began) = (self.target, cpu_time());
        let outcome = catch_unwind(|| target(bytes));
        let cost = cpu_time().saturating_sub(began);
        self.dearest = self.dearest.max(cost);
        if outcome.is_err() || cost > TOO_DEAR {
            self.found += 1;
            let place = self.kept.join(format!("found-{seed}-{number}"));
            std::fs::write(&place, bytes).context("the finding can't be kept")?;
            let what = if outcome.is_err() { "a panic" } else { "too dear" };
            writeln!(io::stderr(), "{}: {what} after {cost:?} of CPU: {}", self.name, place.display())?;
        }
        Ok(())
    }

    fn close(self, seeds: usize, took: Duration) -> Ended {
        std::fs::remove_file(self.kept.join(CURRENT)).context("the last input can't be removed")?;
        let (name, tried) = (self.name, self.tried.load(Ordering::Relaxed));
        let rate = tried as f64 / took.as_secs_f64();
        writeln!(
            io::stdout(),
            "{name}: {tried} inputs from {seeds} seeds in {took:.1?}, {rate:.0} a second, the dearest {:.2?} of CPU, {} findings",
            self.dearest,
            self.found
        )?;
        Ok(if self.found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Ends this process when one input takes longer than any may: what waits for itself uses no CPU time.
fn watch(name: String, tried: Arc<AtomicU64>) {
    std::thread::spawn(move || {
        let mut seen = tried.load(Ordering::Relaxed);
        loop {
            std::thread::sleep(PATIENCE);
            let now = tried.load(Ordering::Relaxed);
            if now == seen && now > 0 {
                // Nobody is left to be told that standard error is gone.
                let _ = writeln!(io::stderr(), "{name}: an input takes longer than {PATIENCE:?}: artifacts/{name}/{CURRENT}");
                std::process::abort();
            }
            seen = now;
        }
    });
}

fn cpu_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap_or_default()
}

/// What asks for more memory than any input is worth dies of it; a core dump of it would hold nothing but the input.
fn bound_memory() -> io::Result<()> {
    for (resource, most) in [(Resource::As, MEMORY_BYTES), (Resource::Core, 0)] {
        setrlimit(resource, Rlimit { current: Some(most), ..getrlimit(resource) })?;
    }
    Ok(())
}

/// Every file of what was named, and an empty one, in an order that folders don't decide.
fn read(named: Vec<PathBuf>) -> Result<Vec<Vec<u8>>> {
    let (mut left, mut seeds) = (named, vec![Vec::new()]);
    while let Some(path) = left.pop() {
        let unreadable = || format!("{} can't be read", path.display());
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).with_context(unreadable)?;
            left.extend(entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?);
        } else {
            seeds.push(std::fs::read(&path).with_context(unreadable)?);
        }
    }
    seeds.sort();
    Ok(seeds)
}
