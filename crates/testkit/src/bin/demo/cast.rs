//! Who plays in the demo: the stand-in cloud and `assay`, each a process of its own.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What every profile makes, and a storyboard of each video: there is somebody who will look.
const CONFIG: &str = r#"[profiles.default]
derivatives = ["waveform", "frame-index", "text-layer", "storyboard", "storyboard-cues"]
"#;

/// Numbers the scenes.
#[derive(Debug, Default)]
pub(crate) struct Step(u32);

impl Step {
    pub(crate) fn begin(&mut self, what: &str) {
        self.0 += 1;
        println!("\n{}. {what}\n", self.0);
    }
}

/// The customer's cloud.
#[derive(Debug)]
pub(crate) struct Cloud {
    process: Child,
    ready: Value,
}

impl Cloud {
    pub(crate) fn start(binaries: &Path, bucket: &str, folder: &Path, out: &Path) -> Result<Self> {
        let ready_file = out.join("cloud.json");
        let process = Command::new(binaries.join("stand-in-cloud"))
            .args(["--bucket", bucket, "--folder"])
            .arg(folder)
            .arg("--ready-file")
            .arg(&ready_file)
            .stdout(Stdio::null())
            .spawn()
            .context("stand-in-cloud can't be started")?;
        wait_for("the stand-in cloud", || Ok(ready_file.exists()))?;
        let ready = serde_json::from_slice(&std::fs::read(&ready_file)?)?;
        // It holds the worker's key, as a demo may; it need not lie about.
        std::fs::remove_file(&ready_file)?;
        Ok(Self { process, ready })
    }

    pub(crate) fn say(&self, what: &str) -> &str {
        self.ready[what].as_str().unwrap_or_default()
    }

    /// The customer makes a role with the two policies that `integration add` printed.
    pub(crate) fn customer_pastes(&self, role: &str, added: &Value) -> Result<()> {
        self.tell(&json!({ "command": "add-role", "arn": role, "trust": added["trust_policy"], "permissions": added["permission_policy"] }))
    }

    pub(crate) fn customer_revokes(&self, role: &str) -> Result<()> {
        self.tell(&json!({ "command": "revoke", "arn": role }))
    }

