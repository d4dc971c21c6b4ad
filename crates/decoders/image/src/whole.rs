//! Pictures that a reader of the image crate decodes whole, into one buffer.

use crate::format::Wish;
use crate::samples::{Decoded, Layout, buffer};
use crate::seen::Seen;
use crate::shrink::Shrinker;
use assay_contract::Code;
use assay_contract::exchange::Refusal;
use image::error::{ImageError, LimitErrorKind, UnsupportedErrorKind};
use image::{ColorType, ImageDecoder, Limits};
use std::cell::Cell;
use std::io::{self, Read};

/// Decodes; what came before a damage is kept.
pub(crate) fn decode(mut decoder: impl ImageDecoder, seen: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let (width, height) = (seen.details.stored_width, seen.details.stored_height);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(wish.limits.memory_bytes / 2);
    decoder.set_limits(limits).map_err(|error| refusal(&error))?;
    if decoder.dimensions() != (width, height) {
        return Err(Refusal::corrupt("the header gives two sizes"));
    }
    let color = decoder.color_type();
    let layout = match color {
        ColorType::L8 | ColorType::L16 => Layout::Gray,
        ColorType::La8 | ColorType::La16 => Layout::GrayAlpha,
        ColorType::Rgb8 | ColorType::Rgb16 => Layout::Rgb,
        ColorType::Rgba8 | ColorType::Rgba16 => Layout::Rgba,
        _ => return Err(Refusal::unsupported("samples of an unusual kind")),
    };
    let pixel_bytes = usize::from(color.bytes_per_pixel());
    let mut whole = buffer(wish.limits, width, height, pixel_bytes)?;
    let why = decoder.read_image(&mut whole).err();
    // Rows that came before the damage lie in the buffer.
    if let Some(error) = why.as_ref().filter(|_| whole.iter().all(|sample| *sample == 0)) {
        return Err(refusal(error));
    }
    let mut shrinker = Shrinker::new(width, height, layout, wish.longest_px);
    let is_deep = pixel_bytes > layout.channels();
    let mut narrow = Vec::new();
    for row in whole.chunks(width as usize * pixel_bytes) {
        if is_deep {
            narrow.clear();
            narrow.extend(row.as_chunks::<2>().0.iter().map(|word| rounded(u16::from_ne_bytes(*word))));
            shrinker.push(&narrow);
        } else {
            shrinker.push(row);
        }
    }
    shrinker.finish(why.map(|error| words(&error).to_owned()))
}

/// 16 bits as the nearest of 8.
pub(crate) fn rounded(word: u16) -> u8 {
    u8::try_from((u32::from(word) * 255 + 32_767) / 65_535).unwrap_or(u8::MAX)
}

/// What an error of the crate means.
pub(crate) fn refusal(error: &ImageError) -> Refusal {
    match error {
        ImageError::Unsupported(_) => Refusal::unsupported(words(error)),
        ImageError::Limits(_) => Refusal::new(Code::LimitExceeded, words(error)),
        _ => Refusal::corrupt(words(error)),
    }
}

/// What kind of error it is, in words of our own: the crate's repeat what the header says, and that may be anything.
pub(crate) fn words(error: &ImageError) -> &'static str {
    match error {
        ImageError::IoError(why) if why.kind() == io::ErrorKind::UnexpectedEof => "the file ends early",
        ImageError::IoError(_) => "its samples can't be read",
        ImageError::Limits(why) => match why.kind() {
            LimitErrorKind::DimensionError => "its sides are longer than allowed",
            _ => "it needs more memory than allowed",
        },
        ImageError::Unsupported(why) => match why.kind() {
            UnsupportedErrorKind::Color(_) => "samples of an unusual kind",
            UnsupportedErrorKind::Format(_) => "an unusual variant of the format",
            _ => "an unusual feature of the format",
        },
        _ => "its header or its samples are damaged",
    }
}

/// A file that seems to go on as zeros: a reader that wants all of its pixels or none gives those that are there.
pub(crate) struct Lengthened<'a> {
    bytes: &'a [u8],
    missing: u64,
    was_short: &'a Cell<bool>,
}

impl<'a> Lengthened<'a> {
    /// At most `missing` zeros; `was_short` tells afterwards whether any was read.
    pub(crate) fn new(bytes: &'a [u8], missing: u64, was_short: &'a Cell<bool>) -> Self {
        Self { bytes, missing, was_short }
    }
}

impl Read for Lengthened<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !self.bytes.is_empty() || into.is_empty() {
            return self.bytes.read(into);
        }
        let count = into.len().min(usize::try_from(self.missing).unwrap_or(usize::MAX));
        self.missing -= count as u64;
        self.was_short.set(self.was_short.get() || count > 0);
        into.iter_mut().take(count).for_each(|byte| *byte = 0);
        Ok(count)
    }
}

/// Notes in what was decoded that its end was made up.
pub(crate) fn tell_short(mut decoded: Decoded, was_short: &Cell<bool>) -> Decoded {
    if was_short.get() && decoded.damage.is_none() {
        decoded.damage = Some("the file ends early".to_owned());
    }
    decoded
}
