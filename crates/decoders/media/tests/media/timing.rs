//! Edit lists, reordering, variable rates, negative times.

use super::{fixture, looked_at, video};
use assay_contract::details::Ratio;
use assay_contract::frame_index::{FrameIndex, IndexedFrame};
use assay_contract::profile::DerivativeName;

#[test]
fn frames_that_an_edit_list_hides_are_not_counted_but_told() {
    let edited = video("media/mp4-edit-list.mp4");
    assert_eq!(edited.has_edit_list, Some(true));
    assert_eq!(edited.has_negative_timestamps, Some(true));
    let shown = looked_at(fixture("media/mp4-edit-list.mp4")).facts.unwrap().media_attributes.frame_count;
    assert!(edited.packet_count > shown, "{:?} packets, {shown:?} shown", edited.packet_count);
    assert_eq!(edited.frame_count_method.as_deref(), Some("packets"));
}

#[test]
fn what_comes_before_the_first_keyframe_of_a_recording_is_told_and_not_counted() {
    let cut = video("media/ts-begins-in-a-group.ts");
    let shown = looked_at(fixture("media/ts-begins-in-a-group.ts")).facts.unwrap().media_attributes.frame_count;
    assert!(cut.packet_count > shown, "{:?} packets, {shown:?} shown", cut.packet_count);
    // Which begins on a keyframe loses none.
    let whole = video("media/ts-h264-aac.ts");
    assert_eq!(whole.packet_count, looked_at(fixture("media/ts-h264-aac.ts")).facts.unwrap().media_attributes.frame_count);
}

#[test]
fn a_film_that_begins_later_than_its_file_is_whole() {
    let said = looked_at(fixture("regression/mp4-begins-later.mp4"));
    assert!(said.issues.is_empty(), "{:?}", said.issues);
    let flat = said.facts.unwrap().media_attributes;
    assert_eq!((flat.duration, flat.frame_count), (Some(4.0), Some(25)));
}

/// Where the data of each element lies, those of a segment, its information, its clusters and their groups of blocks among them
/// (RFC 8794, 4 and 5; RFC 9559, 5.1).
fn elements(bytes: &[u8], from: usize, to: usize, found: &mut Vec<(u32, usize, usize)>) {
    let mut at = from;
    while at < to {
        let number = |at: usize, length: usize| bytes[at..at + length].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        let id_bytes = bytes[at].leading_zeros() as usize + 1;
        let id = u32::try_from(number(at, id_bytes)).unwrap();
        let size_at = at + id_bytes;
        let size_bytes = bytes[size_at].leading_zeros() as usize + 1;
        let size = usize::try_from(number(size_at, size_bytes) & ((1 << (7 * size_bytes)) - 1)).unwrap();
        let (begin, end) = (size_at + size_bytes, size_at + size_bytes + size);
        found.push((id, begin, end));
        if matches!(id, 0x1853_8067 | 0x1549_a966 | 0x1f43_b675 | 0xa0) {
            elements(bytes, begin, end, found);
        }
        at = end;
    }
}

#[test]
fn a_matroska_film_that_begins_late_is_whole_and_one_that_lacks_its_end_is_not() {
    const LATER_MS: i16 = 20_000;
    let mut late = fixture("media/mkv-h264-vorbis.mkv");
    let (mut found, length) = (Vec::new(), late.len());
    elements(&late, 0, length, &mut found);
    let mut blocks = 0;
    for (id, begin, _) in found {
        match id {
            // Of a block, behind the number of its track.
            0xa3 | 0xa1 => {
                let place = begin + 1..begin + 3;
                let ms = i16::from_be_bytes(late[place.clone()].try_into().unwrap());
                late[place].copy_from_slice(&(ms + LATER_MS).to_be_bytes());
                blocks += 1;
            }
            0x4489 => {
                let ms = f64::from_be_bytes(late[begin..begin + 8].try_into().unwrap());
                late[begin..begin + 8].copy_from_slice(&(ms + f64::from(LATER_MS)).to_be_bytes());
            }
            _ => {}
        }
    }
    assert!(blocks > 50, "{blocks} blocks");
    let whole = looked_at(late.clone());
    assert!(whole.issues.is_empty(), "{:?}", whole.issues);
    let cut = looked_at(late[..late.len() / 3].to_vec());
    assert!(cut.issues.iter().any(|issue| issue.code == "truncated-asset"), "{:?}", cut.issues);
}

