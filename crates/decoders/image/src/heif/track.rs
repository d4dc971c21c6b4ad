//! An image sequence's track (ISO/IEC 23008-12, 7): how many pictures, how long, how often.

use crate::boxes::{boxes, first, within};
use crate::bytes::{be16, be32, be64, place};

/// What the first track of pictures tells.
#[derive(Debug, Default)]
pub(super) struct Track {
    /// As coded.
    pub(super) size: Option<[u32; 2]>,
    pub(super) frames: u64,
    pub(super) duration_s: Option<f64>,
    /// Passes; 0 is for ever.
    pub(super) passes: Option<u32>,
}

impl Track {
    /// Reads the first track whose pictures are shown.
    pub(super) fn read(file: &[u8]) -> Option<Self> {
        let movie = first(file, b"moov")?.body;
        let tracks = boxes(movie).filter(|found| found.name == *b"trak").map(|found| found.body);
        let track = tracks.into_iter().find(|track| matches!(handler(track), Some(b"pict" | b"vide")))?;
        let table = within(track, &[b"mdia", b"minf", b"stbl"])?;
        let timescale = within(track, &[b"mdia", b"mdhd"]).and_then(|body| be32(body, if body.first() == Some(&1) { 20 } else { 12 }));
        let duration = times(table);
        let entry = first(table, b"stsd").and_then(|found| boxes(found.body.get(8..)?).next());
        let seconds = timescale.filter(|scale| *scale > 0).map(|scale| duration as f64 / f64::from(scale));
        Some(Self {
            size: entry.and_then(|entry| Some([be16(entry.body, 24)?.into(), be16(entry.body, 26)?.into()])),
            frames: samples(table),
            duration_s: seconds.filter(|seconds| *seconds > 0.0),
            passes: passes(movie, track),
        })
    }
}

fn handler(track: &[u8]) -> Option<&[u8; 4]> {
    within(track, &[b"mdia", b"hdlr"])?.get(8..12)?.try_into().ok()
}

/// How many samples the table really lists.
fn samples(table: &[u8]) -> u64 {
    let Some(found) = first(table, b"stsz") else { return 0 };
    let (_, _, body) = found.full();
    let (each, count) = (be32(body, 0).unwrap_or(0), u64::from(be32(body, 4).unwrap_or(0)));
    if each == 0 { count.min(body.len().saturating_sub(8) as u64 / 4) } else { count }
}

/// The sum of all samples' durations.
fn times(table: &[u8]) -> u64 {
    let Some(found) = first(table, b"stts") else { return 0 };
    let (_, _, body) = found.full();
    let runs = body.get(4..).unwrap_or_default().as_chunks::<8>().0.iter().take(place(be32(body, 0).unwrap_or(0)));
    runs.fold(0, |sum, [a, b, c, d, e, f, g, h]| {
        let (count, each) = (u32::from_be_bytes([*a, *b, *c, *d]), u32::from_be_bytes([*e, *f, *g, *h]));
        u64::from(count).saturating_mul(each.into()).saturating_add(sum)
    })
}

/// An edit list that repeats (flag 1) fills the track's duration; one of all ones never ends (14496-12, 8.6.6).
fn passes(movie: &[u8], track: &[u8]) -> Option<u32> {
    let list = first(within(track, &[b"edts"])?, b"elst")?;
    let (version, flags, body) = list.full();
    if flags & 1 == 0 {
        return Some(1);
    }
    let header = first(track, b"tkhd")?;
    let (whole, once) = match (header.full(), version) {
        ((1, _, told), _) => (be64(told, 24)?, if version == 1 { be64(body, 4)? } else { be32(body, 4)?.into() }),
        ((_, _, told), 1) => (be32(told, 16)?.into(), be64(body, 4)?),
        ((_, _, told), _) => (be32(told, 16)?.into(), be32(body, 4)?.into()),
    };
    let endless = matches!(whole, 0xffff_ffff | u64::MAX) || within(movie, &[b"mvhd"]).is_none();
    if endless {
        return Some(0);
    }
    u32::try_from(whole.div_ceil(once.max(1))).ok()
}
