//! JPEG XL (ISO/IEC 18181): facts from its headers, the first picture by jxl-oxide, in sRGB wherever the file does not need its own profile.

use crate::format::Wish;
use crate::samples::{Decoded, Layout, check_memory};
use crate::seen::Seen;
use crate::shrink::Shrinker;
use assay_contract::Code;
use assay_contract::exchange::Refusal;
use assay_contract::failure::Issue;
use assay_contract::limits::{DecodeLimits, LimitHit};
use jxl_oxide::image::ExtraChannelInfo;
use jxl_oxide::{
    AllocTracker, AuxBoxData, EnumColourEncoding, HdrType, ImageStream, InitializeResult, JxlImage, JxlThreadPool, PixelFormat, Render,
    RenderingIntent,
};

/// The signature box of a file.
const SIGNATURE: &[u8] = b"\0\0\0\x0cJXL \r\n\x87\n";
/// The begin of a bare codestream.
const CODESTREAM: &[u8] = b"\xff\x0a";
/// Bytes that are handed on at once.
const CHUNK: usize = 64 << 10;

/// A file or a codestream.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE) || bytes.starts_with(CODESTREAM)
}

/// Reads every frame's header; nothing is rendered.
pub(crate) fn look(bytes: &[u8], limits: &DecodeLimits) -> Result<Seen, Refusal> {
    let (image, _) = read(bytes, limits, |image| image.num_loaded_keyframes() as u64 >= limits.frames)?;
    let header = image.image_header();
    let metadata = &header.metadata;
    let (width, height) = (header.size.width, header.size.height);
    if width == 0 || height == 0 {
        return Err(Refusal::corrupt("the header gives a side of 0 pixels"));
    }
    let mut seen = Seen::still(width, height);
    seen.shown = Some([image.width(), image.height()]);
    let details = &mut seen.details;
    let colours = if metadata.grayscale() { 1 } else { 3 };
    let model = match (image.pixel_format().has_black(), colours) {
        (true, _) => "cmyk",
        (false, 1) => "gray",
        (false, _) => "rgb",
    };
    details.color_model = Some(model.to_owned());
    details.bit_depth = u8::try_from(metadata.bit_depth.bits_per_sample()).ok();
    details.channels = u8::try_from(metadata.ec_info.len()).ok().and_then(|extra| extra.checked_add(colours));
    details.has_alpha = Some(metadata.ec_info.iter().any(ExtraChannelInfo::is_alpha));
    details.hdr = image.hdr_type().map(|kind| {
        match kind {
            HdrType::Pq => "pq",
            HdrType::Hlg => "hlg",
        }
        .to_owned()
    });
    if let Some(animation) = &metadata.animation {
        let frames = image.num_loaded_keyframes();
        let ticks: u64 = (0..frames).filter_map(|frame| image.frame_header(frame)).map(|frame| u64::from(frame.duration)).sum();
        details.frame_count = Some((frames as u64).max(1));
        details.duration_s = Some(ticks as f64 * f64::from(animation.tps_denominator) / f64::from(animation.tps_numerator.max(1)));
        details.loop_count = Some(animation.num_loops);
        if !image.is_loading_done() {
            let sentence = "The file ends early or has more frames than are counted; there may be more.";
            seen.issues.push(Issue::warning("frames-not-counted", sentence));
        }
    }
    seen.is_srgb = renders_srgb(&image);
    seen.icc = image.original_icc().filter(|icc| icc.len() as u64 <= limits.metadata_bytes).map(<[u8]>::to_vec);
    if let Ok(AuxBoxData::Data(exif)) = image.aux_boxes().first_exif() {
        seen.note(crate::exif::read(exif.payload(), limits.metadata_bytes));
    }
    Ok(seen)
}

/// Whether the library can turn the picture into sRGB by itself: all but samples in the colours of a profile.
fn renders_srgb(image: &JxlImage) -> bool {
    image.image_header().metadata.xyb_encoded || image.original_icc().is_none()
}

/// Feeds the file until `enough`, its end, or damage after the header, which is the other answer.
fn read(bytes: &[u8], limits: &DecodeLimits, enough: impl Fn(&JxlImage) -> bool) -> Result<(JxlImage, Option<String>), Refusal> {
    let most = usize::try_from(limits.memory_bytes / 4 * 3).unwrap_or(usize::MAX);
    let tracker = AllocTracker::with_limit(most);
    let mut waiting = JxlImage::builder().pool(JxlThreadPool::none()).alloc_tracker(tracker).build_uninit();
    let mut at = 0;
    let mut image = loop {
        let chunk = bytes.get(at..bytes.len().min(at + CHUNK)).unwrap_or_default();
        let taken = waiting.feed_bytes(chunk).map_err(|error| refusal(&*error, limits))?;
        at += taken;
        match waiting.try_init().map_err(|error| refusal(&*error, limits))? {
            InitializeResult::Initialized(image) => break image,
            InitializeResult::NeedMoreData(_) if taken == 0 => return Err(Refusal::corrupt("the file ends before its size is told")),
            InitializeResult::NeedMoreData(more) => waiting = more,
        }
    };
    while !enough(&image) {
        let chunk = bytes.get(at..bytes.len().min(at + CHUNK)).unwrap_or_default();
        match image.feed_bytes(chunk) {
            Ok(0) => break,
            Ok(taken) => at += taken,
            Err(error) => return Ok((image, Some(words(&*error).to_owned()))),
        }
    }
    // The metadata's boxes may be unfinished; the picture is not.
    let _ = image.finalize();
    Ok((image, None))
}

