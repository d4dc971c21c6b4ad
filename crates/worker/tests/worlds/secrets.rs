//! Planted secrets: found in no log line, record, dead letter or metric of a run that goes wrong in every way.

use crate::customer::{BUCKET, fixture, job, with};
use crate::mishaps;
use crate::worker::{Worker, rooms};
use crate::world::World;
use assay_access::Purpose;
use assay_contract::AssetAddress;
use assay_contract::address::Reading;
use assay_testkit::cloud::Fault;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::json;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer};

/// A log that a test reads.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

const PLANTED_KEY: &str = "planted-key-of-a-patient.png";
const PLANTED_QUERY: &str = "X-Amz-Signature=planted-signature";
const PLANTED_TEXT: &str = "planted words of the content";

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_any_log_line_record_dead_letter_or_metric() {
    let (log, metrics) = (Log::default(), PrometheusBuilder::new().install_recorder().unwrap());
    // The stand-in cloud logs what it is asked; it is the customer's side, in this process only by chance.
    let ours = ["access", "broker", "contract", "fetch", "probe", "sandbox", "store", "worker"];
    let filter = ours.iter().fold("debug,s3s=off,assay_testkit=off".to_owned(), |filter, room| format!("{filter},assay_{room}=trace"));
    let lines = tracing_subscriber::fmt::layer().with_writer(log.clone()).with_ansi(false).with_filter(EnvFilter::new(filter));
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines)).unwrap();

    let world = World::servers().await;
    let rooms = rooms(&world).await;
    let secrets = secrets(&world, &rooms).await;
    let all = mishaps::ALL.map(|set_up| set_up(&world.customer));
    for mishap in &all {
        world.submit(&mishap.job).await;
    }
    let text = with(job("inline", json!({ "inline": PLANTED_TEXT })), json!({ "media_type": "IMAGE" }));
    let marked = job("marked", world.customer.put(PLANTED_KEY, fixture("media/png-rgba.png")));
    world.customer.cloud.misbehave(BUCKET, PLANTED_KEY, Fault::CutAfter(2000).nth(1));
    let elsewhere = format!("https://user:planted-password@10.0.0.1/a.jpg?{PLANTED_QUERY}");
    let signed = with(job("signed", elsewhere.as_str()), json!({ "integration": null }));
    let unreadable = with(job("unreadable", elsewhere.as_str()), json!({ "expected": { "sha256": "no digest" } }));
    for job in [&text, &marked, &signed, &unreadable] {
        world.submit(job).await;
    }
    let worker = Worker::start(rooms);
    for id in ["inline", "marked", "signed"] {
        world.record(id).await;
    }
    worker.idle().await;
    assay_worker::telemetry::gauges(worker.crew.rooms()).await;
    worker.drain().await;

    let letters = format!("{:?}", world.dead().await);
    let records: String = world.published().await.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let (log, metrics) = (log.text(), metrics.render());
    assert!(log.contains("job_id=marked") && log.contains("assay_fetch"), "the log was not written");
    assert!(metrics.contains("assay_outcomes_total") && records.contains("\"marked\"") && letters.contains("stalled"));
    for (name, text) in [("log", &log), ("metrics", &metrics), ("records", &records), ("dead letters", &letters)] {
        for (what, secret) in &secrets {
            assert!(!text.contains(secret.as_str()), "{what} is in the {name}: {}", around(text, secret));
        }
    }
    // A record names its object; a log line, a metric and a listed dead letter don't.
    for (name, text) in [("log", &log), ("metrics", &metrics), ("dead letters", &letters)] {
        assert!(!text.contains(PLANTED_KEY), "an object's key is in the {name}: {}", around(text, PLANTED_KEY));
    }
}

/// Everything that must never be seen, with what it is.
async fn secrets(world: &World, rooms: &assay_worker::Rooms) -> Vec<(&'static str, String)> {
    let asset = AssetAddress::parse(&crate::customer::uri("any.jpg"), Reading::Delegated).unwrap();
    let purpose = Purpose { job_id: "planted".parse().unwrap(), organization_id: "org_acme".parse().unwrap() };
    let url = rooms.access.sign(Some(world.customer.integration("int_acme")), &asset, Duration::from_mins(1), &purpose).await.unwrap();
    let token = url.url.expose().split('&').find_map(|pair| pair.strip_prefix("X-Amz-Security-Token=")).unwrap().to_owned();
    let database = world.ground.database();
    let password = database.expose().split_once('@').unwrap().0.rsplit(':').next().unwrap().to_owned();
    assert!(token.len() > 8 && password.len() > 8);
    vec![
        // The worker's sessions are cached: this is the token of its own downloads too.
        ("a session token", token),
        ("a signed address", "X-Amz-Security-Token=".to_owned()),
        ("a signature", "X-Amz-Signature=".to_owned()),
        ("the worker's secret key", world.customer.cloud.worker_identity().1.expose().clone()),
        ("the shelf's secret key", world.customer.cloud.operator_identity().1.expose().clone()),
        ("the database's password", password),
        ("the broker's password", "guest:guest@".to_owned()),
        ("a job's password", "planted-password".to_owned()),
        ("a job's signature", "planted-signature".to_owned()),
        ("an asset's content", PLANTED_TEXT.to_owned()),
    ]
}

fn around(text: &str, secret: &str) -> String {
    text.lines().find(|line| line.contains(secret)).unwrap_or_default().chars().take(600).collect()
}
