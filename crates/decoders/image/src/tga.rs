//! Truevision TGA (file format specification, version 2.0): it has no signature, so its header is believed only where it agrees with itself.

use crate::bytes::{le16, place, slice};
use crate::format::Wish;
use crate::samples::Decoded;
use crate::seen::Seen;
use crate::whole::{self, Lengthened};
use assay_contract::exchange::Refusal;
use assay_contract::limits::DecodeLimits;
use image::codecs::tga::TgaDecoder;
use std::cell::Cell;

const HEADER_BYTES: usize = 18;
/// The last 18 bytes of a file of version 2.
const FOOTER: &[u8] = b"TRUEVISION-XFILE.\0";

/// A header whose fields fit each other; with version 2's footer its unused fields may hold anything.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    Header::read(bytes).is_some_and(|header| header.is_usable() && (header.is_clean() || bytes.ends_with(FOOTER)))
}

/// Reads the header.
pub(crate) fn look(bytes: &[u8], _: &DecodeLimits) -> Result<Seen, Refusal> {
    let header = Header::read(bytes).filter(Header::is_usable).ok_or_else(|| Refusal::corrupt("the header gives no usable picture"))?;
    let mut seen = Seen::still(header.width.into(), header.height.into());
    let details = &mut seen.details;
    let (model, channels) = match header.kind & 7 {
        1 => ("indexed", 1),
        3 => ("gray", 1 + u8::from(header.alpha_bits == 8)),
        _ => ("rgb", 3 + u8::from(header.alpha_bits == 8)),
    };
    details.color_model = Some(model.to_owned());
    details.channels = Some(channels);
    details.has_alpha = Some(header.alpha_bits == 8);
    details.bit_depth = Some(if header.colour_bits() <= 16 && model == "rgb" { 5 } else { 8 });
    Ok(seen)
}

/// Decodes it whole; the library turns what is stored from the bottom up.
pub(crate) fn decode(bytes: &[u8], seen: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let was_short = Cell::new(false);
    let missing = u64::from(seen.details.stored_width) * u64::from(seen.details.stored_height) * 4;
    let decoder = TgaDecoder::new(Lengthened::new(bytes, missing, &was_short)).map_err(|error| whole::refusal(&error))?;
    whole::decode(decoder, seen, wish).map(|decoded| whole::tell_short(decoded, &was_short))
}

struct Header<'a> {
    kind: u8,
    has_map: u8,
    /// First entry, entries and bits of an entry of the colour map.
    map: &'a [u8],
    width: u16,
    height: u16,
    bits: u8,
    alpha_bits: u8,
    reserved_bits: u8,
    is_longer: bool,
}

impl<'a> Header<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let header = slice(bytes, 0, HEADER_BYTES)?;
        let [id_length, has_map, kind, map @ .., _, _, _, _, _, _, _, _, bits, descriptor] = header else { return None };
        let map_bytes = usize::from(le16(header, 5)?) * usize::from(header.get(7)?.div_ceil(8));
        Some(Self {
            kind: *kind,
            has_map: *has_map,
            map,
            width: le16(header, 12)?,
            height: le16(header, 14)?,
            bits: *bits,
            alpha_bits: descriptor & 15,
            reserved_bits: descriptor >> 6,
            is_longer: bytes.len() > HEADER_BYTES + place(*id_length) + if *has_map == 1 { map_bytes } else { 0 },
        })
    }

    /// Bits of a colour, in the colour map where there is one.
    fn colour_bits(&self) -> u8 {
        if self.kind & 7 == 1 { self.map.last().copied().unwrap_or(0) } else { self.bits }
    }

    fn is_usable(&self) -> bool {
        let bits_fit = match self.kind {
            1 | 9 => self.has_map == 1 && matches!(self.bits, 8 | 16) && matches!(self.colour_bits(), 15 | 16 | 24 | 32),
            2 | 10 => self.has_map <= 1 && matches!(self.bits, 15 | 16 | 24 | 32),
            3 | 11 => self.has_map <= 1 && matches!(self.bits, 8 | 16),
            _ => false,
        };
        bits_fit && self.width > 0 && self.height > 0 && self.is_longer
    }

    /// Whether unused fields are 0, and alpha is as wide as it can be.
    fn is_clean(&self) -> bool {
        let alpha_fits = match self.colour_bits() {
            32 => matches!(self.alpha_bits, 0 | 8),
            16 if self.kind & 7 == 3 => self.alpha_bits == 8,
            15 | 16 => self.alpha_bits <= 1,
            8 => matches!(self.alpha_bits, 0 | 8),
            _ => self.alpha_bits == 0,
        };
        alpha_fits && self.reserved_bits == 0 && (self.has_map == 1 || self.map.iter().all(|byte| *byte == 0))
    }
}
