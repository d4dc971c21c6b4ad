//! Slots and budgets from what this container may really use; an oversubscribed wish refuses to start.

use crate::slots::SlotCounts;
use std::fmt;
use std::fs;
use std::path::Path;

const MB: u64 = 1 << 20;
/// The worker itself: its threads, connections and the records in flight.
const WORKER_BYTES: u64 = 256 * MB;
/// What a child's libraries map beyond its limit (137 libraries of FFmpeg: 173 MB on disk, mostly shared).
const LIBRARIES_BYTES: u64 = 64 * MB;
/// Largest spool budget that is taken unasked: more helps only very wide workers.
const SPOOL_CEILING: u64 = 4096 * MB;
/// Smallest spool budget that makes sense.
const SPOOL_FLOOR: u64 = 128 * MB;

/// What the machine, or the container's cgroup, allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Processors, at least 1; a quota of 1.5 counts as 1.
    pub processors: u16,
    /// Where the memory figure comes from.
    pub source: Source,
}

/// Where a figure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The container's cgroup, version 2 or 1.
    Cgroup,
    /// The whole machine.
    Machine,
}

/// What an operator wishes; unset is derived.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Children at once.
    pub decodes: Option<u16>,
    /// Downloads at once.
    pub fetches: Option<u16>,
    /// Slots of the interactive lane.
    pub interactive: Option<u16>,
    /// Bytes of assets in memory at once.
    pub memory_budget: Option<u64>,
    /// Memory limit of a child, bytes: the largest of all profiles.
    pub child_bytes: u64,
}

/// What will be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// What there is.
    pub allowance: Allowance,
    /// What may run at once.
    pub slots: SlotCounts,
    /// Bytes of assets in memory at once.
    pub memory_budget: u64,
    /// Part of it that only the interactive lane may use.
    pub interactive_reserve: u64,
    /// Memory limit of a child with its libraries.
    pub child_bytes: u64,
}

/// Why a plan can't be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Everything at once would not fit.
    #[error(
        "{needed} MB would be needed at once (spool {spool} + {children} children of {child} + worker {worker}), {allowed} MB are allowed; \
         lower `worker.decodes`, `worker.memory_budget` or the profiles' `decode.memory_bytes`, or give the container more memory"
    )]
    Oversubscribed {
        /// Megabytes in all.
        needed: u64,
        /// Megabytes allowed.
        allowed: u64,
        /// Megabytes of spool.
        spool: u64,
        /// Children at once.
        children: u64,
        /// Megabytes of one child.
        child: u64,
        /// Megabytes of the worker itself.
        worker: u64,
    },
    /// A wish of 0.
    #[error("worker.{0} is 0; at least 1 is needed")]
    Zero(&'static str),
}

impl Plan {
    /// Derives what was not wished for, and checks that all of it fits.
    pub fn derive(allowance: Allowance, wishes: Wishes) -> Result<Self, PlanError> {
        for (name, wish) in [("decodes", wishes.decodes), ("fetches", wishes.fetches), ("interactive", wishes.interactive)] {
            if wish == Some(0) {
                return Err(PlanError::Zero(name));
            }
        }
        let child_bytes = wishes.child_bytes + LIBRARIES_BYTES;
        let interactive = wishes.interactive.unwrap_or(1);
        // As many children as cores, but fewer where memory is the tighter limit: half of it is for them.
        let by_memory =
            u16::try_from(allowance.memory_bytes / 2 / child_bytes.max(1)).unwrap_or(u16::MAX).saturating_sub(interactive).max(1);
        let decodes = wishes.decodes.unwrap_or(allowance.processors.min(by_memory));
        let fetches = wishes.fetches.unwrap_or(decodes.saturating_mul(8).clamp(8, 128));
        let children = u64::from(decodes) + u64::from(interactive);
        let left = allowance.memory_bytes.saturating_sub(children * child_bytes + WORKER_BYTES);
        let memory_budget = wishes.memory_budget.unwrap_or((left / 10 * 9).clamp(SPOOL_FLOOR, SPOOL_CEILING));
        let needed = memory_budget + children * child_bytes + WORKER_BYTES;
        if needed > allowance.memory_bytes {
            return Err(PlanError::Oversubscribed {
                needed: needed / MB,
                allowed: allowance.memory_bytes / MB,
                spool: memory_budget / MB,
                children,
                child: child_bytes / MB,
                worker: WORKER_BYTES / MB,
            });
        }
        let slots = SlotCounts { fetches, decodes, interactive };
        Ok(Self { allowance, slots, memory_budget, interactive_reserve: memory_budget / 8, child_bytes })
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self.allowance.source {
            Source::Cgroup => "this container",
            Source::Machine => "this machine",
        };
        let children = u64::from(self.slots.decodes) + u64::from(self.slots.interactive);
        writeln!(f, "{source} allows        {:>6} MB, {} processors", self.allowance.memory_bytes / MB, self.allowance.processors)?;
        writeln!(f, "downloads at once       {:>6}  (+ {} interactive)", self.slots.fetches, self.slots.interactive)?;
        writeln!(f, "children at once        {:>6}  (+ {} interactive)", self.slots.decodes, self.slots.interactive)?;
        writeln!(f, "assets in memory        {:>6} MB, {} MB of it interactive", self.memory_budget / MB, self.interactive_reserve / MB)?;
        writeln!(f, "children, at most       {:>6} MB  ({children} x {} MB)", children * self.child_bytes / MB, self.child_bytes / MB)?;
        writeln!(f, "the worker itself       {:>6} MB", WORKER_BYTES / MB)?;
        let left = self.allowance.memory_bytes.saturating_sub(self.memory_budget + children * self.child_bytes + WORKER_BYTES);
        write!(f, "left                    {:>6} MB", left / MB)
    }
}