/// Sets the checksum of an Ogg page (RFC 3533, section 6; the polynomial is 0x04c11db7).
fn sum_anew(page: &mut [u8]) {
    page[22..26].fill(0);
    let sum = page.iter().fold(0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| if sum >> 31 == 1 { sum << 1 ^ 0x04c1_1db7 } else { sum << 1 })
    });
    page[22..26].copy_from_slice(&sum.to_le_bytes());
}

#[test]
fn an_ogg_whose_last_time_lies_before_its_frames_is_no_days_long() {
    let whole = fixture("media/ogg-vorbis.ogg");
    let alone = looked_at(whole.clone()).facts.unwrap().media_attributes.duration.unwrap();
    let last = whole.windows(4).rposition(|four| four == b"OggS").unwrap();
    for sample in [1_u64, 100_000] {
        let mut early = whole.clone();
        early[last + 6..last + 14].copy_from_slice(&sample.to_le_bytes());
        sum_anew(&mut early[last..]);
        let chained = [early, whole.clone()].concat();
        let duration = looked_at(chained).facts.unwrap().media_attributes.duration.unwrap();
        // FFmpeg tells the difference as 2^32 samples less a few, which is 27 hours.
        assert!((alone..2.5 * alone).contains(&duration), "{sample}: {duration} s");
    }
}

#[test]
fn a_movie_that_says_no_length_or_a_wrong_one_is_as_long_as_its_tracks() {
    for wrong in [u32::MAX, 30_000] {
        let mut whole = fixture("media/mp4-h264-faststart.mp4");
        let header = whole.windows(4).position(|four| four == b"mvhd").unwrap();
        whole[header + 20..header + 24].copy_from_slice(&wrong.to_be_bytes());
        let duration = looked_at(whole).facts.unwrap().media_attributes.duration.unwrap();
        assert!((duration - 3.0).abs() < 0.1, "{wrong}: {duration} s");
    }
}

#[test]
fn a_variable_rate_is_told_from_a_constant_one() {
    assert_eq!(video("media/mp4-variable-rate.mp4").variable_frame_rate, Some(true));
    for constant in ["media/mp4-h264-faststart.mp4", "media/mkv-h264-vorbis.mkv", "media/ts-h264-aac.ts", "media/flv-h264-aac.flv"] {
        assert_eq!(video(constant).variable_frame_rate, Some(false), "{constant}");
    }
}

#[test]
fn reordered_frames_are_noticed() {
    assert_eq!(video("media/mp4-b-frames.mp4").has_b_frames, Some(true));
    assert_eq!(video("media/webm-vp8-vorbis.webm").has_b_frames, Some(false));
}

#[test]
fn where_the_index_lies_makes_no_difference() {
    let end = video("media/mp4-moov-at-end.mp4");
    assert_eq!((end.stored_width, end.stored_height, end.packet_count), (480, 270, Some(75)));
}

#[test]
fn sounds_put_one_behind_the_other_are_as_long_as_both() {
    for (name, seconds) in
        [("media/ogg-vorbis.ogg", 8.0), ("media/opus.opus", 8.01), ("media/aac-adts.aac", 8.08), ("media/mp3-variable-rate.mp3", 8.1)]
    {
        let one = fixture(name);
        let duration = looked_at([one.clone(), one].concat()).facts.unwrap().media_attributes.duration.unwrap();
        assert!((duration - seconds).abs() < 0.05, "{name}: {duration} s");
    }
}

fn index(name: &str) -> (Ratio, Vec<IndexedFrame>) {
    let said = looked_at(fixture(name));
    let (head, bytes) = said.derivatives.iter().find(|(head, _)| head.name == DerivativeName::FrameIndex).unwrap();
    assert_eq!(head.mime_type, FrameIndex::MIME_TYPE);
    let index = FrameIndex::read(bytes).unwrap();
    let count = said.facts.unwrap().media_attributes.frame_count;
    assert_eq!(Some(u64::from(index.frame_count())), count, "{name}");
    (index.tick(), index.frames().collect())
}

