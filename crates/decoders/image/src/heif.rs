//! HEIF (ISO/IEC 23008-12), as HEIC and AVIF: facts from its boxes, pixels from libheif.

mod items;
mod track;
mod traits;

use crate::boxes::first;
use crate::cicp::{Cicp, Light};
use crate::ffi::heif::{Ask, Depth, Failure, Raster, decode as decode_file};
pub(crate) use crate::ffi::heif::{version, warm};
use crate::format::Wish;
use crate::samples::{Decoded, Layout, check_memory};
use crate::seen::Seen;
use crate::shrink::Shrinker;
use crate::tone::Tone;
use assay_contract::Code;
use assay_contract::exchange::Refusal;
use assay_contract::limits::{DecodeLimits, LimitHit};
use items::Items;
use track::Track;
use traits::Traits;

/// Brands (<https://mp4ra.org/registered-types/brands>) of stills and sequences by HEVC.
const HEIC: [&[u8; 4]; 4] = [b"heic", b"heix", b"heim", b"heis"];
const HEIC_SEQUENCE: [&[u8; 4]; 4] = [b"hevc", b"hevx", b"hevm", b"hevs"];
const AVIF: [&[u8; 4]; 3] = [b"avif", b"avis", b"avio"];
/// Of stills and sequences by any codec.
const HEIF: [&[u8; 4]; 10] = [b"mif1", b"mif2", b"mif3", b"miaf", b"avci", b"vvic", b"j2ki", b"jpeg", b"evbi", b"unif"];
const HEIF_SEQUENCE: [&[u8; 4]; 5] = [b"msf1", b"avcs", b"vvis", b"j2is", b"jpgs"];
/// Most brands that are looked at.
const MOST_BRANDS: usize = 64;
/// What an alpha plane is called, in HEVC and in every other codec's files.
const ALPHA: [&[u8]; 2] = [b"urn:mpeg:hevc:2015:auxid:1", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"];
const GAIN_MAP: &[u8] = b"urn:com:apple:photo:2020:aux:hdrgainmap";
/// Most auxiliary pictures that are looked at.
const MOST_AUXILIARIES: usize = 64;

/// AVIF, still or moving.
pub(crate) fn is_avif(bytes: &[u8]) -> bool {
    major(bytes, &AVIF) || (major(bytes, &HEIF) || major(bytes, &HEIF_SEQUENCE)) && has_brand(bytes, &AVIF)
}

/// A still by HEVC.
pub(crate) fn is_heic(bytes: &[u8]) -> bool {
    major(bytes, &HEIC) || major(bytes, &HEIF) && has_brand(bytes, &HEIC)
}

/// A sequence by HEVC.
pub(crate) fn is_heic_sequence(bytes: &[u8]) -> bool {
    major(bytes, &HEIC_SEQUENCE) || major(bytes, &HEIF_SEQUENCE) && has_brand(bytes, &HEIC_SEQUENCE)
}

/// Any other still.
pub(crate) fn is_heif(bytes: &[u8]) -> bool {
    major(bytes, &HEIF)
}

/// Any other sequence.
pub(crate) fn is_heif_sequence(bytes: &[u8]) -> bool {
    major(bytes, &HEIF_SEQUENCE)
}

/// Each four letters of the `ftyp` box; the second is a version.
fn brands(bytes: &[u8]) -> &[[u8; 4]] {
    let body = if bytes.get(4..8) == Some(b"ftyp") { first(bytes, b"ftyp").map(|found| found.body) } else { None };
    body.unwrap_or_default().as_chunks::<4>().0
}

fn major(bytes: &[u8], wanted: &[&[u8; 4]]) -> bool {
    brands(bytes).first().is_some_and(|brand| wanted.contains(&brand))
}

fn has_brand(bytes: &[u8], wanted: &[&[u8; 4]]) -> bool {
    brands(bytes).iter().take(MOST_BRANDS).enumerate().any(|(place, brand)| place != 1 && wanted.contains(&brand))
}

/// Reads the boxes; nothing is decoded.
pub(crate) fn look(bytes: &[u8], limits: &DecodeLimits) -> Result<Seen, Refusal> {
    let moves = has_brand(bytes, &HEIC_SEQUENCE) || has_brand(bytes, &HEIF_SEQUENCE) || has_brand(bytes, &[b"avis"]);
    let track = if moves { Track::read(bytes) } else { None };
    let items = Items::read(bytes);
    let traits = items.as_ref().map(|items| Traits::of(items, items.primary(), limits.metadata_bytes)).unwrap_or_default();
    let size = traits.size.or(track.as_ref().and_then(|track| track.size)).filter(|[width, height]| *width > 0 && *height > 0);
    let [width, height] = size.ok_or_else(|| match first(bytes, b"mini") {
        Some(_) => Refusal::unsupported("a picture whose boxes are minimised (mini)"),
        None => Refusal::corrupt("the file ends before its size is told, or has no picture to show"),
    })?;
    let mut seen = Seen::still(width, height);
    let alpha = items.as_ref().is_some_and(|items| has_auxiliary(items, &ALPHA));
    let details = &mut seen.details;
    details.bit_depth = traits.bits;
    details.has_alpha = Some(alpha);
    details.channels = traits.channels.map(|channels| channels.saturating_add(u8::from(alpha)));
    details.color_model = color_model(&traits).map(str::to_owned);
    if let Some(track) = &track {
        details.frame_count = Some(track.frames.max(1));
        details.duration_s = track.duration_s;
        details.loop_count = track.passes;
    }
    seen.cicp = traits.cicp;
    let light = traits.cicp.and_then(Cicp::light);
    details.hdr = match (light, &items) {
        (Some(light), _) => Some(light.word().to_owned()),
        (None, Some(items)) if has_gain_map(items) => Some("gain-map".to_owned()),
        (None, _) => None,
    };
    seen.shown = Some(traits.shown.unwrap_or([width, height]));
    seen.is_srgb = light.is_some();
    seen.icc = traits.icc;
    if let Some(items) = &items {
        read_exif(items, &mut seen, limits);
    }
    Ok(seen)
}

/// The Exif item: four bytes say how many more come before the TIFF header (23008-12, A.2.1).
fn read_exif(items: &Items<'_>, seen: &mut Seen, limits: &DecodeLimits) {
    let described = items.referring(*b"cdsc", items.primary()).find(|id| items.kind(*id) == Some(*b"Exif"));
    let Some(id) = described.or_else(|| items.of_kind(*b"Exif").next()) else { return };
    let Some(block) = items.bytes(id, limits.metadata_bytes) else { return };
    let before = crate::bytes::be32(&block, 0).map_or(usize::MAX, crate::bytes::place);
    if let Some(tiff) = block.get(4..).and_then(|rest| rest.get(before..)) {
        // Some writers keep the identifier of JPEG's segment, and count it as nothing.
        seen.note(crate::exif::read(tiff.strip_prefix(b"Exif\0\0").unwrap_or(tiff), limits.metadata_bytes));
    }
}

fn has_auxiliary(items: &Items<'_>, names: &[&[u8]]) -> bool {
    let mut shown = vec![items.primary()];
    shown.extend(items.parts(items.primary()).first());
    shown.iter().any(|id| {
        items.referring(*b"auxl", *id).take(MOST_AUXILIARIES).any(|auxiliary| {
            let told = items.property(auxiliary, b"auxC");
            told.is_some_and(|told| names.iter().any(|name| told.full().2.strip_prefix(*name).is_some_and(|rest| rest.first() == Some(&0))))
        })
    })
}

/// Apple's auxiliary picture, or ISO 21496-1's item that is made of the picture and its map.
fn has_gain_map(items: &Items<'_>) -> bool {
    has_auxiliary(items, &[GAIN_MAP]) || items.of_kind(*b"tmap").next().is_some()
}

fn color_model(traits: &Traits) -> Option<&'static str> {
    match (&traits.codec, traits.channels, traits.cicp) {
        (_, Some(1 | 2), _) => Some("gray"),
        (b"unci", ..) => None,
        // The identity matrix (H.273, table 4).
        (_, _, Some(cicp)) if cicp.matrix == 0 => Some("rgb"),
        _ => Some("ycbcr"),
    }
}

