//! What every test stands on: a started sandbox, sealed inputs, a task for the test decoder.

use assay_contract::exchange::{InputKind, Task};
use assay_contract::profile::{DerivativeName, Identifiers, Profile};
use assay_contract::{AssetKind, DecodeLimits};
use assay_sandbox::{Answered, ChildDeath, ChildFailure, Ended, Sandbox, SandboxConfig, Source};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The folder with the decoders: two above the test's own executable, `target/debug/deps/…`.
pub(crate) fn decoders_folder() -> PathBuf {
    let executable = std::env::current_exe().unwrap();
    let folder = executable.parent().unwrap().parent().unwrap().to_owned();
    assert!(folder.join("assay-faulty").is_file(), "the test decoder is not built; type: cargo build -p assay-faulty");
    folder
}

pub(crate) async fn sandbox() -> Sandbox {
    sandbox_of(decoders_folder(), 8).await
}

pub(crate) async fn sandbox_of(decoders_folder: PathBuf, max_children: usize) -> Sandbox {
    Sandbox::start(SandboxConfig { decoders_folder, families: vec!["faulty".to_owned()], max_children }).await.unwrap()
}

pub(crate) fn limits() -> DecodeLimits {
    // Far above what any test needs on a busy machine: a test that means a clock sets it.
    DecodeLimits { memory_bytes: 256 << 20, cpu_ms: 20_000, stall_ms: 20_000, total_ms: 40_000, ..DecodeLimits::default() }
}

pub(crate) fn task(content_length: usize, limits: DecodeLimits) -> Task {
    Task {
        mime_type: "image/x-faulty".to_owned(),
        kind: Some(AssetKind::Image),
        content_length: content_length as u64,
        input: InputKind::Memory,
        thumbnails: Profile::standard().thumbnails,
        derivatives: vec![DerivativeName::Waveform],
        identifiers: Identifiers::Omit,
        limits,
    }
}

pub(crate) fn unsealed(bytes: &[u8]) -> File {
    let mut file = File::from(memfd_create("asset", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap());
    file.write_all(bytes).unwrap();
    file
}

pub(crate) fn sealed(bytes: &[u8]) -> OwnedFd {
    let file = unsealed(bytes);
    fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL).unwrap();
    file.into()
}

/// Runs a command under limits.
pub(crate) async fn run_under(sandbox: &Sandbox, command: &str, limits: DecodeLimits) -> Result<Answered, ChildFailure> {
    let source = Source::Memory { fd: sealed(command.as_bytes()) };
    sandbox.decode("faulty", task(command.len(), limits), source).await
}

pub(crate) async fn run(sandbox: &Sandbox, command: &str) -> Answered {
    run_under(sandbox, command, limits()).await.unwrap()
}

/// The next asset on the same fork server is right.
pub(crate) async fn assert_healthy(sandbox: &Sandbox) {
    let answered = run(sandbox, "facts 10 20").await;
    assert_eq!(answered.ended, Ended::Done);
    let attributes = answered.facts.unwrap().media_attributes;
    assert_eq!((attributes.width, attributes.height), (Some(10), Some(20)));
}

/// How a child died; a child that did not is a failed test.
pub(crate) fn death(answered: &Answered) -> &ChildDeath {
    match &answered.ended {
        Ended::Died(death) => death,
        ended => panic!("it ended as {ended:?}: {:?} {:?}", answered.issues, answered.refusal),
    }
}

/// What stopped an attack that the child survived.
pub(crate) fn held(answered: &Answered) -> &str {
    let issue = answered.issues.first().unwrap_or_else(|| panic!("it said nothing: {answered:?}"));
    assert_eq!(issue.code, "held", "{}", issue.message);
    &issue.message
}

/// The fork servers of this very process: nextest runs each test in a process of its own.
pub(crate) fn fork_servers() -> Vec<u32> {
    let children =
        fs::read_dir("/proc/self/task").unwrap().flatten().filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    children.flat_map(|list| list.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>()).collect()
}

/// The children of a fork server.
pub(crate) fn children_of(server: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{server}/task/{server}/children")).unwrap_or_default();
    list.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

/// Sends a signal; whom it is for may be dead already.
pub(crate) fn signal(pid: u32, signal: Signal) {
    let _ = kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal);
}

/// Waits for what must come; the time is only for a machine that is very busy.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "still not so: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
