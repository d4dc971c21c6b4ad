//! Slots and budgets from what this container may really use; an oversubscribed wish refuses to start.

use crate::allowance::{Allowance, Source};
use crate::slots::SlotCounts;
use std::fmt;

const MB: u64 = 1 << 20;
/// The worker itself: its threads, connections, the records in flight, and what waits for the shelf (72 MB).
const WORKER_BYTES: u64 = 256 * MB;
/// What a child's libraries map beyond its limit (137 libraries of FFmpeg: 173 MB on disk, mostly shared).
const LIBRARIES_BYTES: u64 = 64 * MB;
/// Largest spool budget that is taken unasked: more helps only very wide workers.
const SPOOL_CEILING: u64 = 4096 * MB;
/// Smallest spool budget that makes sense.
const SPOOL_FLOOR: u64 = 128 * MB;

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
    /// Memory limit of a child and the most that it answers, bytes: the largest of all profiles.
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
    /// Memory limit of a child with its libraries, and what it answers.
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
}