impl Allowance {
    /// What this process may use.
    pub fn of_this_process() -> Self {
        Self::read(
            Path::new("/sys/fs/cgroup"),
            Path::new("/proc"),
            std::thread::available_parallelism().map_or(1, |n| u16::try_from(n.get()).unwrap_or(u16::MAX)),
        )
    }

    fn read(cgroup: &Path, proc: &Path, processors: u16) -> Self {
        let number = |path: &str| fs::read_to_string(cgroup.join(path)).ok().and_then(|text| text.trim().parse::<u64>().ok());
        let machine = fs::read_to_string(proc.join("meminfo")).ok().and_then(|text| meminfo_total(&text)).unwrap_or(1024 * MB);
        // Version 2, then version 1, whose "no limit" is a number near 2^63.
        let limit = number("memory.max").or_else(|| number("memory/memory.limit_in_bytes")).filter(|limit| *limit < machine);
        let quota = fs::read_to_string(cgroup.join("cpu.max")).ok().and_then(|text| cpu_quota(&text));
        Self {
            memory_bytes: limit.unwrap_or(machine),
            processors: quota.map_or(processors, |quota| quota.min(processors)).max(1),
            source: if limit.is_some() { Source::Cgroup } else { Source::Machine },
        }
    }
}

fn meminfo_total(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// `150000 100000` is one and a half processors.
fn cpu_quota(text: &str) -> Option<u16> {
    let (quota, period) = text.trim().split_once(' ')?;
    let (quota, period) = (quota.parse::<u64>().ok()?, period.parse::<u64>().ok()?);
    u16::try_from(quota.checked_div(period)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowance(megabytes: u64, processors: u16) -> Allowance {
        Allowance { memory_bytes: megabytes * MB, processors, source: Source::Machine }
    }
    const CHILD: Wishes = Wishes { decodes: None, fetches: None, interactive: None, memory_budget: None, child_bytes: 768 * MB };

    #[test]
    fn what_is_derived_always_fits() {
        for megabytes in [4096, 8192, 24_576, 131_072] {
            for processors in [1, 2, 4, 64] {
                let plan = Plan::derive(allowance(megabytes, processors), CHILD).unwrap();
                assert!(plan.slots.decodes >= 1 && plan.slots.decodes <= processors, "{plan:?}");
                assert!(plan.memory_budget >= SPOOL_FLOOR);
            }
        }
    }

    #[test]
    fn an_oversubscribed_wish_is_refused_with_its_sum() {
        let wishes = Wishes { decodes: Some(8), ..CHILD };
        let error = Plan::derive(allowance(4096, 2), wishes).unwrap_err();
        assert!(error.to_string().contains("9 children of 832"), "{error}");
        assert_eq!(Plan::derive(allowance(4096, 2), Wishes { fetches: Some(0), ..CHILD }), Err(PlanError::Zero("fetches")));
    }

    #[test]
    fn quotas_are_read_as_the_kernel_writes_them() {
        assert_eq!(cpu_quota("150000 100000\n"), Some(1));
        assert_eq!(cpu_quota("400000 100000"), Some(4));
        assert_eq!(cpu_quota("max 100000"), None);
        assert_eq!(meminfo_total("MemTotal:       24629488 kB\nMemFree: 1 kB"), Some(24_629_488 * 1024));
    }
}
