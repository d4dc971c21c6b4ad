//! Whether an edit list trims or shifts the first video track of an ISO file: FFmpeg applies the list but does not say so.

use crate::boxes::{be, child, movie, read, tracks};
use assay_kit::Input;
use std::ops::Range;

/// Whether the first video track has an edit list that does anything (ISO/IEC 14496-12, 8.6.6). `None` without such a track.
pub(crate) fn has_effect(input: &mut Input) -> Option<bool> {
    let movie = movie(input)?;
    let movie_scale = scale_and_duration(input, movie.clone(), *b"mvhd").map(|(scale, _)| scale)?;
    let track = tracks(input, movie).into_iter().find(|track| track.handler == *b"vide")?;
    let Some(list) = child(input, track.body, *b"edts").and_then(|edits| child(input, edits.body, *b"elst")) else {
        return Some(false);
    };
    let media_length = scale_and_duration(input, track.media, *b"mdhd");
    Some(!is_whole_track(input, list.body, movie_scale, media_length))
}

/// Whether a movie goes on in fragments (ISO/IEC 14496-12, 8.8.1): then its own table of samples is not all of them.
pub(crate) fn is_fragmented(input: &mut Input) -> bool {
    movie(input).and_then(|movie| child(input, movie, *b"mvex")).is_some()
}

/// Whether the list is the one entry that plays the track from its begin to its end, as encoders write it out of habit.
fn is_whole_track(input: &mut Input, list: Range<u64>, movie_scale: u32, media: Option<(u32, u64)>) -> bool {
    let Some([version, _, _, _, a, b, c, d]) = read::<8>(input, list.start) else { return true };
    let count = u32::from_be_bytes([a, b, c, d]);
    let at = list.start + 8;
    let entry = if version == 1 {
        read::<16>(input, at).map(|bytes| {
            let (duration, time) = bytes.split_at(8);
            (be(duration), be(time))
        })
    } else {
        read::<8>(input, at).map(|bytes| {
            let (duration, time) = bytes.split_at(4);
            (be(duration), be(time))
        })
    };
    match (count, entry) {
        (0, _) | (_, None) => true,
        (1, Some((duration, 0))) => match media {
            Some((scale, length)) if duration > 0 && scale > 0 => {
                let shown = duration as f64 / f64::from(movie_scale.max(1));
                // A tick of the movie's clock is a millisecond or so: rounding is no trimming.
                length as f64 / f64::from(scale) - shown < 2.0 / f64::from(movie_scale.max(1))
            }
            _ => true,
        },
        _ => false,
    }
}

/// Time scale and duration of `mvhd` or `mdhd` (8.2.2, 8.4.2), which begin alike.
fn scale_and_duration(input: &mut Input, within: Range<u64>, kind: [u8; 4]) -> Option<(u32, u64)> {
    let at = child(input, within, kind)?.body.start;
    let [version, ..] = read::<4>(input, at)?;
    let (scale, duration) = if version == 1 {
        (be(&read::<4>(input, at + 20)?), be(&read::<8>(input, at + 24)?))
    } else {
        (be(&read::<4>(input, at + 12)?), be(&read::<4>(input, at + 16)?))
    };
    Some((u32::try_from(scale).ok()?, duration))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boxes::tests::{boxed, handler};

    fn header(kind: [u8; 4], scale: u32, duration: u32) -> Vec<u8> {
        boxed(kind, &[&[0; 12][..], &scale.to_be_bytes(), &duration.to_be_bytes(), &[0; 4]].concat())
    }

    fn movie(entries: &[(u32, i32)]) -> Vec<u8> {
        let mut list = vec![0, 0, 0, 0];
        list.extend(u32::try_from(entries.len()).unwrap().to_be_bytes());
        for (duration, time) in entries {
            list.extend(duration.to_be_bytes());
            list.extend(time.to_be_bytes());
            list.extend([0, 1, 0, 0]);
        }
        let edits = boxed(*b"edts", &boxed(*b"elst", &list));
        let media = boxed(*b"mdia", &[header(*b"mdhd", 12_800, 25_600), handler(*b"vide")].concat());
        let track = boxed(*b"trak", &[edits, media].concat());
        boxed(*b"moov", &[header(*b"mvhd", 1000, 2000), track].concat())
    }

    fn effect(bytes: Vec<u8>) -> Option<bool> {
        has_effect(&mut Input::whole_in_memory(bytes))
    }

    #[test]
    fn a_list_that_plays_the_whole_track_has_no_effect() {
        assert_eq!(effect(movie(&[(2000, 0)])), Some(false));
        assert_eq!(effect(movie(&[])), Some(false));
    }

    #[test]
    fn a_trimmed_a_shifted_and_a_delayed_track_are_edited() {
        assert_eq!(effect(movie(&[(1000, 0)])), Some(true));
        assert_eq!(effect(movie(&[(2000, 1024)])), Some(true));
        assert_eq!(effect(movie(&[(500, -1), (2000, 0)])), Some(true));
    }

    #[test]
    fn a_file_cut_anywhere_gives_an_answer() {
        let whole = movie(&[(1000, 0)]);
        for length in 0..whole.len() {
            assert_eq!(effect(whole[..length].to_vec()), None, "{length}");
        }
    }
}
