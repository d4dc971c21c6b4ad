//! A world: the ground that workers stand on, RabbitMQ with PostgreSQL and S3, or one folder; and what an observer sees of it.

use crate::customer::{Customer, ORGANIZATION, message};
use assay_broker::{DeadLetter, Delays, Embedded, EmbeddedConfig, RabbitMq, RabbitMqConfig, SharedBroker};
use assay_contract::{Code, Record, Secret};
use assay_store::{RowProgress, Shelf, ShelfKeys, ShelfOptions, Store, open_shelf};
use assay_testkit::postgres::{self, SharedPostgres};
use assay_testkit::rabbitmq::{self, VirtualHost};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

/// How long a test waits for what must come; on a busy machine a child may take seconds.
pub(crate) const SOON: Duration = Duration::from_secs(40);

/// Short enough for a test.
const DELAYS: Delays = Delays { short: Duration::from_millis(60), medium: Duration::from_millis(120), long: Duration::from_millis(240) };

/// The brokers' own.
const USUAL_LIMIT: u32 = 20;

const SHELF_BUCKET: &str = "operator-shelf";

/// A customer and an installation.
pub(crate) struct World {
    pub(crate) customer: Arc<Customer>,
    /// The sender's and the operator's view of the queue.
    pub(crate) queue: SharedBroker,
    pub(crate) store: Store,
    pub(crate) ground: Ground,
}

/// What outlives a worker.
pub(crate) struct Ground {
    services: Services,
    /// Spilled assets, and everything else of the embedded form.
    pub(crate) folder: TempDir,
    /// How often a message may be lost with its worker.
    delivery_limit: u32,
}

enum Services {
    Servers { vhost: VirtualHost, database: Secret<String>, _postgres: SharedPostgres },
    Folder,
}

impl World {
    /// Embedded queue, SQLite, a local folder.
    pub(crate) async fn embedded() -> Self {
        Self::embedded_with(USUAL_LIMIT).await
    }

    pub(crate) async fn embedded_with(delivery_limit: u32) -> Self {
        Self::on(Services::Folder, delivery_limit, Arc::new(Customer::new().await)).await
    }

    pub(crate) async fn embedded_for(customer: Arc<Customer>) -> Self {
        Self::on(Services::Folder, USUAL_LIMIT, customer).await
    }

    /// RabbitMQ, PostgreSQL, an S3 bucket.
    pub(crate) async fn servers() -> Self {
        Self::servers_with(USUAL_LIMIT).await
    }

    pub(crate) async fn servers_with(delivery_limit: u32) -> Self {
        Self::on(Services::servers().await, delivery_limit, Arc::new(Customer::new().await)).await
    }

    pub(crate) async fn servers_for(customer: Arc<Customer>) -> Self {
        Self::on(Services::servers().await, USUAL_LIMIT, customer).await
    }

    async fn on(services: Services, delivery_limit: u32, customer: Arc<Customer>) -> Self {
        // Shown where a test fails; one that listens itself has begun before.
        let _ = tracing_subscriber::fmt().with_env_filter("info").with_ansi(false).with_test_writer().try_init();
        let ground = Ground { services, folder: tempfile::tempdir().unwrap(), delivery_limit };
        customer.cloud.add_bucket(SHELF_BUCKET, None, None);
        let store = ground.store().await;
        store.migrate().await.unwrap();
        for integration in &customer.integrations {
            store.put_integration(integration).await.unwrap();
        }
        Self { queue: ground.broker().await, store, ground, customer }
    }

    /// Puts a job on its lane.
    pub(crate) async fn submit(&self, job: &Value) {
        self.queue.submit(&message(job)).await.unwrap();
    }

    /// A job's record, which must come soon.
    pub(crate) async fn record(&self, id: &str) -> Record {
        self.part(id, None).await
    }