    fn tell(&self, command: &Value) -> Result<()> {
        let answer = http(self.say("endpoint"), "POST", "/_admin", Some(self.say("admin_token")), &command.to_string())?;
        ensure!(answer.starts_with("HTTP/1.1 200"), "the stand-in cloud refused: {}", answer.lines().next().unwrap_or_default());
        Ok(())
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `assay up`, and the commands that speak to the same folder.
#[derive(Debug)]
pub(crate) struct Assay {
    process: Child,
    binary: PathBuf,
    settings: Vec<(String, String)>,
    folder: PathBuf,
    listen: String,
}

impl Assay {
    pub(crate) fn start(binaries: &Path, cloud: &Cloud, out: &Path) -> Result<Self> {
        let spill = out.join("spill");
        std::fs::create_dir_all(&spill)?;
        let listen = free_address()?;
        let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let settings = vec![
            setting("ASSAY_ACCESS_STS_ENDPOINT", cloud.say("endpoint")),
            setting("ASSAY_ACCESS_S3_ENDPOINT", cloud.say("endpoint")),
            setting("ASSAY_ACCESS_ACCESS_KEY_ID", cloud.say("access_key_id")),
            setting("ASSAY_ACCESS_SECRET_ACCESS_KEY", cloud.say("secret_access_key")),
            setting("ASSAY_FETCH_PRIVATE_RANGES", "[\"127.0.0.0/8\"]"),
            setting("ASSAY_FETCH_SPILL_FOLDER", &spill.to_string_lossy()),
            // Small, so that the larger fixtures take the road of the encrypted temporary file.
            setting("ASSAY_FETCH_SPILL_ABOVE", "100000"),
        ];
        let (binary, folder, config) = (binaries.join("assay"), out.join("assay"), out.join("assay.toml"));
        std::fs::write(&config, CONFIG)?;
        let log = std::fs::File::create(out.join("up.log"))?;
        let mut command = Command::new(&binary);
        command
            .arg("--folder")
            .arg(&folder)
            .arg("--config")
            .arg(&config)
            .arg("up")
            .envs(settings.iter().cloned())
            .env("ASSAY_WORKER_LISTEN", &listen)
            .stdout(Stdio::null())
            .stderr(log);
        let mut process = command.spawn().context("assay can't be started")?;
        wait_for("assay up", || match process.try_wait()? {
            Some(status) => bail!("assay up ended with {status}; its log is {}", out.join("up.log").display()),
            None => Ok(http(&format!("http://{listen}"), "GET", "/readyz", None, "").is_ok_and(|page| page.starts_with("HTTP/1.1 200"))),
        })?;
        Ok(Self { process, binary, settings, folder, listen })
    }

    /// What `/readyz` says of the sandbox.
    pub(crate) fn posture(&self) -> Result<String> {
        let page = http(&format!("http://{}", self.listen), "GET", "/readyz", None, "")?;
        let body: Value = serde_json::from_str(page.split("\r\n\r\n").nth(1).unwrap_or("{}"))?;
        Ok(format!("ready; sandbox: {}; its own attacks failed", body["sandbox"].as_str().unwrap_or("unknown")))
    }

    /// A metric's value, the sum over its labels.
    pub(crate) fn metric(&self, name: &str) -> Result<f64> {
        let page = http(&format!("http://{}", self.listen), "GET", "/metrics", None, "")?;
        Ok(page.lines().filter(|line| line.starts_with(name)).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn add_integration(&self, id: &str, role: &str, bucket: &str) -> Result<Value> {
        let covers = format!("s3://{bucket}");
        let printed = self.output(&[
            "integration",
            "add",
            id,
            "--role-arn",
            role,
            "--covers",
            &covers,
            "--may-list",
            "--region",
            "us-east-1",
            "--json",
        ])?;
        Ok(serde_json::from_str(&printed)?)
    }

    pub(crate) fn submit(&self, manifest: &Path) -> Result<String> {
        let printed = self.output(&["submit", &manifest.to_string_lossy(), "--name", "demo", "--json"])?;
        let task: Value = serde_json::from_str(&printed)?;
        Ok(task["task_id"].as_str().context("submit printed no task")?.to_owned())
    }

    /// Follows the task on the terminal, then asks for its records and for a page of them.
    pub(crate) fn watch(&self, task: &str, page: &Path) -> Result<Vec<Value>> {
        let _ = self.command(&["watch", task]).stdout(Stdio::null()).status()?;
        let output = self.command(&["watch", task, "--json", "--html", &page.to_string_lossy()]).output()?;
        let mut records = String::from_utf8(output.stdout)?.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
        records.sort_by_key(|record| record["global_key"].as_str().unwrap_or_default().to_owned());
        Ok(records)
    }

    /// Runs a command for the reader to see.
    pub(crate) fn show(&self, arguments: &[&str]) -> Result<()> {
        for line in self.output(arguments)?.lines() {
            println!("  {line}");
        }
        Ok(())
    }

    /// Ends it as an orchestrator would.
    pub(crate) fn end(mut self) -> Result<()> {
        Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status()?;
        let status = self.process.wait()?;
        ensure!(status.success(), "assay up ended with {status}");
        Ok(())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("--folder").arg(&self.folder).args(arguments).envs(self.settings.iter().cloned());
        command
    }

    fn output(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command(arguments).stderr(Stdio::inherit()).output()?;
        ensure!(
            output.status.success(),
            "assay {} ended with {}:\n{}",
            arguments.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stdout)
        );
        Ok(String::from_utf8(output.stdout)?)
    }
}

impl Drop for Assay {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_address() -> Result<String> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

fn wait_for(what: &str, mut ready: impl FnMut() -> Result<bool>) -> Result<()> {
    let began = Instant::now();
    while !ready()? {
        ensure!(began.elapsed() < Duration::from_mins(1), "{what} was not ready within a minute");
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// One request on loopback; the whole answer as text.
fn http(endpoint: &str, method: &str, path: &str, token: Option<&str>, body: &str) -> Result<String> {
    let host = endpoint.strip_prefix("http://").context("only http on loopback")?;
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let token = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    write!(stream, "{method} {path} HTTP/1.1\r\nhost: {host}\r\n{token}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
