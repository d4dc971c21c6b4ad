//! The seccomp filters: one long allow-list in the fork server, a short one in each child that takes the server's own calls away.
//!
//! Loading a filter of 700 instructions costs half a millisecond, a child's dozen costs nothing one could see: so the
//! long one is loaded once. Where several filters answer, the kernel takes the strictest: kill, trap, errno, allow
//! (seccomp(2)).

use super::calls::{ALLOWED, BLATANT, REFUSED, SERVER_ONLY};
use crate::decoder::Threads;
use libc::{
    AT_EMPTY_PATH, CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID, CLONE_SIGHAND, CLONE_THREAD, CLONE_VM, EACCES, ENOSYS, EPERM, F_DUPFD,
    F_DUPFD_CLOEXEC, F_GET_SEALS, F_GETFD, F_GETFL, F_SETFD, F_SETFL, MSG_OOB, O_ASYNC, PROT_EXEC, SIGCHLD, c_int,
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
            Threads::One => {
                refused.insert(libc::SYS_clone, Vec::new());
            }
            Threads::UpToFour => {
                // The server's filter lets forks and threads through: without forks, threads are left.
                refused.insert(libc::SYS_clone, vec![rule(vec![(0, Qword, Eq, FORK)])?]);
                // A library that can't count the machine's processors starts as few threads as it can live with (dav1d: none), instead of
                // one for each, which could not be had.
                refused.insert(libc::SYS_sched_getaffinity, Vec::new());
            }
        }
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
    // On the socket it has; never to an address, and never out of band, which has a path of its own in the kernel.
    let in_band = |flags: u8| (flags, Dword, MaskedEq(u64::from(MSG_OOB.unsigned_abs())), 0);
    rules.insert(libc::SYS_sendto, vec![rule(vec![(4, Qword, Eq, 0), in_band(3)])?]);
    rules.insert(libc::SYS_recvfrom, vec![rule(vec![in_band(3)])?]);
    rules.insert(libc::SYS_sendmsg, vec![rule(vec![in_band(2)])?]);
    rules.insert(libc::SYS_recvmsg, vec![rule(vec![in_band(2)])?]);
    rules.insert(libc::SYS_fcntl, fcntl()?);
    // Forks are the server's alone and threads only some children's: the children's own filter says which, with an error
    // where this one would trap.
    let thread = rule(vec![(0, Qword, MaskedEq(THREAD | NAMESPACES), THREAD)])?;
    rules.insert(libc::SYS_clone, vec![rule(vec![(0, Qword, Eq, FORK)])?, thread]);
    Ok(rules)
}

