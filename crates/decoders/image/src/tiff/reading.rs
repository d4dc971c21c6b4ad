//! Rows of raw samples out of a TIFF's strips, tiles and planes.

use super::directory::{Directory, tag};
use super::disguise::{Bits, Disguised};
use super::numbers::{Scale, append_row, each_number, turn};
use crate::samples::check_memory;
use assay_contract::Code;
use assay_contract::exchange::Refusal;
use assay_contract::limits::{DecodeLimits, LimitHit};
use std::io;
use tiff::decoder::{ChunkType, Decoder, DecodingResult, Limits};
use tiff::{TiffError, TiffUnsupportedError};

/// The first page, open for reading.
pub(super) struct Page<'a> {
    decoder: Decoder<Disguised<'a>>,
    width: u32,
    height: u32,
    /// Chunks side by side.
    across: u32,
    /// Rows of a chunk.
    chunk_height: u32,
    chunk_width: u32,
    /// Chunks of one plane.
    in_plane: u32,
    planes: u32,
    /// Samples of a pixel that [`Page::rows`] gives.
    pub(super) samples: usize,
    bits: u8,
    /// Whether the lowest bit of each byte comes first.
    is_turned: bool,
}

impl<'a> Page<'a> {
    /// Opens the first page as one of gray (1), RGB (2) or ink (5) samples.
    pub(super) fn open(bytes: &'a [u8], first: &Directory<'_>, model: u8, limits: &DecodeLimits) -> Result<Self, Refusal> {
        let told = first.another(tag::PHOTOMETRIC, model.into()).ok_or_else(|| Refusal::corrupt("the colour model is not told"))?;
        let most = usize::try_from(limits.memory_bytes / 2).unwrap_or(usize::MAX);
        let mut bounds = Limits::default();
        bounds.decoding_buffer_size = most;
        bounds.intermediate_buffer_size = most;
        bounds.ifd_value_size = usize::try_from(limits.metadata_bytes).unwrap_or(usize::MAX);
        refuse_what_is_too_long(first, limits, most as u64)?;
        let compression = first.number(tag::COMPRESSION).unwrap_or(1);
        let is_packed = compression != 1;
        // 1 is the highest bit first, 2 the lowest: of compressed samples it means the stored bytes, else the samples themselves.
        // JPEG's own standard orders its bits; libtiff never turns them, and so writes them as they are.
        let is_turned = first.number(tag::FILL_ORDER) == Some(2) && !tag::JPEG.contains(&compression);
        let file = Disguised::told(bytes, first, told, if is_turned && is_packed { Bits::Turned } else { Bits::AsStored });
        let mut decoder = Decoder::new(file).map_err(|error| refusal(&error))?.with_limits(bounds);
        let (width, height) = decoder.dimensions().map_err(|error| refusal(&error))?;
        let color = decoder.colortype().map_err(|error| refusal(&error))?;
        let (chunk_width, chunk_height) = decoder.chunk_dimensions();
        let count = match decoder.get_chunk_type() {
            ChunkType::Strip => decoder.strip_count(),
            ChunkType::Tile => decoder.tile_count(),
        }
        .map_err(|error| refusal(&error))?;
        let is_planar = first.number(tag::PLANAR) == Some(2);
        let all = u32::try_from(first.number(tag::SAMPLES).unwrap_or(1)).unwrap_or(1);
        let planes = if is_planar { all.max(1) } else { 1 };
        // Of many planes the first four tell all that is shown.
        let samples = if is_planar { planes.min(5) as usize } else { usize::from(color.num_samples()) };
        let across = if chunk_width == 0 { 1 } else { width.div_ceil(chunk_width) };
        if chunk_width == 0 || chunk_height == 0 || count < planes || samples == 0 {
            return Err(Refusal::corrupt("the page has no strips or tiles"));
        }
        // The crate would only say that some limit of its own was passed.
        let in_chunk = if is_planar { 1 } else { u64::from(color.num_samples()) };
        let chunk_pixels = u64::from(chunk_width) * u64::from(chunk_height.min(height));
        let asked = chunk_pixels.saturating_mul(in_chunk * u64::from(color.bit_depth())).div_ceil(8);
        if asked > most as u64 {
            return Err(Refusal::limit(Code::LimitExceeded, LimitHit::new("memory_bytes", asked, most as u64)));
        }
        Ok(Self {
            decoder,
            width,
            height,
            across,
            chunk_height,
            chunk_width,
            in_plane: count / planes,
            planes,
            samples,
            bits: color.bit_depth(),
            is_turned: is_turned && !is_packed,
        })
    }

    /// Hands every row of raw samples to `take`, as numbers from 0 to 255 by `scale`. Ends at the first damage, and says what it was.
    pub(super) fn rows(&mut self, scale: Scale, limits: &DecodeLimits, mut take: impl FnMut(&[u8])) -> Result<Option<String>, Refusal> {
        let row_bytes = self.width as usize * self.samples;
        let mut row = Vec::with_capacity(row_bytes);
        let mut top = 0;
        while top < self.height {
            let band_height = self.chunk_height.min(self.height - top);
            let first = top / self.chunk_height * self.across;
            if self.across == 1 && self.planes == 1 {
                let chunk = match self.chunk(first) {
                    Ok(chunk) => chunk,
                    Err(error) => return damage(top, &error),
                };
                for y in 0..band_height as usize {
                    row.clear();
                    append_row(&chunk, y, row_bytes, self.bits, scale, &mut row);
                    if row.len() < row_bytes {
                        return Ok(Some("a strip is shorter than its rows".to_owned()));
                    }
                    take(&row);
                }
            } else {
                check_memory(limits, row_bytes as u64 * u64::from(band_height))?;
                let mut band = vec![0; row_bytes * band_height as usize];
                if let Err(error) = self.band(first, scale, &mut band) {
                    return damage(top, &error);
                }
                band.chunks_exact(row_bytes).for_each(&mut take);
            }
            top += band_height;
        }
        Ok(None)
    }

