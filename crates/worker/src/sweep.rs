//! The sweeper: publishes what a crash left unpublished, and writes the record of jobs that the broker gave up.

use crate::draft::{Draft, Times};
use crate::halt::Halt;
use crate::part::Part;
use crate::pipeline::shown;
use crate::rooms::Rooms;
use crate::stages::claim::{self, Taken};
use crate::stages::{publish, settle, store};
use assay_broker::{DeadCause, Delivery};
use assay_contract::{Code, Failure, Job};
use assay_fetch::CancellationToken;
use std::sync::Arc;
use std::time::Duration;

/// How often the store is asked for unpublished records.
const EVERY: Duration = Duration::from_secs(15);
/// Younger ones are still in their own worker's hands.
const OLDER_THAN: Duration = Duration::from_secs(30);
/// Before a claim that should have ended is asked for again.
const SHORTEST: Duration = Duration::from_millis(100);
/// Records in one sweep.
const AT_ONCE: u32 = 100;

/// Sweeps until the worker drains.
pub async fn run(rooms: Arc<Rooms>, draining: CancellationToken) {
    // Side by side: an abandoned job may wait long for its claim.
    tokio::select! {
        () = draining.cancelled() => {}
        () = publish_for_ever(&rooms) => {}
        () = bury_for_ever(&rooms) => {}
    }
}

async fn publish_for_ever(rooms: &Rooms) {
    loop {
        tokio::time::sleep(EVERY).await;
        unpublished(rooms).await;
    }
}

async fn bury_for_ever(rooms: &Rooms) {
    loop {
        match rooms.broker.abandoned().await {
            Ok(mut deliveries) => {
                while let Some(delivery) = deliveries.next().await {
                    Box::pin(give_records(rooms, delivery)).await;
                }
            }
            Err(error) => tracing::warn!(%error, "abandoned messages could not be asked for"),
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn unpublished(rooms: &Rooms) {
    match rooms.store.unpublished(OLDER_THAN, AT_ONCE).await {
        Ok(records) => {
            for stored in records {
                // One that fails keeps no other back, unless all would.
                if publish::tell(rooms, &stored).await.is_err() && !rooms.broker.healthy().is_ready() {
                    return;
                }
            }
        }
        Err(error) => tracing::warn!(%error, "unpublished records could not be listed"),
    }
}

/// The broker gave a job up after too many deliveries without an outcome: each of its parts gets a `failed` record, then the
/// message goes to the dead letter. In this order, whatever stands in the way: a row whose message is dead would wait for ever.
async fn give_records(rooms: &Rooms, delivery: Delivery) {
    let failure = Failure::new(Code::DecoderCrashed).because("workers died with this job, again and again");
    if let Ok(job) = Job::read(delivery.body()) {
        for part in Part::all(&job) {
            while let Err(halt) = Box::pin(give_record(rooms, &part, &failure, delivery.attempt())).await {
                if matches!(halt, Halt::Broken(_)) {
                    // No waiting mends it: the dead letter is what remains of this part.
                    break;
                }
                if delivery.is_lost() || delivery.out_for() > rooms.settings.out_at_most() {
                    // It comes again, and finds the records that are made.
                    return;
                }
                tokio::time::sleep(pause(rooms, &halt)).await;
            }
        }
        if settle::without_record(rooms, &job, &failure).await.is_err() {
            // The store is down: it comes again.
            return;
        }
    }
    if let Err(error) = delivery.dead(DeadCause::from(&failure)).await {
        tracing::warn!(%error, "an abandoned message could not be moved to the dead letter");
    }
}

async fn give_record(rooms: &Rooms, part: &Part<'_>, failure: &Failure, attempt: u32) -> Result<(), Halt> {
    let stored = match claim::take(rooms, part).await? {
        Taken::Done(stored) => *stored,
        Taken::New(mut claim) => {
            let draft = Draft::without_bytes(failure.clone(), shown(part), 0, 0).timed(rooms.clock.now(), Times::default());
            match Box::pin(store::keep(rooms, part, &mut claim, draft, attempt)).await {
                Ok(stored) => stored,
                Err(halt) => {
                    claim::release(rooms, &claim).await;
                    return Err(halt);
                }
            }
        }
    };
    // What is not published now is found by the sweep.
    let _ = publish::tell(rooms, &stored).await;
    Ok(())
}

/// How long to wait before a part is tried again. The worker that died last still holds its claim: this is the ordinary case.
fn pause(rooms: &Rooms, halt: &Halt) -> Duration {
    let held = match halt {
        Halt::Held { until } => Duration::try_from(until.duration_since(rooms.clock.now())).unwrap_or_default(),
        Halt::Retry(_) | Halt::Broken(_) | Halt::Outage(_) | Halt::Shutdown => EVERY,
    };
    held.clamp(SHORTEST, EVERY)
}

#[cfg(test)]
mod tests;
