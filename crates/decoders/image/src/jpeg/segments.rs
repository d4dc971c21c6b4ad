//! The segments of a JPEG before its first scan: what each is, and where.

use crate::bytes::{be16, slice};
use std::ops::Range;

/// The frame header (T.81, B.2.2).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    marker: u8,
    pub(crate) precision: u8,
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) components: u8,
    /// Ids of the first three components.
    pub(super) ids: [u8; 3],
}

impl Frame {
    /// SOF2, SOF6, SOF10, SOF14.
    pub(super) fn is_progressive(self) -> bool {
        self.marker & 0b11 == 2
    }

    /// SOF3, SOF7, SOF11, SOF15.
    pub(super) fn is_lossless(self) -> bool {
        self.marker & 0b11 == 3
    }
}

/// What lies before the first scan.
#[derive(Debug, Default)]
pub(super) struct Segments<'a> {
    pub(super) frame: Option<Frame>,
    /// The first EXIF's TIFF structure.
    pub(super) exif: Option<&'a [u8]>,
    /// From the identifier on.
    pub(super) jfif: Option<&'a [u8]>,
    /// Adobe's colour transform: 0, 1 (`YCbCr`) or 2 (YCCK).
    pub(super) adobe: Option<u8>,
    /// XMP packets.
    pub(super) xmp: Vec<&'a [u8]>,
    /// The multi-picture index and where in the file its TIFF structure begins.
    pub(super) mpf: Option<(usize, &'a [u8])>,
    /// Whether an ISO 21496-1 segment is there.
    pub(super) iso_gain_map: bool,
    /// Where the first scan's marker is; 0 where there is none.
    pub(super) scan_at: usize,
    /// Number of the part and its bytes.
    icc: Vec<(u8, &'a [u8])>,
    /// Segments without which no scan can be decoded.
    tables: Vec<Range<usize>>,
}

impl<'a> Segments<'a> {
    /// Reads as far as there is a sense to it; rubbish between segments is passed over, as libjpeg does.
    pub(super) fn read(bytes: &'a [u8]) -> Self {
        let mut found = Self::default();
        let mut at = 2;
        loop {
            let Some(skip) = bytes.get(at..).and_then(|rest| memchr::memchr(0xff, rest)) else { return found };
            at += skip;
            let Some(marker) = bytes.get(at + 1).copied() else { return found };
            match marker {
                // A fill byte: the next one may be the marker.
                0xff => at += 1,
                // No marker, or one without a length.
                0x00 | 0x01 | 0xd0..=0xd8 => at += 2,
                0xd9 => return found,
                _ => {
                    let length = usize::from(be16(bytes, at + 2).unwrap_or(0));
                    let Some(body) = slice(bytes, at + 4, length.saturating_sub(2)) else { return found };
                    if length < 2 {
                        at += 2;
                        continue;
                    }
                    if marker == 0xda {
                        found.scan_at = at;
                        return found;
                    }
                    found.take(marker, at, body);
                    at += 2 + length;
                }
            }
        }
    }

    fn take(&mut self, marker: u8, at: usize, body: &'a [u8]) {
        match marker {
            0xc4 | 0xcc | 0xdb | 0xdd => self.tables.push(at..at + 4 + body.len()),
            0xc0..=0xcf if self.frame.is_none() && marker != 0xc8 => {
                self.frame = frame(marker, body);
                self.tables.push(at..at + 4 + body.len());
            }
            0xe0 if body.starts_with(b"JFIF\0") => self.jfif = self.jfif.or(Some(body)),
            0xe1 => match body.strip_prefix(b"Exif\0") {
                // The byte after is a pad, 0 as a rule.
                Some(tiff) => self.exif = self.exif.or(tiff.get(1..)),
                None if body.starts_with(b"http://ns.adobe.com/x") => self.xmp.push(body),
                None => {}
            },
            0xe2 => {
                if let Some(part) = body.strip_prefix(b"ICC_PROFILE\0") {
                    self.icc.extend(part.first().zip(part.get(2..)).map(|(number, part)| (*number, part)));
                } else if let Some(index) = body.strip_prefix(b"MPF\0") {
                    self.mpf = self.mpf.or(Some((at + 8, index)));
                } else if body.starts_with(b"urn:iso:std:iso:ts:21496:-1\0") {
                    self.iso_gain_map = true;
                }
            }
            0xee if body.starts_with(b"Adobe") => {
                self.adobe = self.adobe.or(body.get(11).copied());
                self.tables.push(at..at + 4 + body.len());
            }
            _ => {}
        }
    }

    /// The ICC profile, put together from its parts (ICC.1, annex B.4), where all of it is within `most` bytes.
    pub(super) fn icc(&self, most: u64) -> Option<Vec<u8>> {
        let mut parts = self.icc.clone();
        parts.sort_by_key(|(number, _)| *number);
        parts.dedup_by_key(|(number, _)| *number);
        let total: usize = parts.iter().map(|(_, part)| part.len()).sum();
        (total > 0 && total as u64 <= most).then(|| parts.into_iter().flat_map(|(_, part)| part).copied().collect())
    }

    /// The file without anything that a decoder could stumble over before the first scan.
    pub(super) fn essence(&self, bytes: &[u8]) -> Vec<u8> {
        let mut essence = vec![0xff, 0xd8];
        for table in &self.tables {
            essence.extend_from_slice(bytes.get(table.clone()).unwrap_or_default());
        }
        essence.extend_from_slice(bytes.get(self.scan_at..).unwrap_or_default());
        essence
    }
}

/// Whether the mark of the end (EOI) stands somewhere behind a scan's begin; tables and scans between are passed over by their lengths.
pub(super) fn is_ended(bytes: &[u8], scan_at: usize) -> bool {
    let mut at = scan_at;
    loop {
        let Some(skip) = bytes.get(at..).and_then(|rest| memchr::memchr(0xff, rest)) else { return false };
        at += skip;
        match bytes.get(at + 1) {
            None => return false,
            Some(0xd9) => return true,
            Some(0xff) => at += 1,
            // A sample's byte, or a marker without a length.
            Some(0x00 | 0x01 | 0xd0..=0xd8) => at += 2,
            Some(_) => at += 2 + usize::from(be16(bytes, at + 2).unwrap_or(0)),
        }
    }
}

fn frame(marker: u8, body: &[u8]) -> Option<Frame> {
    let id = |component: usize| body.get(6 + 3 * component).copied().unwrap_or(0);
    Some(Frame {
        marker,
        precision: *body.first()?,
        height: be16(body, 1)?,
        width: be16(body, 3)?,
        components: *body.get(5)?,
        ids: [id(0), id(1), id(2)],
    })
}
