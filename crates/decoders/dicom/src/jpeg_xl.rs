//! JPEG XL frames (ISO/IEC 18181), by jxl-oxide.

use crate::frame::{Frame, Model, Order, Samples, Shape, check_memory};
use assay_contract::exchange::Refusal;
use assay_contract::limits::DecodeLimits;
use jxl_oxide::{AllocTracker, EnumColourEncoding, InitializeResult, JxlImage, JxlThreadPool, PixelFormat, RenderingIntent};

/// Decodes a frame.
pub(crate) fn decode(frame: &[u8], shape: Shape, limits: &DecodeLimits) -> Result<Frame, Refusal> {
    let most = usize::try_from(limits.memory_bytes / 4 * 3).unwrap_or(usize::MAX);
    let mut waiting = JxlImage::builder().pool(JxlThreadPool::none()).alloc_tracker(AllocTracker::with_limit(most)).build_uninit();
    waiting.feed_bytes(frame).map_err(|error| corrupt(&*error))?;
    let InitializeResult::Initialized(mut image) = waiting.try_init().map_err(|error| corrupt(&*error))? else {
        return Err(Refusal::corrupt("a JPEG XL frame ends before its size"));
    };
    let header = image.image_header();
    let (bits, is_gray) = (u16::try_from(header.metadata.bit_depth.bits_per_sample()).unwrap_or(16).min(16), header.metadata.grayscale());
    let channels: u32 = if is_gray { 1 } else { 3 };
    let model = match shape.model {
        Model::Gray | Model::Inverted | Model::Palette if is_gray => shape.model,
        _ if is_gray => Model::Gray,
        _ => Model::Rgb,
    };
    let shape = Shape { channels, order: Order::Pixels, shift: 0, stored: bits, model, ..shape.sized(image.width(), image.height())? };
    check_memory(limits, shape.samples() * 10 + shape.pixels() * 3)?;
    if header.metadata.xyb_encoded {
        let intent = RenderingIntent::Relative;
        image.request_color_encoding(if is_gray { EnumColourEncoding::gray_srgb(intent) } else { EnumColourEncoding::srgb(intent) });
    }
    let is_whole = image.num_loaded_keyframes() > 0;
    let render = if is_whole { image.render_frame(0) } else { image.render_loading_frame() }.map_err(|error| corrupt(&*error))?;
    let given = match image.pixel_format() {
        PixelFormat::Gray | PixelFormat::Rgb => channels as usize,
        PixelFormat::Graya | PixelFormat::Rgba => channels as usize + 1,
        PixelFormat::Cmyk | PixelFormat::Cmyka => return Err(Refusal::unsupported("a JPEG XL frame of inks")),
    };
    let mut stream = render.stream();
    if stream.channels() as usize != given || (stream.width(), stream.height()) != (shape.width, shape.height) {
        return Err(Refusal::unsupported("a JPEG XL frame of an unusual kind"));
    }
    let most = f32::from(u16::MAX >> (16 - bits.max(1)));
    let mut words = Vec::with_capacity(usize::try_from(shape.samples()).unwrap_or(0));
    let mut row = vec![0_f32; shape.width as usize * given];
    for _ in 0..shape.height {
        stream.write_to_buffer(&mut row);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped in the same line; a NaN becomes 0")]
        words.extend(
            row.chunks(given)
                .flat_map(|pixel| pixel.iter().take(channels as usize))
                .map(|sample| (sample * most).round().clamp(0.0, most) as u16),
        );
    }
    Frame::new(shape, Samples::Words(words), (!is_whole).then(|| "the frame ends early".to_owned()))
}

fn corrupt(error: &(dyn std::error::Error + Send + Sync)) -> Refusal {
    Refusal::corrupt(error.to_string().chars().take(160).collect::<String>())
}
