//! A memfd that is written while an asset arrives, then sealed against every change.

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// A memfd that can still be written.
#[derive(Debug)]
pub(crate) struct OpenMemory {
    file: File,
}

impl OpenMemory {
    /// A memfd of `len` bytes; pages are taken as they are written.
    pub(crate) fn new(len: u64) -> io::Result<Self> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        // The name shows in /proc only; it says nothing of the asset.
        let fd = match memfd_create("assay-spool", flags | MemfdFlags::NOEXEC_SEAL) {
            // Kernels before 6.3 do not know NOEXEC_SEAL.
            Err(Errno::INVAL) => memfd_create("assay-spool", flags)?,
            other => other?,
        };
        ftruncate(&fd, len)?;
        Ok(Self { file: File::from(fd) })
    }

    pub(crate) fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    /// Cuts it to `len` and forbids writing, growing, shrinking and unsealing for ever.
    pub(crate) fn seal(self, len: u64) -> io::Result<File> {
        ftruncate(&self.file, len)?;
        fcntl_add_seals(&self.file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL)?;
        Ok(self.file)
    }
}