/// What a library asks of a descriptor. Never whom it signals: by `F_SETOWN` and `O_ASYNC` the kernel would kill for a child whom the child
/// may not, its siblings above all (fcntl(2), "I/O availability signals").
fn fcntl() -> Result<Vec<SeccompRule>, FilterError> {
    let command = |command: c_int| (1, Dword, Eq, u64::from(command.unsigned_abs()));
    let mut rules = Vec::new();
    for asked in [F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_GET_SEALS] {
        rules.push(rule(vec![command(asked)])?);
    }
    rules.push(rule(vec![command(F_SETFL), (2, Dword, MaskedEq(u64::from(O_ASYNC.unsigned_abs())), 0)])?);
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

#[cfg(test)]
mod tests {
    #![allow(unsafe_code, reason = "system calls are tried that have no safe form")]

    use super::*;
    use crate::kernel::{self, Waited};
    use std::os::fd::AsRawFd;

    /// Runs in a process of its own under both filters; what it returns is the exit code.
    fn under_filters(threads: Threads, attempt: impl FnOnce() -> i32) -> Waited {
        let filter = ChildFilter::compile(threads).unwrap();
        if let Some(child) = kernel::fork().unwrap() {
            return kernel::wait(child).unwrap();
        }
        let is_confined = rustix::thread::set_no_new_privs(true).is_ok() && load_server_filter().is_ok() && filter.load().is_ok();
        kernel::exit(if is_confined { attempt() } else { 100 })
    }

    /// The error of a system call without pointers; 0 where it went through.
    fn tried(call: i64, arguments: [u64; 2]) -> i32 {
        // SAFETY: the calls that are tried here take numbers, or null pointers, and are expected to be refused.
        let result = unsafe { libc::syscall(call, arguments[0], arguments[1], 0, 0, 0) };
        if result == -1 { std::io::Error::last_os_error().raw_os_error().unwrap_or(-1) } else { 0 }
    }

    #[test]
    fn a_child_that_may_have_threads_has_them_and_still_no_processes() {
        let end = under_filters(Threads::UpToFour, || {
            let answered = std::thread::spawn(|| 7).join().ok();
            let refused = [
                // SAFETY: no argument; a child that should not be is ended at once.
                unsafe { libc::fork() } == -1,
                tried(libc::SYS_clone, [FORK, 0]) == EPERM,
                tried(libc::SYS_clone3, [0, 0]) == ENOSYS,
                #[cfg(target_arch = "x86_64")]
                (tried(libc::SYS_vfork, [0, 0]) == EACCES),
                // Nobody tells a library how many processors there are.
                tried(libc::SYS_sched_getaffinity, [0, 8]) == EPERM,
            ];
            let missed = refused.iter().filter(|refused| !**refused).count();
            if answered == Some(7) { i32::try_from(missed).unwrap() } else { 50 }
        });
        assert_eq!((end.code, end.signal), (Some(0), None));
    }

    #[test]
    fn a_process_by_other_flags_is_the_end_whatever_threads_are_allowed() {
        let namespace = THREAD | 0x1000_0000;
        for flags in [u64::from(SIGCHLD.unsigned_abs()), 0, flags(CLONE_VM) | 0x4000, namespace] {
            let end = under_filters(Threads::UpToFour, || tried(libc::SYS_clone, [flags, 0]));
            assert_eq!(end.signal, Some(libc::SIGSYS), "{flags:x}: {:?}", end.code);
        }
    }

    /// <linux/fcntl.h>; the crate has none for this target.
    const F_SETSIG: c_int = 10;

    #[test]
    fn a_descriptor_is_asked_what_libraries_ask_and_signals_nobody() {
        let (one, other) = std::os::unix::net::UnixStream::pair().unwrap();
        let socket = one.as_raw_fd();
        // SAFETY: of a descriptor that is open, with numbers.
        let asked = |command: c_int, value: c_int| unsafe { libc::fcntl(socket, command, value) };
        let end = under_filters(Threads::One, || {
            let open = [asked(F_GETFL, 0), asked(F_SETFL, libc::O_NONBLOCK), asked(F_SETFD, libc::FD_CLOEXEC), asked(F_DUPFD_CLOEXEC, 0)];
            i32::from(open.iter().any(|answer| *answer < 0))
        });
        assert_eq!((end.code, end.signal), (Some(0), None));
        let parent = c_int::try_from(std::process::id()).unwrap();
        for (command, value) in
            [(libc::F_SETOWN, parent), (F_SETSIG, libc::SIGKILL), (F_SETFL, O_ASYNC), (F_SETFL, O_ASYNC | libc::O_NONBLOCK)]
        {
            let end = under_filters(Threads::One, || i32::from(asked(command, value) < 0));
            assert_eq!(end.signal, Some(libc::SIGSYS), "{command} {value}: {:?}", end.code);
        }
        drop(other);
    }

    #[test]
    fn nothing_is_sent_or_received_out_of_band() {
        let (one, other) = std::os::unix::net::UnixStream::pair().unwrap();
        let (from, into) = (one.as_raw_fd(), other.as_raw_fd());
        let byte = [1_u8];
        // SAFETY: one byte is read from a place of one byte.
        let send = |flags: c_int| unsafe { libc::send(from, byte.as_ptr().cast(), 1, flags) };
        let end = under_filters(Threads::One, || i32::from(send(libc::MSG_NOSIGNAL) != 1));
        assert_eq!((end.code, end.signal), (Some(0), None));
        let end = under_filters(Threads::One, || i32::from(send(MSG_OOB) != 1));
        assert_eq!(end.signal, Some(libc::SIGSYS), "sent: {:?}", end.code);
        let end = under_filters(Threads::One, || {
            let mut byte = [0_u8];
            // SAFETY: one byte is written into a place of one byte.
            i32::from(unsafe { libc::recv(into, byte.as_mut_ptr().cast(), 1, MSG_OOB) } < 0)
        });
        assert_eq!(end.signal, Some(libc::SIGSYS), "received: {:?}", end.code);
    }

    #[test]
    fn a_child_of_one_thread_can_start_no_other() {
        let end = under_filters(Threads::One, || i32::from(std::thread::Builder::new().spawn(|| 7).is_ok()));
        assert_eq!((end.code, end.signal), (Some(0), None));
    }
}
