//! PNG and APNG (W3C PNG, third edition): facts from its chunks, pixels row by row.

mod chunks;

use crate::bytes::be32;
use crate::cicp::Cicp;
use crate::format::Wish;
use crate::samples::{Decoded, Layout, buffer};
use crate::seen::Seen;
use crate::shrink::Shrinker;
use crate::tone::Tone;
use assay_contract::exchange::Refusal;
use assay_contract::failure::Issue;
use assay_contract::limits::DecodeLimits;
use chunks::Chunks;
use png::{ColorType, Decoder, DecodingError, Limits, Reader, Transformations};
use std::io::{self, Cursor};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Dots a metre as dots an inch.
const INCH_M: f64 = 0.0254;

/// The signature.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

/// Walks every chunk; IDAT is passed over.
pub(crate) fn look(bytes: &[u8], limits: &DecodeLimits) -> Result<Seen, Refusal> {
    let chunks = Chunks::read(bytes, SIGNATURE.len(), limits.frames);
    let header = chunks.header.ok_or_else(|| Refusal::corrupt("the file ends before its size is told"))?;
    let (Some(width @ 1..), Some(height @ 1..)) = (be32(header, 0), be32(header, 4)) else {
        return Err(Refusal::corrupt("the header gives a side of 0 pixels"));
    };
    let mut seen = Seen::still(width, height);
    let details = &mut seen.details;
    let color_type = header.get(9).copied();
    details.bit_depth = header.get(8).copied();
    let (color_model, channels) = match color_type {
        Some(0) => (Some("gray"), Some(1)),
        Some(2) => (Some("rgb"), Some(3)),
        Some(3) => (Some("indexed"), Some(1)),
        Some(4) => (Some("gray"), Some(2)),
        Some(6) => (Some("rgb"), Some(4)),
        _ => (None, None),
    };
    details.color_model = color_model.map(str::to_owned);
    details.channels = channels;
    details.has_alpha = Some(matches!(color_type, Some(4 | 6)) || chunks.has_transparency);
    details.dpi = chunks.density.map(|density| density.map(|dots| f64::from(dots) * INCH_M));
    let light = chunks.cicp.and_then(Cicp::light);
    details.hdr = light.map(|light| light.word().to_owned());
    if let Some(loops) = chunks.loops {
        details.frame_count = Some(chunks.frames.max(1));
        details.duration_s = Some(chunks.duration_s);
        details.loop_count = Some(loops);
    }
    if let Some(exif) = chunks.exif {
        seen.note(crate::exif::read(exif, limits.metadata_bytes));
    }
    if chunks.is_cut {
        seen.issues
            .push(Issue::warning("frames-not-counted", "The file ends early or has more frames than are counted; there may be more."));
    }
    seen.cicp = chunks.cicp;
    // What is toned down is sRGB already; cICP goes before a profile (third edition, 4.3).
    seen.is_srgb = light.is_some();
    // 45,455 hundred-thousandths is sRGB's own, near enough.
    seen.gamma = chunks
        .gamma
        .filter(|gamma| !chunks.has_icc && !chunks.is_srgb && gamma.abs_diff(45_455) > 500)
        .map(|gamma| 100_000.0 / gamma as f32);
    if chunks.has_icc {
        seen.icc = profile(bytes, limits);
        if seen.icc.is_none() {
            let why = format!("it is damaged, or longer than `decode.metadata_bytes` allows ({})", limits.metadata_bytes);
            seen.issues.push(crate::colour::unusable(&why));
        }
    }
    Ok(seen)
}

/// The library inflates the profile, within its limit.
fn profile(bytes: &[u8], limits: &DecodeLimits) -> Option<Vec<u8>> {
    let most = usize::try_from(limits.metadata_bytes).unwrap_or(usize::MAX);
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: most });
    decoder.set_ignore_text_chunk(true);
    let reader = decoder.read_info().ok()?;
    reader.info().icc_profile.as_ref().map(|icc| icc.to_vec())
}