    /// Lays the chunks of one band, of every plane, beside each other.
    fn band(&mut self, first: u32, scale: Scale, band: &mut [u8]) -> Result<(), TiffError> {
        let samples = self.samples;
        let shown = if self.planes == 1 { 1 } else { samples };
        let row_bytes = self.width as usize * samples;
        let mut row = Vec::new();
        for (plane, plane_first) in (0..shown).zip((0..).step_by(self.in_plane as usize)) {
            for column in 0..self.across {
                let chunk = self.chunk(plane_first + first + column)?;
                let left = (column * self.chunk_width) as usize;
                let pixels = (self.width as usize - left).min(self.chunk_width as usize);
                for (y, into) in band.chunks_exact_mut(row_bytes).enumerate() {
                    row.clear();
                    let Some(into) = into.get_mut(left * samples..(left + pixels) * samples) else { continue };
                    if self.planes == 1 {
                        append_row(&chunk, y, pixels * samples, self.bits, scale, &mut row);
                        for (to, from) in into.iter_mut().zip(&row) {
                            *to = *from;
                        }
                    } else {
                        append_row(&chunk, y, pixels, self.bits, scale, &mut row);
                        for (to, from) in into.iter_mut().skip(plane).step_by(samples).zip(&row) {
                            *to = *from;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn chunk(&mut self, index: u32) -> Result<DecodingResult, TiffError> {
        let mut chunk = self.decoder.read_chunk(index)?;
        if self.is_turned {
            turn(&mut chunk);
        }
        Ok(chunk)
    }

    /// The smallest and the largest number of the page, as far as it can be read.
    pub(super) fn range(&mut self) -> Scale {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        let chunks = self.in_plane.saturating_mul(self.planes.min(3));
        for index in 0..chunks {
            let Ok(chunk) = self.chunk(index) else { break };
            each_number(&chunk, 0, usize::MAX, |number| {
                if number.is_finite() {
                    (low, high) = (low.min(number), high.max(number));
                }
            });
        }
        // Pictures in floating point are 0 to 1 by custom; what does not fit is stretched.
        if low >= 0.0 && high <= 1.0 && !low.is_infinite() { Scale::Range(0.0, 1.0) } else { Scale::Range(low, high) }
    }

    /// Whether samples are unsigned whole numbers of at most 16 bits, whose range is their type's.
    pub(super) fn has_plain_samples(&self, first: &Directory<'_>) -> bool {
        self.bits <= 16 && matches!(first.number(SAMPLE_FORMAT), None | Some(1 | 4))
    }
}

/// Tag 339: 1 is unsigned, 2 signed, 3 floating point, 4 undefined.
pub(super) const SAMPLE_FORMAT: u16 = 339;

/// Damage at the first row is a refusal, later it is the end of what is shown.
fn damage(top: u32, error: &TiffError) -> Result<Option<String>, Refusal> {
    if top == 0 { Err(refusal(error)) } else { Ok(Some(words(error))) }
}

/// What the crate would refuse without saying how much was asked and how much is allowed.
fn refuse_what_is_too_long(first: &Directory<'_>, limits: &DecodeLimits, most: u64) -> Result<(), Refusal> {
    for tag in [tag::STRIP_BYTES, tag::TILE_BYTES] {
        let list = first.bytes_said(tag).unwrap_or(0);
        if list > limits.metadata_bytes {
            return Err(Refusal::limit(Code::LimitExceeded, LimitHit::new("metadata_bytes", list, limits.metadata_bytes)));
        }
        let chunk = first.largest(tag).unwrap_or(0);
        if chunk > most {
            return Err(Refusal::limit(Code::LimitExceeded, LimitHit::new("memory_bytes", chunk, most)));
        }
    }
    Ok(())
}

pub(super) fn refusal(error: &TiffError) -> Refusal {
    match error {
        TiffError::UnsupportedError(_) => Refusal::unsupported(words(error)),
        TiffError::LimitsExceeded => Refusal::new(Code::LimitExceeded, "a strip or tile needs more memory than allowed"),
        _ => Refusal::corrupt(words(error)),
    }
}

/// In words of our own where the crate's may repeat what a tag says.
fn words(error: &TiffError) -> String {
    match error {
        TiffError::UnsupportedError(why) => unsupported(why).to_owned(),
        TiffError::IoError(why) if why.kind() == io::ErrorKind::UnexpectedEof => "the file ends early".to_owned(),
        _ => "its tags or its samples are damaged".to_owned(),
    }
}

/// Features by their kind.
fn unsupported(why: &TiffUnsupportedError) -> &'static str {
    match why {
        TiffUnsupportedError::FloatingPointPredictor(_) | TiffUnsupportedError::HorizontalPredictor(_) => "a predictor that is not read",
        TiffUnsupportedError::UnknownCompressionMethod | TiffUnsupportedError::UnsupportedCompressionMethod(_) => {
            "a compression that is not read"
        }
        TiffUnsupportedError::UnknownInterpretation
        | TiffUnsupportedError::UnsupportedColorType(_)
        | TiffUnsupportedError::InterpretationWithBits(..) => "a colour model that is not read with its bits",
        _ => "samples of an unusual kind",
    }
}
