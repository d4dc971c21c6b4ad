//! What a bench plays on: a customer's cloud, RabbitMQ, PostgreSQL and a shelf, with `assay` set up to use them.

use anyhow::{Context, Result, bail, ensure};
use assay_testkit::cloud::{ObjectOptions, Role, StandInCloud};
use assay_testkit::postgres::{self, SharedPostgres};
use assay_testkit::rabbitmq::{self, VirtualHost};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const BUCKET: &str = "bench-assets";
const SHELF: &str = "bench-shelf";
const ROLE: &str = "arn:aws:iam::222222222222:role/assay-reads";
const INTEGRATION: &str = "int_bench";

/// How long a worker may take until it is ready.
const START_LIMIT: Duration = Duration::from_mins(1);

/// The servers of one bench. Fields are dropped in this order: the runtime carries the cloud.
pub(crate) struct Stage {
    cloud: StandInCloud,
    folder: TempDir,
    settings: Vec<(String, String)>,
    program: PathBuf,
    _rabbit: VirtualHost,
    _postgres: SharedPostgres,
    _runtime: Runtime,
}

/// `assay worker`, running. Killed when dropped.
pub(crate) struct Worker {
    process: Child,
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
        let settings = [
            ("STORE_URL", postgres.create_database()?),
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
        let stage = Self { cloud, folder, settings, program, _rabbit: rabbit, _postgres: postgres, _runtime: runtime };
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

    /// Starts a worker and waits until it is ready.
    pub(crate) fn worker(&self) -> Result<Worker> {
        let log = self.folder.path().join("worker.log");
        let ready = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = self.command(&["worker"]);
        command.env("ASSAY_WORKER_LISTEN", ready.to_string());
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?).spawn()?;
        let mut worker = Worker { process, log };
        let began = Instant::now();
        while !is_ready(ready) {
            let ended = worker.process.try_wait()?;
            ensure!(ended.is_none() && began.elapsed() < START_LIMIT, "the worker did not start: {}", worker.said());
            thread::sleep(Duration::from_millis(20));
        }
        Ok(worker)
    }

    /// Runs `assay` to its end; what it printed. Exit codes 1 and 3 tell of assets, not of the command.
    fn assay(&self, arguments: &[&str]) -> Result<String> {
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

    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// SIGTERM, and waits for the drain.
    pub(crate) fn end(mut self) -> Result<()> {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
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

fn is_ready(address: std::net::SocketAddr) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = std::net::TcpStream::connect(address) else { return false };
    let asked = stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let mut answer = String::new();
    asked.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.starts_with("HTTP/1.1 200")
}
