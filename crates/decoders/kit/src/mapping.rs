//! A sealed memfd mapped read-only.
#![allow(unsafe_code, reason = "a mapping is memory that another process made")]

use rustix::fs::{SealFlags, fcntl_get_seals, fstat};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::io;
use std::os::fd::OwnedFd;
use std::ptr;

/// The bytes of a memfd that nobody can change, grow or cut any more.
pub(crate) struct Mapping {
    start: *mut std::ffi::c_void,
    length: usize,
}

impl Mapping {
    /// Maps a memfd of exactly `length` bytes; the descriptor is closed, the mapping keeps the memory.
    pub(crate) fn of(memfd: &OwnedFd, length: u64) -> io::Result<Self> {
        let invalid = |reason| io::Error::new(io::ErrorKind::InvalidInput, reason);
        if !fcntl_get_seals(memfd)?.contains(SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK) {
            return Err(invalid("the input is not sealed"));
        }
        if u64::try_from(fstat(memfd)?.st_size).ok() != Some(length) {
            return Err(invalid("the input has another length than its task says"));
        }
        let length = usize::try_from(length).map_err(|_| invalid("the input is longer than memory can be"))?;
        if length == 0 {
            return Ok(Self { start: ptr::null_mut(), length });
        }
        // SAFETY: a fresh mapping at a place of the kernel's choice; the seals, checked above, keep its file from being
        // changed or cut under it.
        let start = unsafe { mmap(ptr::null_mut(), length, ProtFlags::READ, MapFlags::PRIVATE, memfd, 0) }?;
        Ok(Self { start, length })
    }
}

impl AsRef<[u8]> for Mapping {
    fn as_ref(&self) -> &[u8] {
        if self.length == 0 {
            return &[];
        }
        // SAFETY: the mapping has `length` readable bytes, lives as long as `self`, and nobody can write to it: its file is sealed.
        unsafe { std::slice::from_raw_parts(self.start.cast(), self.length) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        if self.length > 0 {
            // SAFETY: `as_ref` lends only as long as `self` lives.
            let _ = unsafe { munmap(self.start, self.length) };
        }
    }
}