/// Decodes the primary picture, cut and turned.
pub(crate) fn decode(bytes: &[u8], seen: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let light = seen.cicp.and_then(Cicp::light);
    let depth = if light.is_some() { Depth::Full } else { Depth::Eight };
    let pixels = u64::from(seen.details.stored_width) * u64::from(seen.details.stored_height);
    let is_deep = seen.details.bit_depth.is_some_and(|bits| bits > 8);
    // Planes at full size with colours at half, and the same again as interleaved samples.
    check_memory(wish.limits, pixels * if is_deep { 9 } else { 5 })?;
    let told = [seen.details.stored_width, seen.details.stored_height];
    let ask = Ask { depth, side_px: wish.limits.side_px, pixels: wish.limits.pixels, told, shown: seen.shown.unwrap_or(told) };
    let start = |raster: Raster| Canvas::new(raster, seen, light, wish);
    let (canvas, damage) = decode_file(bytes, ask, start, Canvas::push).map_err(|failure| refusal(failure, bytes, wish.limits))?;
    canvas.shrinker.finish(damage)
}

/// Rows of a raster on their way to a small picture.
struct Canvas {
    raster: Raster,
    tone: Option<Tone>,
    row: Vec<u8>,
    shrinker: Shrinker,
}

impl Canvas {
    fn new(raster: Raster, seen: &Seen, light: Option<Light>, wish: &Wish<'_>) -> Self {
        let layout = if raster.channels == 4 { Layout::Rgba } else { Layout::Rgb };
        let tone = light.zip(seen.cicp).map(|(light, cicp)| Tone::new(light, cicp.primaries, raster.bits));
        Self { raster, tone, row: Vec::new(), shrinker: Shrinker::new(raster.width, raster.height, layout, wish.longest_px) }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.row.clear();
        match &self.tone {
            Some(tone) => tone.append(bytes, self.raster.channels, &mut self.row),
            None => self.row.extend_from_slice(bytes),
        }
        if self.raster.is_premultiplied {
            for [red, green, blue, alpha] in self.row.as_chunks_mut::<4>().0.iter_mut().filter(|_| self.raster.channels == 4) {
                for colour in [red, green, blue] {
                    *colour = straight(*colour, *alpha);
                }
            }
        }
        self.shrinker.push(&self.row);
    }
}

