//! A worker on a world's ground: all rooms for real, with limits and delays that fit a test.

use crate::customer::Customer;
use crate::world::{World, until};
use assay_access::{Access, AccessConfig, WorkerIdentity};
use assay_broker::BrokerError;
use assay_contract::Profile;
use assay_contract::clock::SystemClock;
use assay_contract::limits::FetchLimits;
use assay_contract::record::WorkerRef;

use assay_fetch::{FetchConfig, Fetcher, Retries};
use assay_sandbox::{Sandbox, SandboxConfig};
use assay_worker::slots::{SlotCounts, Slots};
use assay_worker::{Crew, Rooms, Settings};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// Assets above this spill into an encrypted file: some of the fixtures do, some don't.
pub(crate) const SPILL_ABOVE: u64 = 90_000;

pub(crate) const SLOTS: SlotCounts = SlotCounts { fetches: 4, decodes: 2, interactive: 1 };

/// A crew at work.
pub(crate) struct Worker {
    pub(crate) crew: Crew,
    task: JoinHandle<Result<(), BrokerError>>,
}

impl Worker {
    /// Begins to work.
    pub(crate) fn start(rooms: impl Into<Arc<Rooms>>) -> Self {
        let crew = Crew::new(rooms.into());
        let working = crew.clone();
        Self { crew, task: tokio::spawn(async move { working.work().await }) }
    }

    /// Waits until nothing is queued, out or resting.
    pub(crate) async fn idle(&self) {
        until("the queue is empty and every job settled", async || {
            let depths = self.crew.rooms().broker.depths().await.unwrap();
            [depths.interactive, depths.batch].iter().all(|lane| lane.ready + lane.unacknowledged + lane.resting == 0)
        })
        .await;
    }

    /// Shuts down as SIGTERM does.
    pub(crate) async fn drain(self) {
        self.crew.drain();
        self.task.await.unwrap().unwrap();
    }

    /// Dies where it stands: nothing that it had begun goes on.
    pub(crate) async fn die(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

/// Rooms of one more worker.
pub(crate) async fn rooms(world: &World) -> Rooms {
    Rooms {
        broker: world.ground.broker().await,
        store: world.ground.store().await,
        shelf: world.ground.shelf(&world.customer),
        access: access(&world.customer, world.customer.cloud.endpoint()).await,
        fetcher: Fetcher::new(fetch_config(world)).unwrap(),
        sandbox: sandbox().await,
        clock: SystemClock::shared(),
        slots: Slots::new(SLOTS),
        settings: settings(),
    }
}

pub(crate) async fn access(customer: &Customer, s3_endpoint: &str) -> Access {
    let (access_key_id, secret_access_key) = customer.cloud.worker_identity();
    Access::new(AccessConfig {
        identity: WorkerIdentity::Static { access_key_id, secret_access_key },
        sts_endpoint: Some(customer.cloud.endpoint().to_owned()),
        s3_endpoint: Some(s3_endpoint.to_owned()),
        region: Some("us-east-1".to_owned()),
        ..AccessConfig::default()
    })
    .await
}

pub(crate) fn fetch_config(world: &World) -> FetchConfig {
    FetchConfig {
        spill_above: SPILL_ABOVE,
        spill_folder: world.ground.folder.path().to_owned(),
        memory_budget: 64 << 20,
        spill_budget: 64 << 20,
        interactive_reserve: 8 << 20,
        private_ranges: vec!["127.0.0.0/8".parse().unwrap()],
        bucket_endpoint: Some(world.customer.cloud.endpoint().to_owned()),
        retries: Retries { fruitless: 2, requests: 8, first_pause: Duration::from_millis(10), longest_pause: Duration::from_millis(40) },
        ..FetchConfig::default()
    }
}

/// Two attempts, claims that end soon; beside the default a profile that waits for nobody, and one with small limits.
pub(crate) fn settings() -> Settings {
    let standard = Profile::standard();
    let hasty = Profile { name: "hasty".to_owned(), fetch: FetchLimits { stall_ms: 300, ..FetchLimits::default() }, ..standard.clone() };
    let few = FetchLimits { image_bytes: 1000, video_bytes: 2000, audio_bytes: 3000, text_layer_bytes: 4000, ..standard.fetch.clone() };
    let small = Profile { name: "small".to_owned(), fetch: few, ..standard.clone() };
    Settings {
        worker: WorkerRef { id: format!("worker-{}", assay_contract::JobId::generate()), region: None },
        profiles: [standard, hasty, small].into_iter().map(|profile| (profile.name.clone(), profile)).collect(),
        attempts: 2,
        claim_lease: Duration::from_millis(600),
        drain: Duration::from_secs(20),
        ..Settings::default()
    }
}

/// A decoder is refused that was built with another contract than these tests.
const BUILD_DECODERS: &str = "cargo build -p assay-image -p assay-media -p assay-document -p assay-dicom -p assay-geo -p assay-text --bins";

async fn sandbox() -> Sandbox {
    let families = ["image", "media", "document", "geo", "dicom", "text"];
    let decoders_folder = decoders_folder();
    for family in families {
        assert!(decoders_folder.join(format!("assay-{family}")).is_file(), "the decoder {family} is not built; type: {BUILD_DECODERS}");
    }
    let families = families.map(str::to_owned).to_vec();
    let max_children = usize::from(SLOTS.decodes + SLOTS.interactive);
    let started = Sandbox::start(SandboxConfig { decoders_folder, families, max_children }).await;
    started.unwrap_or_else(|error| panic!("{error}; type: {BUILD_DECODERS}"))
}

/// Two above the test's own executable, `target/debug/deps/…`.
fn decoders_folder() -> PathBuf {
    let executable = std::env::current_exe().unwrap();
    executable.parent().unwrap().parent().unwrap().to_owned()
}
