//! What may run at once: fetches wait for the network, decodes for a core; interactive jobs have a slot of their own.

use assay_broker::{Prefetch, Redelivered};
use assay_contract::job::Lane;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

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
    company: Company,
    /// Of what was made and waits for the shelf, in KiB.
    shelving: Lanes,
}

/// Held while thumbnails and derivatives wait for the shelf.
#[derive(Debug)]
pub struct Room {
    _slot: Slot,
}

/// A message whose last delivery had no outcome may be what killed a worker: it takes all of both lanes, others one of their own.
#[derive(Debug)]
struct Company {
    batch: Arc<Semaphore>,
    /// Queued for in whole only after [`PATIENCE`]: a job that waits to be alone holds back all that come after it.
    interactive: Arc<Semaphore>,
    /// Wakes the one that holds the batch lane and waits until nothing runs in the interactive one.
    left: Arc<Notify>,
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
    // Dropped in this order: whoever is woken finds the permits.
    _permits: [Option<OwnedSemaphorePermit>; 2],
    _left: Option<Left>,
}

/// Tells, when it is dropped, that a job has left.
#[derive(Debug)]
struct Left(Arc<Notify>);

impl Drop for Left {
    fn drop(&mut self) {
        // At most one waits, and where none does yet, it finds this when it comes.
        self.0.notify_one();
    }
}

const COMPANY: u32 = 1 << 16;
/// What all jobs of the batch lane may have waiting for the shelf, KiB; half as much again is the interactive lane's. It is part of
/// what the plan counts for the worker itself.
const SHELVING_KIB: u16 = 48 << 10;

/// How long a lone job waits for a moment in which no interactive job runs, while it holds back the batch lane.
const PATIENCE: Duration = Duration::from_secs(10);

