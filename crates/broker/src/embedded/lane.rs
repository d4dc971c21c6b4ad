//! Serves one lane of the embedded queue: claims rows as there is room, renews their leases, takes back what is dropped.

use super::lease::{Lease, Returned};
use super::row::{self, Claimed, Place};
use super::{BrokerError, File};
use crate::deliveries::Intake;
use crate::delivery::{Delivery, Redelivered};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Runs until the stream is stopped and every delivery is settled.
pub(super) async fn serve(file: Arc<File>, place: Place, prefetch: u16, intake: Intake) {
    let holder = assay_contract::JobId::generate().to_string();
    let room = Arc::new(Semaphore::new(usize::from(prefetch)));
    let (returns, returned) = mpsc::channel(usize::from(prefetch));
    let served = async {
        claim_until_stopped(&file, place, &holder, &room, &returns, intake).await;
        // All room is free again when the last delivery was settled.
        let _ = room.acquire_many(u32::from(prefetch)).await;
    };
    tokio::select! {
        () = served => {}
        () = renew_for_ever(&file, &holder) => {}
        () = take_back(&file, place, returned) => {}
        () = file.closing.cancelled() => {}
    }
}

async fn claim_until_stopped(
    file: &Arc<File>,
    place: Place,
    holder: &str,
    room: &Arc<Semaphore>,
    returns: &mpsc::Sender<Returned>,
    intake: Intake,
) {
    let mut changes = file.changes.subscribe();
    let mut unanswered = None;
    while !intake.is_stopped() && !file.stopping.is_cancelled() {
        let mut stop = intake.clone();
        let Some(permit) = (tokio::select! {
            () = stop.stopped() => None,
            () = intake.out.closed() => None,
            () = file.stopping.cancelled() => None,
            permit = Arc::clone(room).acquire_owned() => permit.ok(),
        }) else {
            return;
        };
        // Seen before the look, so that a change in the middle of it is not missed.
        changes.mark_unchanged();
        match claim(file, place, holder, &mut unanswered).await {
            Ok(Some((claimed, asked_at))) => {
                let delivery = delivery(file, claimed, asked_at, permit, returns.clone());
                // Refused only where the stream is gone; the delivery then goes back by being dropped.
                let _ = intake.out.send(delivery).await;
            }
            Ok(None) => idle(file, &mut changes, &mut stop).await,
            Err(error) => {
                tracing::warn!(place = place.as_str(), error = &error as &dyn std::error::Error, "the embedded queue could not be read");
                idle(file, &mut changes, &mut stop).await;
            }
        }
    }
}

/// The next row that is not to be abandoned, and a moment before it was claimed.
///
/// `unanswered` is the lease of a claim that had no answer and may have been done, or whose row could not be abandoned: nobody would work
/// on it, and it would be renewed with the others.
async fn claim(
    file: &File,
    place: Place,
    holder: &str,
    unanswered: &mut Option<String>,
) -> Result<Option<(Claimed, Instant)>, BrokerError> {
    loop {
        if let Some(lease) = unanswered {
            file.within(row::unclaim(&file.pool, lease)).await?;
        }
        let asked_at = Instant::now();
        let lease = assay_contract::JobId::generate().to_string();
        *unanswered = Some(lease.clone());
        let Some(claimed) = file.within(row::claim(&file.pool, place, holder, lease, terms(file))).await? else {
            *unanswered = None;
            return Ok(None);
        };
        let hopeless = place != Place::Abandoned && claimed.deliveries > file.config.delivery_limit;
        if hopeless {
            file.within(row::bury(&file.pool, &claimed.claim, claimed.message.outcomes, None)).await?;
        }
        *unanswered = None;
        if !hopeless {
            return Ok(Some((claimed, asked_at)));
        }
        file.changed();
        tracing::warn!(
            message_id = claimed.message.id,
            deliveries = claimed.deliveries,
            "a message was delivered too often without an outcome"
        );
    }
}

fn delivery(
    file: &Arc<File>,
    claimed: Claimed,
    asked_at: Instant,
    permit: OwnedSemaphorePermit,
    returns: mpsc::Sender<Returned>,
) -> Delivery {
    let redelivered = if claimed.deliveries == 0 { Redelivered::First } else { Redelivered::AfterLostOutcome };
    let lease = Lease::new(Arc::clone(file), claimed.claim, asked_at, permit, returns);
    Delivery::new(claimed.message, claimed.lane, redelivered, Box::new(lease))
}

/// Until something changed here, or it is time to look for what other processes, delays and expired leases brought.
async fn idle(file: &File, changes: &mut tokio::sync::watch::Receiver<u64>, stop: &mut Intake) {
    tokio::select! {
        () = stop.stopped() => {}
        () = file.stopping.cancelled() => {}
        _ = changes.changed() => {}
        () = tokio::time::sleep(file.config.poll) => {}
    }
}

fn terms(file: &File) -> row::Terms {
    row::Terms { lease: file.config.lease, acknowledgement: file.config.acknowledgement_timeout }
}

async fn renew_for_ever(file: &File, holder: &str) {
    loop {
        tokio::time::sleep(file.config.lease / 3).await;
        let renewed = file.within(row::renew(&file.pool, holder, terms(file))).await;
        if let Err(error) = renewed {
            tracing::warn!(error = &error as &dyn std::error::Error, "leases could not be renewed");
        }
    }
}

