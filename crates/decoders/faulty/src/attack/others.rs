//! Attacks on other processes: above all on the worker, which has credentials in its memory.
#![allow(unsafe_code, reason = "attacks are system calls that no safe code makes")]

use super::{Outcome, judged, last_error, text};
use libc::{c_int, c_long};
use std::io;
use std::os::unix::fs::FileExt;
use std::ptr;

pub(super) fn trace(worker: c_int) -> Outcome {
    const PTRACE_SEIZE: c_int = 0x4206;
    call(libc::SYS_ptrace, [PTRACE_SEIZE.into(), worker.into(), 0, 0], "seized the worker")
}

/// Reads one byte at a place of the worker's memory.
pub(super) fn peek(worker: c_int, place: usize) -> Outcome {
    let mut byte = 0u8;
    let local = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    let remote = libc::iovec { iov_base: ptr::without_provenance_mut(place), iov_len: 1 };
    // SAFETY: one byte is written into a variable of one byte.
    let got = unsafe { libc::process_vm_readv(worker, &raw const local, 1, &raw const remote, 1, 0) };
    // Whether one may comes before whether there is something (process_vm_readv(2)): a bad address is a way in.
    if got < 0 && io::Error::last_os_error().raw_os_error() != Some(libc::EFAULT) {
        return Err(last_error());
    }
    Ok("may read the worker's memory".to_owned())
}

/// Reads a few bytes at a place of the worker's memory by its file.
pub(super) fn read_memory(worker: c_int, place: usize) -> Outcome {
    let memory = std::fs::File::open(format!("/proc/{worker}/mem")).map_err(text)?;
    let mut bytes = [0; 16];
    memory.read_exact_at(&mut bytes, place as u64).map_err(text)?;
    Ok(format!("read {}", String::from_utf8_lossy(&bytes)))
}

/// Signal 0 asks only whether one may (kill(2)).
pub(super) fn kill(worker: c_int) -> Outcome {
    call(libc::SYS_kill, [worker.into(), 0, 0, 0], "may signal the worker")
}

pub(super) fn tgkill(worker: c_int) -> Outcome {
    call(libc::SYS_tgkill, [worker.into(), worker.into(), 0, 0], "may signal the worker")
}

/// Has the kernel signal whom it may not: by the owner of a descriptor, when there is something to read. Descriptor 0 is ready for ever and
/// never tells, so nobody is harmed.
pub(super) fn own_descriptor(worker: c_int) -> Outcome {
    // <linux/fcntl.h>; the crate has none for this target.
    const F_SETSIG: c_int = 10;
    for (command, value) in [(F_SETSIG, libc::SIGKILL), (libc::F_SETOWN, worker), (libc::F_SETFL, libc::O_ASYNC)] {
        // SAFETY: numbers only.
        judged(unsafe { libc::fcntl(0, command, value) }.into(), "")?;
    }
    Ok("has the worker signalled by a descriptor".to_owned())
}

pub(super) fn signal_by_pidfd(worker: c_int) -> Outcome {
    let pidfd = hold(worker)?;
    call(libc::SYS_pidfd_send_signal, [pidfd, 0, 0, 0], "may signal the worker")
}

/// Takes the worker's descriptor 0 as its own.
pub(super) fn steal_descriptor(worker: c_int) -> Outcome {
    let pidfd = hold(worker)?;
    call(libc::SYS_pidfd_getfd, [pidfd, 0, 0, 0], "has a descriptor of the worker's")
}

fn hold(worker: c_int) -> Result<c_long, String> {
    // SAFETY: takes numbers.
    let pidfd = unsafe { libc::syscall(libc::SYS_pidfd_open, worker, 0) };
    if pidfd < 0 { Err(last_error()) } else { Ok(pidfd) }
}

fn call(number: c_long, [a, b, c, d]: [c_long; 4], breach: &str) -> Outcome {
    // SAFETY: the numbers are those of the attack; none of them is an address that the kernel writes to.
    judged(unsafe { libc::syscall(number, a, b, c, d) }, breach)
}
