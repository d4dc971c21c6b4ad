//! The sweeper: publishes what a crash left unpublished, and writes the record of jobs that the broker gave up.

use crate::draft::Draft;
use crate::part::Part;
use crate::rooms::Rooms;
use crate::stages::claim::{self, Taken};
use crate::stages::{publish, store};
use assay_broker::{DeadCause, Delivery};
use assay_contract::{Code, Failure, Job};
use assay_fetch::CancellationToken;
use std::sync::Arc;
use std::time::Duration;

/// How often the store is asked for unpublished records.
const EVERY: Duration = Duration::from_secs(15);
/// Younger ones are still in their own worker's hands.
const OLDER_THAN: Duration = Duration::from_secs(30);
/// Records in one sweep.
const AT_ONCE: u32 = 100;

/// Sweeps until the worker drains.
pub async fn run(rooms: Arc<Rooms>, draining: CancellationToken) {
    let mut abandoned = rooms.broker.abandoned().await.ok();
    loop {
        let next = async {
            match &mut abandoned {
                Some(deliveries) => deliveries.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = draining.cancelled() => return,
            () = tokio::time::sleep(EVERY) => unpublished(&rooms).await,
            delivery = next => match delivery {
                Some(delivery) => give_record(&rooms, delivery).await,
                None => abandoned = None,
            },
        }
    }
}

async fn unpublished(rooms: &Rooms) {
    match rooms.store.unpublished(OLDER_THAN, AT_ONCE).await {
        Ok(records) => {
            for stored in records {
                if publish::tell(rooms, &stored).await.is_err() {
                    return;
                }
            }
        }
        Err(error) => tracing::warn!(%error, "unpublished records could not be listed"),
    }
}

/// The broker gave a job up after too many deliveries without an outcome: its row gets a `failed` record.
async fn give_record(rooms: &Rooms, delivery: Delivery) {
    let failure = Failure::new(Code::DecoderCrashed).because("workers died with this job, again and again");
    if let Ok(job) = Job::read(delivery.body()) {
        for part in Part::all(&job) {
            let Ok(Taken::New(claim)) = claim::take(rooms, &part).await else { continue };
            let uri = part.job.asset.uri().map(assay_contract::address::without_secrets).unwrap_or_default();
            let draft = Draft::without_bytes(failure.clone(), uri, 0, 0).timed(rooms.clock.now(), Default::default());
            match store::keep(rooms, &part, &claim, draft, delivery.attempt()).await {
                Ok(stored) => {
                    let _ = publish::tell(rooms, &stored).await;
                }
                // Store or shelf is down: the message comes again.
                Err(_) => return,
            }
        }
    }
    if let Err(error) = delivery.dead(DeadCause::from(&failure)).await {
        tracing::warn!(%error, "an abandoned message could not be moved to the dead letter");
    }
}
