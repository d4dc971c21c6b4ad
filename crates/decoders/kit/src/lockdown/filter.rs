//! The seccomp filters: one long allow-list in the fork server, a short one in each child that takes the server's own calls away.
//!
//! Loading a filter of 700 instructions costs half a millisecond, a child's dozen costs nothing one could see: so the
//! long one is loaded once. Where several filters answer, the kernel takes the strictest: kill, trap, errno, allow
//! (seccomp(2)).

use super::calls::{ALLOWED, BLATANT, REFUSED, SERVER_ONLY};
use crate::decoder::Threads;
use libc::{
    AT_EMPTY_PATH, CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID, CLONE_SIGHAND, CLONE_THREAD, CLONE_VM, EACCES, ENOSYS, EPERM, PROT_EXEC,
    SIGCHLD,
};
use seccompiler::SeccompCmpArgLen::{Dword, Qword};
use seccompiler::SeccompCmpOp::{Eq, MaskedEq, Ne};
use seccompiler::{BpfProgram, SeccompAction, SeccompCondition, SeccompFilter, SeccompRule, TargetArch, apply_filter};
use std::collections::BTreeMap;

/// Why a filter could not be made or loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilterError {
    #[error("{0}")]
    Made(#[from] seccompiler::BackendError),
    #[error("{0}")]
    Loaded(#[from] seccompiler::Error),
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Stands for the child's own process id until it has one.
const OWN_PID: u32 = 0x7ffe_d1e5;
/// glibc's fork() asks for just these (sysdeps/unix/sysv/linux/arch-fork.h).
const FORK: u64 = flags(CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD);
/// A thread has all of these, a process none.
const THREAD: u64 = flags(CLONE_VM | CLONE_THREAD | CLONE_SIGHAND);
/// All of CLONE_NEW*: no thread may bring a namespace.
const NAMESPACES: u64 = 0x7e02_0000;

/// Loads the fork server's filters. The last word on this process: only stricter ones can follow.
pub(crate) fn load_server_filter() -> Result<(), FilterError> {
    let programs = [
        program(soft_refusals()?, SeccompAction::Allow, SeccompAction::Errno(EACCES.unsigned_abs()))?,
        // Its flags lie in memory, where no filter can read them; glibc then falls back to clone.
        program(always(&[libc::SYS_clone3]), SeccompAction::Allow, SeccompAction::Errno(ENOSYS.unsigned_abs()))?,
        program(always(BLATANT), SeccompAction::Allow, SeccompAction::KillProcess)?,
        program(allowed()?, SeccompAction::Trap, SeccompAction::Allow)?,
    ];
    for program in &programs {
        apply_filter(program)?;
    }
    Ok(())
}

/// The short filter of each child, compiled once.
pub(crate) struct ChildFilter {
    program: BpfProgram,
}

impl ChildFilter {
    pub(crate) fn compile(threads: Threads) -> Result<Self, FilterError> {
        let mut refused = always(SERVER_ONLY);
        match threads {
            Threads::One => refused.insert(libc::SYS_clone, Vec::new()),
            // The server's filter lets forks and threads through: without forks, threads are left.
            Threads::UpToFour => refused.insert(libc::SYS_clone, vec![rule(vec![(0, Qword, Eq, FORK)])?]),
        };
        // Limits may be read, not set.
        refused.insert(libc::SYS_prlimit64, vec![rule(vec![(2, Qword, Ne, 0)])?]);
        // abort() and raise() signal the process itself; nobody else may be signalled.
        refused.insert(libc::SYS_tgkill, vec![rule(vec![(0, Dword, Ne, u64::from(OWN_PID))])?]);
        let program = program(refused, SeccompAction::Allow, SeccompAction::Errno(EPERM.unsigned_abs()))?;
        Ok(Self { program })
    }

    /// Loads it with the calling child's own process id.
    pub(crate) fn load(&self) -> Result<(), FilterError> {
        let own = std::process::id();
        let mut program = self.program.clone();
        for instruction in &mut program {
            if instruction.k == OWN_PID {
                instruction.k = own;
            }
        }
        Ok(apply_filter(&program)?)
    }
}

/// What decoders probe for and cope without: refused softly, never trapped.
fn soft_refusals() -> Result<Rules, FilterError> {
    let mut rules = always(REFUSED);
    // glibc's fstat is newfstatat with an empty path.
    let empty_path = u64::from(AT_EMPTY_PATH.unsigned_abs());
    rules.insert(libc::SYS_newfstatat, vec![rule(vec![(3, Dword, MaskedEq(empty_path), 0)])?]);
    Ok(rules)
}

fn allowed() -> Result<Rules, FilterError> {
    let mut rules = always(ALLOWED);
    // These have their answer in another program.
    rules.extend(always(REFUSED));
    rules.extend(always(SERVER_ONLY));
    rules.extend(always(&[libc::SYS_newfstatat, libc::SYS_clone3, libc::SYS_prlimit64, libc::SYS_tgkill]));
    // No new executable memory.
    let no_exec = rule(vec![(2, Qword, MaskedEq(u64::from(PROT_EXEC.unsigned_abs())), 0)])?;
    rules.insert(libc::SYS_mmap, vec![no_exec.clone()]);
    rules.insert(libc::SYS_mprotect, vec![no_exec]);
    // send(2) on the socket it has; never to an address.
    rules.insert(libc::SYS_sendto, vec![rule(vec![(4, Qword, Eq, 0)])?]);
    // Forks are the server's alone and threads only some children's: the children's own filter says which, with an error
    // where this one would trap.
    let thread = rule(vec![(0, Qword, MaskedEq(THREAD | NAMESPACES), THREAD)])?;
    rules.insert(libc::SYS_clone, vec![rule(vec![(0, Qword, Eq, FORK)])?, thread]);
    Ok(rules)
}

fn always(calls: &[i64]) -> Rules {
    calls.iter().map(|call| (*call, Vec::new())).collect()
}

type Condition = (u8, seccompiler::SeccompCmpArgLen, seccompiler::SeccompCmpOp, u64);

fn rule(conditions: Vec<Condition>) -> Result<SeccompRule, FilterError> {
    let conditions =
        conditions.into_iter().map(|(argument, length, operator, value)| SeccompCondition::new(argument, length, operator, value));
    Ok(SeccompRule::new(conditions.collect::<Result<_, _>>()?)?)
}

/// The filter also kills calls of another architecture; x32's, which share ours, have numbers that are on no list.
fn program(rules: Rules, otherwise: SeccompAction, matched: SeccompAction) -> Result<BpfProgram, FilterError> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    Ok(SeccompFilter::new(rules, otherwise, matched, architecture)?.try_into()?)
}

/// Clone flags as the filter compares them; none of ours has the sign bit.
const fn flags(flags: libc::c_int) -> u64 {
    flags.unsigned_abs() as u64
}
