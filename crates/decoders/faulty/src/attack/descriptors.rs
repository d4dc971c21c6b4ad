//! Attacks by descriptors that a child may hold: its input's, and its fork server's.
#![allow(unsafe_code, reason = "attacks are system calls that no safe code makes")]

use super::{Outcome, last_error};
use assay_kit::Input;
use libc::c_int;
use std::fs::{OpenOptions, read_dir, read_link};
use std::io;
use std::os::fd::AsRawFd;
use std::ptr;
use std::time::{Duration, Instant};

/// Where the worker serves blocks, these ask it something: the test knows by them when the attack begins and what came of it, even
/// where its fork server hangs because it was robbed.
const BEGINS_AT: u64 = 1 << 20;
const FAILED_AT: u64 = 2 << 20;
const TOOK_AT: u64 = 3 << 20;
/// How long it waits for the next asset's message.
const PATIENCE: Duration = Duration::from_millis(500);

/// Changes its input while others look at it, by whatever descriptor or path leads there.
pub(super) fn change_input() -> Outcome {
    let mut why = "no descriptor and no path".to_owned();
    for descriptor in 3..64 {
        match change(descriptor) {
            Ok(how) => return Ok(how),
            Err(error) if error.raw_os_error() == Some(libc::EPERM) => why = super::text(error),
            Err(_) => {}
        }
    }
    // The mapping's file, where a privileged process may open it (proc(5), map_files).
    for entry in read_dir("/proc/self/map_files").into_iter().flatten().flatten() {
        if !read_link(entry.path()).is_ok_and(|target| target.to_string_lossy().contains("memfd:")) {
            continue;
        }
        match OpenOptions::new().read(true).write(true).open(entry.path()) {
            Ok(file) => match change(file.as_raw_fd()) {
                Ok(how) => return Ok(how),
                Err(error) => why = super::text(error),
            },
            Err(error) => why = super::text(error),
        }
    }
    Err(why)
}

/// The same on a memfd without seals: what would be.
pub(super) fn change_unsealed() -> Outcome {
    // SAFETY: the name ends with zero.
    let memfd = unsafe { libc::memfd_create(c"unsealed".as_ptr(), 0) };
    if memfd < 0 {
        return Err(last_error());
    }
    change(memfd).map_err(super::text)
}

/// Writes to it, by call or by mapping, or cuts it.
fn change(descriptor: c_int) -> io::Result<String> {
    // SAFETY: one byte from a live variable; a fresh mapping that is not touched; numbers. Wrong descriptors are refused.
    unsafe {
        if libc::pwrite(descriptor, c"x".as_ptr().cast(), 1, 0) == 1 {
            return Ok("wrote to it".to_owned());
        }
        let refused = io::Error::last_os_error();
        if libc::ftruncate(descriptor, 0) == 0 {
            return Ok("cut it".to_owned());
        }
        let shared = libc::mmap(ptr::null_mut(), 4096, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED, descriptor, 0);
        if shared == libc::MAP_FAILED { Err(refused) } else { Ok("mapped it to write".to_owned()) }
    }
}

/// Looks for a packet, another asset's, on every descriptor but its own.
pub(super) fn take_jobs() -> Outcome {
    for descriptor in 1..64 {
        match receive(descriptor) {
            Ok(bytes) => return Ok(format!("descriptor {descriptor} is a socket and gave {bytes} bytes")),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(format!("descriptor {descriptor} is a socket")),
            Err(_) => {}
        }
    }
    Err("no other socket".to_owned())
}

/// The same while another asset is surely sent.
pub(super) fn take_next_job(input: &mut Input) -> Outcome {
    let mut byte = [0];
    input.read_at(BEGINS_AT, &mut byte).map_err(super::text)?;
    let begun = Instant::now();
    let taken = loop {
        if let Some(bytes) = (1..64).find_map(|descriptor| receive(descriptor).ok().filter(|bytes| *bytes > 0)) {
            break Ok(format!("took {bytes} bytes that were meant for another asset"));
        }
        if begun.elapsed() > PATIENCE {
            break Err("no other socket".to_owned());
        }
        std::thread::yield_now();
    };
    input.read_at(if taken.is_ok() { TOOK_AT } else { FAILED_AT }, &mut byte).map_err(super::text)?;
    taken
}

fn receive(descriptor: c_int) -> io::Result<usize> {
    let mut packet = [0u8; 4096];
    // SAFETY: the buffer is as long as it is said to be.
    let got = unsafe { libc::recv(descriptor, packet.as_mut_ptr().cast(), packet.len(), libc::MSG_DONTWAIT) };
    usize::try_from(got).map_err(|_| io::Error::last_os_error())
}
