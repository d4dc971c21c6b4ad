//! JPEG (ITU-T T.81): facts from its segments, pixels from libjpeg-turbo at the smallest scale that serves.

mod gain_map;
mod segments;

use crate::bytes::be16;
use crate::ffi::turbo;
use crate::format::Wish;
use crate::samples::{Decoded, check_memory};
use crate::seen::Seen;
use crate::shrink::Shrinker;
use assay_contract::Code;
use assay_contract::exchange::Refusal;
use assay_contract::limits::{DecodeLimits, LimitHit};
pub(crate) use segments::Frame;
use segments::Segments;

/// Pixels times scans; about a second of work.
const MOST_SCANNED_PIXELS: u64 = 1_500_000_000;
const MODEST_SCANS: u32 = 20;

/// SOI and the begin of the next marker.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xd8, 0xff])
}

/// The size of a picture of 8 bits and one or three components, where there is a scan of one.
pub(crate) fn size_if_shown(bytes: &[u8]) -> Option<(u32, u32)> {
    let segments = Segments::read(bytes);
    let frame = segments.frame.filter(|frame| frame.precision == 8 && matches!(frame.components, 1 | 3) && !frame.is_lossless())?;
    (segments.scan_at > 0 && frame.width > 0 && frame.height > 0).then(|| (frame.width.into(), frame.height.into()))
}

/// Reads every segment before the first scan.
pub(crate) fn look(bytes: &[u8], limits: &DecodeLimits) -> Result<Seen, Refusal> {
    let segments = Segments::read(bytes);
    let frame = segments.frame.ok_or_else(|| Refusal::corrupt("the file ends before its size is told"))?;
    if frame.width == 0 || frame.height == 0 {
        return Err(Refusal::corrupt("the header gives a side of 0 pixels"));
    }
    let mut seen = Seen::still(frame.width.into(), frame.height.into());
    seen.details.bit_depth = Some(frame.precision);
    seen.details.channels = Some(frame.components);
    seen.details.color_model = color_model(&segments, frame).map(str::to_owned);
    seen.details.has_alpha = Some(false);
    seen.details.dpi = segments.jfif.and_then(jfif_dpi);
    seen.icc = segments.icc(limits.metadata_bytes);
    if let Some(exif) = segments.exif {
        seen.note(crate::exif::read(exif, limits.metadata_bytes));
    }
    if gain_map::is_there(bytes, &segments) {
        seen.details.hdr = Some("gain-map".to_owned());
    }
    Ok(seen)
}

/// Decodes at 1/8, 1/4, 1/2 or whole: the scales for which libjpeg-turbo has SIMD code.
pub(crate) fn decode(bytes: &[u8], seen: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let segments = Segments::read(bytes);
    let frame = segments.frame.ok_or_else(|| Refusal::corrupt("the file ends before its size is told"))?;
    if frame.is_progressive() {
        refuse_scan_bomb(bytes, segments.scan_at, scans_allowed(frame, wish.limits))?;
        // A progressive picture is kept whole as coefficients, 2 bytes each, whatever the scale.
        let coefficients = u64::from(frame.width) * u64::from(frame.height) * u64::from(frame.components) * 2;
        check_memory(wish.limits, coefficients)?;
    }
    let longest = seen.details.stored_width.max(seen.details.stored_height);
    let scale = [8, 4, 2].into_iter().find(|scale| longest.div_ceil(*scale) >= wish.longest_px && !frame.is_lossless()).unwrap_or(1);
    let ask = turbo::Ask { frame, scale, scans: scans_allowed(frame, wish.limits), memory_bytes: wish.limits.memory_bytes / 2 };
    let mut picture = match turbo::decompress(bytes, &ask, wish.limits) {
        // Rubbish between the segments stops libjpeg; without it, it may go on.
        Err(turbo::Failure::Header(_)) if segments.scan_at > 0 => turbo::decompress(&segments.essence(bytes), &ask, wish.limits),
        Err(turbo::Failure::Header(_)) => return Err(Refusal::corrupt("the file ends before its picture begins")),
        other => other,
    }
    .map_err(|failure| failure.refusal(wish.limits))?;
    // libjpeg tells its first warning only: a harmless one hides that the rest is missing.
    let is_cut = || !segments::is_ended(bytes, segments.scan_at);
    let damage = picture.damage.take().or_else(|| (picture.was_warned && is_cut()).then(|| turbo::ENDS_EARLY.to_owned()));
    Shrinker::whole(picture.samples(segments.adobe.is_some()), wish.longest_px, damage)
}

/// Each scan walks every pixel: a large picture may have fewer of them. Encoders write about ten, and twenty are allowed in any.
fn scans_allowed(frame: Frame, limits: &DecodeLimits) -> u32 {
    let pixels = u64::from(frame.width) * u64::from(frame.height);
    let by_work = u32::try_from(MOST_SCANNED_PIXELS / pixels.max(1)).unwrap_or(u32::MAX).max(MODEST_SCANS);
    limits.jpeg_scans.min(by_work)
}

/// Counts scans by their markers: a bomb repeats a scan thousands of times and is told before any of them is decoded.
fn refuse_scan_bomb(bytes: &[u8], from: usize, allowed: u32) -> Result<(), Refusal> {
    let mut scans = 0_u64;
    for at in memchr::memchr_iter(0xff, bytes.get(from..).unwrap_or_default()) {
        match bytes.get(from + at + 1) {
            Some(0xda) => scans += 1,
            Some(0xd9) => break,
            _ => {}
        }
    }
    if scans > u64::from(allowed) {
        return Err(Refusal::limit(Code::LimitExceeded, LimitHit::new("jpeg_scans", scans, allowed.into())));
    }
    Ok(())
}

/// As libjpeg tells them (jdapimin.c, `default_decompress_parms`): by JFIF, by Adobe's transform, by the components' ids.
fn color_model(segments: &Segments<'_>, frame: Frame) -> Option<&'static str> {
    match (frame.components, segments.adobe) {
        (1, _) => Some("gray"),
        (3, Some(0)) if segments.jfif.is_none() => Some("rgb"),
        (3, None) if segments.jfif.is_none() && frame.ids == *b"RGB" => Some("rgb"),
        (3, _) => Some("ycbcr"),
        (4, Some(2)) => Some("ycck"),
        (4, _) => Some("cmyk"),
        _ => None,
    }
}

/// JFIF's density: unit 1 is inch, 2 is centimetre, 0 gives an aspect only.
fn jfif_dpi(jfif: &[u8]) -> Option<[f64; 2]> {
    let factor = match jfif.get(7)? {
        1 => 1.0,
        2 => 2.54,
        _ => return None,
    };
    let (across, down) = (be16(jfif, 8)?, be16(jfif, 10)?);
    (across > 0 && down > 0).then(|| [f64::from(across) * factor, f64::from(down) * factor])
}