/// Renders the first picture, as far as it is there.
pub(crate) fn decode(bytes: &[u8], seen: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let pixels = u64::from(seen.details.stored_width) * u64::from(seen.details.stored_height);
    // Numbers of four bytes, at least once for each channel.
    check_memory(wish.limits, pixels * 4 * u64::from(seen.details.channels.unwrap_or(3)))?;
    let (mut image, damage) = read(bytes, wish.limits, |image| image.num_loaded_keyframes() > 0)?;
    if renders_srgb(&image) {
        let intent = RenderingIntent::Relative;
        let is_gray = image.image_header().metadata.grayscale();
        image.request_color_encoding(if is_gray { EnumColourEncoding::gray_srgb(intent) } else { EnumColourEncoding::srgb(intent) });
    }
    let is_whole = image.num_loaded_keyframes() > 0;
    let render = if is_whole { image.render_frame(0) } else { image.render_loading_frame() };
    let render = render.map_err(|error| match damage.clone() {
        Some(words) => Refusal::corrupt(words),
        None => refusal(&*error, wish.limits),
    })?;
    let damage = (!is_whole).then(|| damage.unwrap_or_else(|| "the file ends early".to_owned()));
    Canvas::of(&image, seen, wish).draw(&render, damage)
}

/// A place for rows.
struct Canvas {
    layout: Layout,
    /// Samples of a pixel that the library gives.
    channels: usize,
    has_multiplied_alpha: bool,
    shrinker: Shrinker,
}

impl Canvas {
    fn of(image: &JxlImage, seen: &Seen, wish: &Wish<'_>) -> Self {
        let format = image.pixel_format();
        let layout = match format {
            PixelFormat::Gray => Layout::Gray,
            PixelFormat::Graya => Layout::GrayAlpha,
            PixelFormat::Rgb => Layout::Rgb,
            PixelFormat::Rgba => Layout::Rgba,
            PixelFormat::Cmyk | PixelFormat::Cmyka => Layout::Cmyk,
        };
        let [width, height] = seen.shown.unwrap_or([seen.details.stored_width, seen.details.stored_height]);
        let alphas = &image.image_header().metadata.ec_info;
        let has_multiplied_alpha = alphas.iter().find_map(ExtraChannelInfo::alpha_associated).unwrap_or(false);
        Self { layout, channels: format.channels(), has_multiplied_alpha, shrinker: Shrinker::new(width, height, layout, wish.longest_px) }
    }

    fn draw(mut self, render: &Render, damage: Option<String>) -> Result<Decoded, Refusal> {
        let mut stream: ImageStream<'_> = render.stream();
        if stream.channels() as usize != self.channels {
            return Err(Refusal::unsupported("its channels are not those of its colours"));
        }
        let mut raw = vec![0_u8; stream.width() as usize * self.channels];
        let mut row = Vec::with_capacity(raw.len());
        for _ in 0..stream.height() {
            if stream.write_to_buffer(&mut raw) < raw.len() {
                break;
            }
            row.clear();
            raw.chunks_exact(self.channels).for_each(|pixel| self.append(pixel, &mut row));
            self.shrinker.push(&row);
        }
        self.shrinker.finish(damage)
    }

    fn append(&self, pixel: &[u8], row: &mut Vec<u8>) {
        match (self.layout, pixel) {
            // 0 is full ink (18181-1, annex M).
            (Layout::Cmyk, inks) => row.extend(inks.iter().take(4).map(|ink| 255 - ink)),
            (Layout::Rgba | Layout::GrayAlpha, [colours @ .., alpha]) if self.has_multiplied_alpha => {
                let straight = |colour: &u8| (u16::from(*colour) * 255).checked_div(u16::from(*alpha)).unwrap_or(0);
                row.extend(colours.iter().map(|colour| u8::try_from(straight(colour)).unwrap_or(u8::MAX)));
                row.push(*alpha);
            }
            (_, pixel) => row.extend_from_slice(pixel),
        }
    }
}

fn refusal(error: &(dyn std::error::Error + Send + Sync), limits: &DecodeLimits) -> Refusal {
    let words: String = error.to_string().chars().take(160).collect();
    if words.contains("allocat") || words.contains("out of memory") {
        return Refusal::limit(Code::LimitExceeded, LimitHit::new("memory_bytes", limits.memory_bytes + 1, limits.memory_bytes));
    }
    if words.contains("unsupported") || words.contains("not supported") {
        return Refusal::unsupported("an unusual feature of the format");
    }
    Refusal::corrupt(self::words(error))
}

/// In words of our own: the library's may repeat what the file says.
fn words(error: &(dyn std::error::Error + Send + Sync)) -> &'static str {
    let is_cut = error.to_string().contains("unexpected end");
    if is_cut { "the file ends early" } else { "its coded picture is damaged" }
}
