//! A video of any size: motion JPEG in QuickTime, its samples first and what describes them at the end, as cameras write it.

use crate::photos::{Size, photo};
use anyhow::Result;
use bytes::{BufMut, Bytes, BytesMut};

/// Frames a second.
const RATE: u32 = 25;

/// A video of about so many bytes.
pub(crate) fn video(bytes: u64) -> Result<Bytes> {
    let frame = photo(Size::TwelveMegapixels, 3)?;
    let size = u32::try_from(frame.len())?;
    let frames = u32::try_from(bytes / u64::from(size).max(1))?.max(1);
    let samples = u64::from(size) * u64::from(frames);
    let start = boxed(*b"ftyp", &[&b"qt  "[..], &0x200_u32.to_be_bytes(), b"qt  "].concat())?;
    let mut made = BytesMut::with_capacity(usize::try_from(samples)? + (1 << 20));
    made.put_slice(&start);
    // A size of 1 says that the real one follows in 64 bits (ISO/IEC 14496-12, 4.2).
    made.put_u32(1);
    made.put_slice(b"mdat");
    made.put_u64(samples + 16);
    let first = u64::try_from(made.len())?;
    for _ in 0..frames {
        made.put_slice(&frame);
    }
    made.put_slice(&moov(frames, size, first)?);
    Ok(made.freeze())
}

fn boxed(name: [u8; 4], content: &[u8]) -> Result<Vec<u8>> {
    let mut made = u32::try_from(content.len() + 8)?.to_be_bytes().to_vec();
    made.extend(name);
    made.extend(content);
    Ok(made)
}

/// A box that begins with a version and flags, both 0 unless said.
fn full(name: [u8; 4], flags: u32, words: &[u32]) -> Result<Vec<u8>> {
    let content: Vec<u8> = std::iter::once(&flags).chain(words).flat_map(|word| word.to_be_bytes()).collect();
    boxed(name, &content)
}

/// No turn, no scale.
const UPRIGHT: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

fn moov(frames: u32, size: u32, first: u64) -> Result<Vec<u8>> {
    let (width, height) = (4000, 3000);
    let movie: Vec<u32> =
        [0, 0, RATE, frames, 0x1_0000, 0x100_0000, 0, 0].into_iter().chain(UPRIGHT).chain([0, 0, 0, 0, 0, 0, 2]).collect();
    let track: Vec<u32> = [0, 0, 1, 0, frames, 0, 0, 0, 0].into_iter().chain(UPRIGHT).chain([width << 16, height << 16]).collect();
    let media = [
        full(*b"mdhd", 0, &[0, 0, RATE, frames, 0x7fff_0000])?,
        boxed(*b"hdlr", &[&[0; 4][..], b"mhlrvide", &[0; 12], b"\0"].concat())?,
        boxed(*b"minf", &[full(*b"vmhd", 1, &[0x40, 0x8000_8000])?, sources()?, table(frames, size, first)?].concat())?,
    ];
    let trak = boxed(*b"trak", &[full(*b"tkhd", 3, &track)?, boxed(*b"mdia", &media.concat())?].concat())?;
    boxed(*b"moov", &[full(*b"mvhd", 0, &movie)?, trak].concat())
}

/// The samples lie in this very file.
fn sources() -> Result<Vec<u8>> {
    let here = full(*b"url ", 1, &[])?;
    boxed(*b"dinf", &boxed(*b"dref", &[&[0; 4][..], &1_u32.to_be_bytes(), &here].concat())?)
}

fn table(frames: u32, size: u32, first: u64) -> Result<Vec<u8>> {
    let mut entry = vec![0; 6];
    entry.put_u16(1);
    entry.extend([0; 16]);
    entry.put_u16(4000);
    entry.put_u16(3000);
    // 72 dpi, one frame a sample, no compressor's name, 24 bits, no palette (QuickTime File Format, "Video sample description").
    entry.extend([0, 72, 0, 0, 0, 72, 0, 0, 0, 0, 0, 0, 0, 1]);
    entry.extend([0; 32]);
    entry.extend([0, 24, 0xff, 0xff]);
    let described = [&[0; 4][..], &1_u32.to_be_bytes(), &boxed(*b"jpeg", &entry)?].concat();
    let (high, low) = (u32::try_from(first >> 32)?, u32::try_from(first & 0xffff_ffff)?);
    let boxes = [
        boxed(*b"stsd", &described)?,
        full(*b"stts", 0, &[1, frames, 1])?,
        full(*b"stsc", 0, &[1, 1, frames, 1])?,
        full(*b"stsz", 0, &[size, frames])?,
        full(*b"co64", 0, &[1, high, low])?,
    ];
    boxed(*b"stbl", &boxes.concat())
}
