//! Commands that end, services that go on, and waiting with a deadline.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// No command of a test takes longer on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(100);

/// The binary under test.
pub fn assay() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_assay"))
}

/// Another binary of this workspace, in the folder where `assay` lies.
pub fn sibling(name: &str) -> PathBuf {
    let path = assay().with_file_name(name);
    assert!(path.exists(), "{} is missing: type `cargo build --workspace --bins`", path.display());
    path
}

/// A command without any setting of whoever runs the tests.
pub fn command(program: &Path) -> Command {
    for decoder in ["assay-image", "assay-media", "assay-document", "assay-geo", "assay-dicom", "assay-text", "assay-faulty"] {
        sibling(decoder);
    }
    #[allow(clippy::disallowed_methods, reason = "what is tested here is a process")]
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/bin:/bin");
    command
}

/// How a command ended and what it said.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ended {
    /// The command did its work: anything else fails the test with all it said.
    #[track_caller]
    pub fn well(self) -> Self {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.err);
        self
    }

    /// Each line of output as JSON.
    #[track_caller]
    pub fn json(&self) -> Vec<serde_json::Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}\n{}", self.err))).collect()
    }

    /// Both streams, for searching.
    pub fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

/// Runs a command to its end, with an input; a command that does not end is killed and fails the test.
#[track_caller]
pub fn run(mut command: Command, input: &[u8]) -> Ended {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let out = thread::spawn(move || read_all(&mut out));
    let err = thread::spawn(move || read_all(&mut err));
    // A command that never reads closes its end: not the test's concern.
    let _ = child.stdin.take().unwrap().write_all(input);
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{command:?} did not end: {}{}", out.join().unwrap(), err.join().unwrap());
        }
        thread::sleep(Duration::from_millis(5));
    };
    Ended { code: status.code().unwrap_or(-1), out: out.join().unwrap(), err: err.join().unwrap() }
}

fn read_all(from: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Waits until something holds; fails the test with its name when it takes too long.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "after {PATIENCE:?} still not so: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// `assay worker` or `assay up`, running. Killed when dropped.
#[derive(Debug)]
pub struct Service {
    process: Child,
    address: String,
    log: PathBuf,
}

impl Service {
    /// Starts it and waits until it is ready.
    #[track_caller]
    pub fn start(command: Command, log: PathBuf) -> Self {
        let mut service = Self::begin(command, log);
        until("the service is ready", || {
            let ended = service.process.try_wait().unwrap();
            assert!(ended.is_none(), "it ended with {ended:?}: {}", service.said());
            service.page("/readyz").is_some_and(|(status, _)| status == 200)
        });
        service
    }

    /// Starts it and waits for nothing.
    #[track_caller]
    pub fn begin(mut command: Command, log: PathBuf) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        command.env("ASSAY_WORKER_LISTEN", &address);
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log).unwrap()).spawn().unwrap();
        Self { process, address, log }
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Its log so far.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Status and body of one of its pages; `None` when nobody answers.
    pub fn page(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// Puts its metrics as they are now beside its log, to be searched like that.
    fn keep_metrics(&self) {
        if let Some((_, metrics)) = self.page("/metrics") {
            let _ = std::fs::write(self.log.with_extension("metrics.log"), metrics);
        }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        self.keep_metrics();
        signal(self.pid(), rustix::process::Signal::TERM);
    }

    /// Its exit code, when it has ended by itself.
    #[track_caller]
    pub fn end(&mut self) -> i32 {
        let mut code = None;
        until("the service ended", || {
            code = self.process.try_wait().unwrap().map(|status| status.code());
            code.is_some()
        });
        code.flatten().unwrap_or(-1)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.keep_metrics();
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends a signal to a process; one that is gone already is no error.
pub fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
    let _ = rustix::process::kill_process(pid, signal);
}

/// Arguments of any kind for a command.
pub fn with<S: AsRef<OsStr>>(mut command: Command, arguments: impl IntoIterator<Item = S>) -> Command {
    command.args(arguments);
    command
}
