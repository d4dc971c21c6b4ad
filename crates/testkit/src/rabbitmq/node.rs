//! One node: where its programs are, how it is started, killed and asked.

use super::management::Management;
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Debian's scripts; those in /usr/sbin change the user and lose the environment.
const PROGRAMS: &str = "/usr/lib/rabbitmq/bin";

/// How long a node may take until it answers; on a busy machine it takes many seconds.
const START_LIMIT: Duration = Duration::from_secs(90);

const KEEPER: &str = include_str!("keeper.sh");

/// A node of our own. Killed and removed when dropped, and also when this process dies without dropping it.
#[derive(Debug)]
pub struct PrivateRabbit {
    folder: PathBuf,
    ports: Ports,
    environment: Vec<(&'static str, String)>,
    keeper: Mutex<Keeper>,
}

/// The shell that runs `keeper.sh`.
#[derive(Debug)]
struct Keeper {
    child: Child,
    /// Dropped to end the node.
    input: Option<ChildStdin>,
}

#[derive(Debug, Clone, Copy)]
struct Ports {
    amqp: u16,
    management: u16,
    distribution: u16,
    mapper: u16,
}

impl PrivateRabbit {
    /// Starts a node with RabbitMQ's own settings.
    pub fn start() -> Result<Self> {
        Self::start_with("")
    }

    /// Starts a node with more lines in its `rabbitmq.conf`, such as `consumer_timeout = 2000`.
    #[allow(clippy::disallowed_methods, reason = "the test kit starts the servers that tests need")]
    pub fn start_with(settings: &str) -> Result<Self> {
        let server = Path::new(PROGRAMS).join("rabbitmq-server");
        if !server.exists() {
            bail!("RabbitMQ is not installed; as root: apt-get install -y --no-install-recommends rabbitmq-server");
        }
        let folder = tempfile::Builder::new().prefix("assay-rabbitmq-").tempdir()?.keep();
        let ports = Ports::free()?;
        let environment = environment(&folder, ports);
        fs::write(folder.join("enabled_plugins"), "[rabbitmq_management].\n")?;
        fs::write(folder.join("rabbitmq.conf"), configuration(ports) + settings + "\n")?;
        let mut child = Command::new("sh")
            .args(["-c", KEEPER])
            .envs(environment.iter().map(|(name, value)| (*name, value)))
            .env("RABBITMQ_SERVER", &server)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C at a terminal reaches the tests, and the keeper notices by their end.
            .process_group(0)
            .spawn()
            .context("starting RabbitMQ's keeper")?;
        let input = child.stdin.take();
        let node = Self { folder, ports, environment, keeper: Mutex::new(Keeper { child, input }) };
        node.until_ready()?;
        Ok(node)
    }

    /// Kills the node as a power cut would, starts it again on the same ports and folder, and waits until it answers.
    pub fn restart(&self) -> Result<()> {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        let input = keeper.input.as_mut().context("the node has ended")?;
        input.write_all(b"restart\n")?;
        drop(keeper);
        // The old node may still answer for a moment: its end is seen first.
        let deadline = Instant::now() + START_LIMIT;
        while self.management().get("/api/overview").is_ok() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        self.until_ready()
    }

    /// Runs `rabbitmqctl` against this node and returns what it prints.
    #[allow(clippy::disallowed_methods, reason = "the test kit starts the servers that tests need")]
    pub fn control(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new(Path::new(PROGRAMS).join("rabbitmqctl"))
            .arg("--quiet")
            .args(arguments)
            .envs(self.environment.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null())
            .output()?;
        if !output.status.success() {
            bail!("rabbitmqctl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The AMQP address of the vhost `/`.
    pub fn url(&self) -> String {
        format!("{}/%2f", self.amqp())
    }

    /// What [`super::GIVEN`] holds to share this node with other processes.
    pub fn given(&self) -> String {
        format!("{} {}", self.amqp(), self.management().url())
    }

    pub(super) fn amqp(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}", self.ports.amqp)
    }

    pub(super) fn management(&self) -> Management {
        Management::local(self.ports.management)
    }

    fn until_ready(&self) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        let listens = format!("/api/health/checks/port-listener/{}", self.ports.amqp);
        loop {
            let Err(error) = self.management().get(&listens) else { return Ok(()) };
            let ended = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).child.try_wait()?.is_some();
            if ended || Instant::now() > deadline {
                let log = fs::read_to_string(self.folder.join("out")).unwrap_or_default();
                let end: Vec<&str> = log.lines().rev().take(20).collect();
                bail!("RabbitMQ did not start: {error:#}; its last lines, newest first:\n{}", end.join("\n"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for PrivateRabbit {
    fn drop(&mut self) {
        let keeper = self.keeper.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(keeper.input.take());
        // Killed and removed when the keeper has ended.
        let _ = keeper.child.wait();
    }
}

impl Ports {
    /// Ports that nobody listens on at this moment. All are held until all are found, so that they differ.
    fn free() -> Result<Self> {
        let held = [(); 4].map(|()| TcpListener::bind("127.0.0.1:0"));
        let port = |listener: &std::io::Result<TcpListener>| -> Result<u16> {
            Ok(listener.as_ref().map_err(|error| anyhow::anyhow!("no free port: {error}"))?.local_addr()?.port())
        };
        let [amqp, management, distribution, mapper] = &held;
        Ok(Self { amqp: port(amqp)?, management: port(management)?, distribution: port(distribution)?, mapper: port(mapper)? })
    }
}

fn configuration(ports: Ports) -> String {
    format!(
        "listeners.tcp.1 = 127.0.0.1:{}\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {}\n\
         vm_memory_high_watermark.absolute = 512MiB\ndisk_free_limit.absolute = 50MB\nlog.file.level = warning\n",
        ports.amqp, ports.management
    )
}

/// Everything a node reads from its environment; see <https://www.rabbitmq.com/docs/configure#supported-environment-variables>.
fn environment(folder: &Path, ports: Ports) -> Vec<(&'static str, String)> {
    let at = |name: &str| folder.join(name).display().to_string();
    vec![
        ("NODE_FOLDER", folder.display().to_string()),
        // Holds the Erlang cookie.
        ("HOME", folder.display().to_string()),
        ("RABBITMQ_NODENAME", "assay-test@localhost".to_owned()),
        ("RABBITMQ_CONFIG_FILE", at("rabbitmq.conf")),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", at("enabled_plugins")),
        ("RABBITMQ_MNESIA_BASE", at("data")),
        ("RABBITMQ_LOG_BASE", at("log")),
        ("RABBITMQ_PID_FILE", at("pid")),
        ("RABBITMQ_DIST_PORT", ports.distribution.to_string()),
        ("RABBITMQ_ALLOW_INPUT", "1".to_owned()),
        // A tick a second, so that an acknowledgement time-out is noticed soon.
        (
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
            "-kernel inet_dist_use_interface {127,0,0,1} -rabbit channel_tick_interval 1000 +S 2:2".to_owned(),
        ),
        ("ERL_EPMD_ADDRESS", "127.0.0.1".to_owned()),
        ("ERL_EPMD_PORT", ports.mapper.to_string()),
    ]
}
