//! A customer's cloud, a folder, and `assay` set up to use them: embedded, or with RabbitMQ and PostgreSQL.

use crate::leaks;
use crate::running::{Ended, Service, assay, command, run, with};
use assay_testkit::cloud::{ObjectOptions, Role, StandInCloud};
use assay_testkit::fixtures;
use assay_testkit::postgres::{self, SharedPostgres};
use assay_testkit::rabbitmq::{self, VirtualHost};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::cell::RefCell;
use std::path::PathBuf;
use std::process::Command;
use std::str::FromStr;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub const BUCKET: &str = "acme-raw";
pub const ROLE: &str = "arn:aws:iam::222222222222:role/assay-reads";
pub const INTEGRATION: &str = "int_acme";

/// Everything a test plays on. Fields are dropped in this order: the runtime carries the cloud.
pub struct Stage {
    pub cloud: StandInCloud,
    pub folder: TempDir,
    /// What every command printed, and which it was.
    pub said: RefCell<Vec<(String, String)>>,
    settings: Vec<(String, String)>,
    store: String,
    pub rabbit: Option<VirtualHost>,
    #[allow(dead_code, reason = "keeps a server of this test's own alive")]
    postgres: Option<SharedPostgres>,
    runtime: Runtime,
}

impl Stage {
    /// Queue, store and shelf in one folder.
    pub fn embedded() -> Self {
        let runtime = Runtime::new().unwrap();
        let cloud = runtime.block_on(StandInCloud::start());
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("spill")).unwrap();
        let (key, secret) = cloud.worker_identity();
        let store = format!("sqlite://{}", folder.path().join("assay/assay.db").display());
        let said = RefCell::default();
        let mut stage = Self { settings: Vec::new(), said, cloud, folder, store, rabbit: None, postgres: None, runtime };
        let endpoint = stage.cloud.endpoint().to_owned();
        stage.set("ASSAY_ACCESS_STS_ENDPOINT", &endpoint);
        stage.set("ASSAY_ACCESS_S3_ENDPOINT", &endpoint);
        stage.set("ASSAY_ACCESS_REGION", "us-east-1");
        stage.set("ASSAY_ACCESS_ACCESS_KEY_ID", &key);
        stage.set("ASSAY_ACCESS_SECRET_ACCESS_KEY", secret.expose());
        stage.set("ASSAY_FETCH_PRIVATE_RANGES", r#"["127.0.0.0/8"]"#);
        let spill = stage.spill().display().to_string();
        stage.set("ASSAY_FETCH_SPILL_FOLDER", &spill);
        // What a dead worker held can be taken over soon.
        stage.set("ASSAY_WORKER_CLAIM_LEASE_S", "3");
        stage
    }

    /// RabbitMQ and PostgreSQL, whose schema is still to be made.
    pub fn served_without_schema() -> Self {
        let mut stage = Self::embedded();
        let (postgres, rabbit) = (postgres::shared().unwrap(), rabbitmq::vhost().unwrap());
        stage.store = postgres.create_database().unwrap();
        let (store, broker) = (stage.store.clone(), rabbit.url().to_owned());
        stage.set("ASSAY_STORE_URL", &store);
        stage.set("ASSAY_BROKER_URL", &broker);
        (stage.rabbit, stage.postgres) = (Some(rabbit), Some(postgres));
        stage
    }

    /// RabbitMQ and PostgreSQL.
    pub fn served() -> Self {
        let stage = Self::served_without_schema();
        stage.assay(&["migrate"]).well();
        stage
    }

