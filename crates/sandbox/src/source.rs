//! Where a child's bytes come from: a sealed memfd that it maps, or blocks that we read for it.

use crate::error::ChildFailure;
use assay_contract::exchange::InputKind;
use rustix::fs::{SealFlags, fcntl_get_seals, fstat};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// One asset's bytes.
pub enum Source {
    /// All of them in a memfd that is sealed against write, grow and shrink.
    Memory {
        /// The memfd; a duplicate of it goes to the child.
        fd: OwnedFd,
    },
    /// Read on demand: a spilled file is decrypted, a remote object is fetched, block by block.
    Blocks(Arc<dyn Blocks>),
}

/// Serves byte ranges of one asset. Blocking: called on a thread that may block, one call at a time for a child.
///
/// A call that hangs holds its thread until it returns, though the child is killed at its deadline: give it deadlines.
pub trait Blocks: Send + Sync {
    /// Reads from a place; fewer bytes than asked only at the asset's end.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize>;
}

/// Without these a child's mapping could be cut or changed under it.
const NEEDED_SEALS: SealFlags = SealFlags::WRITE.union(SealFlags::GROW).union(SealFlags::SHRINK);

impl Source {
    pub(crate) fn kind(&self) -> InputKind {
        match self {
            Self::Memory { .. } => InputKind::Memory,
            Self::Blocks(_) => InputKind::Blocks,
        }
    }

    /// Refuses a memfd that is not sealed, or not of the length that the task names.
    pub(crate) fn check(&self, content_length: u64) -> Result<(), ChildFailure> {
        let Self::Memory { fd } = self else { return Ok(()) };
        let seals = fcntl_get_seals(fd).map_err(|_| ChildFailure::Input("it is no memfd"))?;
        if !seals.contains(NEEDED_SEALS) {
            return Err(ChildFailure::Input("its memfd is not sealed"));
        }
        let length = fstat(fd).map_err(io::Error::from)?.st_size;
        if u64::try_from(length).ok() != Some(content_length) {
            return Err(ChildFailure::Input("its memfd has another length than the task says"));
        }
        Ok(())
    }
}
