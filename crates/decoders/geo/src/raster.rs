//! Pixels for a picture: from the overview that is just large enough, whole or thinned out, in pieces, within the time there is.

use crate::bands::Model;
use crate::ffi::{Band, Dataset, MaskKind, Resampling, Window};
use assay_contract::Code;
use assay_contract::exchange::{Refusal, Task};
use assay_contract::limits::LimitHit;
use assay_kit::{Answer, Stop};
use std::time::{Duration, Instant};

/// Pixels of a resolution are all read where they take no more than this; of more, some are left out.
const ALL_AT_ONCE_BYTES: u64 = 64 << 20;
/// A thinned-out raster is this much larger than the picture, so that the last step is a smooth one.
const LARGER: u32 = 2;
/// Beyond so many values only the lines that are shown are read, where the file allows it.
const MOST_AVERAGED: u64 = 400_000_000;
/// The part of a child's CPU time that reading may take.
const READING_SHARE: u64 = 2;
/// The part of a child's memory that one block may take: the library holds several.
const BLOCK_SHARE: u64 = 6;
/// Lines that are read at once, at least.
const PIECE_LINES: u32 = 256;

/// The resolution that is read, and the size it is read at.
pub(crate) struct Level<'d> {
    bands: Vec<Band<'d>>,
    masks: Vec<Band<'d>>,
    width: u32,
    height: u32,
    resampling: Resampling,
}

/// What was read, row by row.
pub(crate) struct Samples {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) planes: Plan,
    /// 0 where nothing is shown; `None` where everything is.
    pub(crate) mask: Option<Vec<u8>>,
}

/// The bands' values.
pub(crate) enum Plan {
    Bytes(Vec<Vec<u8>>),
    Floats(Vec<Vec<f32>>),
}

impl<'d> Level<'d> {
    /// The smallest resolution that is not smaller than the picture. Refuses blocks that would not fit into memory.
    pub(crate) fn choose(dataset: &'d Dataset<'_>, numbers: &[u32], model: Model, task: &Task, longest_px: u32) -> Result<Self, Refusal> {
        let full: Vec<Band<'d>> = numbers.iter().filter_map(|number| dataset.band(*number)).collect();
        let first = full.first().filter(|_| full.len() == numbers.len()).ok_or_else(|| Refusal::corrupt("a band is missing"))?;
        let bands = overview(&full, longest_px).unwrap_or_else(|| full.clone());
        let (width, height) = bands.first().unwrap_or(first).size();
        let one_block = bands.iter().map(|band| u64::from(band.block().0) * u64::from(band.block().1) * u64::from(band.type_bytes())).max();
        // Of pixels that lie interleaved a block holds all bands, shown or not.
        let interleaved = if dataset.item("IMAGE_STRUCTURE", "INTERLEAVE").as_deref() == Some("PIXEL") { dataset.band_count() } else { 1 };
        let (asked, allowed) = (one_block.unwrap_or(0).saturating_mul(interleaved.into()), task.limits.memory_bytes / BLOCK_SHARE);
        if asked > allowed {
            return Err(Refusal::limit(Code::LimitExceeded, LimitHit::new("block_memory_bytes", asked, allowed)));
        }
        let value_bytes: u64 = if bands.iter().all(Band::has_bytes) { 1 } else { 4 };
        let values = u64::from(width) * u64::from(height) * bands.len() as u64;
        let longest = width.max(height);
        let (to, resampling) = if values.saturating_mul(value_bytes) <= ALL_AT_ONCE_BYTES {
            (longest, Resampling::Nearest)
        } else if model == Model::Palette || values > MOST_AVERAGED {
            (longest_px.saturating_mul(LARGER).min(longest), Resampling::Nearest)
        } else {
            (longest_px.saturating_mul(LARGER).min(longest), Resampling::Average)
        };
        let shrunk = |side: u32| u32::try_from(u64::from(side) * u64::from(to) / u64::from(longest.max(1))).unwrap_or(side).max(1);
        let (to_width, to_height) = (shrunk(width), shrunk(height));
        // A side that is far longer than the other leaves nothing to save.
        if u64::from(to_width) * u64::from(to_height) * bands.len() as u64 * value_bytes > ALL_AT_ONCE_BYTES {
            let asked = u64::from(to_width) * u64::from(to_height);
            return Err(Refusal::limit(Code::TooManyPixels, LimitHit::new("pixels", asked, ALL_AT_ONCE_BYTES / value_bytes)));
        }
        let masks = masks(&bands, *first);
        Ok(Self { bands, masks, width: to_width, height: to_height, resampling })
    }

    /// Where a TIFF's directory of this resolution lies in the file.
    pub(crate) fn directory(&self) -> Option<u64> {
        self.bands.first().and_then(|band| band.directory())
    }

