//! Whether the pictures or the sound in a container are encrypted: then its facts can be read, and nothing can be shown.

use crate::boxes::{boxes, child, movie, tracks};
use crate::ffi::{Medium, Stream};
use crate::tags;
use assay_kit::Input;

/// Which media a container says that it encrypts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Protection {
    video: bool,
    sound: bool,
}

/// Sample entries that stand in front of encrypted samples: common encryption (ISO/IEC 14496-12, 8.12; ISO/IEC 23001-7) and
/// what Apple's and Audible's shops write in its place.
const ENCRYPTED_ENTRIES: [[u8; 4]; 6] = [*b"encv", *b"enca", *b"encu", *b"drms", *b"drmi", *b"aavd"];
const ASF_HEADER: [u8; 16] = *b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c";
/// Content Encryption Object and Extended Content Encryption Object (ASF specification, 3.14 and 3.15).
const ASF_ENCRYPTION: [[u8; 16]; 2] = [
    *b"\xfb\xb3\x11\x22\x23\xbd\xd2\x11\xb4\xb7\x00\xa0\xc9\x55\xfc\x6e",
    *b"\x14\xe6\x8a\x29\x22\x26\x17\x4c\xb9\x35\xda\xe0\x7e\xe9\x28\x9c",
];
/// Header objects of an ASF file that are looked at.
const MOST_OBJECTS: usize = 256;

impl Protection {
    /// Reads what ISO and ASF files declare. What a stream of any other container declares is asked by [`Protection::covers`].
    pub(crate) fn of(input: &mut Input) -> Self {
        if let Some(movie) = movie(input) {
            let mut found = Self::default();
            for track in tracks(input, movie) {
                let path = [*b"minf", *b"stbl", *b"stsd"];
                let table = path.iter().try_fold(track.media, |within, kind| child(input, within, *kind).map(|one| one.body));
                // Version, flags and the number of entries come before them (8.5.2).
                let entries = table.map(|table| boxes(input, table.start.saturating_add(8)..table.end)).unwrap_or_default();
                let is_encrypted = entries.iter().any(|entry| ENCRYPTED_ENTRIES.contains(&entry.kind));
                found.video |= is_encrypted && track.handler == *b"vide";
                found.sound |= is_encrypted && track.handler == *b"soun";
            }
            return found;
        }
        let is_encrypted = has_asf_encryption(input);
        Self { video: is_encrypted, sound: is_encrypted }
    }

    /// Whether a stream's samples are encrypted. Matroska says so in the stream itself.
    pub(crate) fn covers(self, stream: &Stream) -> bool {
        let declared = match stream.medium {
            Medium::Video => self.video,
            Medium::Audio => self.sound,
            Medium::Subtitle | Medium::Other => false,
        };
        declared || tags::find(&stream.tags, "enc_key_id").is_some()
    }

    /// Whether anything is encrypted.
    pub(crate) fn is_any(self) -> bool {
        self.video || self.sound
    }
}

/// Goes over the objects of an ASF header: a GUID and a length of eight bytes each, after the header's own thirty.
fn has_asf_encryption(input: &mut Input) -> bool {
    let mut head = [0; 24];
    if input.read_at(0, &mut head).ok() != Some(head.len()) || !head.starts_with(&ASF_HEADER) {
        return false;
    }
    let mut at = 30_u64;
    for _ in 0..MOST_OBJECTS {
        if input.read_at(at, &mut head).ok() != Some(head.len()) {
            return false;
        }
        if ASF_ENCRYPTION.iter().any(|guid| head.starts_with(guid)) {
            return true;
        }
        let size = head.last_chunk().map_or(0, |size| u64::from_le_bytes(*size));
        let Some(next) = at.checked_add(size).filter(|_| size >= 24) else { return false };
        at = next;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boxes::tests::{boxed, handler};

    fn movie_with(kind: [u8; 4], entry: [u8; 4]) -> Vec<u8> {
        let table = boxed(*b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &boxed(entry, &[0; 20])].concat());
        let media = boxed(*b"mdia", &[handler(kind), boxed(*b"minf", &boxed(*b"stbl", &table))].concat());
        boxed(*b"moov", &boxed(*b"trak", &media))
    }

    fn of(bytes: Vec<u8>) -> (bool, bool) {
        let found = Protection::of(&mut Input::whole_in_memory(bytes));
        (found.video, found.sound)
    }

    #[test]
    fn an_encrypted_track_is_told_from_a_plain_one() {
        assert_eq!(of(movie_with(*b"vide", *b"encv")), (true, false));
        assert_eq!(of(movie_with(*b"soun", *b"enca")), (false, true));
        assert_eq!(of(movie_with(*b"soun", *b"drms")), (false, true));
        assert_eq!(of(movie_with(*b"vide", *b"avc1")), (false, false));
        let whole = movie_with(*b"vide", *b"encv");
        for length in 0..whole.len() {
            of(whole[..length].to_vec());
        }
    }

    #[test]
    fn a_protected_windows_media_file_is_told_from_a_plain_one() {
        let object = |guid: [u8; 16], body: &[u8]| [&guid[..], &(24 + body.len() as u64).to_le_bytes(), body].concat();
        let file = |guid: [u8; 16]| [&ASF_HEADER[..], &[0; 14], &object([7; 16], &[1; 9]), &object(guid, &[2; 5])].concat();
        assert_eq!(of(file(ASF_ENCRYPTION[0])), (true, true));
        assert_eq!(of(file(ASF_ENCRYPTION[1])), (true, true));
        assert_eq!(of(file([9; 16])), (false, false));
        let endless = [&ASF_HEADER[..], &[0; 14], &[7; 16], &[0; 8], &[0; 64]].concat();
        assert_eq!(of(endless), (false, false));
    }
}
