//! What only the embedded queue has: leases that are renewed and expire, a file that others share, records that are followed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/stage.rs"]
#[allow(dead_code, reason = "shared with the conformance suite")]
mod stage;

use assay_broker::{Broker, BrokerError, DeadCause, Embedded, EmbeddedConfig, Redelivered, RetryDelay};
use assay_contract::Code;
use assay_contract::job::Lane;
use stage::{LEASE, PLENTY, embedded_config, id, job, next, record, submit, until};
use std::time::Duration;
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_is_renewed_while_its_worker_lives() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (open(&folder).await, open(&folder).await);
    submit(&one, Lane::Batch, ["a".to_owned()]).await;
    let mut deliveries = one.consume(PLENTY).await.unwrap();
    let held = next(&mut deliveries).await;
    let mut others = two.consume(PLENTY).await.unwrap();
    // Slow on purpose: three leases long, the other worker must not be given the job.
    let taken = tokio::time::timeout(LEASE * 3, others.next()).await;
    assert!(taken.is_err(), "the lease was not renewed");
    held.acknowledge().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_workers_lease_expires() {
    let folder = tempfile::tempdir().unwrap();
    let killed = std::thread::spawn({
        let config = embedded_config(&folder);
        move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let held = runtime.block_on(async {
                let broker = Embedded::open(config).await.unwrap();
                submit(&broker, Lane::Batch, ["a".to_owned()]).await;
                let mut deliveries = broker.consume(PLENTY).await.unwrap();
                next(&mut deliveries).await
            });
            // No more renewals and no giving back, as after SIGKILL.
            runtime.shutdown_background();
            std::mem::forget(held);
        }
    });
    killed.join().unwrap();
    let broker = open(&folder).await;
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    let delivery = next(&mut deliveries).await;
    assert_eq!((id(&delivery).as_str(), delivery.attempt()), ("a", 1));
    assert_eq!(delivery.redelivered(), Redelivered::AfterLostOutcome);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_out_for_longer_than_the_acknowledgement_timeout_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let lease = Duration::from_millis(500);
    let config = EmbeddedConfig { acknowledgement_timeout: Duration::from_millis(600), lease, ..embedded_config(&folder) };
    let broker = Embedded::open(config).await.unwrap();
    submit(&broker, Lane::Batch, ["a".to_owned()]).await;
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    let slow = next(&mut deliveries).await;
    let again = next(&mut deliveries).await;
    assert_eq!((id(&again).as_str(), again.attempt()), ("a", 1));
    assert_eq!(again.redelivered(), Redelivered::AfterLostOutcome);
    assert!(slow.is_lost());
    assert!(matches!(slow.acknowledge().await, Err(BrokerError::DeliveryLost)));
    again.acknowledge().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_another_process_has_locked_is_told_within_the_timeout() {
    let folder = tempfile::tempdir().unwrap();
    let config = EmbeddedConfig { confirm_timeout: Duration::from_millis(300), ..embedded_config(&folder) };
    let broker = Embedded::open(config).await.unwrap();
    let path = folder.path().join("queue.sqlite");
    let other = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    let mut lock = other.acquire().await.unwrap();
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut *lock).await.unwrap();
    let unconfirmed = broker.publish(&record("a")).await.unwrap_err();
    assert!(matches!(unconfirmed, BrokerError::Unconfirmed(_)), "{unconfirmed:?}");
    sqlx::query("ROLLBACK").execute(&mut *lock).await.unwrap();
    broker.publish(&record("a")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirmed_job_outlives_its_process() {
    let folder = tempfile::tempdir().unwrap();
    submit(&open(&folder).await, Lane::Batch, ["a".to_owned()]).await;
    let broker = open(&folder).await;
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    assert_eq!(id(&next(&mut deliveries).await), "a");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_followed_from_where_a_reader_left_off() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (open(&folder).await, open(&folder).await);
    one.publish(&record("a")).await.unwrap();
    let mut records = two.records(0);
    let first = records.next().await.unwrap().unwrap();
    let waiting = tokio::spawn(async move { records.next().await.unwrap().unwrap() });
    one.publish(&record("b")).await.unwrap();
    let second = tokio::time::timeout(stage::SOON, waiting).await.unwrap().unwrap();
    assert!(second.sequence > first.sequence);
    assert!(String::from_utf8(second.body).unwrap().contains(r#""job_id":"b""#));
    let again = one.records(first.sequence).next().await.unwrap().unwrap();
    assert_eq!(again.sequence, second.sequence);
    let mut none = one.records(second.sequence);
    one.close(stage::SOON).await;
    assert!(none.next().await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_records_are_kept_than_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Embedded::open(EmbeddedConfig { kept_records: 2, ..embedded_config(&folder) }).await.unwrap();
    for name in ["a", "b", "c"] {
        broker.publish(&record(name)).await.unwrap();
    }
    let oldest = broker.records(0).next().await.unwrap().unwrap();
    assert_eq!(oldest.sequence, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_in_memory_is_shared_by_its_clones() {
    let broker = Embedded::open(EmbeddedConfig::default()).await.unwrap();
    submit(&broker, Lane::Batch, ["a".to_owned()]).await;
    let mut deliveries = broker.clone().consume(PLENTY).await.unwrap();
    let delivery = next(&mut deliveries).await;
    assert_eq!(assay_contract::Job::read(delivery.body()).unwrap(), job("a", Lane::Batch));
}

#[tokio::test]
async fn time_limits_that_can_not_work_are_refused() {
    let lease = EmbeddedConfig { lease: Duration::ZERO, ..EmbeddedConfig::default() };
    assert!(matches!(Embedded::open(lease).await, Err(BrokerError::Configuration(_))));
    let short = EmbeddedConfig { acknowledgement_timeout: Duration::from_secs(1), ..EmbeddedConfig::default() };
    assert!(matches!(Embedded::open(short).await, Err(BrokerError::Configuration(_))));
}

/// How often something stands in the files of a folder.
fn standing(folder: &TempDir, mark: &str) -> usize {
    let files = std::fs::read_dir(folder.path()).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap_or_default());
    files.map(|bytes| bytes.windows(mark.len()).filter(|window| *window == mark.as_bytes()).count()).sum()
}

/// Some jobs whose asset is in their message, longer than a page of the file and shorter.
async fn submit_inline(broker: &Embedded, mark: &str) {
    for times in [1, 20, 300, 3_000] {
        let mut inline = job(&format!("{mark}-{times}"), Lane::Batch);
        inline.asset = serde_json::from_value(serde_json::json!({ "inline": mark.repeat(times) })).unwrap();
        broker.submit(&inline).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_settled_job_stays_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let broker = open(&folder).await;
    submit_inline(&broker, "WAITS").await;
    let mut waiting = broker.consume(PLENTY).await.unwrap();
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(next(&mut waiting).await);
    }
    submit_inline(&broker, "SETTLED").await;
    for _ in 0..4 {
        next(&mut waiting).await.retry(RetryDelay::Short).await.unwrap();
    }
    for _ in 0..4 {
        next(&mut waiting).await.dead(DeadCause::from(Code::ProviderUnavailable)).await.unwrap();
    }
    for letter in broker.dead(10).await.unwrap() {
        broker.requeue(&letter.id).await.unwrap();
    }
    for _ in 0..4 {
        next(&mut waiting).await.acknowledge().await.unwrap();
    }
    until("it is gone while the queue is open", async || standing(&folder, "SETTLED") == 0).await;
    assert!(standing(&folder, "WAITS") > 3_000, "what is not settled stays");
    for delivery in held {
        delivery.acknowledge().await.unwrap();
    }
    broker.close(stage::SOON).await;
    assert_eq!(standing(&folder, "WAITS"), 0, "and at once when it is closed");
}

/// Their rows grow and shrink while they are out, so that the file's pages are balanced all the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_settled_jobs_stays_between_dead_letters_which_stay_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let broker = open(&folder).await;
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    for number in 0..200 {
        let mut inline = job(&format!("j{number}"), Lane::Batch);
        let mark = if number % 20 == 7 { "WAITS" } else { "SETTLED" };
        inline.asset = serde_json::from_value(serde_json::json!({ "inline": mark.repeat(60 + number % 70) })).unwrap();
        broker.submit(&inline).await.unwrap();
    }
    for _ in 0..200 {
        let delivery = next(&mut deliveries).await;
        if String::from_utf8_lossy(delivery.body()).contains("WAITS") {
            delivery.dead(DeadCause::from(Code::ProviderUnavailable)).await.unwrap();
        } else {
            delivery.acknowledge().await.unwrap();
        }
    }
    let before: Vec<_> = broker.dead(100).await.unwrap().iter().map(|letter| format!("{letter:?}")).collect();
    until("it is gone", async || standing(&folder, "SETTLED") == 0).await;
    let after: Vec<_> = broker.dead(100).await.unwrap().iter().map(|letter| format!("{letter:?}")).collect();
    assert_eq!((before.len(), &before), (10, &after));
    submit(&broker, Lane::Batch, ["later".to_owned()]).await;
    let later = next(&mut deliveries).await;
    assert_eq!(id(&later), "later");
    later.acknowledge().await.unwrap();
    broker.requeue(&broker.dead(1).await.unwrap().remove(0).id).await.unwrap();
    assert_eq!(id(&next(&mut deliveries).await), "j7");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_worker_settled_goes_when_another_begins() {
    let folder = tempfile::tempdir().unwrap();
    let killed = std::thread::spawn({
        let config = embedded_config(&folder);
        move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let left = runtime.block_on(async {
                let broker = Embedded::open(config).await.unwrap();
                submit_inline(&broker, "SETTLED").await;
                let mut deliveries = broker.consume(PLENTY).await.unwrap();
                for _ in 0..4 {
                    next(&mut deliveries).await.acknowledge().await.unwrap();
                }
                (broker, deliveries)
            });
            // Nothing is closed, as after SIGKILL.
            runtime.shutdown_background();
            std::mem::forget(left);
        }
    });
    killed.join().unwrap();
    let _broker = open(&folder).await;
    until("it is gone", async || standing(&folder, "SETTLED") == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_reads_the_file_for_long_keeps_nobody_from_the_queue() {
    let folder = tempfile::tempdir().unwrap();
    let broker = open(&folder).await;
    let path = folder.path().join("queue.sqlite");
    let other = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    let mut reading = other.begin().await.unwrap();
    sqlx::query("SELECT COUNT(*) FROM messages").fetch_one(&mut *reading).await.unwrap();
    submit_inline(&broker, "SETTLED").await;
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    for _ in 0..4 {
        next(&mut deliveries).await.acknowledge().await.unwrap();
    }
    reading.rollback().await.unwrap();
    until("it is gone when the reader is", async || standing(&folder, "SETTLED") == 0).await;
}

async fn open(folder: &TempDir) -> Embedded {
    Embedded::open(embedded_config(folder)).await.unwrap()
}
