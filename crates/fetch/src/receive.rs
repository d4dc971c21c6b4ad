//! Where bytes arrive, from any source: counted against the limit, hashed, kept for sniffing, written into a spool.

use crate::budget::{Budget, Permit};
use crate::config::FetchConfig;
use crate::error::Cause;
use crate::spool::{EncryptedFile, OpenMemory, Spool};
use assay_contract::job::Lane;
use assay_contract::limits::LimitHit;
use sha2::{Digest, Sha256};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Bytes kept for sniffing.
pub(crate) const HEAD_BYTES: usize = 64 << 10;
/// Encrypted and written at once.
const BLOCK_BYTES: usize = 1 << 20;
/// Claimed of the spill budget at once where the length is not known. Such a claim grows, but never waits: it can't deadlock.
const SPILL_STEP: u64 = 64 << 20;

/// The budgets, and where spilled bytes go.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) memory: Arc<Budget>,
    pub(crate) spill: Arc<Budget>,
    spill_above: u64,
    folder: PathBuf,
}

/// The limit of one asset.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    /// As named in the profile.
    pub(crate) name: &'static str,
    /// Bytes.
    pub(crate) bytes: u64,
}

impl Allowance {
    pub(crate) fn check(self, asked: u64) -> Result<(), Cause> {
        if asked > self.bytes { Err(Cause::TooLarge(LimitHit::new(self.name, asked, self.bytes))) } else { Ok(()) }
    }
}

impl Room {
    pub(crate) fn new(config: &FetchConfig) -> Self {
        Self {
            memory: Budget::of_memory(config.memory_budget, config.interactive_reserve),
            spill: Budget::of_files(config.spill_budget),
            spill_above: config.spill_above,
            folder: config.spill_folder.clone(),
        }
    }

    /// A place for an asset of `length` bytes, or of any size within the allowance. Waits for its turn where memory is short.
    pub(crate) async fn receiver(&self, length: Option<u64>, allowance: Allowance, lane: Lane) -> Result<Receiver, Cause> {
        if let Some(length) = length {
            allowance.check(length)?;
        }
        let claim = length.unwrap_or(allowance.bytes);
        if claim <= self.spill_above
            && let Some(permit) = self.memory.claim(claim, lane).await
        {
            let memory = OpenMemory::new(length.unwrap_or(0)).map_err(unwritten)?;
            return Ok(Receiver::new(Sink::Memory(memory), permit, length, allowance));
        }
        let first = length.unwrap_or_else(|| SPILL_STEP.min(allowance.bytes));
        let permit = self.spill.try_claim(first, lane).ok_or(SPILL_FULL)?;
        let folder = self.folder.clone();
        let file = blocking(move || EncryptedFile::new(&folder)).await?;
        let spill = Spill { file: Arc::new(file), pending: Vec::new(), written: 0, claimed: first, budget: Arc::clone(&self.spill), lane };
        Ok(Receiver::new(Sink::Spill(spill), permit, length, allowance))
    }
}

const SPILL_FULL: Cause = Cause::Full("the spill budget is used up");

/// An asset that is arriving.
pub(crate) struct Receiver {
    sink: Sink,
    permit: Permit,
    length: Option<u64>,
    allowance: Allowance,
    received: u64,
    hash: Sha256,
    head: Vec<u8>,
}

enum Sink {
    Memory(OpenMemory),
    Spill(Spill),
}

struct Spill {
    file: Arc<EncryptedFile>,
    pending: Vec<u8>,
    written: u64,
    claimed: u64,
    budget: Arc<Budget>,
    lane: Lane,
}

/// An asset that has arrived.
pub(crate) struct Received {
    pub(crate) spool: Spool,
    pub(crate) sha256: String,
    pub(crate) head: Vec<u8>,
}

impl Receiver {
    fn new(sink: Sink, permit: Permit, length: Option<u64>, allowance: Allowance) -> Self {
        Self { sink, permit, length, allowance, received: 0, hash: Sha256::new(), head: Vec::new() }
    }

