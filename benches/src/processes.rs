//! What processes have used, as the kernel counts it (proc(5)).

use anyhow::{Context, Result};
use std::fs;
use std::time::Duration;

/// CPU time of a worker, its fork servers and all their children.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Used {
    /// The worker itself.
    pub(crate) worker: Duration,
    /// The fork servers themselves: mostly forks.
    pub(crate) fork_servers: Duration,
    /// The children: one for each asset.
    pub(crate) children: Duration,
}

impl Used {
    /// All of it.
    pub(crate) fn total(self) -> Duration {
        self.worker + self.fork_servers + self.children
    }

    /// What was used after an earlier look.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            worker: self.worker.saturating_sub(earlier.worker),
            fork_servers: self.fork_servers.saturating_sub(earlier.fork_servers),
            children: self.children.saturating_sub(earlier.children),
        }
    }
}

/// One process's times; `waited` is what its ended and reaped children used.
struct Times {
    parent: u32,
    own: Duration,
    waited: Duration,
}

/// What a worker's tree has used so far. Exact while no child is alive: a child counts when its fork server has reaped it.
pub(crate) fn used(worker: u32) -> Result<Used> {
    let root = times(worker).with_context(|| format!("process {worker} is gone"))?;
    // A fork server that was replaced has left its own time and its children's with the worker.
    let mut used = Used { worker: root.own, children: root.waited, ..Used::default() };
    for pid in all() {
        let Some(times) = times(pid) else { continue };
        if times.parent == worker {
            used.fork_servers += times.own;
            used.children += times.waited;
        }
    }
    Ok(used)
}

/// The largest resident size of one process so far, bytes.
pub(crate) fn peak(pid: u32) -> Result<u64> {
    status(pid, "VmHWM:")
}

/// The resident size of one process now, bytes.
pub(crate) fn resident(pid: u32) -> Result<u64> {
    status(pid, "VmRSS:")
}

/// What one process has mapped of memory files now, bytes.
pub(crate) fn mapped_shared(pid: u32) -> Result<u64> {
    status(pid, "RssShmem:")
}

fn status(pid: u32, name: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).with_context(|| format!("process {pid} is gone"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().context("a size in /proc")?;
    Ok(kib * 1024)
}

/// What all processes of the machine have used together so far.
pub(crate) fn machine() -> Result<Duration> {
    let text = fs::read_to_string("/proc/stat").context("/proc/stat can't be read")?;
    let all = text.lines().next().and_then(|line| line.strip_prefix("cpu ")).context("/proc/stat begins with all processors")?;
    // user nice system idle iowait irq softirq …: idling and waiting for disks is not work.
    let ticks = all.split_whitespace().take(7).enumerate().filter(|(place, _)| !matches!(place, 3 | 4));
    let ticks = ticks.map(|(_, field)| field.parse::<u64>()).sum::<Result<u64, _>>().context("a number in /proc/stat")?;
    Ok(Duration::from_millis(10 * ticks))
}

/// What other machines of the host have taken from this one so far, on all processors together.
pub(crate) fn stolen() -> Result<Duration> {
    let text = fs::read_to_string("/proc/stat").context("/proc/stat can't be read")?;
    let all = text.lines().next().and_then(|line| line.strip_prefix("cpu ")).context("/proc/stat begins with all processors")?;
    let ticks = all.split_whitespace().nth(7).unwrap_or("0").parse::<u64>().context("a number in /proc/stat")?;
    Ok(Duration::from_millis(10 * ticks))
}

/// CPU time of this thread so far.
pub(crate) fn own() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}

fn all() -> impl Iterator<Item = u32> {
    fs::read_dir("/proc").into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

fn times(pid: u32) -> Option<Times> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold anything, even ')': what follows its last one are the other fields, from the third on.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |place: usize| fields.get(place).and_then(|field| field.parse::<u64>().ok());
    // The kernel shows hundredths of a second on every architecture (USER_HZ).
    let ticks = |place: usize| Some(Duration::from_millis(10 * (number(place)? + number(place + 1)?)));
    Some(Times { parent: fields.get(1)?.parse().ok()?, own: ticks(11)?, waited: ticks(13)? })
}
