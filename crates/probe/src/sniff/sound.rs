//! Sound: first the formats with a mark, then those known only by a frame's sync bits.

use super::{Sniffed, at, marks};
use assay_contract::AssetKind;

pub(super) fn sniff(head: &[u8]) -> Option<Sniffed> {
    let wave = at(head, 8, b"WAVE");
    if wave && (at(head, 0, b"RIFF") || at(head, 0, b"RF64") || at(head, 0, b"BW64") || at(head, 0, b"RIFX")) {
        return Some(Sniffed::audio("audio/x-wav"));
    }
    if at(head, 0, b"riff\x2e\x91\xcf\x11") {
        return Some(Sniffed::audio("audio/x-w64"));
    }
    if at(head, 0, b"FORM") && (at(head, 8, b"AIFF") || at(head, 8, b"AIFC")) {
        return Some(Sniffed::audio("audio/x-aiff"));
    }
    // Meridian Lossless Packing and TrueHD: the length and time of an access unit, then the sync of its major header.
    if at(head, 4, b"\xf8\x72\x6f\xba") || at(head, 4, b"\xf8\x72\x6f\xbb") {
        return Some(Sniffed::audio("audio/vnd.dolby.mlp"));
    }
    // Notes for an instrument: there is no sound in it.
    if at(head, 0, b"MThd\0\0\0\x06") {
        return Some(Sniffed::unread("audio/midi", Some(AssetKind::Audio)));
    }
    if id3(head) {
        return Some(Sniffed::audio("audio/mpeg"));
    }
    if monkeys_audio(head) {
        return Some(Sniffed::audio("audio/x-ape"));
    }
    // DSDIFF: an IFF of 64-bit sizes (Philips DSDIFF 1.5, 3.1).
    if at(head, 0, b"FRM8") && at(head, 12, b"DSD ") {
        return Some(Sniffed::audio("audio/x-dff"));
    }
    let of_letters: [(&[u8], &'static str); 8] = [
        (b"fLaC", "audio/flac"),
        (b"wvpk", "audio/x-wavpack"),
        (b"TTA1", "audio/x-tta"),
        (b"tBaK", "audio/x-tak"),
        (b".snd", "audio/basic"),
        (b"MPCK", "audio/x-musepack"),
        (b"DSD ", "audio/x-dsf"),
        (b"ADIF", "audio/aac"),
    ];
    let exact: [(&[u8], &'static str); 10] = [
        (b"Creative Voice File\x1a", "audio/x-voc"),
        // RFC 4867, section 5: one channel, then several.
        (b"#!AMR\n", "audio/amr"),
        (b"#!AMR-WB\n", "audio/amr"),
        (b"#!AMR_MC1.0\n", "audio/amr"),
        (b"#!AMR-WB_MC1.0\n", "audio/amr"),
        (b"caff\0\x01", "audio/x-caf"),
        // Musepack 7 and 7.1.
        (b"MP+\x07", "audio/x-musepack"),
        (b"MP+\x17", "audio/x-musepack"),
        (b"\x7f\xfe\x80\x01", "audio/vnd.dts"),
        (b"\x0b\x77", "audio/ac3"),
    ];
    let found = of_letters.into_iter().find(|(mark, _)| marks(head, 0, mark));
    found.or_else(|| exact.into_iter().find(|(mark, _)| at(head, 0, mark))).map(|(_, mime)| Sniffed::audio(mime))
}

/// A tag before the sound: its version and a size whose bytes have seven bits each (<https://id3.org/id3v2.4.0-structure>, 3.1).
fn id3(head: &[u8]) -> bool {
    let is_size = |size: &[u8]| size.iter().all(u8::is_ascii);
    at(head, 0, b"ID3") && matches!(head.get(3), Some(2..=4)) && head.get(6..10).is_none_or(is_size)
}

/// The mark, then the version of the format in thousandths: 3.99 is the last.
fn monkeys_audio(head: &[u8]) -> bool {
    let version = head.get(4..6).and_then(|version| version.try_into().ok()).map(u16::from_le_bytes);
    marks(head, 0, b"MAC ") && version.is_none_or(|version| (3_000..4_000).contains(&version))
}

/// MPEG audio, ADTS and LOAS: eleven or twelve sync bits are found in any noise, so a second frame must follow where the first says.
/// Where the file begins with zeros, a tag or the rest of a frame, as recordings of a stream do, many must.
pub(super) fn by_frame_sync(head: &[u8]) -> Option<Sniffed> {
    at_once(head).or_else(|| later(head)).map(Sniffed::audio)
}

fn at_once(head: &[u8]) -> Option<&'static str> {
    let (length, mime_type) = frame(head)?;
    let follows = match head.get(length..).unwrap_or_default() {
        // A file of one frame, or one whose next frame lies beyond the head.
        [] | [_] | [_, _] => true,
        next => frame(next).is_some(),
    };
    follows.then_some(mime_type)
}

fn later(head: &[u8]) -> Option<&'static str> {
    /// As much as the longest frame.
    const SEARCHED: usize = 8 << 10;
    /// One after the other without a gap: in noise, once in 2^60.
    const FRAMES: usize = 6;
    let behind = |place: usize| head.get(place..).and_then(frame).map(|(length, mime_type)| (place + length, mime_type));
    let begin = head.iter().position(|byte| *byte != 0)?;
    let is_tagged = id3(head.get(begin..)?) || at(head, begin, b"APETAGEX");
    (1..SEARCHED.min(head.len())).find_map(|place| {
        let (mut next, mime_type) = behind(place)?;
        for _ in 1..FRAMES {
            let (end, same) = behind(next)?;
            if same != mime_type {
                return None;
            }
            next = end;
        }
        // Whatever is longer than the rest of a frame is a file of its own that holds a sound. The frame that was cut may have been
        // longer than those that follow, where their lengths differ.
        (is_tagged || place.saturating_sub(begin) < longest_frame(mime_type)).then_some(mime_type)
    })
}