    /// Bytes that arrived so far.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// The length that was announced.
    pub(crate) fn length(&self) -> Option<u64> {
        self.length
    }

    /// Takes the next bytes.
    pub(crate) async fn push(&mut self, bytes: &[u8]) -> Result<(), Cause> {
        let after = self.received.saturating_add(bytes.len() as u64);
        self.allowance.check(after)?;
        if self.length.is_some_and(|length| after > length) {
            return Err(Cause::Interrupted("more bytes came than were announced"));
        }
        match &mut self.sink {
            // A copy into memory that is already ours: no wait, so it stays on this thread.
            Sink::Memory(memory) => memory.write_at(bytes, self.received).map_err(unwritten)?,
            Sink::Spill(spill) => spill.push(bytes, &mut self.permit).await?,
        }
        let room = HEAD_BYTES.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(bytes.get(..room).unwrap_or_default());
        self.hash.update(bytes);
        self.received = after;
        Ok(())
    }

    /// All bytes are there: seals the spool and gives back what was claimed too much.
    pub(crate) async fn finish(mut self) -> Result<Received, Cause> {
        let len = self.received;
        let sha256 = hex(&self.hash.finalize());
        let spool = match self.sink {
            Sink::Memory(memory) => {
                let sealed = memory.seal(len).map_err(Cause::Spool)?;
                self.permit.shrink_to(len);
                Spool::memory(sealed, len, self.permit)
            }
            Sink::Spill(mut spill) => {
                spill.flush().await?;
                self.permit.shrink_to(len);
                let file = Arc::into_inner(spill.file).ok_or(Cause::Spool(io::Error::other("the spool is still being written")))?;
                Spool::encrypted(file, len, self.permit)
            }
        };
        Ok(Received { spool, sha256, head: self.head })
    }
}

impl Spill {
    async fn push(&mut self, bytes: &[u8], permit: &mut Permit) -> Result<(), Cause> {
        let after = self.written + self.pending.len() as u64 + bytes.len() as u64;
        while after > self.claimed {
            let step = SPILL_STEP.max(after - self.claimed);
            permit.absorb(self.budget.try_claim(step, self.lane).ok_or(SPILL_FULL)?);
            self.claimed += step;
        }
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= BLOCK_BYTES { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), Cause> {
        let (file, offset, mut block) = (Arc::clone(&self.file), self.written, std::mem::take(&mut self.pending));
        let length = block.len() as u64;
        block = blocking(move || {
            file.write_at(&mut block, offset)?;
            Ok(block)
        })
        .await?;
        self.written += length;
        // The buffer is used again; it holds only encrypted bytes by now.
        block.clear();
        self.pending = block;
        Ok(())
    }
}

pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, Cause> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(unwritten(error)),
        Err(stopped) => Err(Cause::Spool(io::Error::other(stopped))),
    }
}

/// The size that a process's files may have (setrlimit(2), `RLIMIT_FSIZE`) holds for its memory files too.
fn unwritten(error: io::Error) -> Cause {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Cause::Full("the disk of the spill folder is full"),
        io::ErrorKind::FileTooLarge => {
            Cause::Full("no file of this worker may be so large: `ulimit -f`, or the spill folder's file system")
        }
        _ => Cause::Spool(error),
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| DIGITS.get(usize::from(digit)))
        .map(|d| char::from(*d))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::Errno;

    #[tokio::test]
    async fn a_full_disk_is_no_room_and_another_error_is_not() {
        for errno in [Errno::NOSPC, Errno::DQUOT, Errno::FBIG] {
            let failed = blocking(move || Err::<(), _>(errno.into())).await;
            assert!(matches!(failed, Err(Cause::Full(_))), "{failed:?}");
        }
        let failed = blocking(|| Err::<(), _>(Errno::IO.into())).await;
        assert!(matches!(failed, Err(Cause::Spool(_))), "{failed:?}");
    }
}
