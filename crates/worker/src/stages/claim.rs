//! Claim: only one worker makes a record; whoever comes later finds it.

use crate::halt::Halt;
use crate::part::Part;
use crate::rooms::Rooms;
use assay_store::{Claim, Claimed, StoreError, Stored};
use jiff::Timestamp;
use std::future::Future;
use std::time::Duration;

/// A claim that has just ended is asked for again after this.
const SHORTEST_WAIT: Duration = Duration::from_millis(50);

/// What became of a claim.
#[derive(Debug)]
pub enum Taken {
    /// This worker makes the record.
    New(Claim),
    /// It is made.
    Done(Box<Stored>),
}

/// Claims a part's record.
pub async fn take(rooms: &Rooms, part: &Part<'_>) -> Result<Taken, Halt> {
    let settings = &rooms.settings;
    match rooms.store.claim(part.job, part.index(), &settings.worker.id, settings.claim_lease).await {
        Ok(Claimed::New(claim)) => Ok(Taken::New(claim)),
        Ok(Claimed::Done(stored)) => Ok(Taken::Done(stored)),
        Ok(Claimed::Held { until, .. }) => Err(Halt::Held { until }),
        Err(error) => Err(Halt::of(error.failure(), &error)),
    }
}

/// How long to wait for another worker's claim: until its end, but not longer than any claim holds, however our clocks differ.
pub fn wait(rooms: &Rooms, until: Timestamp) -> Duration {
    let left = Duration::try_from(until.duration_since(rooms.clock.now())).unwrap_or_default();
    left.clamp(SHORTEST_WAIT, rooms.settings.claim_lease.max(SHORTEST_WAIT))
}

/// Does work while the claim is kept alive. A claim that was taken over ends the work: another worker does it.
///
/// The work goes on while the store is asked, which takes seconds where it is down: its own clocks would run out meanwhile.
pub async fn keeping<T>(rooms: &Rooms, claim: &mut Claim, work: impl Future<Output = T>) -> Result<T, Halt> {
    let lease = rooms.settings.claim_lease;
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Ok(done),
            () = tokio::time::sleep(lease / 3) => {}
        }
        let mut done = None;
        let extended = {
            let mut extension = std::pin::pin!(rooms.store.extend(claim, lease));
            loop {
                tokio::select! {
                    extended = &mut extension => break extended,
                    // Its end waits for the store's word: one that comes later would undo what is done with the claim next.
                    result = &mut work, if done.is_none() => done = Some(result),
                }
            }
        };
        match extended {
            Ok(()) => {}
            Err(StoreError::StaleClaim) => return Err(Halt::Held { until: rooms.clock.now() }),
            // The store may be back before the lease is over; if not, the record is refused by its fence.
            Err(error) => tracing::warn!(%error, "a claim could not be extended"),
        }
        if let Some(done) = done {
            return Ok(done);
        }
    }
}

/// Says in the row why its job is tried again: whoever follows the task sees what it waits for.
pub async fn note(rooms: &Rooms, part: &Part<'_>, halt: &Halt) {
    let (Halt::Retry(failure) | Halt::Broken(failure)) = halt else { return };
    if let Err(error) = rooms.store.note_attempt(&part.job.organization_id, &part.job.job_id, failure.code).await {
        tracing::warn!(%error, "the row does not say why it is tried again");
    }
}

/// Gives a claim up, so that the next attempt need not wait for its end.
pub async fn release(rooms: &Rooms, claim: &Claim) {
    if let Err(error) = rooms.store.release(claim).await {
        tracing::warn!(%error, "a claim could not be released; it ends by itself");
    }
}
