//! OpenEXR (<https://openexr.com/en/latest/OpenEXRFileLayout.html>): the first flat layer of colours or of gray; light is reduced while it is read.

use crate::format::Wish;
use crate::light::Light;
use crate::samples::{Decoded, Layout};
use crate::seen::Seen;
use assay_contract::Code;
use assay_contract::exchange::Refusal;
use assay_contract::limits::{DecodeLimits, LimitHit};
use exr::error::Error;
use exr::image::read::image::ReadLayers;
use exr::image::read::layers::ReadChannels;
use exr::image::read::read;
use exr::image::read::specific_channels::ReadSpecificChannel;
use exr::math::Vec2;
use exr::meta::MetaData;
use exr::meta::attribute::SampleType;
use exr::meta::header::Header;
use std::cell::RefCell;
use std::io::Cursor;
use std::rc::Rc;

/// The signature.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x76\x2f\x31\x01")
}

/// Reads the headers of all layers; the size is that of the stored pixels (the data window) of the layer that is shown.
pub(crate) fn look(bytes: &[u8], _: &DecodeLimits) -> Result<Seen, Refusal> {
    let meta = MetaData::read_from_buffered(Cursor::new(bytes), false).map_err(|error| refusal(&error))?;
    let header = shown(&meta).ok_or_else(|| Refusal::corrupt("it has no layer"))?;
    let side = |side: usize| u32::try_from(side).ok().filter(|side| *side > 0);
    let (Some(width), Some(height)) = (side(header.layer_size.x()), side(header.layer_size.y())) else {
        return Err(Refusal::corrupt("the header gives no usable size"));
    };
    let mut seen = Seen::still(width, height);
    let details = &mut seen.details;
    details.color_model = match Model::of(header) {
        Model::Colours => Some("rgb".to_owned()),
        Model::Gray => Some("gray".to_owned()),
        Model::Other => None,
    };
    details.channels = u8::try_from(header.channels.list.len()).ok();
    details.has_alpha = Some(has(header, "A"));
    details.bit_depth = header.channels.list.iter().map(|channel| if channel.sample_type == SampleType::F16 { 16 } else { 32 }).max();
    details.hdr = Some("scene-linear".to_owned());
    Ok(seen)
}

/// Decodes the layer's largest resolution.
pub(crate) fn decode(bytes: &[u8], seen: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let meta = MetaData::read_from_buffered(Cursor::new(bytes), false).map_err(|error| refusal(&error))?;
    let header = shown(&meta).ok_or_else(|| Refusal::corrupt("it has no layer"))?;
    // Every layer is walked to find the one, and each block is inflated whole.
    let block = header.max_block_byte_size() as u64;
    if block > wish.limits.memory_bytes / 4 {
        return Err(Refusal::limit(Code::LimitExceeded, LimitHit::new("memory_bytes", block, wish.limits.memory_bytes)));
    }
    // Outside of the library's own picture, which is lost with the first damaged block.
    let light = Rc::new(RefCell::new(Some(Light::new(seen.details.stored_width, seen.details.stored_height, wish)?)));
    let shared = Rc::clone(&light);
    let take = move |at: Vec2<usize>, pixel: [f32; 4]| {
        if let Some(light) = &mut *shared.borrow_mut() {
            light.add(at.x(), at.y(), pixel);
        }
    };
    let model = Model::of(header);
    let outcome = match model {
        Model::Colours => read()
            .no_deep_data()
            .largest_resolution_level()
            .rgba_channels(
                |_, _| (),
                move |(): &mut (), at, (red, green, blue, alpha): (f32, f32, f32, f32)| take(at, [red, green, blue, alpha]),
            )
            .first_valid_layer()
            .all_attributes()
            .non_parallel()
            .from_buffered(Cursor::new(bytes))
            .map(drop),
        Model::Gray => read()
            .no_deep_data()
            .largest_resolution_level()
            .specific_channels()
            .required("Y")
            .optional("A", 1.0_f32)
            .collect_pixels(|_, _| (), move |(): &mut (), at, (luma, alpha): (f32, f32)| take(at, [luma, luma, luma, alpha]))
            .first_valid_layer()
            .all_attributes()
            .non_parallel()
            .from_buffered(Cursor::new(bytes))
            .map(drop),
        Model::Other => return Err(Refusal::unsupported("it has neither red, green and blue nor luminance")),
    };
    let light = light.borrow_mut().take().ok_or_else(|| Refusal::corrupt("no pixel came"))?;
    let damage = match outcome {
        Ok(()) => None,
        Err(error) if light.has_come() => Some(words(&error)),
        Err(error) => return Err(refusal(&error)),
    };
    let layout = match (model, has(header, "A")) {
        (Model::Gray, false) => Layout::Gray,
        (Model::Gray, true) => Layout::GrayAlpha,
        (_, false) => Layout::Rgb,
        (_, true) => Layout::Rgba,
    };
    Ok(light.shown(layout, damage))
}

#[derive(Debug, Clone, Copy)]
enum Model {
    Colours,
    Gray,
    Other,
}

impl Model {
    fn of(header: &Header) -> Self {
        match () {
            () if header.deep => Self::Other,
            () if ["R", "G", "B"].iter().all(|name| has(header, name)) => Self::Colours,
            () if has(header, "Y") => Self::Gray,
            () => Self::Other,
        }
    }
}

/// The first layer that can be shown, else the first.
fn shown(meta: &MetaData) -> Option<&Header> {
    meta.headers.iter().find(|header| !matches!(Model::of(header), Model::Other)).or(meta.headers.first())
}

fn has(header: &Header, name: &str) -> bool {
    header.channels.list.iter().any(|channel| channel.name == *name)
}

fn refusal(error: &Error) -> Refusal {
    match error {
        Error::NotSupported(_) => Refusal::unsupported(words(error)),
        _ => Refusal::corrupt(words(error)),
    }
}

/// In words of our own: the library's may repeat what the file says.
fn words(error: &Error) -> String {
    match error {
        Error::NotSupported(_) => "an unusual feature of the format",
        Error::Io(why) if why.kind() == std::io::ErrorKind::UnexpectedEof => "the file ends early",
        _ => "its header or its compressed blocks are damaged",
    }
    .to_owned()
}
