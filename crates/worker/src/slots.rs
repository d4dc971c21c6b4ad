//! What may run at once: fetches wait for the network, decodes for a core; interactive jobs have a slot of their own.

use assay_broker::{Prefetch, Redelivered};
use assay_contract::job::Lane;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many of each may run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotCounts {
    /// Downloads at once.
    pub fetches: u16,
    /// Children at once, of the batch lane.
    pub decodes: u16,
    /// Fetches and children that only the interactive lane may use, beyond both.
    pub interactive: u16,
}

/// Permits for both limits.
#[derive(Debug)]
pub struct Slots {
    counts: SlotCounts,
    fetches: Lanes,
    decodes: Lanes,
    /// A message whose last delivery had no outcome may be what killed a worker: it takes all of these, others one.
    company: Arc<Semaphore>,
}

/// One limit: the batch lane takes from both semaphores, the interactive lane from the wider one only.
#[derive(Debug)]
struct Lanes {
    all: Arc<Semaphore>,
    batch: Arc<Semaphore>,
}

/// Held while something runs.
#[derive(Debug)]
pub struct Slot {
    _permits: [Option<OwnedSemaphorePermit>; 2],
}

const COMPANY: u32 = 1 << 16;

impl Slots {
    /// Permits for these counts.
    pub fn new(counts: SlotCounts) -> Self {
        Self {
            counts,
            fetches: Lanes::new(counts.fetches, counts.interactive),
            decodes: Lanes::new(counts.decodes, counts.interactive),
            company: Arc::new(Semaphore::new(COMPANY as usize)),
        }
    }

    /// The counts.
    pub fn counts(&self) -> SlotCounts {
        self.counts
    }

    /// How many deliveries may be out: those that download and those that decode; the interactive lane's are reserved.
    pub fn prefetch(&self) -> Prefetch {
        Prefetch {
            interactive: self.counts.interactive.saturating_mul(2).max(1),
            batch: self.counts.fetches.saturating_add(self.counts.decodes),
        }
    }

    /// Waits for a download's turn.
    pub async fn fetch(&self, lane: Lane) -> Slot {
        self.fetches.take(lane).await
    }

    /// Waits for a child's turn.
    pub async fn decode(&self, lane: Lane) -> Slot {
        self.decodes.take(lane).await
    }

    /// Waits until a job may begin: at once, or when it is alone.
    pub async fn company(&self, redelivered: Redelivered) -> Slot {
        let wanted = match redelivered {
            Redelivered::First => 1,
            Redelivered::AfterLostOutcome => COMPANY,
        };
        Slot { _permits: [Arc::clone(&self.company).acquire_many_owned(wanted).await.ok(), None] }
    }

    /// How many children run, for the gauge.
    pub fn decoding(&self) -> usize {
        let total = usize::from(self.counts.decodes) + usize::from(self.counts.interactive);
        total.saturating_sub(self.decodes.all.available_permits())
    }
}

impl Lanes {
    fn new(batch: u16, interactive: u16) -> Self {
        Self { all: Arc::new(Semaphore::new(usize::from(batch) + usize::from(interactive))), batch: Arc::new(Semaphore::new(batch.into())) }
    }

    async fn take(&self, lane: Lane) -> Slot {
        // The semaphores are never closed, so `ok()` drops no error that can be.
        let batch = match lane {
            Lane::Batch => Arc::clone(&self.batch).acquire_owned().await.ok(),
            Lane::Interactive => None,
        };
        Slot { _permits: [batch, Arc::clone(&self.all).acquire_owned().await.ok()] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    fn slots() -> Slots {
        Slots::new(SlotCounts { fetches: 2, decodes: 1, interactive: 1 })
    }

    #[tokio::test]
    async fn a_full_batch_lane_leaves_the_interactive_slot_free() {
        let slots = slots();
        let batch = slots.decode(Lane::Batch).await;
        assert!(slots.decode(Lane::Batch).now_or_never().is_none());
        let interactive = slots.decode(Lane::Interactive).now_or_never();
        assert!(interactive.is_some());
        assert_eq!(slots.decoding(), 2);
        drop(batch);
        assert!(slots.decode(Lane::Batch).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_message_that_was_lost_before_runs_alone() {
        let slots = slots();
        let ordinary = slots.company(Redelivered::First).await;
        assert!(slots.company(Redelivered::First).now_or_never().is_some());
        assert!(slots.company(Redelivered::AfterLostOutcome).now_or_never().is_none());
        drop(ordinary);
        let alone = slots.company(Redelivered::AfterLostOutcome).now_or_never();
        assert!(alone.is_some());
        assert!(slots.company(Redelivered::First).now_or_never().is_none());
    }
}
