//! Attacks by memory: hidden, left behind for the next asset, or dumped on a disk.
#![allow(unsafe_code, reason = "it looks at memory that safe code can't see")]

use super::{Outcome, last_error};
use std::hint::black_box;

/// Memory that no limit on the address space counts.
pub(super) fn memfd() -> Outcome {
    // SAFETY: the name ends with zero; the rest are numbers.
    unsafe {
        let file = libc::memfd_create(c"hidden".as_ptr(), 0);
        if file < 0 || libc::ftruncate(file, 1 << 30) != 0 || libc::fallocate(file, 0, 0, 32 << 20) != 0 {
            return Err(last_error());
        }
    }
    Ok("hid bytes in a file of a gigabyte".to_owned())
}

/// Whoever starts a decoder may have secrets in its environment.
pub(super) fn environment() -> Outcome {
    match std::env::vars_os().count() {
        0 => Err("no variable".to_owned()),
        variables => Ok(format!("{variables} variables")),
    }
}

/// Dies with a secret in its memory. The limit on core files is lifted as far as it goes.
pub(super) fn dump(secret: &str) -> ! {
    let copies = secret.repeat(64);
    // SAFETY: the pointer leads to a live rlimit; then the process ends.
    unsafe {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        libc::getrlimit(libc::RLIMIT_CORE, &raw mut limit);
        limit.rlim_cur = limit.rlim_max;
        libc::setrlimit(libc::RLIMIT_CORE, &raw const limit);
    }
    black_box(&copies);
    std::process::abort()
}

/// Leaves a marker all over the heap, as a decoder leaves pixels.
pub(super) fn remember(marker: &str) {
    let blocks: Vec<String> = (0..4096).map(|_| marker.repeat(4)).collect();
    drop(black_box(blocks));
}

/// Looks for another asset's marker in its own heap. The marker is given backwards, so that the question is not the finding.
pub(super) fn recall(backwards: &str) -> Outcome {
    const BLOCK: usize = 64 << 10;
    let marker: Vec<u8> = backwards.bytes().rev().collect();
    let mut found = 0;
    for _ in 0..64 {
        // SAFETY: fresh memory is read within its length: looking at what it held before is the attack.
        unsafe {
            let block = libc::malloc(BLOCK).cast::<u8>();
            if block.is_null() {
                break;
            }
            let mut from = 0;
            loop {
                let place = libc::memmem(block.add(from).cast(), BLOCK - from, marker.as_ptr().cast(), marker.len());
                if place.is_null() {
                    break;
                }
                found += 1;
                from = place.addr() - block.addr() + 1;
            }
        }
    }
    // The copy in `marker` itself lies outside those blocks.
    if found > 0 { Ok(format!("{found} copies of another asset's bytes")) } else { Err("no trace".to_owned()) }
}
