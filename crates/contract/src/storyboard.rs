//! The derivatives `storyboard` and `storyboard-cues`: a sheet of small frames, and when each of them is shown.
//!
//! The sheet is one WebP picture of tiles in a grid. The cues are WebVTT as video players read it for the preview above their time bar:
//! each names the sheet and, by a media fragment (<https://www.w3.org/TR/media-frags/#naming-space>), the tile in it.
//!
//! ```text
//! WEBVTT
//!
//! 00:00:00.000 --> 00:00:02.500
//! storyboard.webp#xywh=0,0,160,90
//! ```
//! On a shelf both files lie in one folder, so the name leads to the sheet. Times count from the begin of the film. What is not in the
//! sheet has no cue.

use std::fmt::Write;

/// The sheet's MIME type.
pub const SHEET_MIME_TYPE: &str = "image/webp";
/// The cues' MIME type.
pub const CUES_MIME_TYPE: &str = "text/vtt";
/// The sheet as the cues name it, from their own place.
pub const SHEET_FILE: &str = "storyboard.webp";
/// Most tiles.
pub const MOST_TILES: u32 = 100;
/// Longest side of a tile, pixels.
pub const TILE_PX: u32 = 160;
/// Longest side of a sheet, pixels: ten tiles by ten.
pub const SHEET_PX: u32 = 10 * TILE_PX;
/// Latest time of a cue, milliseconds: what five digits of hours can say.
pub const LATEST_MS: u64 = 100_000 * 3_600_000 - 1;

const HEAD: &str = "WEBVTT\n";
/// More than the longest cues that can be written.
const MOST_BYTES: usize = 16 << 10;

/// A tile and when it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cue {
    /// From the begin of the film, milliseconds.
    pub start_ms: u64,
    /// After the start, milliseconds.
    pub end_ms: u64,
    /// Where in the sheet.
    pub tile: Tile,
}

/// A rectangle of the sheet, pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tile {
    /// From the left.
    pub x: u32,
    /// From the top.
    pub y: u32,
    /// At least 1.
    pub width: u32,
    /// At least 1.
    pub height: u32,
}

/// Why bytes are no cues.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoryboardError {
    /// Not written as [`write()`] does.
    #[error("they are not written as cues of a storyboard")]
    Shape,
    /// None, or more than [`MOST_TILES`].
    #[error("there are {0} of them; 1 to {MOST_TILES} are allowed")]
    Count(usize),
    /// One that ends before it begins, or begins before the one in front of it ends.
    #[error("their times do not follow each other")]
    Times,
    /// A tile that is empty, too large, or not all in the sheet.
    #[error("a tile is not in the sheet")]
    Tile,
}

/// Cues as WebVTT.
pub fn write(cues: &[Cue]) -> String {
    let mut text = HEAD.to_owned();
    for cue in cues {
        let Tile { x, y, width, height } = cue.tile;
        // Writing to a text can't fail.
        let _ = write!(text, "\n{} --> {}\n{SHEET_FILE}#xywh={x},{y},{width},{height}\n", Clock(cue.start_ms), Clock(cue.end_ms));
    }
    text
}

/// Reads cues, and believes only what [`write()`] would have written.
pub fn read(bytes: &[u8]) -> Result<Vec<Cue>, StoryboardError> {
    let text = Some(bytes).filter(|bytes| bytes.len() <= MOST_BYTES).and_then(|bytes| std::str::from_utf8(bytes).ok());
    let text = text.ok_or(StoryboardError::Shape)?;
    let mut lines = text.strip_prefix(HEAD).ok_or(StoryboardError::Shape)?.lines();
    let mut cues = Vec::new();
    while lines.next().is_some() {
        let cue = lines.next().zip(lines.next()).and_then(|(times, tile)| cue(times, tile)).ok_or(StoryboardError::Shape)?;
        cues.push(cue);
    }
    if write(&cues) != text {
        return Err(StoryboardError::Shape);
    }
    if cues.is_empty() || cues.len() > MOST_TILES as usize {
        return Err(StoryboardError::Count(cues.len()));
    }
    let mut before = 0;
    for Cue { start_ms, end_ms, tile } in &cues {
        if *start_ms < before || end_ms <= start_ms || *end_ms > LATEST_MS {
            return Err(StoryboardError::Times);
        }
        if ![tile.width, tile.height].iter().all(|side| (1..=TILE_PX).contains(side)) {
            return Err(StoryboardError::Tile);
        }
        before = *end_ms;
    }
    Ok(cues)
}

/// Whether every cue's tile lies in a sheet of this width and height.
pub fn lie_in(cues: &[Cue], (width, height): (u32, u32)) -> Result<(), StoryboardError> {
    let within = |from: u32, side: u32, most: u32| from.checked_add(side).is_some_and(|end| end <= most);
    let all = cues.iter().all(|Cue { tile, .. }| within(tile.x, tile.width, width) && within(tile.y, tile.height, height));
    if all { Ok(()) } else { Err(StoryboardError::Tile) }
}