    /// The record of an attachment.
    pub(crate) async fn part(&self, id: &str, attachment: Option<u32>) -> Record {
        let (organization, job) = (ORGANIZATION.parse().unwrap(), id.parse().unwrap());
        let begun = Instant::now();
        loop {
            if let Some(stored) = self.store.record(&organization, &job, attachment).await.unwrap() {
                return stored.record().clone();
            }
            assert!(begun.elapsed() < SOON, "{id}: no record after {SOON:?}; its row is {:?}", self.row(id).await);
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    }

    /// Whether there is a record of a job now.
    pub(crate) async fn has_record(&self, id: &str) -> bool {
        self.store.record(&ORGANIZATION.parse().unwrap(), &id.parse().unwrap(), None).await.unwrap().is_some()
    }

    pub(crate) async fn row(&self, id: &str) -> Option<RowProgress> {
        self.store.row(&ORGANIZATION.parse().unwrap(), &id.parse().unwrap()).await.unwrap()
    }

    /// All dead letters.
    pub(crate) async fn dead(&self) -> Vec<DeadLetter> {
        self.queue.dead(1000).await.unwrap()
    }

    /// The names of all that lies on the shelf, in order.
    pub(crate) fn shelved(&self) -> Vec<String> {
        let mut names = match &self.ground.services {
            Services::Servers { .. } => self.customer.cloud.keys(SHELF_BUCKET),
            Services::Folder => files(&self.ground.folder.path().join("shelf")),
        };
        names.retain(|name| !name.contains(".assay/health"));
        names.sort();
        names
    }

    /// Takes all that was published so far; the record's JSON.
    pub(crate) async fn published(&self) -> Vec<Value> {
        match &self.ground.services {
            Services::Servers { vhost, .. } => {
                let mut taken = Vec::new();
                while let Ok(message) = vhost.take("assay.records") {
                    taken.push(serde_json::from_str(message["payload"].as_str().unwrap()).unwrap());
                }
                taken
            }
            Services::Folder => {
                let queue = Embedded::open(self.ground.queue()).await.unwrap();
                let mut records = queue.records(0);
                let mut taken = Vec::new();
                // What is there comes at once; then the reader would wait for the next.
                while let Ok(next) = tokio::time::timeout(Duration::from_millis(300), records.next()).await {
                    taken.push(serde_json::from_slice(&next.unwrap().unwrap().body).unwrap());
                }
                taken
            }
        }
    }
}

impl Services {
    async fn servers() -> Self {
        let start = || {
            let postgres = postgres::shared().unwrap();
            let database = Secret::new(postgres.create_database().unwrap());
            Self::Servers { vhost: rabbitmq::vhost().unwrap(), database, _postgres: postgres }
        };
        spawn_blocking(start).await.unwrap()
    }
}

impl Ground {
    pub(crate) async fn broker(&self) -> SharedBroker {
        match &self.services {
            Services::Servers { vhost, .. } => self.rabbitmq_at(vhost.url()).await,
            Services::Folder => Arc::new(Embedded::open(self.queue()).await.unwrap()),
        }
    }

    /// The same RabbitMQ by another address.
    pub(crate) async fn rabbitmq_at(&self, url: &str) -> SharedBroker {
        let config = RabbitMqConfig {
            delays: DELAYS,
            confirm_timeout: Duration::from_secs(10),
            delivery_limit: self.delivery_limit,
            ..RabbitMqConfig::at(url.to_owned())
        };
        Arc::new(RabbitMq::connect(config).await.unwrap())
    }

    /// RabbitMQ's address, and its `host:port`.
    pub(crate) fn rabbitmq(&self) -> (String, String) {
        let Services::Servers { vhost, .. } = &self.services else { panic!("this world has no RabbitMQ") };
        let (_, rest) = vhost.url().split_once('@').unwrap();
        (vhost.url().to_owned(), rest.split_once('/').unwrap().0.to_owned())
    }

    pub(crate) async fn store(&self) -> Store {
        Store::open(&self.database()).await.unwrap()
    }

    pub(crate) fn database(&self) -> Secret<String> {
        match &self.services {
            Services::Servers { database, .. } => database.clone(),
            Services::Folder => Secret::new(format!("sqlite://{}/store.db", self.folder.path().display())),
        }
    }

    pub(crate) fn shelf(&self, customer: &Customer) -> Arc<dyn Shelf> {
        let (access_key_id, secret_access_key) = customer.cloud.operator_identity();
        let options = ShelfOptions {
            endpoint: Some(customer.cloud.endpoint().to_owned()),
            region: Some("us-east-1".to_owned()),
            keys: ShelfKeys::Aws { access_key_id, secret_access_key, session_token: None },
        };
        let url = match &self.services {
            Services::Servers { .. } => format!("s3://{SHELF_BUCKET}/assay"),
            Services::Folder => format!("file://{}/shelf", self.folder.path().display()),
        };
        Arc::from(open_shelf(&url, &options).unwrap())
    }

    fn queue(&self) -> EmbeddedConfig {
        EmbeddedConfig {
            lease: Duration::from_secs(2),
            poll: Duration::from_millis(15),
            delays: DELAYS,
            delivery_limit: self.delivery_limit,
            ..EmbeddedConfig::at(self.folder.path().join("queue.db"))
        }
    }
}

fn files(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for found in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if found.path().is_dir() { names.extend(files(&found.path())) } else { names.push(found.path().display().to_string()) }
    }
    names
}

/// Asks until the answer is yes; fails after a time that no healthy installation needs.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < SOON, "{what}: not so after {SOON:?}");
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
}

/// The failure's code of a record that must have failed.
pub(crate) fn code(record: &Record) -> Code {
    record.failure.as_ref().unwrap_or_else(|| panic!("it did not fail: {record:?}")).code
}