#[test]
fn the_frame_index_has_each_frame_that_is_shown_in_its_order() {
    let (tick, frames) = index("media/mp4-b-frames.mp4");
    assert_eq!(frames.len(), 90);
    let seconds: Vec<f64> = frames.iter().map(|frame| (frame.ticks - frames[0].ticks) as f64 * tick.value()).collect();
    for (n, seconds) in seconds.iter().enumerate() {
        assert!((seconds - n as f64 / 30.0).abs() < 0.001, "frame {n} is shown at {seconds} s");
    }
    let keys: Vec<usize> = (0..90).filter(|n| frames[*n].is_key).collect();
    assert!(keys[0] == 0 && keys.windows(2).all(|pair| pair[1] - pair[0] <= 25), "a keyframe each second or oftener: {keys:?}");
}

#[test]
fn the_frame_index_leaves_out_what_an_edit_list_hides_and_keeps_unlike_steps() {
    assert_eq!(index("media/mp4-edit-list.mp4").1.len(), 70);
    let (tick, frames) = index("media/mp4-variable-rate.mp4");
    let steps: Vec<f64> = frames.windows(2).map(|pair| (pair[1].ticks - pair[0].ticks) as f64 * tick.value() * 25.0).collect();
    let has = |step: f64| steps.iter().any(|one| (one - step).abs() < 0.01);
    assert!(has(1.0) && has(3.0), "{steps:?}");
}

#[test]
fn a_recording_put_behind_another_goes_on_where_the_first_ended() {
    let one = fixture("media/ts-h264-aac.ts");
    let said = looked_at([one.clone(), one].concat());
    let flat = said.facts.unwrap().media_attributes;
    assert_eq!(flat.frame_count, Some(150));
    assert!((flat.duration.unwrap() - 6.0).abs() < 0.1, "{:?} s", flat.duration);
    assert!((flat.frame_rate.unwrap() - 25.0).abs() < 0.1, "{:?}", flat.frame_rate);
}

/// The recording, as if it were made so many seconds later: its clock references and the times of its packets (ISO/IEC 13818-1, 2.4.3).
fn made_later(mut recording: Vec<u8>, seconds: u64) -> Vec<u8> {
    let time = |bytes: &mut [u8]| {
        let ticks = bytes.iter().fold(0, |all, byte| all << 8 | u64::from(*byte));
        let [high, middle, low] = [(ticks >> 33 & 7) << 30, (ticks >> 17 & 0x7fff) << 15, ticks >> 1 & 0x7fff];
        let later = high + middle + low + seconds * 90_000;
        let marked = ticks & 0xf1_0001_0001 | (later >> 30 & 7) << 33 | (later >> 15 & 0x7fff) << 17 | (later & 0x7fff) << 1;
        bytes.copy_from_slice(&marked.to_be_bytes()[3..]);
    };
    for packet in recording.chunks_exact_mut(188) {
        let mut begin = 4;
        if packet[3] & 0x20 != 0 {
            begin += 1 + usize::from(packet[4]);
            if packet[4] > 0 && packet[5] & 0x10 != 0 {
                let clock = u32::from_be_bytes(packet[6..10].try_into().unwrap());
                packet[6..10].copy_from_slice(&(clock + u32::try_from(seconds).unwrap() * 45_000).to_be_bytes());
            }
        }
        let is_media = |packet: &[u8]| packet.get(begin..begin + 4).is_some_and(|head| head[..3] == [0, 0, 1] && head[3] >= 0xc0);
        if packet[1] & 0x40 != 0 && is_media(packet) {
            let flags = packet[begin + 7];
            for (flag, at) in [(0x80, begin + 9), (0x40, begin + 14)] {
                if flags & flag != 0 {
                    time(&mut packet[at..at + 5]);
                }
            }
        }
    }
    recording
}

#[test]
fn a_recording_put_behind_another_that_was_made_long_before_does_not_end_early() {
    let one = fixture("media/ts-h264-aac.ts");
    for both in [[one.clone(), made_later(one.clone(), 1_000)], [made_later(one.clone(), 1_000), one]] {
        let said = looked_at(both.concat());
        let flat = said.facts.unwrap().media_attributes;
        assert_eq!(flat.frame_count, Some(150));
        assert!((flat.duration.unwrap() - 6.0).abs() < 0.1, "{:?} s", flat.duration);
        assert!(said.issues.iter().all(|issue| issue.code != "truncated-asset"), "{:?}", said.issues);
    }
}