/// Milliseconds as WebVTT writes a time.
struct Clock(u64);

impl std::fmt::Display for Clock {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.0 / 1000;
        write!(out, "{:02}:{:02}:{:02}.{:03}", seconds / 3600, seconds / 60 % 60, seconds % 60, self.0 % 1000)
    }
}

fn cue(times: &str, tile: &str) -> Option<Cue> {
    let (start, end) = times.split_once(" --> ")?;
    let mut sides = tile.strip_prefix(SHEET_FILE)?.strip_prefix("#xywh=")?.split(',').map(|side| side.parse().ok());
    let mut side = || sides.next().flatten();
    let tile = Tile { x: side()?, y: side()?, width: side()?, height: side()? };
    Some(Cue { start_ms: milliseconds(start)?, end_ms: milliseconds(end)?, tile })
}

fn milliseconds(clock: &str) -> Option<u64> {
    let (clock, fraction) = clock.split_once('.')?;
    let mut parts = clock.split(':').map(|part| part.parse::<u64>().ok());
    let mut part = || parts.next().flatten();
    let (hours, minutes, seconds) = (part()?, part()?, part()?);
    let whole = hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(60)?.checked_add(seconds)?;
    whole.checked_mul(1000)?.checked_add(fraction.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cues() -> Vec<Cue> {
        let tile = |n: u32| Tile { x: n % 10 * 160, y: n / 10 * 90, width: 160, height: 90 };
        (0..MOST_TILES).map(|n| Cue { start_ms: u64::from(n) * 61_234, end_ms: u64::from(n + 1) * 61_234, tile: tile(n) }).collect()
    }

    #[test]
    fn what_is_written_is_read() {
        let text = write(&cues());
        assert!(
            text.starts_with("WEBVTT\n\n00:00:00.000 --> 00:01:01.234\nstoryboard.webp#xywh=0,0,160,90\n\n00:01:01.234 --> "),
            "{text}"
        );
        assert_eq!(read(text.as_bytes()), Ok(cues()));
        assert_eq!(lie_in(&cues(), (1600, 900)), Ok(()));
        assert_eq!(lie_in(&cues(), (1600, 899)), Err(StoryboardError::Tile));
        assert_eq!(lie_in(&cues(), (1599, 900)), Err(StoryboardError::Tile));
        let late = [Cue { end_ms: LATEST_MS, ..cues()[0] }];
        assert_eq!(read(write(&late).as_bytes()), Ok(late.to_vec()));
    }

    #[test]
    fn anything_else_is_none() {
        let text = write(&cues());
        for (from, to) in [
            ("WEBVTT", "WEBVTT - a title"),
            ("storyboard.webp", "https://example.org/storyboard.webp"),
            ("160,90\n\n", "160,90\n<script>\n\n"),
            ("00:00:00.000", "00:00:00.0000"),
            ("00:00:00.000 -->", "00:00.000 -->"),
            ("xywh=0,0", "xywh=+0,0"),
            ("xywh=0,0", "xywh=0,0,0"),
            ("\n\n", "\n"),
        ] {
            assert_eq!(read(text.replacen(from, to, 1).as_bytes()), Err(StoryboardError::Shape), "{from} as {to}");
        }
        assert_eq!(read(text.trim_end().as_bytes()), Err(StoryboardError::Shape));
        assert_eq!(read(&[0xff; 40]), Err(StoryboardError::Shape));
        assert_eq!(read(&vec![b'\n'; MOST_BYTES + 1]), Err(StoryboardError::Shape));
    }

    #[test]
    fn numbers_that_can_not_be_are_refused_at_their_edge() {
        let with = |change: &dyn Fn(&mut Vec<Cue>)| {
            let mut cues = cues();
            change(&mut cues);
            read(write(&cues).as_bytes()).map(|cues| cues.len())
        };
        assert_eq!(with(&Vec::clear), Err(StoryboardError::Count(0)));
        assert_eq!(with(&|cues| cues.push(Cue { start_ms: 7_000_000, end_ms: 7_000_001, ..cues[0] })), Err(StoryboardError::Count(101)));
        assert_eq!(with(&|cues| cues[1].start_ms -= 1), Err(StoryboardError::Times));
        assert_eq!(with(&|cues| cues[99].end_ms = cues[99].start_ms), Err(StoryboardError::Times));
        assert_eq!(with(&|cues| cues[99].end_ms = LATEST_MS + 1), Err(StoryboardError::Times));
        assert_eq!(with(&|cues| cues[5].tile.width = TILE_PX + 1), Err(StoryboardError::Tile));
        assert_eq!(with(&|cues| cues[5].tile.height = 0), Err(StoryboardError::Tile));
        assert_eq!(lie_in(&[Cue { tile: Tile { x: u32::MAX, ..cues()[0].tile }, ..cues()[0] }], (1600, 900)), Err(StoryboardError::Tile));
    }
}
