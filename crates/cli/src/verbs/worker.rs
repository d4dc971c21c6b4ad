//! `assay worker`: takes jobs from the configured broker until it is told to drain.

use crate::args::{SettingsArguments, Worker};
use crate::assemble;
use crate::config::{self, Config};
use crate::exit::{Exit, say};
use anyhow::Context;
use assay_access::Access;
use assay_worker::slots::SlotCounts;
use assay_worker::{Crew, health, telemetry};
use metrics_exporter_prometheus::PrometheusBuilder;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;

/// Runs a worker, or prints its plan.
pub async fn run(settings: &SettingsArguments, arguments: Worker) -> anyhow::Result<Exit> {
    // First of all: a signal that comes while everything is still being set up must not be lost.
    let mut signals = Signals::heard()?;
    let config = config::read(settings)?;
    if arguments.plan {
        say(&assemble::plan(&config)?.to_string())?;
        return Ok(Exit::Complete);
    }
    if let Some(shift) = hire(config, &mut signals).await? {
        at_work(&shift.crew, &mut signals).await?;
    }
    Ok(Exit::Complete)
}

/// SIGTERM and SIGINT.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on they end nothing by themselves.
    pub fn heard() -> anyhow::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next of either.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// A crew, and what runs beside it for as long as this is held.
pub struct Shift {
    pub crew: Crew,
    _beside: JoinSet<()>,
}

/// A crew with its rooms, metrics and pages; `None` when a signal came before it was set up.
pub async fn hire(config: Config, signals: &mut Signals) -> anyhow::Result<Option<Shift>> {
    tokio::select! {
        shift = Box::pin(set_up(config)) => shift.map(Some),
        () = signals.next() => {
            tracing::info!("ended by a signal before any job was taken");
            Ok(None)
        }
    }
}

async fn set_up(config: Config) -> anyhow::Result<Shift> {
    as_many_files_as_allowed();
    no_larger_files_than_allowed()?;
    let plan = assemble::plan(&config)?;
    room_for_files(getrlimit(Resource::Nofile).current, plan.slots)?;
    assemble::tell_places(&config);
    let metrics = PrometheusBuilder::new().install_recorder().context("metrics can't be set up")?;
    telemetry::describe();
    let mut beside = JoinSet::new();
    beside.spawn(telemetry::fold_for_ever(metrics.clone()));
    let hired = Arc::new(OnceLock::new());
    if let Some(address) = config.worker.listen {
        let listener = tokio::net::TcpListener::bind(address).await.with_context(|| format!("worker.listen {address} can't be bound"))?;
        let pages = health::serve(listener, Arc::clone(&hired), metrics);
        beside.spawn(async move {
            if let Err(error) = pages.await {
                tracing::error!(%error, "the health pages ended");
            }
        });
    }
    let crew = Crew::new(Arc::new(assemble::rooms(config, &plan).await?));
    let rooms = Arc::clone(crew.rooms());
    // Beside the work: whoever reads only https addresses needs no identity, and finding out that there is none takes seconds.
    beside.spawn(async move { tell_identity(&rooms.access).await });
    Ok(Shift { crew: hired.get_or_init(|| crew).clone(), _beside: beside })
}

/// Downloads, children and connections each take a few files; the usual limit of 1,024 is for programs that use `select`, and may be
/// raised by whoever does not (<https://0pointer.net/blog/file-descriptor-limits.html>).
fn as_many_files_as_allowed() {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}

/// Files of the worker itself: 25 without any job (measured, embedded); the rest is for connections to store, shelf and STS, and for pages.
const OF_AN_IDLE_WORKER: u64 = 56;

/// Without them jobs would fail that nothing is wrong with. A download holds a connection and a spool; a child two sockets, itself and its input.
fn room_for_files(bound: Option<u64>, slots: SlotCounts) -> anyhow::Result<()> {
    let Some(bound) = bound else { return Ok(()) };
    let [downloads, children] = [slots.fetches, slots.decodes].map(|batch| u64::from(batch) + u64::from(slots.interactive));
    let asked = OF_AN_IDLE_WORKER + 2 * downloads + 4 * children;
    anyhow::ensure!(
        bound >= asked,
        "this process may have {bound} files open (RLIMIT_NOFILE, `ulimit -n`), and {downloads} downloads and {children} children at once \
         need {asked}: raise it, or lower worker.fetches and worker.decodes"
    );
    Ok(())
}

/// To the kernel an asset in memory is a file, and it kills whoever writes past the size that files may have (`ulimit -f`, setrlimit(2)):
/// one large asset would end the worker with all that it holds. Where the signal is heard, the write fails, and its job alone.
fn no_larger_files_than_allowed() -> anyhow::Result<()> {
    // It is heard until the process ends, whoever listens.
    signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())).map(drop).context("no signal can be heard of files too large")
}

/// Without an identity every job of a bucket would be tried again and again: better said before the first.
async fn tell_identity(access: &Access) {
    match access.our_principal().await {
        Ok(principal) => tracing::info!(principal, "known to AWS"),
        Err(error) if error.is_of_the_worker() => tracing::warn!("{error}: jobs of buckets will fail. {}", error.failure().message),
        Err(error) => tracing::warn!(%error, "the worker's AWS identity could not be looked at"),
    }
}

/// Whoever ends a process group often signals the process too, and some tools repeat themselves: that is one signal.
pub const ONE_SIGNAL: Duration = Duration::from_secs(2);

/// Works until a signal, then drains. A second one ends at once, but for one that follows the first within [`ONE_SIGNAL`].
pub async fn at_work(crew: &Crew, signals: &mut Signals) -> anyhow::Result<()> {
    let work = crew.work();
    let mut work = std::pin::pin!(work);
    let mut asked: Option<Instant> = None;
    loop {
        tokio::select! {
            ended = &mut work => return ended.context("the broker ended the work"),
            () = signals.next() => {}
        }
        match asked {
            Some(first) if first.elapsed() < ONE_SIGNAL => continue,
            Some(_) => anyhow::bail!("ended by a second signal; jobs that were at work come again"),
            None => asked = Some(Instant::now()),
        }
        tracing::info!("draining: no new jobs are taken");
        crew.drain();
    }
}
