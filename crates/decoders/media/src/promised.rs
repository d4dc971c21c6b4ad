//! How many bytes a file says it has, in the containers of which FFmpeg plays what is there and says nothing of the rest.

use crate::boxes::{be, read};
use assay_kit::Input;

/// Chunks or objects that are looked at before the one that tells.
const MOST_CHUNKS: usize = 256;
/// Writers miscount a pad or a header.
const MISCOUNTED: u64 = 64;
/// Recorders that can't go back to write a length write one near the largest there is.
const LARGEST_LENGTH: u64 = 0x7f00_0000;
/// `ASF_Header_Object` and `ASF_File_Properties_Object` (Advanced Systems Format, 10.1 and 10.2).
const ASF: [u8; 16] = [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11, 0xa6, 0xd9, 0x00, 0xaa, 0x00, 0x62, 0xce, 0x6c];
const ASF_PROPERTIES: [u8; 16] = [0xa1, 0xdc, 0xab, 0x8c, 0x47, 0xa9, 0xcf, 0x11, 0x8e, 0xe4, 0x00, 0xc0, 0x0c, 0x20, 0x53, 0x65];

/// The bytes that are there and those that are promised, where a good part is missing. `None` too where that can't be told.
pub(crate) fn missing(input: &mut Input) -> Option<(u64, u64)> {
    let (there, head) = (input.length(), read::<16>(input, 0)?);
    let (promised, miscounted) = match head {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => (wave(input)?, MISCOUNTED),
        [b'c', b'a', b'f', b'f', ..] => (core_audio(input)?, MISCOUNTED),
        // FFmpeg's own measure of whether its lengths can be believed.
        ASF => (advanced(input)?, there / 20),
        _ => return None,
    };
    (promised > there.saturating_add(miscounted)).then_some((there, promised))
}

/// The file's own length, where the samples end in it and both end behind the file (Multimedia Programming Interface 1.0, RIFF).
fn wave(input: &mut Input) -> Option<u64> {
    let little = |bytes: &[u8]| be(&bytes.iter().rev().copied().collect::<Vec<u8>>());
    let length = little(&read::<4>(input, 4)?);
    let mut at = 12;
    for _ in 0..MOST_CHUNKS {
        let chunk = read::<8>(input, at)?;
        let (kind, size) = chunk.split_at(4);
        let end = at + 8 + little(size);
        if kind == b"data" {
            return (length < LARGEST_LENGTH && end <= length + 9 && end > input.length()).then_some(length + 8);
        }
        at = end + end % 2;
    }
    None
}

/// The end of the samples; -1 is a length that is not known (Core Audio Format, data chunk).
fn core_audio(input: &mut Input) -> Option<u64> {
    let mut at = 8_u64;
    for _ in 0..MOST_CHUNKS {
        let chunk = read::<12>(input, at)?;
        let (kind, size) = chunk.split_at(4);
        let end = i64::try_from(be(size)).ok().and_then(|size| at.checked_add(12 + size.unsigned_abs()))?;
        if kind == b"data" {
            return Some(end);
        }
        at = end;
    }
    None
}

/// What the properties say, but of a broadcast, which was written before it ended (Advanced Systems Format, 3.2).
fn advanced(input: &mut Input) -> Option<u64> {
    let mut at = 30_u64;
    for _ in 0..MOST_CHUNKS {
        let size = u64::from_le_bytes(read::<8>(input, at.checked_add(16)?)?);
        if read::<16>(input, at)? == ASF_PROPERTIES {
            let flags = read::<1>(input, at + 88)?;
            return if flags == [0] || flags == [2] { Some(u64::from_le_bytes(read::<8>(input, at + 40)?)) } else { None };
        }
        at = at.checked_add(size.max(24))?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(bytes: Vec<u8>) -> Option<(u64, u64)> {
        missing(&mut Input::whole_in_memory(bytes))
    }

    fn wave(length: u32, samples: u32) -> Vec<u8> {
        [b"RIFF".as_slice(), &length.to_le_bytes(), b"WAVEnote", &[3, 0, 0, 0, 1, 2, 3, 0], b"data", &samples.to_le_bytes(), &[0; 100]]
            .concat()
    }

    #[test]
    fn a_wave_file_that_lacks_samples_is_told_but_not_one_that_was_never_finished() {
        assert_eq!(told(wave(1024, 1000)), Some((132, 1032)));
        for (length, samples) in [(124, 100), (180, 150), (u32::MAX, u32::MAX), (0, 0), (124, 1000), (0x7fff_ffff, 0x7fff_ff00)] {
            assert_eq!(told(wave(length, samples)), None, "{length} {samples}");
        }
    }

    #[test]
    fn a_core_audio_file_that_lacks_samples_is_told() {
        let file = |length: i64| [b"caff\0\x01\0\0data".as_slice(), &length.to_be_bytes(), &[0; 100]].concat();
        assert_eq!((told(file(1000)), told(file(100)), told(file(-1))), (Some((120, 1020)), None, None));
    }

    #[test]
    fn windows_media_that_lacks_its_end_is_told_but_not_a_broadcast() {
        let file = |length: u64, flags: u8| {
            let properties =
                [&ASF_PROPERTIES[..], &104_u64.to_le_bytes(), &[0; 16], &length.to_le_bytes(), &[0; 40], &[flags], &[0; 15]].concat();
            [&ASF[..], &[0; 14], &[7; 16], &24_u64.to_le_bytes(), &properties].concat()
        };
        assert_eq!((told(file(1000, 2)), told(file(158, 2)), told(file(1000, 1))), (Some((158, 1000)), None, None));
    }
}