    pub fn unset(&mut self, name: &str) {
        self.settings.retain(|(other, _)| other != name);
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// Folder of what does not fit into memory.
    pub fn spill(&self) -> PathBuf {
        self.folder.path().join("spill")
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(&assay());
        command.current_dir(self.folder.path()).args(["--folder", "assay"]).envs(self.settings.iter().cloned());
        with(command, arguments)
    }

    /// Runs `assay` with these arguments to its end.
    #[track_caller]
    pub fn assay(&self, arguments: &[&str]) -> Ended {
        let ended = run(self.command(arguments), b"");
        self.said.borrow_mut().push((format!("assay {}", arguments.join(" ")), ended.all()));
        ended
    }

    /// Passwords of this test's own servers.
    pub fn passwords(&self) -> Vec<String> {
        let secret = |url: &str| Some(url.split_once("://")?.1.rsplit_once('@')?.0.to_owned());
        [Some(self.store.as_str()), self.rabbit.as_ref().map(VirtualHost::url)].into_iter().flatten().filter_map(secret).collect()
    }

    /// Starts `assay worker` or `assay up`.
    #[track_caller]
    pub fn service(&self, arguments: &[&str], log: &str) -> Service {
        let mut command = self.command(arguments);
        // More than is shipped: whatever is written at any level but TRACE is searched for secrets.
        if !self.settings.iter().any(|(name, _)| name == "ASSAY_LOG") {
            command.env("ASSAY_LOG", "debug,lapin=error");
        }
        Service::start(command, self.folder.path().join(log))
    }

    /// Registers the integration, and the customer pastes the two policies that were printed.
    #[track_caller]
    pub fn connect(&self) -> Value {
        let covers = format!("s3://{BUCKET}");
        let add =
            ["integration", "add", INTEGRATION, "--role-arn", ROLE, "--covers", &covers, "--may-list", "--region", "us-east-1", "--json"];
        let added = self.assay(&add).well().json().remove(0);
        self.cloud.add_bucket(BUCKET, None, None);
        self.cloud.add_role(Role::new(ROLE, added["trust_policy"].clone(), added["permission_policy"].clone()));
        added
    }

    /// Puts a fixture of `fixtures/media` into the customer's bucket.
    pub fn put(&self, key: &str, fixture: &str) {
        let bytes = std::fs::read(fixtures::media().join(fixture)).unwrap();
        self.cloud.put_object(BUCKET, key, bytes, ObjectOptions::default());
    }

    /// Submits one row for each key; the task.
    #[track_caller]
    pub fn submit(&self, keys: &[String]) -> String {
        let rows = keys.iter().map(|key| {
            json!({ "uri": format!("s3://{BUCKET}/{key}"), "global_key": key, "data_row_id": format!("dr_{key}"), "integration": INTEGRATION })
        });
        let manifest = self.folder.path().join("manifest.jsonl");
        std::fs::write(&manifest, rows.map(|row| row.to_string()).collect::<Vec<_>>().join("\n")).unwrap();
        let said = self.assay(&["submit", &manifest.display().to_string(), "--json"]).well().json().remove(0);
        assert_eq!(said["queued"], keys.len(), "{said}");
        said["task_id"].as_str().unwrap().to_owned()
    }

    /// The records of a task, when it is done.
    #[track_caller]
    pub fn records(&self, task: &str) -> Vec<Value> {
        self.assay(&["watch", task, "--json"]).json()
    }

    /// One number out of the store.
    pub fn number(&self, sql: &'static str) -> i64 {
        self.runtime.block_on(async {
            if self.store.starts_with("sqlite:") {
                let mut store = sqlx::SqliteConnection::connect(&self.store).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut store).await.unwrap()
            } else {
                let mut store = sqlx::PgConnection::connect(&self.store).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut store).await.unwrap()
            }
        })
    }

    /// Changes the embedded queue by hand.
    pub fn change_queue(&self, sql: &'static str) {
        self.change(&self.queue(), sql);
    }

    /// Changes the embedded store by hand.
    pub fn change_store(&self, sql: &'static str) {
        self.change(&self.store, sql);
    }

    fn change(&self, file: &str, sql: &'static str) {
        self.runtime.block_on(async {
            let mut file = sqlx::SqliteConnection::connect(file).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut file).await.unwrap();
        });
    }

    /// Messages of the embedded queue; `None` while somebody writes there.
    pub fn messages(&self) -> Option<i64> {
        self.runtime.block_on(async {
            let options = SqliteConnectOptions::from_str(&self.queue()).unwrap().busy_timeout(Duration::ZERO);
            let mut queue = options.connect().await.unwrap();
            sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut queue).await.ok()?;
            Some(sqlx::query_scalar("SELECT count(*) FROM messages").fetch_one(&mut queue).await.unwrap())
        })
    }

    fn queue(&self) -> String {
        format!("sqlite:{}", self.folder.path().join("assay/queue.db").display())
    }

    /// Bytes of this object that the cloud has sent so far, over all its reads.
    pub fn sent(&self, key: &str) -> u64 {
        self.cloud
            .requests()
            .iter()
            .filter(|request| request.operation == "GetObject" && request.key == key)
            .map(|request| request.bytes)
            .sum()
    }
}

impl Drop for Stage {
    /// The whole test run is searched, each test when it ends well.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(leaks::found(self), Vec::<String>::new(), "a secret was seen where it must not be");
        }
    }
}
