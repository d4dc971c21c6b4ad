//! The boxes of ISO base media files (ISO/IEC 14496-12, 4.2), for the few things that FFmpeg does not tell of them.

use assay_kit::Input;
use std::ops::Range;

/// More boxes on one level than any real file has.
const MOST_BOXES: usize = 10_000;

/// One box: its type and where its content lies.
pub(crate) struct Boxed {
    pub(crate) kind: [u8; 4],
    pub(crate) body: Range<u64>,
}

/// A track and what its handler says it carries: `vide`, `soun` ….
pub(crate) struct Track {
    pub(crate) handler: [u8; 4],
    pub(crate) body: Range<u64>,
    pub(crate) media: Range<u64>,
}

/// The movie box's content; `None` where there is none, or the file ends in it.
pub(crate) fn movie(input: &mut Input) -> Option<Range<u64>> {
    let whole = 0..input.length();
    child(input, whole, *b"moov").map(|movie| movie.body)
}

/// All tracks of a movie that have a handler.
pub(crate) fn tracks(input: &mut Input, movie: Range<u64>) -> Vec<Track> {
    let all = boxes(input, movie);
    let mut tracks = Vec::new();
    for one in all.into_iter().filter(|one| one.kind == *b"trak") {
        let Some(media) = child(input, one.body.clone(), *b"mdia").map(|media| media.body) else { continue };
        let handler = child(input, media.clone(), *b"hdlr").and_then(|handler| read::<12>(input, handler.body.start));
        if let Some([_, _, _, _, _, _, _, _, handler @ ..]) = handler {
            tracks.push(Track { handler, body: one.body, media });
        }
    }
    tracks
}

/// The first box of a kind on one level.
pub(crate) fn child(input: &mut Input, within: Range<u64>, kind: [u8; 4]) -> Option<Boxed> {
    boxes(input, within).into_iter().find(|one| one.kind == kind)
}

/// All boxes on one level, up to the first that makes no sense.
pub(crate) fn boxes(input: &mut Input, within: Range<u64>) -> Vec<Boxed> {
    let mut found = Vec::new();
    let mut at = within.start;
    while found.len() < MOST_BOXES && at.saturating_add(8) <= within.end {
        let Some([a, b, c, d, kind @ ..]) = read::<8>(input, at) else { break };
        let kind: [u8; 4] = kind;
        let (header, size) = match u32::from_be_bytes([a, b, c, d]) {
            0 => (8, within.end - at),
            1 => match read::<8>(input, at + 8) {
                Some(large) => (16, u64::from_be_bytes(large)),
                None => break,
            },
            size => (8, u64::from(size)),
        };
        let end = at.saturating_add(size);
        if size < header || end > within.end.max(at) {
            break;
        }
        found.push(Boxed { kind, body: at + header..end });
        at = end;
    }
    found
}

/// Some bytes; `None` where the file ends before.
pub(crate) fn read<const N: usize>(input: &mut Input, at: u64) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    (input.read_at(at, &mut bytes).ok()? == N).then_some(bytes)
}

/// A big-endian number of at most eight bytes.
pub(crate) fn be(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

#[cfg(test)]
pub(crate) mod tests {
    /// A box as bytes.
    pub(crate) fn boxed(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 8).unwrap();
        [&length.to_be_bytes()[..], &kind, body].concat()
    }

    /// A handler box.
    pub(crate) fn handler(kind: [u8; 4]) -> Vec<u8> {
        boxed(*b"hdlr", &[&[0; 8][..], &kind, &[0; 4]].concat())
    }
}
