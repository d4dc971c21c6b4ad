//! Sound: first the formats with a mark, then those known only by a frame's sync bits.

use super::{Sniffed, at};

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
    let marks: [(&[u8], &'static str); 14] = [
        (b"fLaC", "audio/flac"),
        (b"ID3", "audio/mpeg"),
        (b"MAC ", "audio/x-ape"),
        (b"wvpk", "audio/x-wavpack"),
        (b"TTA1", "audio/x-tta"),
        (b"#!AMR", "audio/amr"),
        (b"caff\0\x01", "audio/x-caf"),
        (b".snd", "audio/basic"),
        (b"MPCK", "audio/x-musepack"),
        (b"MP+", "audio/x-musepack"),
        (b"DSD ", "audio/x-dsf"),
        (b"ADIF", "audio/aac"),
        (b"\x7f\xfe\x80\x01", "audio/vnd.dts"),
        (b"\x0b\x77", "audio/ac3"),
    ];
    marks.into_iter().find(|(mark, _)| at(head, 0, mark)).map(|(_, mime)| Sniffed::audio(mime))
}

/// MPEG audio and ADTS: eleven or twelve sync bits, then fields that may not have every value.
pub(super) fn by_frame_sync(head: &[u8]) -> Option<Sniffed> {
    let [0xff, second, third, ..] = head else { return None };
    if second & 0xf6 == 0xf0 {
        return Some(Sniffed::audio("audio/aac"));
    }
    let (version, layer, bit_rate, sample_rate) = (second >> 3 & 3, second >> 1 & 3, third >> 4, third >> 2 & 3);
    (second & 0xe0 == 0xe0 && version != 1 && layer != 0 && bit_rate != 15 && sample_rate != 3).then(|| Sniffed::audio("audio/mpeg"))
}
