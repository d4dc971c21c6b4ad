//! Attacks by code of its own, and by other ways into the kernel than the one that is watched.
#![allow(unsafe_code, reason = "attacks are system calls that no safe code makes")]

use super::{Outcome, judged, last_error};
use std::ptr;

/// Writes a page and runs it.
pub(super) fn write_then_run() -> Outcome {
    // SAFETY: a fresh mapping that is written to within its length.
    let page = unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let page = libc::mmap(ptr::null_mut(), 4096, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
        if page == libc::MAP_FAILED {
            return Err(last_error());
        }
        // `ret` on x86-64; elsewhere the page is not run.
        page.cast::<u8>().write(0xc3);
        if libc::mprotect(page, 4096, libc::PROT_READ | libc::PROT_EXEC) != 0 {
            return Err(last_error());
        }
        page
    };
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the page holds one instruction, which returns.
    unsafe {
        std::mem::transmute::<*mut libc::c_void, extern "C" fn()>(page)();
    }
    let _ = page;
    Ok("ran code of its own".to_owned())
}

/// The other numbers of x86-64's calls: the same kernel, unknown to a filter that compares only numbers (seccomp(2)).
pub(super) fn x32() -> Outcome {
    const X32: i64 = 0x4000_0000;
    // SAFETY: takes nothing.
    judged(unsafe { libc::syscall(X32 + libc::SYS_getpid) }, "an x32 call ran")
}

/// The 32-bit way in: other numbers for the same calls.
pub(super) fn int80() -> Outcome {
    #[cfg(target_arch = "x86_64")]
    {
        const I386_GETPID: i64 = 20;
        let mut result = I386_GETPID;
        // SAFETY: getpid takes nothing and writes nowhere; the kernel may spoil r8 to r11 on this way.
        unsafe {
            std::arch::asm!("int 0x80", inout("rax") result, out("r8") _, out("r9") _, out("r10") _, out("r11") _);
        }
        if result > 0 {
            Ok("a 32-bit call ran".to_owned())
        } else {
            Err(super::text(std::io::Error::from_raw_os_error(i32::try_from(-result).unwrap_or(0))))
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    Err("there is no such way here".to_owned())
}

/// With every signal blocked the filter's signal can't be handled: it must end the process all the same.
pub(super) fn with_signals_blocked() -> Outcome {
    // SAFETY: a signal set is plain numbers, filled before it is used.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const all, ptr::null_mut());
        judged(libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0).into(), "has a socket")
    }
}
