//! The derivative `frame-index`: when each frame of a video is shown, and whether decoding can begin with it.
//!
//! Frame `n` of the index is frame `n` that a player shows: in order of presentation, without what an edit list hides.
//!
//! ```text
//! 0..4   magic "AYFI"              12..16 numerator of a tick, u32 LE      20..28 time of frame 0, ticks, i64 LE
//! 4..6   version, u16 LE: 1        16..20 denominator of a tick, u32 LE    28..   each frame, one unsigned LEB128:
//! 6..8   zero                             (a tick is num / den seconds)           bit 0: keyframe
//! 8..12  frames, u32 LE                                                           the rest: ticks since the frame before
//! ```
//! So a frame takes one to three bytes: an hour of film about 180 kB. The first frame's step is 0.

use crate::details::Ratio;

const MAGIC: [u8; 4] = *b"AYFI";
const VERSION: u16 = 1;
const HEADER_BYTES: usize = 28;
/// A step has at most 63 bits, and its frame's flag one more.
const MOST_STEP_BYTES: usize = 10;

/// One frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexedFrame {
    /// When it is shown, ticks.
    pub ticks: i64,
    /// Whether decoding can begin with it.
    pub is_key: bool,
}

/// An index that was read and found whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameIndex<'b> {
    frames: u32,
    tick: Ratio,
    first: i64,
    steps: &'b [u8],
}

/// Why bytes are no index.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameIndexError {
    /// Shorter than its head, or not one at all.
    #[error("it does not begin as an index of frames")]
    Head,
    /// Of a version that this build does not read.
    #[error("it has version {0}; this build reads {VERSION}")]
    Version(u16),
    /// A tick of no length.
    #[error("a tick has no length")]
    Tick,
    /// Fewer frames than announced, or bytes behind the last.
    #[error("it does not have the frames that it announces")]
    Length,
    /// Times beyond any clock.
    #[error("a time is beyond 64 bits")]
    Overflow,
}

impl<'b> FrameIndex<'b> {
    /// The derivative's MIME type.
    pub const MIME_TYPE: &'static str = "application/octet-stream";

    /// Writes an index. `None` where frames are not in order of time, there are more than 2³² − 1, or a tick has no length.
    pub fn write(tick: Ratio, frames: impl IntoIterator<Item = IndexedFrame>) -> Option<Vec<u8>> {
        if tick.num == 0 || tick.den == 0 {
            return None;
        }
        let (mut bytes, mut count, mut first, mut before) = (vec![0; HEADER_BYTES], 0_u32, 0, None);
        for frame in frames {
            let step = match before {
                Some(before) => u64::try_from(frame.ticks.checked_sub(before)?).ok()?,
                None => 0,
            };
            if before.is_none() {
                first = frame.ticks;
            }
            push(&mut bytes, step << 1 | u64::from(frame.is_key));
            before = Some(frame.ticks);
            count = count.checked_add(1)?;
        }
        let mut head = Vec::with_capacity(HEADER_BYTES);
        head.extend(MAGIC);
        head.extend(VERSION.to_le_bytes());
        head.extend([0, 0]);
        for number in [count, tick.num, tick.den] {
            head.extend(number.to_le_bytes());
        }
        head.extend(i64::to_le_bytes(first));
        bytes.get_mut(..HEADER_BYTES)?.copy_from_slice(&head);
        Some(bytes)
    }

    /// Reads an index and goes over all of it, allocating nothing.
    pub fn read(bytes: &'b [u8]) -> Result<Self, FrameIndexError> {
        let (head, steps) = bytes.split_at_checked(HEADER_BYTES).ok_or(FrameIndexError::Head)?;
        let number = |at: usize| head.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
        if !head.starts_with(&MAGIC) {
            return Err(FrameIndexError::Head);
        }
        match number(4) {
            1 => {}
            other => return Err(FrameIndexError::Version(u16::try_from(other & 0xffff).unwrap_or_default())),
        }
        let first = head.last_chunk().map_or(0, |bytes| i64::from_le_bytes(*bytes));
        let tick = Ratio::new(number(12), number(16)).filter(|tick| tick.num > 0).ok_or(FrameIndexError::Tick)?;
        let index = Self { frames: number(8), tick, first, steps };
        let (mut rest, mut time) = (steps, first);
        for _ in 0..index.frames {
            let (step, _) = pulled(&mut rest).ok_or(FrameIndexError::Length)?;
            time = time.checked_add_unsigned(step).ok_or(FrameIndexError::Overflow)?;
        }
        if rest.is_empty() { Ok(index) } else { Err(FrameIndexError::Length) }
    }

    /// How many frames there are.
    pub fn frame_count(&self) -> u32 {
        self.frames
    }

    /// Seconds in a tick.
    pub fn tick(&self) -> Ratio {
        self.tick
    }

    /// All frames in order of presentation.
    pub fn frames(&self) -> impl Iterator<Item = IndexedFrame> + use<'b> {
        let (mut rest, mut ticks) = (self.steps, self.first);
        std::iter::from_fn(move || {
            let (step, is_key) = pulled(&mut rest)?;
            ticks = ticks.saturating_add_unsigned(step);
            Some(IndexedFrame { ticks, is_key })
        })
    }
}

fn push(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    bytes.push((number & 0x7f) as u8);
}

/// The next step and its flag; `None` at the end, and for a number of more than 64 bits.
fn pulled(rest: &mut &[u8]) -> Option<(u64, bool)> {
    let length = rest.iter().take(MOST_STEP_BYTES).position(|byte| byte & 0x80 == 0)? + 1;
    let (number, after) = rest.split_at_checked(length)?;
    if length == MOST_STEP_BYTES && number.last().is_some_and(|byte| *byte > 1) {
        return None;
    }
    *rest = after;
    let number = number.iter().rev().fold(0_u64, |sum, byte| sum << 7 | u64::from(byte & 0x7f));
    Some((number >> 1, number & 1 == 1))
}

#[cfg(test)]
mod tests;