/// Most bytes that a frame can have.
fn longest_frame(mime_type: &str) -> usize {
    match mime_type {
        // Version 2.5, layer II, 160 kbit/s at 8,000 Hz, padded.
        "audio/mpeg" => 2_881,
        // Both have thirteen bits of length; that of LOAS is without its three bytes of head.
        "audio/aac" => 0x1fff,
        _ => 0x1fff + 3,
    }
}

/// Bytes of the frame that begins here, and what it is a frame of.
fn frame(head: &[u8]) -> Option<(usize, &'static str)> {
    let aac = || adts_frame(head).map(|length| (length, "audio/aac"));
    let loas = || loas_frame(head).map(|length| (length, "audio/x-loas"));
    aac().or_else(loas).or_else(|| mpeg_frame(head).map(|length| (length, "audio/mpeg")))
}

/// Bytes of the LOAS frame that begins here (ISO/IEC 14496-3, 1.7.2): eleven bits of sync, thirteen of length.
fn loas_frame(head: &[u8]) -> Option<usize> {
    let [0x56, second, third, ..] = *head else { return None };
    let length = usize::from(second & 0x1f) << 8 | usize::from(third);
    (second & 0xe0 == 0xe0 && length > 0).then_some(length + 3)
}

/// Bytes of the ADTS frame that begins here (ISO/IEC 13818-7, 6.2): its layer bits are always 0.
fn adts_frame(head: &[u8]) -> Option<usize> {
    let [0xff, second, third, fourth, fifth, sixth, ..] = *head else { return None };
    let length = usize::from(fourth & 3) << 11 | usize::from(fifth) << 3 | usize::from(sixth >> 5);
    (second & 0xf6 == 0xf0 && third >> 2 & 15 < 13 && length >= 7).then_some(length)
}

/// Bytes of the MPEG audio frame that begins here (ISO/IEC 11172-3, 2.4.1.3 and 13818-3). A free-format frame has no length: none.
fn mpeg_frame(head: &[u8]) -> Option<usize> {
    const RATES: [u32; 3] = [44_100, 48_000, 32_000];
    /// Thousands of bits a second: version 1 layers I, II, III, then version 2 layer I, layers II and III.
    const KILOBITS: [[u32; 14]; 5] = [
        [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];
    let [0xff, second, third, ..] = *head else { return None };
    if second & 0xe0 != 0xe0 {
        return None;
    }
    // The version's bits: 0 is 2.5, 1 is reserved, 2 is version 2, 3 is version 1. The layer's: 3 is I, 2 is II, 1 is III.
    let (version, layer) = (second >> 3 & 3, second >> 1 & 3);
    let row = match (version, layer) {
        (1, _) | (_, 0) => return None,
        (3, layer) => 3 - usize::from(layer),
        (_, 3) => 3,
        (_, _) => 4,
    };
    let kilobits = KILOBITS.get(row)?.get(usize::from(third >> 4).checked_sub(1)?)?;
    let rate = RATES.get(usize::from(third >> 2 & 3))?
        >> match version {
            3 => 0,
            2 => 1,
            _ => 2,
        };
    let padding = u32::from(third >> 1 & 1);
    let bytes = match (version, layer) {
        (_, 3) => (12_000 * kilobits / rate + padding) * 4,
        (0 | 2, 1) => 72_000 * kilobits / rate + padding,
        _ => 144_000 * kilobits / rate + padding,
    };
    usize::try_from(bytes).ok()
}
