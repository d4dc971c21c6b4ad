//! A job that the broker gave up gets its record before its message is dead; one record that can't be told keeps no other back.

use super::*;
use crate::rooms::Settings;
use crate::slots::{SlotCounts, Slots};
use assay_access::{Access, AccessConfig, WorkerIdentity};
use assay_broker::{DeadOrigin, Embedded, EmbeddedConfig, Prefetch};
use assay_contract::Secret;
use assay_contract::clock::SystemClock;
use assay_contract::record::Status;
use assay_fetch::{FetchConfig, Fetcher};
use assay_sandbox::{Sandbox, SandboxConfig};
use assay_store::{Claimed, ShelfOptions, Store, open_shelf};
use sqlx::{Connection, SqliteConnection};

/// The most that a busy machine needs.
const SOON: Duration = Duration::from_secs(30);

const JOB: &str = r#"{"schema":"assay.job/1","job_id":"job","organization_id":"org_acme","integration":"int_acme","asset":"s3://acme-raw/own.jpg?a",
 "attachments":[{"type":"IMAGE","uri":"https://cdn.example.org/mask.png?signature=secret"}],"submitted_at":"2026-11-21T20:00:00Z"}"#;

fn database(folder: &std::path::Path) -> String {
    format!("sqlite://{}", folder.join("store.db").display())
}

async fn rooms(folder: &std::path::Path) -> Rooms {
    let identity = WorkerIdentity::Static { access_key_id: "AKIA".to_owned(), secret_access_key: Secret::new("key".to_owned()) };
    let sandbox = SandboxConfig { decoders_folder: folder.to_owned(), families: Vec::new(), max_children: 1 };
    // The first loss is one too many.
    let queue = EmbeddedConfig { delivery_limit: 0, poll: Duration::from_millis(10), ..EmbeddedConfig::default() };
    Rooms {
        broker: Arc::new(Embedded::open(queue).await.unwrap()),
        store: Store::open(&Secret::new(database(folder))).await.unwrap(),
        shelf: Arc::from(open_shelf(&format!("file://{}", folder.display()), &ShelfOptions::default()).unwrap()),
        access: Access::new(AccessConfig { identity, ..AccessConfig::default() }).await,
        fetcher: Fetcher::new(FetchConfig::default()).unwrap(),
        sandbox: Sandbox::start(sandbox).await.unwrap(),
        clock: SystemClock::shared(),
        slots: Slots::new(SlotCounts { fetches: 1, decodes: 1, interactive: 1 }),
        settings: Settings::default(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abandoned_job_waits_for_the_claim_of_the_worker_that_died_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let rooms = Arc::new(rooms(folder.path()).await);
    let job = Job::read(JOB.as_bytes()).unwrap();
    rooms.broker.submit(&job).await.unwrap();
    let claimed = rooms.store.claim(&job, None, "a worker that died", Duration::from_secs(2)).await.unwrap();
    assert!(matches!(claimed, Claimed::New(_)));
    let mut lane = rooms.broker.consume(Prefetch { interactive: 1, batch: 1 }).await.unwrap();
    drop(lane.next().await.unwrap());

    let draining = CancellationToken::new();
    let sweeper = tokio::spawn(run(Arc::clone(&rooms), draining.clone()));
    let buried = async {
        while rooms.broker.dead(10).await.unwrap().iter().all(|letter| letter.origin == DeadOrigin::Broker) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(SOON, buried).await.unwrap();

    let row = rooms.store.row(&job.organization_id, &job.job_id).await.unwrap().unwrap();
    assert!(row.state.is_final(), "the message is dead and the row is {:?}", row.state);
    for (attachment, uri) in [(None, "s3://acme-raw/own.jpg?a"), (Some(0), "https://cdn.example.org/mask.png")] {
        let stored = rooms.store.record(&job.organization_id, &job.job_id, attachment).await.unwrap().expect("each part has a record");
        let record = stored.record();
        assert_eq!((record.status, record.failure.as_ref().map(|failure| failure.code)), (Status::Failed, Some(Code::DecoderCrashed)));
        assert_eq!(record.asset.uri, uri);
        assert!(stored.was_published());
    }
    draining.cancel();
    sweeper.await.unwrap();
}

/// Does to the database what no method of the store does.
async fn tamper(folder: &std::path::Path, sql: &'static str) {
    let mut connection = SqliteConnection::connect(&database(folder)).await.unwrap();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
}

fn job_named(id: &str) -> Job {
    Job::read(JOB.replace("\"job\"", &format!("{id:?}")).as_bytes()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_cannot_be_published_or_read_keeps_no_other_back() {
    let folder = tempfile::tempdir().unwrap();
    let rooms = rooms(folder.path()).await;
    let jobs = ["unreadable", "too-large", "healthy"].map(job_named);
    for job in &jobs {
        let part = Part { job, attachment: None };
        Box::pin(give_record(&rooms, &part, &Failure::new(Code::DecoderCrashed), 1)).await.unwrap();
    }
    tamper(folder.path(), "UPDATE records SET published_at_us = NULL, stored_at_us = stored_at_us - 60000000").await;
    tamper(folder.path(), "UPDATE records SET record = '{}' WHERE job_id = 'unreadable'").await;
    let too_large = "UPDATE records SET record = json_set(record, '$.asset.uri', hex(zeroblob(200000))) WHERE job_id = 'too-large'";
    tamper(folder.path(), too_large).await;

    unpublished(&rooms).await;

    let [_, too_large, healthy] = &jobs;
    for (job, published) in [(too_large, false), (healthy, true)] {
        let stored = rooms.store.record(&job.organization_id, &job.job_id, None).await.unwrap().unwrap();
        assert_eq!(stored.was_published(), published, "{}", job.job_id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abandoned_job_whose_record_cannot_be_read_is_buried_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let rooms = rooms(folder.path()).await;
    let job = job_named("unreadable");
    let part = Part { job: &job, attachment: None };
    Box::pin(give_record(&rooms, &part, &Failure::new(Code::DecoderCrashed), 1)).await.unwrap();
    tamper(folder.path(), "UPDATE records SET record = '{}'").await;
    rooms.broker.submit(&job).await.unwrap();
    let mut lane = rooms.broker.consume(Prefetch { interactive: 1, batch: 1 }).await.unwrap();
    let delivery = lane.next().await.unwrap();

    tokio::time::timeout(SOON, give_records(&rooms, delivery)).await.unwrap();

    assert_eq!(rooms.broker.dead(10).await.unwrap().len(), 1);
    assert!(rooms.store.record(&job.organization_id, &job.job_id, Some(0)).await.unwrap().is_some(), "its other part has a record");
}
