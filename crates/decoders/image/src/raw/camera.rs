//! Whose file it is, by its marks and directories: a TIFF that holds no sensor's samples stays a TIFF.

use crate::bytes::slice;
use crate::tiff::directory::{Directory, tag};

/// Tag 262: a colour filter array (TIFF/EP), and light of three colours that was not developed (DNG).
const MOSAIC: u64 = 32_803;
pub(super) const LINEAR: u64 = 34_892;
/// Tag of the DNG specification.
const DNG_VERSION: u16 = 50_706;

/// Kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Camera {
    Dng,
    Cr2,
    Cr3,
    Nef,
    Arw,
    Orf,
    Rw2,
    Raf,
    Pef,
    Srw,
    /// Phase One's and Leaf's.
    Iiq,
    Other,
}

/// How makers write their names (tag 271), and what their files are.
const MAKERS: [(&str, Camera); 14] = [
    ("nikon", Camera::Nef),
    ("sony", Camera::Arw),
    ("pentax", Camera::Pef),
    ("ricoh", Camera::Pef),
    ("samsung", Camera::Srw),
    ("canon", Camera::Other),
    ("eastman kodak", Camera::Other),
    ("kodak", Camera::Other),
    ("hasselblad", Camera::Other),
    ("leaf", Camera::Other),
    ("phase one", Camera::Other),
    ("mamiya", Camera::Other),
    ("seiko epson", Camera::Other),
    ("leica", Camera::Other),
];

impl Camera {
    /// By marks first; only a TIFF's directories are read.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => Self::of_tiff(bytes),
            [b'I', b'I', b'U', 0, ..] => Some(Self::Rw2),
            [b'I', b'I', b'R', b'O' | b'S', ..] | [b'M', b'M', b'O', b'R', ..] => Some(Self::Orf),
            _ if bytes.starts_with(b"FUJIFILMCCD-RAW ") => Some(Self::Raf),
            _ if slice(bytes, 4, 8) == Some(b"ftypcrx ") => Some(Self::Cr3),
            _ => None,
        }
    }

    fn of_tiff(bytes: &[u8]) -> Option<Self> {
        if slice(bytes, 8, 3) == Some(b"CR\x02") {
            return Some(Self::Cr2);
        }
        let all = Directory::all(bytes);
        let first = all.first()?;
        if first.number(DNG_VERSION).is_some() {
            return Some(Self::Dng);
        }
        if super::phase_one::has_mark(bytes) {
            return Some(Self::Iiq);
        }
        if !all.iter().any(is_mosaic_or_linear) {
            return None;
        }
        let make = first.text(tag::MAKE)?.to_ascii_lowercase();
        MAKERS.iter().find(|(maker, _)| make.starts_with(maker.as_bytes())).map(|(_, camera)| *camera)
    }
}

/// Whether a directory's picture is a sensor's.
pub(super) fn is_mosaic_or_linear(directory: &Directory<'_>) -> bool {
    matches!(directory.number(tag::PHOTOMETRIC), Some(MOSAIC | LINEAR))
}
