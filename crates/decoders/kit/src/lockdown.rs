//! What a fork server gives up before its first asset, and a child once more before its only one.

mod calls;
mod filter;
mod limits;

use crate::decoder::Threads;
use crate::kernel;
use filter::{ChildFilter, FilterError};
use landlock::{ABI, Access, AccessFs, AccessNet, LandlockStatus, Ruleset, RulesetAttr, RulesetError, RulesetStatus, Scope};
pub(crate) use limits::confine_child;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use std::hash::{BuildHasher, RandomState};
use std::io;

/// Which layers of the confinement are on; all of them, but in `faulty`'s hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layers {
    /// A user that owns nothing where the worker is root; no new privileges, no new code, no look inside, no core dump.
    pub user: Layer,
    /// The job's own socket and nothing else that is open.
    pub descriptors: Layer,
    /// No file, no TCP port, no signal and no abstract socket beyond the process itself.
    pub landlock: Layer,
    /// The allow-list of system calls.
    pub seccomp: Layer,
    /// Memory, CPU time, file size, descriptors, threads.
    pub limits: Layer,
}

/// What becomes of one layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// It holds.
    On,
    /// It is left off, and the worker is told.
    Off,
    /// It is left off, and the worker is told that it holds: only the self-test can notice.
    Claimed,
}

impl Layers {
    /// Every layer.
    pub const ALL: Self = Self { user: Layer::On, descriptors: Layer::On, landlock: Layer::On, seccomp: Layer::On, limits: Layer::On };
}

/// Why a fork server can't confine itself.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockdownError {
    #[error("the seccomp filter could not be loaded: {0}")]
    Filter(#[from] FilterError),
    #[error("Landlock could not be asked: {0}")]
    Landlock(#[from] RulesetError),
    #[error("the kernel refused a limit: {0}")]
    Io(#[from] io::Error),
}

/// A confined fork server: what it says in its Hello, and what each child still adds.
pub(crate) struct Confined {
    pub(crate) landlock: bool,
    pub(crate) landlock_abi: u32,
    pub(crate) seccomp: bool,
    /// Memory mapped with all libraries, bytes.
    pub(crate) baseline_bytes: u64,
    pub(crate) layers: Layers,
    /// Where this server's users begin. The kernel counts a user's processes on the whole machine: children of another
    /// worker, or of another family, must not have the same.
    chance: u64,
    threads: Threads,
    child_filter: ChildFilter,
}

/// Before anything else: nobody looks in (no core dump, no ptrace by the same user), nothing gains privileges.
pub(crate) fn shut_curtains(layers: Layers) -> io::Result<()> {
    // Where memory runs out, a decoder goes before the worker. Raising it needs no privilege (proc(5)); without /proc it stays.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    if layers.user != Layer::On {
        return Ok(());
    }
    // After exec the process is dumpable again: it must do this itself (prctl(2), `PR_SET_DUMPABLE`).
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    rustix::thread::set_no_new_privs(true)?;
    Ok(())
}

/// Takes files, sockets and all unneeded system calls from the fork server, and so from its children.
pub(crate) fn lock_down(threads: Threads, layers: Layers) -> Result<Confined, LockdownError> {
    if layers.user == Layer::On {
        // Not on every kernel; the seccomp filter refuses executable mappings in any case.
        let _ = kernel::deny_write_execute();
    }
    let baseline_bytes = mapped_bytes()?;
    let (landlock, landlock_abi) = if layers.landlock == Layer::On { landlock()? } else { (layers.landlock == Layer::Claimed, 0) };
    let child_filter = ChildFilter::compile(threads)?;
    let chance = RandomState::new().hash_one(std::process::id());
    if layers.seccomp == Layer::On {
        filter::load_server_filter()?;
    }
    Ok(Confined { landlock, landlock_abi, seccomp: layers.seccomp != Layer::Off, baseline_bytes, layers, chance, threads, child_filter })
}

/// Everything that Landlock can refuse is refused. Best effort does not fail where it is missing: the status must be looked at.
fn landlock() -> Result<(bool, u32), RulesetError> {
    const WANTED: ABI = ABI::V7;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(WANTED))?
        .handle_access(AccessNet::from_all(WANTED))?
        .scope(Scope::from_all(WANTED))?
        .create()?
        .restrict_self()?;
    let abi = match status.landlock {
        LandlockStatus::Available { effective_abi, kernel_abi } => kernel_abi.unwrap_or(effective_abi as i32),
        LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => 0,
    };
    Ok((status.ruleset == RulesetStatus::FullyEnforced, u32::try_from(abi).unwrap_or(0)))
}

/// Bytes of address space in use: `RLIMIT_AS` counts libraries too (proc(5), statm).
fn mapped_bytes() -> io::Result<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = statm.split(' ').next().and_then(|pages| pages.parse().ok()).unwrap_or(0);
    Ok(pages * rustix::param::page_size() as u64)
}