impl Slots {
    /// Permits for these counts.
    pub fn new(counts: SlotCounts) -> Self {
        Self {
            counts,
            fetches: Lanes::new(counts.fetches, counts.interactive),
            decodes: Lanes::new(counts.decodes, counts.interactive),
            company: Company::new(),
            shelving: Lanes::new(SHELVING_KIB, SHELVING_KIB / 2),
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

    /// Waits for room in memory for what was made of an asset; whoever made more than there ever is gets all of it.
    pub async fn room(&self, lane: Lane, bytes: u64) -> Room {
        let wanted = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        Room { _slot: self.shelving.take_many(lane, wanted.min(SHELVING_KIB.into())).await }
    }

    /// Waits until a job may begin: at once, or when it is alone.
    ///
    /// While one waits to be alone, no batch job begins, but interactive ones do, for ten seconds; while it runs, none does.
    pub async fn company(&self, lane: Lane, redelivered: Redelivered) -> Slot {
        match redelivered {
            Redelivered::First => self.company.join(lane).await,
            Redelivered::AfterLostOutcome => self.company.alone(tokio::time::sleep(PATIENCE)).await,
        }
    }

    /// How many children run, for the gauge.
    pub fn decoding(&self) -> usize {
        let total = usize::from(self.counts.decodes) + usize::from(self.counts.interactive);
        total.saturating_sub(self.decodes.all.available_permits())
    }
}

impl Company {
    fn new() -> Self {
        let all = || Arc::new(Semaphore::new(COMPANY as usize));
        Self { batch: all(), interactive: all(), left: Arc::new(Notify::new()) }
    }

    async fn join(&self, lane: Lane) -> Slot {
        let (permits, left) = match lane {
            Lane::Batch => (&self.batch, None),
            Lane::Interactive => (&self.interactive, Some(Left(Arc::clone(&self.left)))),
        };
        Slot { _permits: [Arc::clone(permits).acquire_owned().await.ok(), None], _left: left }
    }

    /// `patience` ends the wait for a lull: interactive jobs without end would starve the batch lane.
    async fn alone(&self, patience: impl Future<Output = ()>) -> Slot {
        let batch = Arc::clone(&self.batch).acquire_many_owned(COMPANY).await.ok();
        let interactive = tokio::select! {
            interactive = self.lull() => Some(interactive),
            () = patience => Arc::clone(&self.interactive).acquire_many_owned(COMPANY).await.ok(),
        };
        // The next lone job may hold the batch lane before this one's hold on the interactive lane is released: it is woken then.
        Slot { _permits: [batch, interactive], _left: Some(Left(Arc::clone(&self.left))) }
    }

    /// Waits for a moment in which nothing runs in the interactive lane.
    async fn lull(&self) -> OwnedSemaphorePermit {
        loop {
            if let Ok(all) = Arc::clone(&self.interactive).try_acquire_many_owned(COMPANY) {
                return all;
            }
            self.left.notified().await;
        }
    }
}

impl Lanes {
    fn new(batch: u16, interactive: u16) -> Self {
        Self { all: Arc::new(Semaphore::new(usize::from(batch) + usize::from(interactive))), batch: Arc::new(Semaphore::new(batch.into())) }
    }

    async fn take(&self, lane: Lane) -> Slot {
        self.take_many(lane, 1).await
    }

    async fn take_many(&self, lane: Lane, permits: u32) -> Slot {
        // The semaphores are never closed, so `ok()` drops no error that can be.
        let batch = match lane {
            Lane::Batch => Arc::clone(&self.batch).acquire_many_owned(permits).await.ok(),
            Lane::Interactive => None,
        };
        Slot { _permits: [batch, Arc::clone(&self.all).acquire_many_owned(permits).await.ok()], _left: None }
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
    async fn what_was_made_waits_for_room_and_the_interactive_lane_has_its_own() {
        let slots = slots();
        let half = u64::from(SHELVING_KIB) * 1024 / 2 + 1;
        let first = slots.room(Lane::Batch, half).now_or_never().unwrap();
        assert!(slots.room(Lane::Batch, half).now_or_never().is_none());
        assert!(slots.room(Lane::Batch, 0).now_or_never().is_some());
        assert!(slots.room(Lane::Interactive, half).now_or_never().is_some());
        drop(first);
        assert!(slots.room(Lane::Batch, u64::MAX).now_or_never().is_some(), "the largest gets all there is");
    }

    #[tokio::test]
    async fn a_message_that_was_lost_before_runs_alone() {
        for (lone, other) in [(Lane::Batch, Lane::Batch), (Lane::Batch, Lane::Interactive), (Lane::Interactive, Lane::Batch)] {
            let slots = slots();
            let ordinary = slots.company(other, Redelivered::First).await;
            assert!(slots.company(Lane::Batch, Redelivered::First).now_or_never().is_some());
            assert!(slots.company(lone, Redelivered::AfterLostOutcome).now_or_never().is_none());
            drop(ordinary);
            let alone = slots.company(lone, Redelivered::AfterLostOutcome).now_or_never();
            assert!(alone.is_some());
            for lane in [Lane::Batch, Lane::Interactive] {
                assert!(slots.company(lane, Redelivered::First).now_or_never().is_none());
                assert!(slots.company(lane, Redelivered::AfterLostOutcome).now_or_never().is_none());
            }
            drop(alone);
            assert!(slots.company(other, Redelivered::First).now_or_never().is_some());
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn lone_jobs_on_many_threads_all_have_their_turn() {
        let slots = Arc::new(slots());
        let mut jobs = tokio::task::JoinSet::new();
        for number in 0..20_000 {
            let slots = Arc::clone(&slots);
            let lane = if number % 3 == 0 { Lane::Interactive } else { Lane::Batch };
            jobs.spawn(async move { drop(slots.company(lane, Redelivered::AfterLostOutcome).await) });
        }
        let all = tokio::time::timeout(std::time::Duration::from_secs(30), jobs.join_all());
        assert!(all.await.is_ok(), "one waited for a wake that never came");
    }

    #[tokio::test]
    async fn an_interactive_job_never_waits_for_one_that_waits_to_be_alone() {
        let slots = slots();
        let download = slots.company(Lane::Batch, Redelivered::First).await;
        let mut lone = std::pin::pin!(slots.company(Lane::Batch, Redelivered::AfterLostOutcome));
        assert!(lone.as_mut().now_or_never().is_none());
        assert!(slots.company(Lane::Batch, Redelivered::First).now_or_never().is_none(), "no new batch job");
        let first = slots.company(Lane::Interactive, Redelivered::First).now_or_never().expect("the batch lane still works");
        drop(download);
        assert!(lone.as_mut().now_or_never().is_none(), "not alone yet");
        let second = slots.company(Lane::Interactive, Redelivered::First).now_or_never().expect("the first still works");
        drop(first);
        assert!(lone.as_mut().now_or_never().is_none(), "not alone yet");
        drop(second);
        let alone = lone.as_mut().now_or_never();
        assert!(alone.is_some(), "the last one that left woke it");
        let mut third = std::pin::pin!(slots.company(Lane::Interactive, Redelivered::First));
        assert!(third.as_mut().now_or_never().is_none(), "it runs alone");
        drop(alone);
        assert!(third.now_or_never().is_some());
    }

    #[tokio::test]
    async fn interactive_jobs_without_end_do_not_starve_a_lone_one() {
        let slots = slots();
        let (run_out, patience) = tokio::sync::oneshot::channel::<()>();
        let patience = async { patience.await.unwrap_or_default() };
        let mut held = Some(slots.company(Lane::Interactive, Redelivered::First).await);
        let mut lone = std::pin::pin!(slots.company.alone(patience));
        for _ in 0..9 {
            assert!(lone.as_mut().now_or_never().is_none());
            // The next one begins before the last one ends.
            held = Some(slots.company(Lane::Interactive, Redelivered::First).await);
        }
        run_out.send(()).unwrap();
        assert!(lone.as_mut().now_or_never().is_none(), "one still runs");
        let mut next = std::pin::pin!(slots.company(Lane::Interactive, Redelivered::First));
        assert!(next.as_mut().now_or_never().is_none(), "now it is the lone one's turn");
        drop(held);
        let alone = lone.await;
        assert!(next.as_mut().now_or_never().is_none(), "it runs alone");
        drop(alone);
        next.await;
    }
}
