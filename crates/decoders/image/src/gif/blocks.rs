//! The blocks of a GIF, passed over without decoding anything.

use crate::bytes::{le16, slice};

/// What the blocks tell.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// The logical screen, or the first frame where there is no screen.
    pub(super) size: (u16, u16),
    /// Bits of an index: of the first frame's colours, else of the global ones.
    pub(super) bit_depth: Option<u8>,
    /// Whether a frame has a transparent colour.
    pub(super) has_transparency: bool,
    pub(super) frames: u64,
    /// Delays of all frames, hundredths of a second.
    pub(super) delays_cs: u64,
    /// Passes; 0 is for ever.
    pub(super) passes: u32,
    /// Whether the walk ended before the trailer.
    pub(super) is_cut: bool,
}

impl Blocks {
    /// Walks to the trailer, the file's end, or until `most_frames` were counted. `None` where not even the screen is there.
    pub(super) fn read(bytes: &[u8], most_frames: u64) -> Option<Self> {
        let mut found = Self { size: (le16(bytes, 6)?, le16(bytes, 8)?), passes: 1, is_cut: true, ..Self::default() };
        let flags = *bytes.get(10)?;
        let mut at = 13;
        if flags & 0x80 != 0 {
            found.bit_depth = Some((flags & 7) + 1);
            at += 3 << ((flags & 7) + 1);
        }
        while let Some(kind) = bytes.get(at) {
            let next = match kind {
                0x21 => found.extension(bytes, at),
                0x2c if found.frames < most_frames => found.frame(bytes, at),
                0x3b => {
                    found.is_cut = false;
                    None
                }
                // Some writers leave zeros between blocks.
                0x00 => Some(at + 1),
                _ => None,
            };
            let Some(next) = next else { break };
            at = next;
        }
        // A trailer that is missing costs nothing where every frame is whole.
        found.is_cut &= at < bytes.len() || found.frames == 0;
        Some(found)
    }

    fn extension(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let (label, body) = (*bytes.get(at + 1)?, at + 2);
        if label == 0xf9 && bytes.get(body) == Some(&4) {
            self.has_transparency |= bytes.get(body + 1)? & 1 != 0;
            self.delays_cs += u64::from(le16(bytes, body + 2)?);
        }
        let name = slice(bytes, body + 1, 11);
        if label == 0xff && (name == Some(b"NETSCAPE2.0") || name == Some(b"ANIMEXTS1.0")) && slice(bytes, body + 12, 2) == Some(&[3, 1]) {
            // The number says how often the animation is repeated after its first pass.
            self.passes = match le16(bytes, body + 14)? {
                0 => 0,
                repeats => u32::from(repeats) + 1,
            };
        }
        past_blocks(bytes, body)
    }

    fn frame(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let (width, height) = (le16(bytes, at + 5)?, le16(bytes, at + 7)?);
        let flags = *bytes.get(at + 9)?;
        if self.size.0 == 0 || self.size.1 == 0 {
            self.size = (width, height);
        }
        let mut data = at + 10;
        if flags & 0x80 != 0 {
            if self.frames == 0 {
                self.bit_depth = Some((flags & 7) + 1);
            }
            data += 3 << ((flags & 7) + 1);
        }
        self.frames += 1;
        past_blocks(bytes, data + 1)
    }
}

/// The place after a chain of sub-blocks.
fn past_blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            0 => return Some(at + 1),
            length => at += 1 + usize::from(*length),
        }
    }
}
