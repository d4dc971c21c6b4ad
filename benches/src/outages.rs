//! Outages: store, shelf, broker and cloud, each cut for a while under load; work goes on by itself, and our own cost no attempt.

use crate::figures::say;
use crate::photos::{Size, photo};
use crate::stage::Stage;
use anyhow::{Context, Result, ensure};
use assay_testkit::wire::Wire;
use clap::Args;
use std::net::{SocketAddr, ToSocketAddrs};
use std::thread;
use std::time::{Duration, Instant};

/// `benches outages`
#[derive(Debug, Args)]
pub(crate) struct Outages {
    /// How long each is cut, seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How many jobs each meets.
    #[arg(long, default_value_t = 1_500)]
    jobs: usize,
}

/// No record for so long after the end of an outage: work does not go on by itself. Jobs rest up to ten minutes between attempts.
const PATIENCE: Duration = Duration::from_mins(13);

/// What is cut: its name, the settings that lead there, and whose fault it is.
const CUTS: [(&str, &[&str], Fault); 4] = [
    ("store", &["STORE_URL"], Fault::Ours),
    ("shelf", &["SHELF_ENDPOINT"], Fault::Ours),
    ("broker", &["BROKER_URL"], Fault::Ours),
    ("cloud", &["ACCESS_STS_ENDPOINT", "ACCESS_S3_ENDPOINT"], Fault::Theirs),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Costs no job an attempt.
    Ours,
    /// May cost attempts, but no job its record.
    Theirs,
}

pub(crate) fn run(arguments: &Outages) -> Result<()> {
    say(&format!("each is cut for {} s while {} jobs are queued", arguments.seconds, arguments.jobs));
    for (name, settings, fault) in CUTS {
        one(arguments, name, settings, fault)?;
    }
    Ok(())
}

fn one(arguments: &Outages, name: &str, settings: &[&str], fault: Fault) -> Result<()> {
    let stage = Stage::new()?;
    let small = photo(Size::SixtyFourKilobytes, 6)?;
    let keys: Vec<String> = (0..arguments.jobs).map(|number| format!("{name}/{number}.jpg")).collect();
    for key in &keys {
        stage.put(key, &small);
    }
    let server = host(&stage.setting(settings.first().context("a setting is named")?)?)?;
    let mut wire = stage.runtime.block_on(Wire::to(resolved(&server)?))?;
    let mut wired = Vec::new();
    for setting in settings {
        wired.push((*setting, stage.setting(setting)?.replace(&server, &wire.address().to_string())));
    }
    let worker = stage.worker_with(&wired)?;
    let task = stage.submit(&keys, "batch")?;
    stage.until_recorded(keys.len() / 10, PATIENCE)?;
    stage.runtime.block_on(wire.cut());
    let at_cut = stage.recorded()?;
    thread::sleep(Duration::from_secs(arguments.seconds));
    let during = stage.recorded()? - at_cut;
    ensure!(at_cut + during < keys.len(), "{name}: all was done before the end of the outage: more jobs are needed");
    stage.runtime.block_on(wire.join())?;
    let (joined, had) = (Instant::now(), stage.recorded()?);
    stage.until_recorded(had + 1, PATIENCE)?;
    let resumed = joined.elapsed();
    stage.until_recorded(keys.len(), PATIENCE)?;
    let finished = joined.elapsed();
    let records = stage.records(&task)?;
    stage.each_exists_once(keys.len())?;
    let most = records.iter().map(|record| record.attempt).max().unwrap_or_default();
    say(&format!(
        "  {name:<7} {during:>4} records while it was gone; the next {:.1} s after it came back, all {} after {:.1} s; at most {most} attempts",
        resumed.as_secs_f64(),
        keys.len(),
        finished.as_secs_f64(),
    ));
    ensure!(fault == Fault::Theirs || most == 1, "{name}: our own outage cost a job an attempt");
    worker.end()
}

/// `host:port` of an address.
fn host(url: &str) -> Result<String> {
    let rest = url.split_once("://").context("an address has a scheme")?.1;
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    Ok(rest.split('/').next().unwrap_or(rest).to_owned())
}

fn resolved(server: &str) -> Result<SocketAddr> {
    server.to_socket_addrs()?.find(SocketAddr::is_ipv4).with_context(|| format!("{server} has no address"))
}
