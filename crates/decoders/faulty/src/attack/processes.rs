//! Attacks by more processes, more threads and other programs.
#![allow(unsafe_code, reason = "attacks are system calls that no safe code makes")]

use super::{Outcome, last_error};
use libc::c_int;
use std::ptr;

/// What a program that was run says with its exit code.
const RAN: &core::ffi::CStr = c"exit 77";

pub(super) fn fork() -> Outcome {
    // SAFETY: a child that comes of it does nothing but end.
    match unsafe { libc::fork() } {
        -1 => Err(last_error()),
        // SAFETY: takes a number.
        0 => unsafe { libc::_exit(0) },
        _ => Ok("has a child".to_owned()),
    }
}

/// So many processes alive at once; they end with the one that made them.
pub(super) fn fork_bomb(wanted: c_int) -> Outcome {
    for begun in 0..wanted {
        // SAFETY: a child that comes of it waits to be killed with its maker.
        match unsafe { libc::fork() } {
            -1 => return Err(format!("{begun} processes, then: {}", last_error())),
            0 => unsafe {
                // SAFETY: numbers. Where the maker was gone before, the clock ends it.
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                libc::alarm(30);
                libc::pause();
                libc::_exit(0)
            },
            _ => {}
        }
    }
    Ok(format!("{wanted} processes"))
}

pub(super) fn threads(wanted: c_int) -> Outcome {
    for begun in 0..wanted {
        if let Err(error) = std::thread::Builder::new().stack_size(64 << 10).spawn(std::thread::park) {
            return Err(format!("{begun} threads, then: {error}"));
        }
    }
    Ok(format!("{wanted} threads"))
}

/// As many threads as can be had of those wanted, which stay until somebody ends them: an answer could be faster than who counts them.
pub(super) fn throng(wanted: c_int) -> Outcome {
    let _ = threads(wanted);
    loop {
        std::thread::park();
    }
}

/// A shell that ends with a code that nothing else ends with.
pub(super) fn exec() -> Outcome {
    let program = c"/bin/sh".as_ptr();
    let none = [ptr::null()];
    // SAFETY: the strings and lists end with zero.
    unsafe { libc::execve(program, [program, c"-c".as_ptr(), RAN.as_ptr(), ptr::null()].as_ptr(), none.as_ptr()) };
    Err(last_error())
}