    /// Reads it. Ends with a refusal when time is up; of a damaged raster it gives what lies before the damage.
    pub(crate) fn read(&self, task: &Task, answer: &mut Answer) -> Result<(Samples, Damage), Stop> {
        let began = Instant::now();
        let allowed_ms = task.limits.cpu_ms.min(task.limits.total_ms) / READING_SHARE;
        let count = self.width as usize * self.height as usize;
        let is_bytes = self.bands.iter().all(Band::has_bytes);
        let mut bytes: Vec<Vec<u8>> = self.bands.iter().map(|_| Vec::with_capacity(if is_bytes { count } else { 0 })).collect();
        let mut floats: Vec<Vec<f32>> = self.bands.iter().map(|_| Vec::with_capacity(if is_bytes { 0 } else { count })).collect();
        let mut mask = (!self.masks.is_empty()).then(|| Vec::with_capacity(count));
        let (mut line, mut piece) = (0, self.piece());
        while line < self.height {
            let lines = piece.min(self.height - line);
            let read = if is_bytes {
                each(&self.bands, &mut bytes, |band| band.bytes(self.window(*band, line, lines), self.width, lines, self.resampling))
            } else {
                each(&self.bands, &mut floats, |band| band.floats(self.window(*band, line, lines), self.width, lines, self.resampling))
            };
            let is_masked = read && mask.as_mut().is_none_or(|mask| self.add_mask(mask, line, lines));
            if !is_masked {
                if lines == 1 {
                    break;
                }
                // Up to which line it goes is looked for by halves.
                let there = self.width as usize * line as usize;
                for plane in bytes.iter_mut().chain(&mut mask) {
                    plane.truncate(there);
                }
                for plane in &mut floats {
                    plane.truncate(there);
                }
                piece = lines / 2;
                continue;
            }
            line += lines;
            answer.progress()?;
            let spent_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            if began.elapsed() > Duration::from_millis(allowed_ms) && line < self.height {
                let asked = spent_ms.saturating_mul(self.height.into()) / u64::from(line.max(1));
                return Err(Refusal::limit(Code::LimitExceeded, LimitHit::new("reading_ms", asked, allowed_ms)).into());
            }
        }
        if line == 0 {
            return Err(Refusal::corrupt("no pixel could be read").into());
        }
        let damage = if line < self.height { Damage::From(line) } else { Damage::None };
        // What a damaged file lacks shows nothing.
        let there = self.width as usize * line as usize;
        bytes.iter_mut().filter(|_| is_bytes).for_each(|plane| finish(plane, there, count));
        floats.iter_mut().filter(|_| !is_bytes).for_each(|plane| finish(plane, there, count));
        if damage != Damage::None {
            let mask = mask.get_or_insert_with(|| vec![255; there]);
            finish(mask, there, count);
        }
        let planes = if is_bytes { Plan::Bytes(bytes) } else { Plan::Floats(floats) };
        Ok((Samples { width: self.width, height: self.height, planes, mask }, damage))
    }

    /// Lines of the picture that are read at once: whole rows of blocks.
    fn piece(&self) -> u32 {
        let Some((band, (_, full))) = self.bands.first().map(|band| (band, band.size())) else { return 1 };
        let block = u64::from(band.block().1.max(1));
        let rows = u64::from(PIECE_LINES).div_ceil(block) * block;
        u32::try_from(rows * u64::from(self.height) / u64::from(full.max(1))).unwrap_or(u32::MAX).max(1)
    }

    /// The part of a band that some lines of the picture show. Masks may have another resolution than the bands.
    fn window(&self, band: Band<'_>, line: u32, lines: u32) -> Window {
        let (width, height) = band.size();
        let at = |line: u32| u32::try_from(u64::from(line) * u64::from(height) / u64::from(self.height.max(1))).unwrap_or(height);
        let top = at(line).min(height.saturating_sub(1));
        Window { top, width, height: at(line + lines).saturating_sub(top).max(1) }
    }

    /// Adds lines of the mask: what any of the masks shows. Whether they could be read.
    fn add_mask(&self, mask: &mut Vec<u8>, line: u32, lines: u32) -> bool {
        let mut shown: Vec<u8> = Vec::new();
        for one in &self.masks {
            let Ok(rows) = one.bytes(self.window(*one, line, lines), self.width, lines, Resampling::Nearest) else { return false };
            if shown.is_empty() {
                shown = rows;
            } else {
                shown.iter_mut().zip(rows).for_each(|(shown, other)| *shown = (*shown).max(other));
            }
        }
        mask.append(&mut shown);
        true
    }
}

/// Whether all of it could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Damage {
    None,
    /// Not from this line of the picture on.
    From(u32),
}

fn finish<T: Default + Clone>(plane: &mut Vec<T>, there: usize, count: usize) {
    plane.truncate(there);
    plane.resize(count, T::default());
}

/// Appends what each band gives. Whether all could.
fn each<'d, T, E>(bands: &[Band<'d>], planes: &mut [Vec<T>], read: impl Fn(&Band<'d>) -> Result<Vec<T>, E>) -> bool {
    bands.iter().zip(planes).all(|(band, plane)| read(band).map(|mut rows| plane.append(&mut rows)).is_ok())
}

/// The smallest overview that all bands have and whose longest side is not below `longest_px`.
fn overview<'d>(full: &[Band<'d>], longest_px: u32) -> Option<Vec<Band<'d>>> {
    let first = full.first()?;
    let longest = |band: &Band<'_>| band.size().0.max(band.size().1);
    let number = (0..first.overview_count())
        .filter_map(|number| Some((longest(&first.overview(number)?), number)))
        .filter(|(side, _)| *side >= longest_px && *side < longest(first))
        .min()
        .map(|(_, number)| number)?;
    let bands: Vec<Band<'d>> = full.iter().filter_map(|band| band.overview(number)).collect();
    let size = bands.first()?.size();
    (bands.len() == full.len() && bands.iter().all(|band| band.size() == size)).then_some(bands)
}

/// The masks of what is shown: one for all bands, or one of each band's own nodata values.
fn masks<'d>(bands: &[Band<'d>], full: Band<'d>) -> Vec<Band<'d>> {
    match full.mask_kind() {
        MaskKind::None => Vec::new(),
        MaskKind::Nodata => bands.iter().filter_map(Band::mask).collect(),
        // An overview need not have the mask that the full resolution has.
        MaskKind::Shared => bands.first().filter(|band| band.mask_kind() == MaskKind::Shared).unwrap_or(&full).mask().into_iter().collect(),
    }
}