/// Gives rows back whose deliveries were dropped. Never ends by itself: the lane's own sender lives as long.
async fn take_back(file: &File, place: Place, mut returned: mpsc::Receiver<Returned>) {
    while let Some(Returned { claim, permit, .. }) = returned.recv().await {
        // Until it is done: this process lives and renews, so the lease would not expire before the acknowledgement time-out.
        while let Err(error) = file.within(row::lose(&file.pool, &claim, place, file.config.delivery_limit)).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a dropped delivery could not be given back; trying again");
            tokio::time::sleep(file.config.lease / 3).await;
        }
        drop(permit);
        file.changed();
    }
}

#[cfg(test)]
mod tests {
    use crate::broker::{Broker, Prefetch};
    use crate::embedded::{Embedded, EmbeddedConfig};
    use assay_contract::Job;
    use sqlx::SqlitePool;
    use std::time::Duration;
    use tempfile::TempDir;

    const JOB: &str =
        r#"{"schema":"assay.job/1","job_id":"job","organization_id":"org","asset":"s3://b/k","submitted_at":"2026-11-21T20:00:00Z"}"#;

    /// A queue in a folder, with one job in it, and its file for whoever disturbs it.
    async fn one_job(config: EmbeddedConfig) -> (TempDir, Embedded, SqlitePool) {
        let folder = tempfile::tempdir().unwrap();
        let config = EmbeddedConfig { path: Some(folder.path().join("queue.db")), ..config };
        let queue = Embedded::open(config.clone()).await.unwrap();
        queue.submit(&Job::read(JOB.as_bytes()).unwrap()).await.unwrap();
        let file = super::super::schema::open(&config).await.unwrap();
        (folder, queue, file)
    }

    #[tokio::test]
    async fn a_delivery_dropped_while_the_file_fails_comes_again_when_it_works() {
        let confirm_timeout = Duration::from_millis(200);
        let config = EmbeddedConfig { lease: Duration::from_secs(3), confirm_timeout, ..EmbeddedConfig::default() };
        let (_folder, queue, file) = one_job(config).await;
        let mut deliveries = queue.consume(Prefetch { interactive: 0, batch: 1 }).await.unwrap();
        let delivery = deliveries.next().await.unwrap();
        let lock = file.begin_with("BEGIN IMMEDIATE").await.unwrap();
        drop(delivery);
        // Longer than a statement may wait, shorter than the lease.
        tokio::time::sleep(confirm_timeout * 3).await;
        lock.rollback().await.unwrap();
        let again = tokio::time::timeout(Duration::from_secs(20), deliveries.next()).await;
        assert!(again.expect("it comes again long before the acknowledgement time-out").is_some());
    }

    /// Its own lease is over, and nobody took the row: the delivery is no other's and settles.
    #[tokio::test]
    async fn a_delivery_whose_lease_ended_while_the_file_was_locked_does_not_come_twice() {
        let (lease, confirm_timeout, poll) = (Duration::from_millis(300), Duration::from_millis(100), Duration::from_millis(5));
        let (_folder, queue, file) = one_job(EmbeddedConfig { lease, confirm_timeout, poll, ..EmbeddedConfig::default() }).await;
        let mut deliveries = queue.consume(Prefetch { interactive: 0, batch: 2 }).await.unwrap();
        let held = deliveries.next().await.unwrap();
        let lock = file.begin_with("BEGIN IMMEDIATE").await.unwrap();
        tokio::time::sleep(lease * 2).await;
        lock.rollback().await.unwrap();
        let again = tokio::time::timeout(lease * 3, deliveries.next()).await;
        assert!(again.is_err(), "it was given to its own worker once more");
        assert!(!held.is_lost());
        held.acknowledge().await.unwrap();
    }

    #[tokio::test]
    async fn a_claim_that_was_done_and_not_answered_keeps_no_job_waiting() {
        let config = EmbeddedConfig { confirm_timeout: Duration::from_millis(200), ..EmbeddedConfig::default() };
        let (_folder, queue, file) = one_job(config).await;
        // Every claim takes longer than it is waited for, and is done.
        let slow = "CREATE TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT i FROM n;
                    CREATE TABLE counted (i);
                    CREATE TRIGGER slow AFTER UPDATE OF lease ON messages WHEN NEW.lease IS NOT NULL BEGIN
                        INSERT INTO counted SELECT count(*) FROM n a, n b, n c;
                    END";
        sqlx::raw_sql(slow).execute(&file).await.unwrap();
        let mut deliveries = queue.consume(Prefetch { interactive: 0, batch: 1 }).await.unwrap();
        let claimed = async || sqlx::query("SELECT 1 FROM messages WHERE lease IS NOT NULL").fetch_all(&file).await.unwrap().len();
        while claimed().await == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        while sqlx::query("DROP TRIGGER slow").execute(&file).await.is_err() {}
        // The lease is half a minute.
        let delivery = tokio::time::timeout(Duration::from_secs(10), deliveries.next()).await.expect("the row is free again").unwrap();
        delivery.acknowledge().await.unwrap();
    }
}
