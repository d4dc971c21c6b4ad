//! The few calls to the kernel that have no safe wrapper; all else in the kit goes through rustix.
#![allow(unsafe_code, reason = "fork, wait4, prctl and signal handlers have no safe form")]

use rustix::process::Pid;
use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd};

/// The control socket in a fork server, the job's own socket in a child.
// SAFETY: number 0 is open for the whole life of the process: std opens /dev/null where it was closed (std::rt), and the
// kit only ever replaces it by dup2.
pub(crate) const STDIN: BorrowedFd<'static> = unsafe { BorrowedFd::borrow_raw(0) };

/// What became of a process.
pub(crate) struct Waited {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    /// User and system, microseconds.
    pub(crate) cpu_us: u64,
    /// Largest resident size, bytes.
    pub(crate) peak_bytes: u64,
}

/// Stdin as an owned descriptor. To be called once in a fork server, and once more in each child, which never returns to the first owner.
pub(crate) fn take_stdin() -> OwnedFd {
    // SAFETY: std never closes number 0 and nothing else in a decoder owns it.
    unsafe { OwnedFd::from_raw_fd(0) }
}

/// Splits the process; `None` in the child.
pub(crate) fn fork() -> io::Result<Option<Pid>> {
    // SAFETY: the server has one thread (checked after warming), so no lock is held by a thread that the child lacks.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        child => Ok(Pid::from_raw(child)),
    }
}

/// Waits for a child and says what it cost.
pub(crate) fn wait(child: Pid) -> io::Result<Waited> {
    let mut status = 0;
    // SAFETY: rusage is plain numbers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers lead to live variables of the right types.
    if unsafe { libc::wait4(child.as_raw_pid(), &raw mut status, 0, &raw mut usage) } < 0 {
        return Err(io::Error::last_os_error());
    }
    let micros = |time: libc::timeval| u64::try_from(time.tv_sec * 1_000_000 + time.tv_usec).unwrap_or(0);
    Ok(Waited {
        code: libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)),
        signal: libc::WIFSIGNALED(status).then(|| libc::WTERMSIG(status)),
        cpu_us: micros(usage.ru_utime) + micros(usage.ru_stime),
        // Linux counts in kilobytes (getrusage(2)).
        peak_bytes: u64::try_from(usage.ru_maxrss).unwrap_or(0) << 10,
    })
}

/// Closes every descriptor from a number on. For moments when nothing owns any of them, or nothing will use them again.
pub(crate) fn close_from(first: u32) -> io::Result<()> {
    // SAFETY: plain numbers; the callers see to it that what is closed is not used again.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// No page that was ever writable becomes executable (`PR_SET_MDWE`, Linux 6.3); whether the kernel knows it.
pub(crate) fn deny_write_execute() -> bool {
    const PR_SET_MDWE: libc::c_int = 65;
    const PR_MDWE_REFUSE_EXEC_GAIN: libc::c_ulong = 1;
    // SAFETY: plain numbers.
    unsafe { libc::prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0 }
}

/// Ends the process at once: no destructor and no exit handler of a library whose state a hostile file may have spoilt.
pub(crate) fn exit(code: i32) -> ! {
    // SAFETY: takes a number and does not return.
    unsafe { libc::_exit(code) }
}

/// Has the number of each call that the seccomp filter traps given to a function that is safe to run in a signal handler.
pub(crate) fn on_forbidden_call(report: fn(i64) -> !) -> io::Result<()> {
    REPORT.store(report as usize, std::sync::atomic::Ordering::Release);
    // SAFETY: sigaction is plain numbers, for which zero is a value (an empty mask among them).
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = trapped as *const () as usize;
    // On the alternate stack, where there is one: the call may come from a stack that is full.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    // SAFETY: the action is whole, its function has the type that SA_SIGINFO asks for, the old one is not wanted.
    let result = unsafe { libc::sigaction(libc::SIGSYS, &raw const action, std::ptr::null_mut()) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Has a C library's abort looked at by a function that is safe to run in a signal handler; when it returns, the abort goes on.
pub(crate) fn on_abort(look: fn()) -> io::Result<()> {
    LOOK.store(look as usize, std::sync::atomic::Ordering::Release);
    // SAFETY: as in `on_forbidden_call`.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = aborted as *const () as usize;
    action.sa_flags = libc::SA_ONSTACK;
    // SAFETY: the action is whole, its function has the type that is asked for without SA_SIGINFO, the old one is not wanted.
    let result = unsafe { libc::sigaction(libc::SIGABRT, &raw const action, std::ptr::null_mut()) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

static LOOK: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

extern "C" fn aborted(_signal: libc::c_int) {
    let look = LOOK.load(std::sync::atomic::Ordering::Acquire);
    if look != 0 {
        // SAFETY: the only value other than 0 that is ever stored is a function of this type.
        let look: fn() = unsafe { std::mem::transmute::<usize, fn()>(look) };
        look();
    }
}

/// Whether so many more bytes can't be had. Asks by mapping them and giving them back untouched.
pub(crate) fn is_refused(bytes: usize) -> bool {
    use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
    // SAFETY: a fresh mapping at a place of the kernel's choice, which nobody else knows of, and the same one taken back.
    unsafe {
        match mmap_anonymous(std::ptr::null_mut(), bytes, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE | MapFlags::NORESERVE) {
            Ok(place) => munmap(place, bytes).is_err(),
            Err(_) => true,
        }
    }
}

static REPORT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

extern "C" fn trapped(_signal: libc::c_int, details: *mut libc::siginfo_t, _context: *mut libc::c_void) {
    // siginfo_t for SIGSYS: three ints and padding (16 bytes), the call's address (8), then the call's number
    // (sigaction(2), asm-generic/siginfo.h; 64-bit Linux).
    // SAFETY: the kernel gives a whole siginfo_t of 128 bytes to a handler with SA_SIGINFO.
    let number = unsafe { details.cast::<i32>().add(6).read() };
    let report = REPORT.load(std::sync::atomic::Ordering::Acquire);
    if report != 0 {
        // SAFETY: the only value other than 0 that is ever stored is a function of this type.
        let report: fn(i64) -> ! = unsafe { std::mem::transmute::<usize, fn(i64) -> !>(report) };
        report(i64::from(number));
    }
    exit(assay_contract::exchange::EXIT_FORBIDDEN_CALL)
}
