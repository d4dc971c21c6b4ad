//! The boxes of a JPEG 2000 file (ISO/IEC 15444-1, annex I): colours, palette, channels, resolution, and where the codestream lies.

use crate::boxes::{boxes, first};
use crate::bytes::{be16, be32};
use crate::cicp::Cicp;

/// Dots a metre as dots an inch.
const INCH_M: f64 = 0.0254;
/// `JpgTiffExif->JP2`, and Adobe's.
const EXIF: [&[u8; 16]; 2] = [b"JpgTiffExif->JP2", b"\x05\x37\xcd\xab\x9d\x0c\x44\x31\xa7\x2a\xfa\x56\x1f\x2a\x11\x3e"];

/// Colours by number (15444-1, table I.10; 15444-2, table M.25).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colours {
    Rgb,
    Gray,
    Ycc,
    Cmyk,
    Lab,
}

/// What the boxes tell.
#[derive(Debug, Default)]
pub(super) struct Header<'a> {
    pub(super) size: Option<[u32; 2]>,
    pub(super) bits: Option<u8>,
    pub(super) colours: Option<Colours>,
    pub(super) cicp: Option<Cicp>,
    pub(super) icc: Option<&'a [u8]>,
    pub(super) has_palette: bool,
    pub(super) has_alpha: bool,
    pub(super) dpi: Option<[f64; 2]>,
    pub(super) exif: Option<&'a [u8]>,
    pub(super) codestream: &'a [u8],
}

impl<'a> Header<'a> {
    /// Reads every box of the file.
    pub(super) fn read(file: &'a [u8]) -> Self {
        let mut header = Self::default();
        for found in boxes(file) {
            match &found.name {
                b"jp2h" => boxes(found.body).for_each(|inner| header.take(inner.name, inner.body)),
                b"jp2c" if header.codestream.is_empty() => header.codestream = found.body,
                b"uuid" => {
                    if let Some((_, exif)) = found.body.split_first_chunk::<16>().filter(|(id, _)| EXIF.contains(id)) {
                        header.exif = header.exif.or(Some(exif.strip_prefix(b"Exif\0\0").unwrap_or(exif)));
                    }
                }
                _ => {}
            }
        }
        header
    }

    fn take(&mut self, name: [u8; 4], body: &'a [u8]) {
        match &name {
            b"ihdr" => {
                self.size = be32(body, 4).zip(be32(body, 0)).map(|(width, height)| [width, height]);
                // 255 says that components differ.
                self.bits = body.get(10).filter(|bits| **bits != 255).map(|bits| (bits & 0x7f) + 1);
            }
            b"colr" if self.colours.is_none() && self.icc.is_none() => self.take_colours(body),
            b"pclr" => self.has_palette = true,
            // Each channel's number, kind and place; kinds 1 and 2 are opacity, straight and multiplied in.
            b"cdef" => {
                let kinds = body.get(2..).unwrap_or_default().as_chunks::<6>().0;
                self.has_alpha = kinds.iter().any(|entry| matches!(be16(entry, 2), Some(1 | 2)));
            }
            b"res " => {
                let told = first(body, b"resc").or_else(|| first(body, b"resd"));
                self.dpi = told.and_then(|told| density(told.body));
            }
            _ => {}
        }
    }

    fn take_colours(&mut self, body: &'a [u8]) {
        match body.first() {
            Some(1) => {
                self.colours = match be32(body, 3) {
                    Some(16) => Some(Colours::Rgb),
                    Some(17) => Some(Colours::Gray),
                    Some(18 | 24) => Some(Colours::Ycc),
                    Some(12) => Some(Colours::Cmyk),
                    Some(14) => Some(Colours::Lab),
                    _ => None,
                }
            }
            Some(2 | 3) => self.icc = body.get(3..),
            Some(5) => {
                if let (Some(primaries), Some(transfer), Some(matrix)) = (be16(body, 3), be16(body, 5), be16(body, 7)) {
                    self.cicp = Some(Cicp { primaries, transfer, matrix });
                }
            }
            _ => {}
        }
    }
}

/// Fractions and exponents of dots a metre, down and across, as dots an inch across and down (I.5.3.7).
fn density(body: &[u8]) -> Option<[f64; 2]> {
    let dots = |at: usize, exponent: usize| {
        let (over, under) = (be16(body, at)?, be16(body, at + 2).filter(|under| *under > 0)?);
        let exponent = i32::from(body.get(exponent).copied()?.cast_signed());
        Some(f64::from(over) / f64::from(under) * 10_f64.powi(exponent) * INCH_M).filter(|dots| *dots > 0.0)
    };
    Some([dots(4, 9)?, dots(0, 8)?])
}
