//! Archives and packed files: known before whatever is guessed, since their members may be stored as they are.

use super::{Sniffed, at, marks};
use assay_contract::AssetKind;

/// Type of each format, and its mark at the begin.
const MARKS: [(&[u8], &str); 10] = [
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    // Of a ZIP in several parts, or meant to be (APPNOTE 6.3.10, 8.5).
    (b"PK\x07\x08PK\x03\x04", ZIP),
    (b"PK00PK\x03\x04", ZIP),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    // RFC 8878, 3.1.1.
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    // A block, or the end of an empty file, follows the size of the blocks.
    (b"BZh", BZIP2),
    // Unix's `ar`, of which Debian's packages are one.
    (b"!<arch>\n", "application/x-archive"),
];
const ZIP: &str = "application/zip";
const BZIP2: &str = "application/x-bzip2";
const TAR: &str = "application/x-tar";
const CPIO: &str = "application/x-cpio";
/// Documents that are a ZIP: what stands in the head for which.
const DOCUMENTS: [(&[u8], &str); 8] = [
    (b"mimetypeapplication/epub+zip", "application/epub+zip"),
    (b"mimetypeapplication/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
    (b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "application/vnd.oasis.opendocument.spreadsheet"),
    (b"mimetypeapplication/vnd.oasis.opendocument.presentation", "application/vnd.oasis.opendocument.presentation"),
    (b"mimetypeapplication/vnd.oasis.opendocument.graphics", "application/vnd.oasis.opendocument.graphics"),
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
];

/// Whether a type is of what others are packed in: its members can be looked at, itself it can't.
pub(crate) fn is_archive(mime_type: &str) -> bool {
    mime_type == TAR || mime_type == CPIO || MARKS.iter().any(|(_, archive)| *archive == mime_type)
}

/// A tar by the sum of its first header, which is right in nothing else (POSIX, pax: ustar Interchange Format): its first bytes are a
/// name, and may be the mark of anything. Those of UNIX V7 have no other mark.
pub(super) fn tape(head: &[u8]) -> Option<Sniffed> {
    const SUM: std::ops::Range<usize> = 148..156;
    let header = head.get(..512)?;
    let told = header.get(SUM)?.trim_ascii().split(|byte| *byte == 0).next().map(<[u8]>::trim_ascii)?;
    let told = u32::from_str_radix(str::from_utf8(told).ok()?, 8).ok()?;
    let sum: u32 = header.iter().enumerate().map(|(place, byte)| u32::from(if SUM.contains(&place) { b' ' } else { *byte })).sum();
    (told == sum).then_some(Sniffed::unread(TAR, None))
}

/// A cpio in letters by its header, whose fields are digits throughout (POSIX 1988, cpio; SVR4's `newc` and `crc`).
fn is_cpio(head: &[u8]) -> bool {
    let digits =
        |length: usize, radix| head.get(6..length).is_some_and(|fields| fields.iter().all(|byte| char::from(*byte).is_digit(radix)));
    match head.get(..6) {
        Some(b"070707") => digits(76, 8),
        Some(b"070701" | b"070702") => digits(110, 16),
        _ => false,
    }
}

pub(super) fn sniff(head: &[u8]) -> Option<Sniffed> {
    if is_cpio(head) {
        return Some(Sniffed::unread(CPIO, None));
    }
    // The mark of a tar stands behind the name of its first member, which may be any (POSIX, pax: ustar Interchange Format).
    if marks(head, 257, b"ustar") {
        return Some(Sniffed::unread(TAR, None));
    }
    let (_, mime_type) = MARKS.into_iter().find(|(mark, _)| at(head, 0, mark))?;
    match mime_type {
        ZIP => Some(document(head).unwrap_or(Sniffed::unread(ZIP, None))),
        BZIP2 => is_bzip2(head).then_some(Sniffed::unread(BZIP2, None)),
        mime_type => Some(Sniffed::unread(mime_type, None)),
    }
}

/// A document by the names of its first members: `EPUB` and `OpenDocument` begin with one that says the type and is stored, Office Open
/// XML with a list of the others.
fn document(head: &[u8]) -> Option<Sniffed> {
    const NAMES: usize = 30;
    let first = head.get(NAMES..)?;
    let says_type = first.starts_with(b"mimetype");
    let lists = [b"[Content_Types].xml".as_slice(), b"_rels/", b"docProps/", b"word/", b"xl/", b"ppt/"];
    if !says_type && !lists.iter().any(|name| first.starts_with(name)) {
        return None;
    }
    let found = DOCUMENTS
        .into_iter()
        .find(|(mark, _)| if mark.starts_with(b"mimetype") { first.starts_with(mark) } else { !says_type && names_a_member(head, mark) });
    found.map(|(_, mime_type)| Sniffed::unread(mime_type, Some(AssetKind::Document)))
}

/// Whether the name of a member in the head begins so: its local header is 30 bytes long (APPNOTE 6.3.10, 4.3.7).
fn names_a_member(head: &[u8], name: &[u8]) -> bool {
    head.windows(30 + name.len()).any(|header| header.starts_with(b"PK\x03\x04") && header.ends_with(name))
}

fn is_bzip2(head: &[u8]) -> bool {
    matches!(head.get(3), Some(b'1'..=b'9')) && (at(head, 4, b"\x31\x41\x59\x26\x53\x59") || at(head, 4, b"\x17\x72\x45\x38\x50\x90"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sniff::sniff;

    /// Six frames of MPEG audio: enough to be known anywhere but in an archive.
    fn sound() -> Vec<u8> {
        [[0xff, 0xfb, 0x90, 0].as_slice(), &[0; 413]].concat().repeat(6)
    }

    /// Nine packets of a transport stream.
    fn film() -> Vec<u8> {
        [[0x47, 0x41, 0, 0x10].as_slice(), &[0xff; 184]].concat().repeat(9)
    }

    fn member(name: &str, bytes: &[u8]) -> Vec<u8> {
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        [b"PK\x03\x04\x14\0\0\0\0\0".as_slice(), &[7; 16], &length, &[0, 0], name.as_bytes(), bytes].concat()
    }

    fn tar(name: &str, bytes: &[u8]) -> Vec<u8> {
        let mut head = vec![0; 512];
        head[..name.len()].copy_from_slice(name.as_bytes());
        head[257..263].copy_from_slice(b"ustar\0");
        [head.as_slice(), bytes].concat()
    }

    #[test]
    fn what_is_stored_in_an_archive_is_not_taken_for_it() {
        for bytes in [sound(), film()] {
            for (head, want) in [(member("a", &bytes), ZIP), (tar("a", &bytes), TAR), (tar("a.ftypisom", &bytes), TAR)] {
                let found = sniff(&head).unwrap();
                assert_eq!((found.mime_type, found.family, is_archive(found.mime_type)), (want, None, true));
            }
        }
        assert!(!is_archive("application/pdf") && !is_archive("application/gzip"), "of what is packed, drawings are read");
    }

    #[test]
    fn a_tar_is_known_by_the_sum_of_its_header_whatever_its_first_member_is_called() {
        for name in ["GIF89a/a.gif", "P6 2 2 255 ", "BM", "\u{89}PNG", "DICM"] {
            let mut head = tar(name, &sound());
            head[128..132].copy_from_slice(b"DICM");
            // As tar(1) wrote before there was a mark.
            head[257..263].fill(0);
            head[148..156].fill(b' ');
            let sum: u32 = head[..512].iter().map(|byte| u32::from(*byte)).sum();
            head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            assert_eq!(sniff(&head).map(|found| found.mime_type), Some(TAR), "{name}");
            head[0] ^= 1;
            assert_ne!(sniff(&head).map(|found| found.mime_type), Some(TAR), "{name}");
        }
    }

    #[test]
    fn every_archive_is_known_by_its_mark() {
        let newc = format!("070701{}a\0", "0000abcd".repeat(13));
        assert_eq!(sniff(newc.as_bytes()).map(|found| found.mime_type), Some(CPIO));
        assert_eq!(sniff(b"070701 is a number").map(|found| found.mime_type), Some("text/plain"));
        for (head, want) in [
            (b"PK\x05\x06\0\0".as_slice(), ZIP),
            (b"7z\xbc\xaf\x27\x1c\0\x04", "application/x-7z-compressed"),
            (b"Rar!\x1a\x07\x01\0", "application/vnd.rar"),
            (b"\xfd7zXZ\0\0\x04", "application/x-xz"),
            (b"\x28\xb5\x2f\xfd\x24", "application/zstd"),
            (b"BZh91AY&SY\x01", BZIP2),
            (b"!<arch>\ndebian-binary   ", "application/x-archive"),
            (b"BZh9 is how one begins", "text/plain"),
            (b"PK is a mark, ustar another, 7z and Rar! are two more.", "text/plain"),
        ] {
            assert_eq!(sniff(head).map(|found| found.mime_type), Some(want), "{}", String::from_utf8_lossy(head));
        }
        let text = format!("{}ustar is no mark here\n", "x".repeat(257));
        assert_eq!(sniff(text.as_bytes()).map(|found| found.mime_type), Some("text/plain"));
    }

    #[test]
    fn a_document_that_is_a_zip_is_no_archive() {
        let office = [member("[Content_Types].xml", b"packed"), member("_rels/.rels", b""), member("xl/workbook.xml", b"")].concat();
        let text = member("mimetype", b"application/vnd.oasis.opendocument.textPK");
        let book = member("mimetype", b"application/epub+zipPK");
        for (head, want) in [(office, "spreadsheetml.sheet"), (text, "opendocument.text"), (book, "epub+zip")] {
            let found = sniff(&head).unwrap();
            assert!(found.mime_type.ends_with(want) && !is_archive(found.mime_type), "{found:?}");
            assert_eq!((found.kind, found.family), (Some(AssetKind::Document), None));
        }
        let photographs = [member("a.jpg", b""), member("word/b.jpg", b"")].concat();
        assert_eq!(sniff(&photographs).unwrap().mime_type, ZIP);
    }
}
