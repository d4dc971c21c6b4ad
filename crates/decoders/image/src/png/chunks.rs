//! The chunks of a PNG, passed over without inflating anything.

use crate::bytes::{be16, be32, place, slice};
use crate::cicp::Cicp;

/// What the chunks tell.
#[derive(Debug, Default)]
pub(super) struct Chunks<'a> {
    /// IHDR.
    pub(super) header: Option<&'a [u8]>,
    pub(super) exif: Option<&'a [u8]>,
    /// Dots a metre.
    pub(super) density: Option<[u32; 2]>,
    pub(super) has_transparency: bool,
    pub(super) has_icc: bool,
    /// Whether the file says that it is sRGB.
    pub(super) is_srgb: bool,
    /// gAMA: 100,000 times the exponent that made samples of light; of a sense only.
    pub(super) gamma: Option<u32>,
    /// cICP; its matrix is always identity.
    pub(super) cicp: Option<Cicp>,
    /// Passes of the animation, 0 for ever; absent from a still.
    pub(super) loops: Option<u32>,
    /// Frames whose control chunk is there.
    pub(super) frames: u64,
    /// One pass, seconds.
    pub(super) duration_s: f64,
    /// Whether the walk ended before IEND.
    pub(super) is_cut: bool,
}

impl<'a> Chunks<'a> {
    /// Walks to IEND, to the file's end, or until `most_frames` were counted.
    pub(super) fn read(bytes: &'a [u8], from: usize, most_frames: u64) -> Self {
        let mut found = Self::default();
        let mut at = from;
        while let (Some(length), Some(name)) = (be32(bytes, at).map(place), slice(bytes, at + 4, 4)) {
            let Some(body) = slice(bytes, at + 8, length) else { break };
            if name == b"IEND" {
                return found;
            }
            found.take(name, body);
            if found.frames >= most_frames {
                break;
            }
            at += length + 12;
        }
        found.is_cut = found.loops.is_some();
        found
    }

    fn take(&mut self, name: &[u8], body: &'a [u8]) {
        match name {
            b"IHDR" => self.header = self.header.or(Some(body).filter(|body| body.len() >= 13)),
            b"eXIf" => self.exif = self.exif.or(Some(body)),
            b"pHYs" if body.get(8) == Some(&1) => {
                self.density = be32(body, 0).zip(be32(body, 4)).map(|(x, y)| [x, y]).filter(|[x, y]| *x > 0 && *y > 0);
            }
            b"tRNS" => self.has_transparency = true,
            b"iCCP" => self.has_icc = true,
            b"sRGB" => self.is_srgb = true,
            b"gAMA" => self.gamma = be32(body, 0).filter(|gamma| (10_000..=1_000_000).contains(gamma)),
            b"cICP" => {
                self.cicp = body.first().zip(body.get(1)).map(|(primaries, transfer)| Cicp {
                    primaries: (*primaries).into(),
                    transfer: (*transfer).into(),
                    matrix: 0,
                });
            }
            b"acTL" => self.loops = self.loops.or(be32(body, 4)),
            b"fcTL" => {
                self.frames += 1;
                let (delay, unit) = (be16(body, 20).unwrap_or(0), be16(body, 22).unwrap_or(0));
                // A denominator of 0 stands for 100 (third edition, 11.3.6.2).
                self.duration_s += f64::from(delay) / f64::from(if unit == 0 { 100 } else { unit });
            }
            _ => {}
        }
    }
}
