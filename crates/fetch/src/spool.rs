//! What holds an asset's bytes while it is looked at: a sealed memfd, or an unnamed encrypted file.

mod encrypted;
mod memory;

pub(crate) use encrypted::EncryptedFile;
pub(crate) use memory::OpenMemory;

use crate::budget::Permit;
use assay_contract::record::{Erasure, SpoolKind};
use jiff::Timestamp;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;

/// An asset's bytes. They are gone when it is dropped, and so is its claim on the budget.
#[derive(Debug)]
pub struct Spool {
    store: Store,
    len: u64,
    /// Given back on drop.
    permit: Permit,
}

#[derive(Debug)]
enum Store {
    Memory(File),
    Encrypted(EncryptedFile),
}

impl Spool {
    pub(crate) fn memory(sealed: File, len: u64, permit: Permit) -> Self {
        Self { store: Store::Memory(sealed), len, permit }
    }

    pub(crate) fn encrypted(file: EncryptedFile, len: u64, permit: Permit) -> Self {
        Self { store: Store::Encrypted(file), len, permit }
    }

    /// What holds the bytes.
    pub fn kind(&self) -> SpoolKind {
        match self.store {
            Store::Memory(_) => SpoolKind::Memory,
            Store::Encrypted(_) => SpoolKind::EncryptedFile,
        }
    }

    /// How many bytes there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The memfd, sealed against every change, to be handed to a child; `None` for an encrypted file, whose bytes are served by
    /// [`Spool::read_at`].
    pub fn memory_fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.store {
            Store::Memory(file) => Some(file.as_fd()),
            Store::Encrypted(_) => None,
        }
    }

    /// Reads (and decrypts) bytes from `offset`; returns how many, fewer than asked only at the end, 0 past it.
    /// An encrypted file is read from disk: call it where blocking is allowed.
    pub fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let asked = into.len().min(left);
        let Some(into) = into.get_mut(..asked).filter(|into| !into.is_empty()) else { return Ok(0) };
        match &self.store {
            Store::Memory(file) => file.read_exact_at(into, offset)?,
            Store::Encrypted(file) => file.read_exact_at(into, offset)?,
        }
        Ok(asked)
    }

    /// Lets go of the bytes: the memfd is closed, or the key wiped and the unnamed file closed.
    ///
    /// A memfd's pages go when its last descriptor is closed: a child that was handed one must be gone by now.
    pub fn erase(self, now: Timestamp) -> Erased {
        let (spool, bytes) = (self.kind(), self.len);
        let Self { store, permit, .. } = self;
        drop(store);
        drop(permit);
        Erased { erasure: Erasure { spool, bytes, erased_at: now } }
    }
}

/// Proof that an asset's bytes were let go of; only [`Spool::erase`] makes one.
#[derive(Debug)]
pub struct Erased {
    erasure: Erasure,
}

impl Erased {
    /// What the record says about it.
    pub fn erasure(&self) -> &Erasure {
        &self.erasure
    }
}
