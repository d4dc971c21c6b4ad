//! What frames carry beside their pixels, read byte by byte: FFmpeg's structures for it are not among the generated bindings.

use super::DynamicRange;
use av::AVFrameSideDataType as Kind;
use ffmpeg_next::ffi as av;

/// Mastering and light levels of a frame.
///
/// # Safety
/// `frame` is live.
pub(super) unsafe fn dynamic_range(frame: *const av::AVFrame) -> DynamicRange {
    // SAFETY: by the caller's promise.
    let (mastering, light, hdr10_plus, dolby_vision) = unsafe {
        (
            bytes(frame, Kind::AV_FRAME_DATA_MASTERING_DISPLAY_METADATA),
            bytes(frame, Kind::AV_FRAME_DATA_CONTENT_LIGHT_LEVEL),
            bytes(frame, Kind::AV_FRAME_DATA_DYNAMIC_HDR_PLUS),
            bytes(frame, Kind::AV_FRAME_DATA_DOVI_METADATA),
        )
    };
    // No pixel is brighter than the display it was graded on: of two claims the lesser is the likelier.
    let brightest = [light.and_then(brightest_pixel), mastering.and_then(brightest_display)].into_iter().flatten().reduce(f32::min);
    DynamicRange {
        has_mastering_display: mastering.is_some(),
        has_hdr10_plus: hdr10_plus.is_some(),
        has_dolby_vision: dolby_vision.is_some(),
        // Nothing is dimmer than a cinema or brighter than PQ can say.
        peak_nits: brightest.filter(|nits| (40.0..=10_000.0).contains(nits)),
    }
}

/// `AVContentLightMetadata`: MaxCLL, MaxFALL; 0 is unknown.
fn brightest_pixel(data: &[u8]) -> Option<f32> {
    let max_cll = u32::from_ne_bytes(*data.first_chunk()?);
    u16::try_from(max_cll).ok().filter(|nits| *nits > 0).map(f32::from)
}

/// `AVMasteringDisplayMetadata`: eight rationals of chromaticity, darkest, brightest, then which of them are set.
fn brightest_display(data: &[u8]) -> Option<f32> {
    let number = |at: usize| data.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(i32::from_ne_bytes);
    let (num, den, is_set) = (number(72)?, number(76)?, number(84)?);
    #[expect(clippy::cast_possible_truncation, reason = "a peak needs no more than f32")]
    let nits = (f64::from(num) / f64::from(den)) as f32;
    (is_set != 0 && nits.is_finite()).then_some(nits)
}

/// # Safety
/// `frame` is live, and stays so while the bytes are used.
unsafe fn bytes<'f>(frame: *const av::AVFrame, kind: Kind) -> Option<&'f [u8]> {
    // SAFETY: by the caller's promise; side data has `size` bytes at `data`.
    unsafe {
        let found = av::av_frame_get_side_data(frame, kind).as_ref()?;
        (!found.data.is_null()).then(|| std::slice::from_raw_parts(found.data.cast_const(), found.size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_levels_are_read_from_whole_structures_only() {
        let mut display = vec![0_u8; 88];
        display[72..76].copy_from_slice(&10_000_000_i32.to_ne_bytes());
        display[76..80].copy_from_slice(&10_000_i32.to_ne_bytes());
        assert_eq!(brightest_display(&display), None, "not marked as set");
        display[84] = 1;
        assert_eq!(brightest_display(&display), Some(1000.0));
        assert_eq!(brightest_display(&display[..80]), None);
        display[76..80].fill(0);
        assert_eq!(brightest_display(&display), None);
        assert_eq!(brightest_pixel(&[0; 8]), None);
        assert_eq!(brightest_pixel(&[1]), None);
        assert_eq!(brightest_pixel(&4000_u32.to_ne_bytes()), Some(4000.0));
    }
}
