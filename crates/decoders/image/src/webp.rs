//! WebP (RFC 9649): facts from its RIFF chunks, pixels from the pure-Rust decoder.

use crate::bytes::{le16, le24, le32, place, slice};
use crate::format::Wish;
use crate::samples::{Decoded, Layout, buffer, check_memory};
use crate::seen::Seen;
use crate::shrink::Shrinker;
use assay_contract::exchange::Refusal;
use assay_contract::failure::Issue;
use assay_contract::limits::DecodeLimits;
use image_webp::{DecodingError, WebPDecoder};
use std::io::{self, Cursor};

/// RIFF, a length, WEBP.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && slice(bytes, 8, 4) == Some(b"WEBP")
}

/// Walks every chunk; no frame is decoded.
pub(crate) fn look(bytes: &[u8], limits: &DecodeLimits) -> Result<Seen, Refusal> {
    let mut found = Chunks::default();
    let mut at = 12;
    while let (Some(name), Some(length)) = (slice(bytes, at, 4), le32(bytes, at + 4).map(place)) {
        let begin = at + 8;
        // The last chunk of a cut file is looked at as far as it goes.
        let body = bytes.get(begin..begin.saturating_add(length).min(bytes.len())).unwrap_or_default();
        found.take(name, body);
        found.is_cut = body.len() < length;
        if found.is_cut || found.frames >= limits.frames {
            found.is_cut = true;
            break;
        }
        at = begin + length + length % 2;
    }
    let (width, height) = found.canvas.or(found.picture).ok_or_else(|| Refusal::corrupt("the file ends before its size is told"))?;
    if width == 0 || height == 0 {
        return Err(Refusal::corrupt("the header gives a side of 0 pixels"));
    }
    let mut seen = Seen::still(width, height);
    let details = &mut seen.details;
    details.color_model = found.is_lossless.map(|lossless| if lossless { "rgb" } else { "ycbcr" }.to_owned());
    details.bit_depth = Some(8);
    details.has_alpha = Some(found.has_alpha);
    details.channels = Some(if found.has_alpha { 4 } else { 3 });
    if let Some(loops) = found.loops {
        details.frame_count = Some(found.frames.max(1));
        details.duration_s = Some(found.duration_ms as f64 / 1000.0);
        details.loop_count = Some(loops);
        if found.is_cut {
            seen.issues
                .push(Issue::warning("frames-not-counted", "The file ends early or has more frames than are counted; there may be more."));
        }
    }
    seen.icc = found.icc.filter(|icc| icc.len() as u64 <= limits.metadata_bytes).map(<[u8]>::to_vec);
    if let Some(exif) = found.exif {
        // Some writers keep the identifier of JPEG's segment.
        seen.note(crate::exif::read(exif.strip_prefix(b"Exif\0\0").unwrap_or(exif), limits.metadata_bytes));
    }
    Ok(seen)
}

/// What the chunks tell.
#[derive(Default)]
struct Chunks<'a> {
    canvas: Option<(u32, u32)>,
    picture: Option<(u32, u32)>,
    is_lossless: Option<bool>,
    has_alpha: bool,
    loops: Option<u32>,
    frames: u64,
    duration_ms: u64,
    icc: Option<&'a [u8]>,
    exif: Option<&'a [u8]>,
    is_cut: bool,
}

impl<'a> Chunks<'a> {
    fn take(&mut self, name: &[u8], body: &'a [u8]) {
        match name {
            b"VP8X" => {
                self.has_alpha |= body.first().is_some_and(|flags| flags & 0x10 != 0);
                self.canvas = le24(body, 4).zip(le24(body, 7)).map(|(width, height)| (width + 1, height + 1));
            }
            b"VP8 " => {
                self.is_lossless = self.is_lossless.or(Some(false));
                // RFC 6386, 9.1: three bytes of tag, a start code, then 14 bits of each side.
                if slice(body, 3, 3) == Some(&[0x9d, 0x01, 0x2a]) {
                    let side = |at| le16(body, at).map(|side| u32::from(side & 0x3fff));
                    self.picture = side(6).zip(side(8));
                }
            }
            b"VP8L" => {
                self.is_lossless = self.is_lossless.or(Some(true));
                if let (Some(0x2f), Some(bits)) = (body.first(), le32(body, 1)) {
                    self.picture = Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1));
                    self.has_alpha |= bits >> 28 & 1 != 0 && self.canvas.is_none();
                }
            }
            b"ANIM" => self.loops = le16(body, 4).map(u32::from),
            b"ANMF" => {
                self.frames += 1;
                self.duration_ms += u64::from(le24(body, 12).unwrap_or(0));
                self.is_lossless = self.is_lossless.or(slice(body, 16, 4).map(|name| name == b"VP8L"));
            }
            b"ICCP" => self.icc = self.icc.or(Some(body)),
            b"EXIF" => self.exif = self.exif.or(Some(body)),
            _ => {}
        }
    }
}

/// Decodes the picture, or an animation's first frame.
pub(crate) fn decode(bytes: &[u8], seen: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let (width, height) = (seen.details.stored_width, seen.details.stored_height);
    // Planes or ARGB of the decoder's own, beside the picture.
    check_memory(wish.limits, u64::from(width) * u64::from(height) * 8)?;
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(refusal)?;
    decoder.set_memory_limit(usize::try_from(wish.limits.memory_bytes / 2).unwrap_or(usize::MAX));
    if decoder.dimensions() != (width, height) {
        return Err(Refusal::corrupt("the header gives two sizes"));
    }
    let layout = if decoder.has_alpha() { Layout::Rgba } else { Layout::Rgb };
    let mut whole = buffer(wish.limits, width, height, layout.channels())?;
    decoder.read_image(&mut whole).map_err(refusal)?;
    let mut shrinker = Shrinker::new(width, height, layout, wish.longest_px);
    for row in whole.chunks(width as usize * layout.channels()) {
        shrinker.push(row);
    }
    shrinker.finish(None)
}

fn refusal(error: DecodingError) -> Refusal {
    match error {
        DecodingError::MemoryLimitExceeded | DecodingError::ImageTooLarge => {
            Refusal::new(assay_contract::Code::LimitExceeded, "its chunks need more memory than allowed")
        }
        DecodingError::UnsupportedFeature(_) => Refusal::unsupported("an unusual feature of the format"),
        // In words of our own: the library's repeat what chunks say.
        DecodingError::IoError(why) if why.kind() == io::ErrorKind::UnexpectedEof => Refusal::corrupt("the file ends early"),
        _ => Refusal::corrupt("its chunks or its coded picture are damaged"),
    }
}
