//! Bytes that need no network: local files and what a job brought along.

use crate::error::Cause;
use crate::receive::{Allowance, Receiver, Room, blocking};
use crate::want::{Fetched, Seen};
use assay_contract::AssetKind;
use assay_contract::job::Lane;
use assay_contract::limits::FetchLimits;
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Read at once.
const PIECE_BYTES: usize = 256 << 10;

pub(crate) async fn open(room: &Room, path: &Path, limits: &FetchLimits, kind: Option<AssetKind>) -> Result<Fetched, Cause> {
    let path = path.to_owned();
    let (mut file, length) = blocking(move || regular(&path)).await.map_err(local)?;
    let mut receiver = room.receiver(Some(length), allowance(limits, kind), Lane::Interactive).await?;
    let mut piece = vec![0_u8; PIECE_BYTES];
    loop {
        let read = blocking(move || {
            let count = file.read(&mut piece)?;
            Ok((file, piece, count))
        });
        let count;
        (file, piece, count) = read.await.map_err(local)?;
        match piece.get(..count) {
            Some([]) | None => break,
            Some(bytes) if receiver.received() + bytes.len() as u64 > length => {
                return Err(Cause::Changed("the file grew while it was read"));
            }
            Some(bytes) => receiver.push(bytes).await?,
        }
    }
    if receiver.received() < length {
        return Err(Cause::Changed("the file shrank while it was read"));
    }
    finish(receiver).await
}

pub(crate) async fn spool(room: &Room, bytes: &[u8], limits: &FetchLimits, kind: Option<AssetKind>, lane: Lane) -> Result<Fetched, Cause> {
    let mut receiver = room.receiver(Some(bytes.len() as u64), allowance(limits, kind), lane).await?;
    for piece in bytes.chunks(PIECE_BYTES) {
        receiver.push(piece).await?;
    }
    finish(receiver).await
}

async fn finish(receiver: Receiver) -> Result<Fetched, Cause> {
    let received = receiver.finish().await?;
    let seen = Seen { content_length: received.spool.len(), sha256: received.sha256, ..Seen::default() };
    Ok(Fetched { spool: received.spool, seen, head: received.head })
}

fn allowance(limits: &FetchLimits, kind: Option<AssetKind>) -> Allowance {
    Allowance { name: FetchLimits::name_for(kind), bytes: limits.bytes_for(kind) }
}

/// Opens without waiting for a writer, should the path name a pipe.
fn regular(path: &Path) -> io::Result<(File, u64)> {
    let file = File::from(rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY, Mode::empty())?);
    let found = file.metadata()?;
    if found.is_file() { Ok((file, found.len())) } else { Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")) }
}

fn local(cause: Cause) -> Cause {
    match cause {
        Cause::Spool(error) => Cause::Local(error),
        other => other,
    }
}
