//! What a case works with: an empty store, a clock that it turns, jobs and records.

use assay_contract::clock::Clock;
use assay_contract::{Job, Record, Secret};
use assay_store::{Claim, Claimed, Store, Stored};
use assay_testkit::postgres::{self, SharedPostgres};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, SqliteConnection};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// A lease that no case outlives without turning the clock.
pub(crate) const LEASE: Duration = Duration::from_mins(1);

/// A clock that stands still until it is turned.
#[derive(Debug)]
pub(crate) struct TurnedClock(Mutex<Timestamp>);

impl TurnedClock {
    pub(crate) fn turn(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        *now += SignedDuration::try_from(by).unwrap();
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Keeps the database alive.
#[derive(Debug)]
#[allow(dead_code, reason = "held for their drop")]
enum Ground {
    Folder(TempDir),
    Server(SharedPostgres),
}

pub(crate) struct Bed {
    pub(crate) store: Store,
    pub(crate) clock: Arc<TurnedClock>,
    pub(crate) url: Secret<String>,
    _ground: Ground,
}

impl Bed {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/store.db", folder.path().display());
        Self::open(url, Ground::Folder(folder)).await
    }

    pub(crate) async fn postgres() -> Self {
        let server = tokio::task::spawn_blocking(|| postgres::shared().unwrap()).await.unwrap();
        let url = server.create_database().unwrap();
        Self::open(url, Ground::Server(server)).await
    }

    async fn open(url: String, ground: Ground) -> Self {
        let clock = Arc::new(TurnedClock(Mutex::new("2026-11-21T20:00:00Z".parse().unwrap())));
        let url = Secret::new(url);
        let store = Store::open_with(&url, clock.clone()).await.unwrap();
        store.migrate().await.unwrap();
        Self { store, clock, url, _ground: ground }
    }

    /// Another process's view of the same database.
    pub(crate) async fn reopened(&self) -> Store {
        Store::open_with(&self.url, self.clock.clone()).await.unwrap()
    }

    /// Does to the database what no method of the store does.
    pub(crate) async fn tamper(&self, sql: &'static str) {
        let url = self.url.expose();
        if url.starts_with("sqlite:") {
            let mut connection = SqliteConnection::connect(url).await.unwrap();
            sqlx::query(sql).execute(&mut connection).await.unwrap();
        } else {
            let mut connection = PgConnection::connect(url).await.unwrap();
            sqlx::query(sql).execute(&mut connection).await.unwrap();
        }
    }

    /// Claims a job that nobody holds.
    pub(crate) async fn claim(&self, job: &Job) -> Claim {
        self.claim_part(job, None).await
    }

    pub(crate) async fn claim_part(&self, job: &Job, attachment: Option<u32>) -> Claim {
        match self.store.claim(job, attachment, "worker-1", LEASE).await.unwrap() {
            Claimed::New(claim) => claim,
            other => panic!("not claimed: {other:?}"),
        }
    }

    /// Claims a job and stores its record.
    pub(crate) async fn done(&self, job: &Job, change: impl FnOnce(&mut Record)) -> Stored {
        let claim = self.claim(job).await;
        let mut record = record(job);
        change(&mut record);
        self.store.put_record(&claim, record).await.unwrap()
    }
}

/// A job of `org_acme`.
pub(crate) fn job(id: &str) -> Job {
    job_with(id, json!({}))
}

/// A job with other fields.
pub(crate) fn job_with(id: &str, fields: Value) -> Job {
    let mut job = json!({"schema": "assay.job/1", "job_id": id, "organization_id": "org_acme", "data_row_id": "dr_1",
        "integration": "int_acme", "asset": {"uri": "s3://acme-raw/street.jpg"}, "submitted_at": "2026-11-21T20:00:00Z"});
    let Value::Object(fields) = fields else { panic!("no object") };
    job.as_object_mut().unwrap().extend(fields);
    serde_json::from_value(job).unwrap()
}

/// The complete record of a job's asset.
pub(crate) fn record(job: &Job) -> Record {
    serde_json::from_value(json!({"schema": "assay.record/1", "job_id": job.job_id, "organization_id": job.organization_id,
        "task_id": job.task_id, "data_row_id": job.data_row_id, "global_key": job.global_key, "dataset_id": null,
        "integration": job.integration, "attachment": null, "labels": job.labels, "generation": 0, "status": "complete",
        "failure": null, "issues": [],
        "asset": {"uri": "s3://acme-raw/street.jpg", "content_length": 9, "etag": "\"9b2\"", "last_modified": null, "sha256": null,
            "detected_type": "image/jpeg"},
        "media_attributes": null, "details": null, "thumbnails": [], "derivatives": [],
        "cost": {"bytes_fetched": 9, "requests": 1, "queue_ms": 0, "access_ms": 0, "fetch_ms": 0, "decode_ms": 0, "total_ms": 0,
            "cpu_ms": 0, "peak_memory_bytes": 0},
        "erasure": null, "extractor": {"assay": "0.1.0", "decoder": "image", "libraries": {}}, "profile": "default@9f3c",
        "sandbox": "full", "worker": {"id": "worker-1", "region": null}, "attempt": 1,
        "started_at": "2026-11-21T20:00:00Z", "finished_at": "2026-11-21T20:00:01Z"}))
    .unwrap()
}

/// Makes a record the record of a failure.
pub(crate) fn failed(code: assay_contract::Code) -> impl FnOnce(&mut Record) {
    move |record| {
        record.status = assay_contract::record::Status::Failed;
        record.failure = Some(assay_contract::Failure::new(code));
    }
}

/// Makes a record the record of an attachment.
pub(crate) fn attached(record: &mut Record, index: u32) {
    record.attachment =
        Some(assay_contract::record::AttachmentRef { index, name: Some("mask".to_owned()), attachment_type: "IMAGE".to_owned() });
}
