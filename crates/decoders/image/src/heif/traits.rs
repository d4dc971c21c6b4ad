//! What a HEIF item's properties tell: size, turns, bits, colours.

use super::items::Items;
use crate::boxes::Found;
use crate::bytes::{be16, be32};
use crate::cicp::Cicp;

/// What is known of one picture.
#[derive(Debug, Default)]
pub(super) struct Traits {
    /// As coded.
    pub(super) size: Option<[u32; 2]>,
    /// As seen, after every crop and turn.
    pub(super) shown: Option<[u32; 2]>,
    pub(super) bits: Option<u8>,
    /// Without alpha.
    pub(super) channels: Option<u8>,
    pub(super) cicp: Option<Cicp>,
    pub(super) icc: Option<Vec<u8>>,
    /// The codec's four letters: of the first part, where the picture is made of parts.
    pub(super) codec: [u8; 4],
}

/// How deep parts of parts are followed.
const DEPTH: usize = 4;

impl Traits {
    /// Reads an item's.
    pub(super) fn of(items: &Items<'_>, id: u32, most_icc: u64) -> Self {
        let leaf = leaf(items, id);
        let mut traits = Self { codec: items.kind(leaf).unwrap_or_default(), ..Self::default() };
        // A part's own properties say how it is coded; the whole's, which come later, say it better.
        for property in items.properties(leaf).iter().filter(|_| leaf != id) {
            traits.take_coding(property);
            traits.take_colour(property, most_icc);
        }
        for property in items.properties(id) {
            traits.take_coding(&property);
            traits.take_colour(&property, most_icc);
            traits.take_shape(&property);
        }
        traits
    }

    fn take_coding(&mut self, property: &Found<'_>) {
        let body = property.body;
        match &property.name {
            b"pixi" => {
                let (_, _, list) = property.full();
                self.channels = list.first().copied();
                self.bits = list.get(1).copied();
            }
            // AV1 in ISO base media files, 2.3.3: high_bitdepth, twelve_bit, monochrome.
            b"av1C" => {
                if let Some(flags) = body.get(2) {
                    self.bits = self.bits.or(Some(match flags >> 5 & 3 {
                        3 => 12,
                        2 => 10,
                        _ => 8,
                    }));
                    self.channels = self.channels.or(Some(if flags >> 4 & 1 == 1 { 1 } else { 3 }));
                }
            }
            // ISO/IEC 14496-15, 8.3.3.1.
            b"hvcC" => {
                if let (Some(chroma), Some(luma)) = (body.get(16), body.get(17)) {
                    self.bits = self.bits.or(Some((luma & 7) + 8));
                    self.channels = self.channels.or(Some(if chroma.trailing_zeros() >= 2 { 1 } else { 3 }));
                }
            }
            // ISO/IEC 23001-17, 5.2: a profile, then each component's index and bits.
            b"uncC" => {
                let (version, _, list) = property.full();
                if let (0, Some(count), Some(bits)) = (version, be32(list, 4), list.get(10)) {
                    self.bits = self.bits.or(bits.checked_add(1));
                    self.channels = self.channels.or(u8::try_from(count).ok());
                }
            }
            _ => {}
        }
    }

    fn take_colour(&mut self, property: &Found<'_>, most_icc: u64) {
        let body = property.body;
        match (&property.name, body.get(..4)) {
            (b"colr", Some(b"nclx")) => {
                if let (Some(primaries), Some(transfer), Some(matrix)) = (be16(body, 4), be16(body, 6), be16(body, 8)) {
                    self.cicp = Some(Cicp { primaries, transfer, matrix });
                }
            }
            (b"colr", Some(b"prof" | b"rICC")) => {
                self.icc = body.get(4..).filter(|icc| icc.len() as u64 <= most_icc).map(<[u8]>::to_vec);
            }
            _ => {}
        }
    }

    fn take_shape(&mut self, property: &Found<'_>) {
        let (_, _, rest) = property.full();
        match &property.name {
            b"ispe" => {
                if let (Some(width @ 1..), Some(height @ 1..)) = (be32(rest, 0), be32(rest, 4)) {
                    self.size = Some([width, height]);
                    self.shown = self.size;
                }
            }
            // Width and height of the clean aperture, each a fraction; it never enlarges.
            b"clap" => {
                let side = |at, whole: u32| {
                    let (over, under) = (be32(property.body, at)?, be32(property.body, at + 4).filter(|under| *under > 0)?);
                    Some((over / under + u32::from(over % under >= under.div_ceil(2))).clamp(1, whole))
                };
                self.shown = self.shown.and_then(|[width, height]| Some([side(0, width)?, side(8, height)?])).or(self.shown);
            }
            // Quarters of a turn.
            b"irot" if property.body.first().is_some_and(|angle| angle & 1 == 1) => {
                self.shown = self.shown.map(|[width, height]| [height, width]);
            }
            _ => {}
        }
    }
}

/// The first item down the parts that is coded itself.
fn leaf(items: &Items<'_>, id: u32) -> u32 {
    (0..DEPTH).fold(id, |id, _| match items.kind(id).as_ref() {
        Some(b"grid" | b"iovl" | b"iden" | b"tmap") => items.parts(id).first().copied().unwrap_or(id),
        _ => id,
    })
}
