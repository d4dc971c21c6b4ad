//! Where a statement is tested: a queue that several brokers, standing for several workers, can open.

use assay_broker::{Broker, Delays, Deliveries, Delivery, Embedded, EmbeddedConfig, Prefetch, RabbitMq, RabbitMqConfig, SharedBroker};
use assay_contract::job::Lane;
use assay_contract::{Job, Record};
use assay_testkit::rabbitmq::VirtualHost;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// How long a test waits for what must come.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// Short enough for a test, far enough from each other to be told apart.
pub(crate) const DELAYS: Delays =
    Delays { short: Duration::from_millis(300), medium: Duration::from_millis(900), long: Duration::from_secs(3) };

/// Short enough for a test that needs it, long enough for the others not to.
pub(crate) const RENEW: Duration = Duration::from_secs(3);

/// How often a message may be lost before it is abandoned.
pub(crate) const DELIVERY_LIMIT: u32 = 2;

/// One queue of either kind.
pub(crate) enum Stage {
    RabbitMq(VirtualHost),
    Embedded(TempDir),
}

impl Stage {
    pub(crate) fn rabbitmq() -> Self {
        log();
        Self::RabbitMq(assay_testkit::rabbitmq::vhost().unwrap())
    }

    pub(crate) fn embedded() -> Self {
        Self::Embedded(tempfile::tempdir().unwrap())
    }

    /// One more worker on this queue.
    pub(crate) async fn open(&self) -> SharedBroker {
        match self {
            Self::RabbitMq(vhost) => Arc::new(RabbitMq::connect(rabbitmq_config(vhost.url())).await.unwrap()),
            Self::Embedded(folder) => Arc::new(Embedded::open(embedded_config(folder)).await.unwrap()),
        }
    }

    /// The oldest published record: its routing key and its JSON.
    pub(crate) async fn published(&self) -> (String, Vec<u8>) {
        match self {
            Self::RabbitMq(vhost) => {
                let message = vhost.take("assay.records").unwrap();
                (message["routing_key"].as_str().unwrap().to_owned(), message["payload"].as_str().unwrap().as_bytes().to_vec())
            }
            Self::Embedded(folder) => {
                let broker = Embedded::open(embedded_config(folder)).await.unwrap();
                let record = broker.records(0).next().await.unwrap().unwrap();
                (record.routing_key, record.body)
            }
        }
    }
}

/// Long enough for a machine that stands still for a moment, as one does whose disk is busy: a lease that ends is a lost job.
pub(crate) const LEASE: Duration = Duration::from_secs(3);

pub(crate) fn rabbitmq_config(url: &str) -> RabbitMqConfig {
    RabbitMqConfig { delays: DELAYS, renew: RENEW, delivery_limit: DELIVERY_LIMIT, ..RabbitMqConfig::at(url.to_owned()) }
}

pub(crate) fn embedded_config(folder: &TempDir) -> EmbeddedConfig {
    EmbeddedConfig {
        lease: LEASE,
        poll: Duration::from_millis(20),
        delays: DELAYS,
        delivery_limit: DELIVERY_LIMIT,
        ..EmbeddedConfig::at(folder.path().join("queue.sqlite"))
    }
}

pub(crate) fn job(id: &str, lane: Lane) -> Job {
    let text = format!(
        r#"{{"schema":"assay.job/1","job_id":"{id}","organization_id":"org_acme","task_id":"task_1",
            "asset":{{"uri":"https://host.example/a.jpg?X-Amz-Signature=planted-signature"}},"lane":"{lane}","submitted_at":"2026-11-21T20:00:00Z"}}"#
    );
    Job::read(text.as_bytes()).unwrap()
}

pub(crate) fn record(id: &str) -> Record {
    serde_json::from_value(serde_json::json!({
        "schema": "assay.record/1", "job_id": id, "organization_id": "org_acme", "task_id": "task_1", "data_row_id": null,
        "global_key": null, "dataset_id": null, "integration": null, "attachment": null, "labels": {}, "generation": 1,
        "status": "failed", "failure": null, "issues": [], "asset": {"uri": "s3://acme/a.jpg", "content_length": null, "etag": null,
        "last_modified": null, "sha256": null, "detected_type": null}, "media_attributes": null, "details": null, "thumbnails": [],
        "derivatives": [], "cost": {"bytes_fetched": 0, "requests": 0, "queue_ms": 0, "access_ms": 0, "fetch_ms": 0, "decode_ms": 0,
        "total_ms": 0, "cpu_ms": 0, "peak_memory_bytes": 0}, "erasure": null,
        "extractor": {"assay": "0.1.0", "decoder": null, "libraries": {}}, "profile": "default@0", "sandbox": "unused",
        "worker": {"id": "w", "region": null}, "attempt": 1, "started_at": "2026-11-21T20:00:00Z", "finished_at": "2026-11-21T20:00:00Z"
    }))
    .unwrap()
}

/// As many of each lane as a test can want.
pub(crate) const PLENTY: Prefetch = Prefetch { interactive: 50, batch: 50 };

/// The next delivery, which must come soon.
pub(crate) async fn next(deliveries: &mut Deliveries) -> Delivery {
    tokio::time::timeout(SOON, deliveries.next()).await.expect("a delivery comes soon").expect("the stream goes on")
}

pub(crate) fn id(delivery: &Delivery) -> String {
    delivery.message_id().unwrap().to_owned()
}

/// Asks until the answer is yes; fails after a time that no healthy broker needs.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + SOON;
    while !holds().await {
        assert!(tokio::time::Instant::now() < deadline, "{what}: not so after {SOON:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) async fn submit(broker: &dyn Broker, lane: Lane, ids: impl IntoIterator<Item = String>) {
    for id in ids {
        broker.submit(&job(&id, lane)).await.unwrap();
    }
}

/// Shows the log of a failing test.
pub(crate) fn log() {
    let _ = tracing_subscriber::fmt().with_env_filter("assay_broker=debug").with_test_writer().try_init();
}