/// A colour without the alpha that was multiplied into it.
fn straight(colour: u8, alpha: u8) -> u8 {
    let whole = (u16::from(colour) * 255).checked_div(u16::from(alpha)).unwrap_or(0);
    u8::try_from(whole).unwrap_or(u8::MAX)
}

fn refusal(failure: Failure, bytes: &[u8], limits: &DecodeLimits) -> Refusal {
    let codec = Items::read(bytes).map(|items| Traits::of(&items, items.primary(), 0).codec);
    match (codec, failure) {
        (None, _) => Refusal::unsupported("an image sequence without a still"),
        (_, Failure::Memory) => {
            Refusal::limit(Code::LimitExceeded, LimitHit::new("memory_bytes", limits.memory_bytes + 1, limits.memory_bytes))
        }
        (Some(codec), Failure::Damaged(_) | Failure::Unsupported(_))
            if !matches!(&codec, b"hvc1" | b"av01" | b"grid" | b"iovl" | b"iden" | [0, ..]) =>
        {
            let letters: String = codec.iter().map(|letter| char::from(*letter)).filter(char::is_ascii_graphic).collect();
            Refusal::unsupported(format!("its pictures are coded by {}, which is not read", codec_name(&letters)))
        }
        (_, Failure::Unsupported(words)) => Refusal::unsupported(words),
        (_, Failure::Damaged(words)) => Refusal::corrupt(words),
    }
}

/// Item types (<https://mp4ra.org/registered-types/sampleentries>) by the names that people know.
fn codec_name(letters: &str) -> String {
    let known = match letters {
        "avc1" => "AVC",
        "evc1" => "EVC",
        "j2k1" => "JPEG 2000",
        "jpeg" => "JPEG",
        "unci" => "no codec (uncompressed)",
        "vvc1" => "VVC",
        _ => return letters.to_owned(),
    };
    format!("{known} ({letters})")
}