/// Decodes the default image: of an APNG, what a reader without animation shows.
pub(crate) fn decode(bytes: &[u8], seen: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let most = usize::try_from(wish.limits.memory_bytes / 2).unwrap_or(usize::MAX);
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: most });
    decoder.set_ignore_text_chunk(true);
    // It was read above, within a limit of its own: here it would be inflated within the one for pixels.
    decoder.set_ignore_iccp_chunk(true);
    // 1 to 4 bits and palettes become bytes, tRNS becomes alpha, 16 bits become 8.
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(refusal)?;
    let (width, height) = reader.info().size();
    let layout = match reader.output_color_type().0 {
        ColorType::Grayscale => Layout::Gray,
        ColorType::GrayscaleAlpha => Layout::GrayAlpha,
        ColorType::Rgb => Layout::Rgb,
        ColorType::Rgba => Layout::Rgba,
        ColorType::Indexed => return Err(Refusal::corrupt("a picture of indexed colours has no palette")),
    };
    let mut shrinker = Shrinker::new(width, height, layout, wish.longest_px);
    let why = if reader.info().interlaced {
        interlaced(&mut reader, &mut shrinker, wish.limits, layout)?
    } else {
        rows(&mut reader, &mut shrinker)
    };
    shrinker.finish(why).map(|decoded| toned(decoded, seen))
}

/// Light of high dynamic range as sRGB; gray has no primaries and stays.
fn toned(mut decoded: Decoded, seen: &Seen) -> Decoded {
    let light = seen.cicp.and_then(|cicp| cicp.light().map(|light| Tone::new(light, cicp.primaries, 8)));
    if let (Some(tone), Layout::Rgb | Layout::Rgba) = (light, decoded.samples.layout) {
        // Samples of two bytes are what is toned, least significant first.
        let wide: Vec<u8> = decoded.samples.bytes.iter().flat_map(|sample| [*sample, 0]).collect();
        decoded.samples.bytes.clear();
        tone.append(&wide, decoded.samples.layout.channels(), &mut decoded.samples.bytes);
    }
    decoded
}

fn rows(reader: &mut Reader<Cursor<&[u8]>>, shrinker: &mut Shrinker) -> Option<String> {
    loop {
        match reader.next_row() {
            Ok(Some(row)) => shrinker.push(row.data()),
            Ok(None) => return None,
            Err(error) => return Some(words(&error).to_owned()),
        }
    }
}

/// Seven passes over the whole picture: it is needed whole.
fn interlaced(
    reader: &mut Reader<Cursor<&[u8]>>,
    shrinker: &mut Shrinker,
    limits: &DecodeLimits,
    layout: Layout,
) -> Result<Option<String>, Refusal> {
    let (width, height) = reader.info().size();
    let mut whole = buffer(limits, width, height, layout.channels())?;
    let why = reader.next_frame(&mut whole).err();
    // What came before the damage lies in the buffer.
    if let Some(error) = why.as_ref().filter(|_| whole.iter().all(|sample| *sample == 0)) {
        return Err(Refusal::corrupt(words(error)));
    }
    for row in whole.chunks(width as usize * layout.channels()) {
        shrinker.push(row);
    }
    Ok(why.map(|error| words(&error).to_owned()))
}

fn refusal(error: DecodingError) -> Refusal {
    match error {
        DecodingError::LimitsExceeded => {
            Refusal::new(assay_contract::Code::LimitExceeded, "its metadata or rows need more memory than allowed")
        }
        other => Refusal::corrupt(words(&other)),
    }
}

/// In words of our own: the library's repeat what chunks say.
fn words(error: &DecodingError) -> &'static str {
    match error {
        DecodingError::IoError(why) if why.kind() == io::ErrorKind::UnexpectedEof => "the file ends early",
        DecodingError::IoError(_) | DecodingError::Parameter(_) => "its rows can't be read",
        DecodingError::LimitsExceeded => "it needs more memory than allowed",
        DecodingError::Format(_) => "its chunks or its compressed rows are damaged",
    }
}
