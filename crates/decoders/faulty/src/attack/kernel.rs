//! Attacks by the parts of the kernel that exploits come through, and on the limits it was given.
#![allow(unsafe_code, reason = "attacks are system calls that no safe code makes")]

use super::{Outcome, judged, last_error};

pub(super) fn io_uring() -> Outcome {
    // io_uring_params has 120 bytes (linux/io_uring.h).
    let mut setup = [0u8; 120];
    // SAFETY: the kernel writes within those.
    judged(unsafe { libc::syscall(libc::SYS_io_uring_setup, 4, setup.as_mut_ptr()) }, "has an io_uring")
}

/// The kind that needs no privilege: faults of user code only.
pub(super) fn userfaultfd() -> Outcome {
    const UFFD_USER_MODE_ONLY: i32 = 1;
    // SAFETY: takes a number.
    judged(unsafe { libc::syscall(libc::SYS_userfaultfd, UFFD_USER_MODE_ONLY) }, "handles page faults")
}

/// Makes an array map: the first step of every exploit of that kind.
pub(super) fn bpf() -> Outcome {
    const BPF_MAP_CREATE: i32 = 0;
    // bpf_attr for it: type (array), key size, value size, entries, and zeros (bpf(2)).
    let mut attributes = [0u32; 32];
    if let Some(first) = attributes.get_mut(..4) {
        first.copy_from_slice(&[2, 4, 8, 1]);
    }
    // SAFETY: the kernel reads within them.
    judged(unsafe { libc::syscall(libc::SYS_bpf, BPF_MAP_CREATE, attributes.as_ptr(), size_of_val(&attributes)) }, "has a BPF map")
}

/// Asks for the keyring of its session, where others keep secrets.
pub(super) fn keyctl() -> Outcome {
    const KEYCTL_GET_KEYRING_ID: i32 = 0;
    const KEY_SPEC_SESSION_KEYRING: i32 = -3;
    // SAFETY: takes numbers.
    judged(unsafe { libc::syscall(libc::SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1) }, "has a keyring")
}

/// Counts its own page faults: a software event, which every machine has.
pub(super) fn perf_event() -> Outcome {
    // perf_event_attr: type (software), size, config (page faults), zeros; then user code only (perf_event_open(2)).
    let mut attributes = [0u64; 16];
    let set = [1 | (128u64 << 32), 2, 0, 0, 0, 1 << 5 | 1 << 6];
    if let Some(first) = attributes.get_mut(..set.len()) {
        first.copy_from_slice(&set);
    }
    // SAFETY: the kernel reads the 128 bytes that the structure says it has.
    judged(unsafe { libc::syscall(libc::SYS_perf_event_open, attributes.as_ptr(), 0, -1, -1, 0) }, "measures the kernel")
}

/// A user namespace makes anybody root of one, with the kernel's least tested code.
pub(super) fn unshare() -> Outcome {
    // SAFETY: takes a number.
    judged(unsafe { libc::unshare(libc::CLONE_NEWUSER) }.into(), "is root of a namespace")
}

pub(super) fn raise_limits() -> Outcome {
    let none = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the pointer leads to a live rlimit.
    judged(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const none) }.into(), "has no limit")
}

pub(super) fn become_dumpable() -> Outcome {
    // SAFETY: takes numbers.
    judged(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0) }.into(), "became dumpable")
}

/// With nothing to clone it ends in EINVAL where the kernel looks at it at all.
pub(super) fn clone3() -> Outcome {
    // SAFETY: no structure, of no length.
    let result = unsafe { libc::syscall(libc::SYS_clone3, 0, 0) };
    if result < 0 && std::io::Error::last_os_error().raw_os_error() == Some(libc::EINVAL) {
        return Ok("clone3 reaches the kernel".to_owned());
    }
    if result < 0 { Err(last_error()) } else { Ok("clone3 ran".to_owned()) }
}
