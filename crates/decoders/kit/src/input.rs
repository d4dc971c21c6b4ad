//! The asset's bytes as `Read + Seek`, wherever they are: mapped memory, or blocks that the worker serves.

use crate::channel::SharedChannel;
use crate::decoder::Stop;
use assay_contract::Code;
use assay_contract::exchange::{MAX_BLOCK_BYTES, ReadAt, Refusal};
use assay_contract::frame::{Frame, FrameKind};
use assay_contract::limits::LimitHit;
use std::borrow::Cow;
use std::io::{self, Read, Seek, SeekFrom};

/// Smallest block that is asked for: a demuxer's small reads become few questions.
const READ_AHEAD: u32 = 256 << 10;

/// One asset, read only.
pub struct Input {
    bytes: Bytes,
    length: u64,
    position: u64,
}

enum Bytes {
    /// All of it, readable at once.
    Whole(Box<dyn AsRef<[u8]>>),
    /// Asked for, block by block; the last block is kept.
    Blocks { channel: SharedChannel, at: u64, block: Vec<u8>, left: u64 },
}

impl Input {
    /// An input that lies in memory.
    pub fn whole_in_memory(bytes: impl AsRef<[u8]> + 'static) -> Self {
        let length = bytes.as_ref().len() as u64;
        Self { bytes: Bytes::Whole(Box::new(bytes)), length, position: 0 }
    }

    /// An input that the worker serves in blocks; at most `allowance` bytes in all.
    pub fn in_blocks(channel: SharedChannel, length: u64, allowance: u64) -> Self {
        Self { bytes: Bytes::Blocks { channel, at: 0, block: Vec::new(), left: allowance }, length, position: 0 }
    }

    /// Bytes of the asset.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// All bytes, where they lie in memory.
    pub fn in_memory(&self) -> Option<&[u8]> {
        match &self.bytes {
            Bytes::Whole(bytes) => Some((**bytes).as_ref()),
            Bytes::Blocks { .. } => None,
        }
    }

    /// All bytes, for a library that wants one buffer; over `limit` bytes it is refused when they must be fetched.
    pub fn whole(&mut self, limit: u64) -> Result<Cow<'_, [u8]>, Stop> {
        if matches!(self.bytes, Bytes::Blocks { .. }) {
            if self.length > limit {
                return Err(Refusal::limit(Code::LimitExceeded, LimitHit::new("whole_buffer_bytes", self.length, limit)).into());
            }
            let mut all = vec![0; usize::try_from(self.length).unwrap_or(usize::MAX)];
            self.position = 0;
            self.read_exact(&mut all).map_err(Stop::Gone)?;
            return Ok(Cow::Owned(all));
        }
        Ok(Cow::Borrowed(self.in_memory().unwrap_or_default()))
    }

    /// Reads from a place without moving. Fewer bytes than asked only at the asset's end.
    pub fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < into.len() {
            let place = offset.saturating_add(done as u64);
            if place >= self.length {
                break;
            }
            let Some(rest) = into.get_mut(done..) else { break };
            let got = self.read_some(place, rest)?;
            if got == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the worker has no more bytes"));
            }
            done += got;
        }
        Ok(done)
    }

    fn read_some(&mut self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let length = self.length;
        match &mut self.bytes {
            Bytes::Whole(bytes) => Ok(copied((**bytes).as_ref(), offset, into)),
            Bytes::Blocks { channel, at, block, left } => {
                if offset < *at || offset >= *at + block.len() as u64 {
                    let wish = u32::try_from(into.len()).unwrap_or(u32::MAX).clamp(READ_AHEAD, MAX_BLOCK_BYTES);
                    let wish = u32::try_from(u64::from(wish).min(length - offset)).unwrap_or(wish);
                    *left = left.checked_sub(u64::from(wish)).ok_or_else(|| {
                        io::Error::new(
                            io::ErrorKind::QuotaExceeded,
                            "limit block_bytes: the decoder asked for more bytes than an asset may cost",
                        )
                    })?;
                    let question = Frame::new(FrameKind::ReadAt, &ReadAt { offset, bytes: wish }, Vec::new())?;
                    *block = channel.borrow_mut().ask(&question)?.body;
                    *at = offset;
                }
                Ok(copied(block, offset - *at, into))
            }
        }
    }
}

fn copied(from: &[u8], offset: u64, into: &mut [u8]) -> usize {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    let Some(rest) = from.get(start..) else { return 0 };
    let count = rest.len().min(into.len());
    if let (Some(into), Some(rest)) = (into.get_mut(..count), rest.get(..count)) {
        into.copy_from_slice(rest);
    }
    count
}

impl Read for Input {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.length || into.is_empty() {
            return Ok(0);
        }
        let got = self.read_some(self.position, into)?;
        self.position += got as u64;
        Ok(got)
    }
}

impl Seek for Input {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = place.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a seek before the begin"))?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::Channel;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// A worker that serves a buffer and counts its questions.
    struct Server {
        bytes: Vec<u8>,
        questions: usize,
    }
    impl Channel for Server {
        fn send(&mut self, _: &Frame) -> io::Result<()> {
            Ok(())
        }
        fn ask(&mut self, frame: &Frame) -> io::Result<Frame> {
            self.questions += 1;
            let ask: ReadAt = frame.head()?;
            let start = usize::try_from(ask.offset).unwrap();
            let body = self.bytes[start..start + ask.bytes as usize].to_vec();
            Ok(Frame { kind: FrameKind::Block, head: Vec::new(), body })
        }
    }

    #[test]
    fn blocks_and_memory_read_alike_and_small_reads_ask_once() {
        let bytes: Vec<u8> = (0..600_000u32).map(|n| (n % 251) as u8).collect();
        let server = Rc::new(RefCell::new(Server { bytes: bytes.clone(), questions: 0 }));
        let mut blocks = Input::in_blocks(server.clone(), bytes.len() as u64, u64::MAX);
        let mut memory = Input::whole_in_memory(bytes.clone());
        for (offset, count) in [(0u64, 10usize), (10, 10), (5, 100), (262_140, 10), (599_990, 50), (600_000, 1)] {
            let (mut a, mut b) = (vec![0; count], vec![0; count]);
            let (n, m) = (blocks.read_at(offset, &mut a).unwrap(), memory.read_at(offset, &mut b).unwrap());
            assert_eq!((n, &a), (m, &b), "{offset}");
        }
        assert!(server.borrow().questions <= 4, "{}", server.borrow().questions);
    }

    #[test]
    fn more_bytes_than_the_allowance_are_refused() {
        let bytes = vec![1u8; 1 << 20];
        let server = Rc::new(RefCell::new(Server { bytes, questions: 0 }));
        let mut input = Input::in_blocks(server, 1 << 20, u64::from(READ_AHEAD));
        let mut byte = [0];
        assert_eq!(input.read_at(0, &mut byte).unwrap(), 1);
        assert_eq!(input.read_at(1 << 19, &mut byte).unwrap_err().kind(), io::ErrorKind::QuotaExceeded);
    }

    #[test]
    fn a_seek_before_the_begin_is_an_error_and_past_the_end_reads_nothing() {
        let mut input = Input::whole_in_memory(vec![1u8, 2, 3]);
        assert!(input.seek(SeekFrom::Current(-1)).is_err());
        input.seek(SeekFrom::End(5)).unwrap();
        assert_eq!(input.read(&mut [0; 4]).unwrap(), 0);
    }
}
