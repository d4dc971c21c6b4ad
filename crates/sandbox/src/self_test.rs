//! The worker attacks its own sandbox before it trusts it: any attack that succeeds is a reason to refuse to work.

use crate::answered::{Answered, Ended};
use crate::death::ChildDeath;
use crate::error::StartError;
use crate::family::Family;
use crate::source::Source;
use assay_contract::exchange::{InputKind, Task};
use assay_contract::limits::DecodeLimits;
use assay_contract::profile::Identifiers;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::Path;

/// The decoder that attacks; it ships beside the others.
const ATTACKER: &str = "faulty";
/// Memory an attacker may have; it tries to get twice as much.
const MEMORY_BYTES: u64 = 64 << 20;

/// What was tried, and what stopped it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfTest {
    /// All of them held.
    pub attacks: Vec<Attack>,
}

/// One attack on our own sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attack {
    /// What was tried.
    pub name: &'static str,
    /// What stopped it.
    pub stopped_by: String,
}

/// What must stop an attack.
#[derive(Clone, Copy)]
enum MustEnd {
    /// An error from the kernel, or death by the filter.
    Refused,
    /// The memory limit.
    OutOfMemory,
    /// The CPU limit.
    CpuLimit,
}

/// Runs every attack, each in a child of its own; a second and a half, nearly all of it for the CPU limit.
pub(crate) async fn run(decoders_folder: &Path) -> Result<SelfTest, StartError> {
    let family = Family::start(ATTACKER, decoders_folder.join(format!("assay-{ATTACKER}"))).await?;
    let worker = std::process::id();
    let tries = [
        ("read a file", "read /etc/passwd".to_owned(), MustEnd::Refused),
        ("write a file", "write /tmp/assay-self-test".to_owned(), MustEnd::Refused),
        ("connect by TCP", "tcp".to_owned(), MustEnd::Refused),
        ("send by UDP", "udp".to_owned(), MustEnd::Refused),
        ("connect to a local socket", "unix".to_owned(), MustEnd::Refused),
        ("trace the worker", format!("ptrace {worker}"), MustEnd::Refused),
        ("read the worker's memory", format!("peek {worker}"), MustEnd::Refused),
        ("signal the worker", format!("kill {worker}"), MustEnd::Refused),
        ("have the worker signalled by a descriptor", format!("own {worker}"), MustEnd::Refused),
        ("fork", "fork".to_owned(), MustEnd::Refused),
        ("run a program", "exec".to_owned(), MustEnd::Refused),
        ("write and run code", "write-exec".to_owned(), MustEnd::Refused),
        ("set up io_uring", "io-uring".to_owned(), MustEnd::Refused),
        ("raise its own limits", "raise-limits".to_owned(), MustEnd::Refused),
        ("hide bytes in a memfd", "memfd".to_owned(), MustEnd::Refused),
        ("take twice its memory", format!("eat {}", MEMORY_BYTES * 2), MustEnd::OutOfMemory),
        ("use more than its CPU time", "spin".to_owned(), MustEnd::CpuLimit),
    ];
    let outcome = all(&family, &tries).await;
    family.close().await;
    outcome
}

async fn all(family: &Family, tries: &[(&'static str, String, MustEnd)]) -> Result<SelfTest, StartError> {
    let mut attacks = Vec::new();
    for (name, command, must_end) in tries {
        let answered = attack(family, command).await?;
        match verdict(&answered, *must_end) {
            Ok(stopped_by) => attacks.push(Attack { name, stopped_by }),
            Err(outcome) => return Err(StartError::Breached { attack: name, outcome }),
        }
    }
    Ok(SelfTest { attacks })
}

async fn attack(family: &Family, command: &str) -> Result<Answered, StartError> {
    let limits = DecodeLimits { memory_bytes: MEMORY_BYTES, cpu_ms: 1_000, stall_ms: 10_000, total_ms: 10_000, ..DecodeLimits::default() };
    let task = Task {
        mime_type: "application/x-assay-faulty".to_owned(),
        kind: None,
        content_length: command.len() as u64,
        input: InputKind::Memory,
        thumbnails: Vec::new(),
        derivatives: Vec::new(),
        identifiers: Identifiers::Omit,
        limits,
    };
    let source = Source::Memory { fd: sealed(command.as_bytes())? };
    crate::sandbox::run(family, task, source).await.map_err(StartError::Untested)
}

/// What stopped the attack, or what came of it.
fn verdict(answered: &Answered, must_end: MustEnd) -> Result<String, String> {
    if let Some(breach) = answered.issues.iter().find(|issue| issue.code == "breach") {
        return Err(breach.message.clone());
    }
    let held = answered.issues.iter().find(|issue| issue.code == "held");
    match (must_end, &answered.ended, held) {
        (MustEnd::Refused, Ended::Done, Some(held)) => Ok(held.message.clone()),
        (MustEnd::Refused, Ended::Died(death @ ChildDeath::SecurityViolation { .. }), _)
        | (MustEnd::OutOfMemory, Ended::Died(death @ ChildDeath::OutOfMemory), _)
        | (MustEnd::CpuLimit, Ended::Died(death @ ChildDeath::CpuLimit { .. }), _) => Ok(death.to_string()),
        (_, ended, _) => Err(format!("it ended as {ended:?}, {:?}", answered.refusal)),
    }
}

fn sealed(bytes: &[u8]) -> std::io::Result<OwnedFd> {
    let fd = memfd_create("assay-self-test", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut file = std::fs::File::from(fd);
    file.write_all(bytes)?;
    fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
    Ok(file.into())
}
