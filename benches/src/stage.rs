//! What a bench plays on: a customer's cloud, RabbitMQ, PostgreSQL and a shelf, with `assay` set up to use them.

use anyhow::{Context, Result, bail, ensure};
use assay_testkit::cloud::{ObjectOptions, Role, StandInCloud};
use assay_testkit::postgres::{self, SharedPostgres};
use assay_testkit::rabbitmq::{self, VirtualHost};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use std::cell::Cell;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) const BUCKET: &str = "bench-assets";
const SHELF: &str = "bench-shelf";
const ROLE: &str = "arn:aws:iam::222222222222:role/assay-reads";
const INTEGRATION: &str = "int_bench";

/// How long a worker may take until it is ready.
const START_LIMIT: Duration = Duration::from_mins(1);

/// The servers of one bench. Fields are dropped in this order: the runtime carries the cloud.
pub(crate) struct Stage {
    pub(crate) cloud: StandInCloud,
    pub(crate) folder: TempDir,
    settings: Vec<(String, String)>,
    store: String,
    program: PathBuf,
    /// Workers started so far: each has a log of its own.
    workers: Cell<u32>,
    pub(crate) rabbit: VirtualHost,
    _postgres: SharedPostgres,
    pub(crate) runtime: Runtime,
}

/// `assay worker`, running. Killed when dropped.
pub(crate) struct Worker {
    process: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Stage {
    /// Starts everything, registers the integration and migrates the schema. `assay` lies beside this program.
    pub(crate) fn new() -> Result<Self> {
        let runtime = Runtime::new()?;
        let cloud = runtime.block_on(StandInCloud::start());
        let folder = tempfile::Builder::new().prefix("assay-bench-").tempdir()?;
        fs::create_dir(folder.path().join("spill"))?;
        let (postgres, rabbit) = (postgres::shared()?, rabbitmq::vhost()?);
        let program = std::env::current_exe()?.with_file_name("assay");
        ensure!(program.exists(), "{} is missing: type `make build`", program.display());
        let (key, secret) = cloud.worker_identity();
        let (shelf_key, shelf_secret) = cloud.operator_identity();
        let spill = folder.path().join("spill").display().to_string();
        let store = postgres.create_database()?;
        let settings = [
            ("STORE_URL", store.clone()),
            ("BROKER_URL", rabbit.url().to_owned()),
            ("SHELF_URL", format!("s3://{SHELF}/thumbnails")),
            ("SHELF_ENDPOINT", cloud.endpoint().to_owned()),
            ("SHELF_REGION", "us-east-1".to_owned()),
            ("SHELF_ACCESS_KEY_ID", shelf_key),
            ("SHELF_SECRET_ACCESS_KEY", shelf_secret.expose().clone()),
            ("ACCESS_STS_ENDPOINT", cloud.endpoint().to_owned()),
            ("ACCESS_S3_ENDPOINT", cloud.endpoint().to_owned()),
            ("ACCESS_REGION", "us-east-1".to_owned()),
            ("ACCESS_ACCESS_KEY_ID", key),
            ("ACCESS_SECRET_ACCESS_KEY", secret.expose().clone()),
            ("FETCH_PRIVATE_RANGES", r#"["127.0.0.0/8"]"#.to_owned()),
            ("FETCH_SPILL_FOLDER", spill),
        ];
        let settings = settings.into_iter().map(|(name, value)| (format!("ASSAY_{name}"), value)).collect();
        let workers = Cell::new(0);
        let stage = Self { cloud, folder, settings, store, program, workers, rabbit, _postgres: postgres, runtime };
        stage.assay(&["migrate"])?;
        stage.connect()?;
        Ok(stage)
    }

    fn connect(&self) -> Result<()> {
        let covers = format!("s3://{BUCKET}");
        let add =
            ["integration", "add", INTEGRATION, "--role-arn", ROLE, "--covers", &covers, "--may-list", "--region", "us-east-1", "--json"];
        let added: Value = serde_json::from_str(&self.assay(&add)?)?;
        let policy = |name: &str| added.get(name).cloned().with_context(|| format!("integration add printed no {name}"));
        self.cloud.add_bucket(BUCKET, None, None);
        self.cloud.add_bucket(SHELF, None, None);
        self.cloud.add_role(Role::new(ROLE, policy("trust_policy")?, policy("permission_policy")?));
        Ok(())
    }

    /// Puts an object into the customer's bucket.
    pub(crate) fn put(&self, key: &str, bytes: &[u8]) {
        self.cloud.put_object(BUCKET, key, bytes.to_vec(), ObjectOptions::default());
    }

    /// Submits one row for each key; the task.
    pub(crate) fn submit(&self, keys: &[String], lane: &str) -> Result<String> {
        let rows = keys.iter().map(|key| json!({ "uri": format!("s3://{BUCKET}/{key}"), "integration": INTEGRATION }).to_string());
        let manifest = self.folder.path().join("manifest.jsonl");
        fs::write(&manifest, rows.collect::<Vec<_>>().join("\n"))?;
        let said: Value = serde_json::from_str(&self.assay(&["submit", &manifest.display().to_string(), "--lane", lane, "--json"])?)?;
        Ok(said.get("task_id").and_then(Value::as_str).context("submit printed no task")?.to_owned())
    }

    /// Waits until a task is done; its records.
    pub(crate) fn records(&self, task: &str) -> Result<Vec<assay_contract::Record>> {
        let said = self.assay(&["watch", task, "--json"])?;
        said.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }

    /// One number out of the store.
    pub(crate) fn number(&self, sql: &'static str) -> Result<i64> {
        self.runtime.block_on(async {
            let mut store = PgConnection::connect(&self.store).await?;
            Ok(sqlx::query_scalar(sql).fetch_one(&mut store).await?)
        })
    }

    /// How many jobs have a record.
    pub(crate) fn recorded(&self) -> Result<usize> {
        Ok(usize::try_from(self.number("SELECT count(*) FROM records")?)?)
    }

    /// Waits until so many jobs have a record, for as long as one more comes every `patience`.
    pub(crate) fn until_recorded(&self, count: usize, patience: Duration) -> Result<()> {
        let (mut had, mut since) = (self.recorded()?, Instant::now());
        while had < count {
            ensure!(since.elapsed() < patience, "{had} of {count} records, and none more in {patience:?}");
            thread::sleep(Duration::from_millis(100));
            let has = self.recorded()?;
            if has > had {
                (had, since) = (has, Instant::now());
            }
        }
        Ok(())
    }

    /// Every job of these has one record, of its first generation and published; no row is left in limbo, no message is dead.
    pub(crate) fn each_exists_once(&self, jobs: usize) -> Result<()> {
        let jobs = i64::try_from(jobs)?;
        // What a crash or an outage left unpublished is told by the sweeper.
        let began = Instant::now();
        while self.number("SELECT count(*) FROM records WHERE published_at_us IS NULL")? > 0 && began.elapsed() < START_LIMIT * 2 {
            thread::sleep(Duration::from_millis(200));
        }
        for (what, sql, expected) in [
            ("records", "SELECT count(*) FROM records", jobs),
            ("jobs with a record", "SELECT count(DISTINCT job_id) FROM records", jobs),
            ("complete records", "SELECT count(*) FROM records WHERE status = 'complete'", jobs),
            ("records of a later generation", "SELECT count(*) FROM records WHERE generation <> 1", 0),
            ("unpublished records", "SELECT count(*) FROM records WHERE published_at_us IS NULL", 0),
            ("rows that are complete", "SELECT count(*) FROM data_rows WHERE state = 'complete'", jobs),
        ] {
            let found = self.number(sql)?;
            ensure!(found == expected, "{what}: {found}, not {expected}");
        }
        let dead = self.assay(&["dead", "list", "--json"])?;
        ensure!(dead.trim().is_empty(), "the dead letter holds: {dead}");
        Ok(())
    }

    /// An object of the operator's shelf, by the address in a record.
    pub(crate) fn shelved(&self, uri: &str) -> Result<Vec<u8>> {
        let key = uri.strip_prefix(&format!("s3://{SHELF}/")).with_context(|| format!("{uri} is not on the shelf"))?;
        Ok(self.cloud.object(SHELF, key).with_context(|| format!("nothing is at {uri}"))?.to_vec())
    }

    /// Changes a setting, `STORE_URL` for `store.url`, for all that starts from now on.
    pub(crate) fn set(&mut self, name: &str, value: &dyn ToString) {
        let name = format!("ASSAY_{name}");
        self.settings.retain(|(other, _)| *other != name);
        self.settings.push((name, value.to_string()));
    }

    /// The value of a setting.
    pub(crate) fn setting(&self, name: &str) -> Result<String> {
        let found = self.settings.iter().find(|(other, _)| other.strip_prefix("ASSAY_") == Some(name));
        Ok(found.with_context(|| format!("{name} is not set"))?.1.clone())
    }

    /// Starts a worker and waits until it is ready.
    pub(crate) fn worker(&self) -> Result<Worker> {
        self.worker_with(&[])
    }

    /// Starts a worker with settings of its own.
    pub(crate) fn worker_with(&self, settings: &[(&str, String)]) -> Result<Worker> {
        self.workers.set(self.workers.get() + 1);
        let log = self.folder.path().join(format!("worker-{}.log", self.workers.get()));
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = self.command(&["worker"]);
        command.env("ASSAY_WORKER_LISTEN", address.to_string());
        command.envs(settings.iter().map(|(name, value)| (format!("ASSAY_{name}"), value)));
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?).spawn()?;
        let mut worker = Worker { process, address, log };
        let began = Instant::now();
        while !worker.page("/readyz").is_some_and(|page| page.starts_with("HTTP/1.1 200")) {
            let ended = worker.process.try_wait()?;
            ensure!(ended.is_none() && began.elapsed() < START_LIMIT, "the worker did not start: {}", worker.said());
            thread::sleep(Duration::from_millis(20));
        }
        Ok(worker)
    }

    /// Runs `assay` to its end; what it printed. Exit codes 1 and 3 tell of assets, not of the command.
    pub(crate) fn assay(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command(arguments).stdin(Stdio::null()).output()?;
        if !matches!(output.status.code(), Some(0 | 1 | 3)) {
            bail!("assay {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    #[allow(clippy::disallowed_methods, reason = "what is measured here is a process")]
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().env("PATH", "/usr/bin:/bin").envs(self.settings.iter().cloned());
        command.current_dir(self.folder.path()).args(["--folder", "assay"]).args(arguments);
        command
    }
}

impl Worker {
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Its log so far.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// One of its pages, with the head; `None` when nobody answers.
    pub(crate) fn page(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    /// The sum of a metric over all its labels that contain `label`; `None` when it is not there.
    pub(crate) fn metric(&self, name: &str, label: &str) -> Option<f64> {
        let page = self.page("/metrics")?;
        let of_it = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])) && line.contains(label);
        let values: Vec<f64> = page.lines().filter(of_it).filter_map(|line| line.rsplit(' ').next()?.parse().ok()).collect();
        (!values.is_empty()).then(|| values.iter().sum())
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// SIGTERM.
    pub(crate) fn terminate(&self) -> Result<()> {
        let pid = rustix::process::Pid::from_child(&self.process);
        Ok(rustix::process::kill_process(pid, rustix::process::Signal::TERM)?)
    }

    /// SIGTERM, and waits for the drain.
    pub(crate) fn end(mut self) -> Result<()> {
        self.terminate()?;
        let status = self.process.wait()?;
        ensure!(status.success(), "the worker ended with {status}: {}", self.said());
        Ok(())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
