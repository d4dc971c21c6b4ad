//! Camera RAW: the sensor's size and what the camera wrote; shown is the largest JPEG that the camera put beside them.

mod camera;
mod cr3;
mod phase_one;
mod preview;
mod raf;

use crate::format::Wish;
use crate::jpeg;
use crate::samples::Decoded;
use crate::seen::Seen;
use crate::tiff::directory::{Directory, tag};
use crate::tiff::small;
use assay_contract::exchange::Refusal;
use assay_contract::limits::DecodeLimits;
use camera::{Camera, is_mosaic_or_linear};

/// Adobe's DNG.
pub(crate) fn is_dng(bytes: &[u8]) -> bool {
    Camera::of(bytes) == Some(Camera::Dng)
}

/// Canon's TIFF.
pub(crate) fn is_cr2(bytes: &[u8]) -> bool {
    Camera::of(bytes) == Some(Camera::Cr2)
}

/// Canon's ISO base media file.
pub(crate) fn is_cr3(bytes: &[u8]) -> bool {
    Camera::of(bytes) == Some(Camera::Cr3)
}

/// Nikon's.
pub(crate) fn is_nef(bytes: &[u8]) -> bool {
    Camera::of(bytes) == Some(Camera::Nef)
}

/// Sony's.
pub(crate) fn is_arw(bytes: &[u8]) -> bool {
    Camera::of(bytes) == Some(Camera::Arw)
}

/// Olympus'.
pub(crate) fn is_orf(bytes: &[u8]) -> bool {
    Camera::of(bytes) == Some(Camera::Orf)
}

/// Panasonic's.
pub(crate) fn is_rw2(bytes: &[u8]) -> bool {
    Camera::of(bytes) == Some(Camera::Rw2)
}

/// Fujifilm's.
pub(crate) fn is_raf(bytes: &[u8]) -> bool {
    Camera::of(bytes) == Some(Camera::Raf)
}

/// Pentax'.
pub(crate) fn is_pef(bytes: &[u8]) -> bool {
    Camera::of(bytes) == Some(Camera::Pef)
}

/// Samsung's.
pub(crate) fn is_srw(bytes: &[u8]) -> bool {
    Camera::of(bytes) == Some(Camera::Srw)
}

/// Phase One's and Leaf's.
pub(crate) fn is_iiq(bytes: &[u8]) -> bool {
    Camera::of(bytes) == Some(Camera::Iiq)
}

/// Another maker's TIFF with a sensor's mosaic in it.
pub(crate) fn is_other(bytes: &[u8]) -> bool {
    Camera::of(bytes) == Some(Camera::Other)
}

/// Reads the directories, and finds the preview.
pub(crate) fn look(bytes: &[u8], limits: &DecodeLimits) -> Result<Seen, Refusal> {
    let camera = Camera::of(bytes).ok_or_else(|| Refusal::unsupported("no camera's file"))?;
    let sensor = match camera {
        Camera::Raf => raf::sensor(bytes),
        Camera::Cr3 => cr3::sensor(bytes),
        Camera::Iiq => phase_one::sensor(bytes),
        _ => in_directories(bytes, camera),
    };
    let sensor = sensor.ok_or_else(|| Refusal::corrupt("the file ends before its size is told"))?;
    let mut seen = Seen::still(sensor.width, sensor.height);
    let preview = preview::largest(bytes);
    let notes = match camera {
        Camera::Cr3 => Some(cr3::notes(bytes)),
        Camera::Raf => None,
        _ => small::of(bytes),
    };
    if let Some(tiff) = notes {
        seen.note(crate::exif::read(&tiff, limits.metadata_bytes));
    } else if let Some(beside) = raf::picture(bytes).and_then(|picture| jpeg::look(picture, limits).ok()) {
        // Fujifilm writes EXIF into its preview only.
        seen.details.orientation = beside.details.orientation;
        seen.details.exif = beside.details.exif;
        seen.issues.extend(beside.issues);
    }
    // The resolution that cameras write is a made-up one, of prints.
    seen.details.dpi = None;
    seen.details.color_model = Some(if sensor.channels == 1 { "cfa" } else { "rgb" }.to_owned());
    seen.details.channels = Some(sensor.channels);
    seen.details.bit_depth = sensor.bits;
    seen.details.has_alpha = Some(false);
    if let Some(preview) = preview {
        seen.icc = jpeg::look(bytes.get(preview.at..).unwrap_or_default(), limits)?.icc;
        seen.decoded = Some((preview.width, preview.height));
        seen.preview_at = Some(preview.at);
        let (width, height) = (sensor.width, sensor.height);
        // Some cameras turn the preview themselves.
        if matches!(seen.details.orientation, 5..=8) && (preview.width > preview.height) != (width > height) {
            seen.shown = Some([height, width]);
        }
    }
    Ok(seen)
}

/// Decodes the preview.
pub(crate) fn decode(bytes: &[u8], seen: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let (Some(at), (width, height)) = (seen.preview_at, seen.decoded_size()) else {
        return Err(Refusal::unsupported("the camera put no preview beside the sensor's samples"));
    };
    jpeg::decode(bytes.get(at..).unwrap_or_default(), &Seen::still(width, height), wish)
}

/// What the sensor gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sensor {
    width: u32,
    height: u32,
    channels: u8,
    bits: Option<u8>,
}

/// The picture of full size, as exiftool tells it: the largest one of a sensor's samples, with Canon what EXIF says, with Panasonic what lies
/// between the sensor's borders.
fn in_directories(bytes: &[u8], camera: Camera) -> Option<Sensor> {
    let all = Directory::all(bytes);
    let first = *all.first()?;
    let side = |directory: &Directory<'_>, tag| directory.number(tag).and_then(|side| u32::try_from(side).ok()).filter(|side| *side > 0);
    let bits = |directory: &Directory<'_>, tag| directory.number(tag).and_then(|bits| u8::try_from(bits).ok());
    if camera == Camera::Rw2 {
        let [top, left, bottom, right] = [4, 5, 6, 7].map(|border| first.number(border).and_then(|px| u32::try_from(px).ok()));
        let (width, height) = (right?.checked_sub(left?)?, bottom?.checked_sub(top?)?);
        return (width > 0 && height > 0).then_some(Sensor { width, height, channels: 1, bits: bits(&first, 10) });
    }
    if camera == Camera::Cr2 {
        let exif = first.at_offset_in(tag::EXIF);
        if let Some((width, height)) = exif.and_then(|exif| side(&exif, tag::PIXELS_ACROSS).zip(side(&exif, tag::PIXELS_DOWN))) {
            return Some(Sensor { width, height, channels: 1, bits: None });
        }
    }
    let pictures = all.iter().filter_map(|directory| Some((directory, side(directory, tag::WIDTH)?, side(directory, tag::HEIGHT)?)));
    let (directory, width, height) =
        pictures.max_by_key(|(directory, width, height)| (is_mosaic_or_linear(directory), u64::from(*width) * u64::from(*height)))?;
    let channels = if directory.number(tag::PHOTOMETRIC) == Some(camera::LINEAR) { 3 } else { 1 };
    Some(Sensor { width, height, channels, bits: bits(directory, tag::BITS) })
}
