//! The picture of a raster: chosen bands as colours, what shows nothing transparent.

use crate::bands::{self, Choice, Model};
use crate::ffi::{Band, Dataset, Hearing};
use crate::raster::{Damage, Level, Plan, Samples};
use crate::stretch::stretched;
use assay_contract::Code;
use assay_contract::exchange::Task;
use assay_contract::failure::Issue;
use assay_kit::{Answer, Picture, Pixels, Stop};

/// What the thumbnails were made of.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Drawn {
    /// Whether there are any, and nothing was heard of damage. What lacks may not be heard of.
    pub(crate) is_whole: bool,
    /// Where a TIFF's directories of the full resolution and of the one that was shown lie in the file.
    pub(crate) full_directory: Option<u64>,
    pub(crate) shown_directory: Option<u64>,
}

/// Makes and sends the thumbnails. A refusal is for the caller to tell: the facts stand.
pub(crate) fn show(task: &Task, dataset: &Dataset<'_>, choice: &Choice, hearing: Hearing, answer: &mut Answer) -> Result<Drawn, Stop> {
    let Some(longest_px) = task.thumbnails.iter().map(|spec| spec.max_px).max() else { return Ok(Drawn::default()) };
    let level = Level::choose(dataset, &choice.bands, choice.model, task, longest_px)?;
    let (samples, damage) = level.read(task, answer)?;
    let sentence = match damage {
        Damage::From(line) => {
            let part = line * 100 / samples.height.max(1);
            Some(format!("A part of the raster is damaged or missing: its thumbnails show the first {part} %."))
        }
        Damage::None if hearing.of_damage() => {
            Some("A part of the raster is damaged or missing, and its thumbnails show what could be read.".to_owned())
        }
        Damage::None => None,
    };
    let is_whole = sentence.is_none();
    if let Some(sentence) = sentence {
        answer.issue(&Issue::error(Code::CorruptAsset.as_str(), sentence))?;
    }
    let first = choice.bands.first().and_then(|number| dataset.band(*number));
    let palette = first.filter(|_| choice.model == Model::Palette).map(|band| band.palette()).unwrap_or_default();
    let bits = first.and_then(|band| band.item("IMAGE_STRUCTURE", "NBITS")).and_then(|bits| bits.parse().ok()).unwrap_or(8);
    let picture = if palette.is_empty() { coloured(samples, choice.model, bits)? } else { indexed(&samples, &palette)? };
    answer.progress()?;
    answer.thumbnails(task, &picture, 1)?;
    Ok(Drawn { is_whole, full_directory: first.and_then(Band::directory), shown_directory: level.directory() })
}

/// Numbers as colours. `bits` are those of a number that is stored in a byte.
pub(crate) fn coloured(samples: Samples, model: Model, bits: u32) -> Result<Picture, Stop> {
    let Samples { width, height, planes, mask } = samples;
    let (planes, mask) = match planes {
        Plan::Bytes(planes) => (planes.into_iter().map(|plane| widened(plane, bits)).collect(), mask),
        Plan::Floats(planes) => {
            // What is no number shows nothing.
            let is_finite = |at: usize| planes.iter().any(|plane| plane.get(at).is_some_and(|value| value.is_finite()));
            let mask = if (0..width as usize * height as usize).all(is_finite) {
                mask
            } else {
                let mask = mask.unwrap_or_else(|| vec![255; width as usize * height as usize]);
                Some(mask.into_iter().enumerate().map(|(at, shown)| if is_finite(at) { shown } else { 0 }).collect())
            };
            let is_shown = |at: usize, _: f32| mask.as_ref().and_then(|mask| mask.get(at)) != Some(&0);
            (planes.iter().map(|plane| stretched(plane, is_shown)).collect::<Vec<Vec<u8>>>(), mask)
        }
    };
    let number = |plane: usize, at: usize| planes.get(plane).and_then(|plane| plane.get(at)).copied().unwrap_or(0);
    pictured(width, height, mask, |at| bands::colour(model, [0, 1, 2, 3].map(|plane| number(plane, at))))
}

/// Indices as the colours of a table; an index without a colour shows nothing, and so does a transparent one.
fn indexed(samples: &Samples, palette: &[[u8; 4]]) -> Result<Picture, Stop> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index that is none finds no colour")]
    let index = |at: usize| match &samples.planes {
        Plan::Bytes(planes) => planes.first().and_then(|plane| plane.get(at)).map(|index| usize::from(*index)),
        Plan::Floats(planes) => planes.first().and_then(|plane| plane.get(at)).filter(|index| **index >= 0.0).map(|index| *index as usize),
    };
    let colour = |at: usize| index(at).and_then(|index| palette.get(index)).copied().unwrap_or([0; 4]);
    let count = samples.width as usize * samples.height as usize;
    let mask = if samples.mask.is_none() && (0..count).all(|at| colour(at)[3] == 255) {
        None
    } else {
        let shown = |at: usize| samples.mask.as_ref().and_then(|mask| mask.get(at)).copied().unwrap_or(255);
        Some((0..count).map(|at| shown(at).min(colour(at)[3])).collect())
    };
    pictured(samples.width, samples.height, mask, |at| {
        let [red, green, blue, _] = colour(at);
        [red, green, blue]
    })
}

fn pictured(width: u32, height: u32, mask: Option<Vec<u8>>, colour: impl Fn(usize) -> [u8; 3]) -> Result<Picture, Stop> {
    let count = width as usize * height as usize;
    let mask = mask.filter(|mask| mask.iter().any(|shown| *shown < 255));
    let picture = match mask {
        None => Picture::new(width, height, Pixels::Rgb8, (0..count).flat_map(colour).collect()),
        Some(mask) => {
            let pixels = mask.iter().enumerate().flat_map(|(at, alpha)| {
                let [red, green, blue] = colour(at);
                [red, green, blue, *alpha]
            });
            Picture::new(width, height, Pixels::Rgba8, pixels.collect())
        }
    };
    Ok(picture?)
}

/// Numbers of fewer than 8 bits as bytes.
fn widened(mut plane: Vec<u8>, bits: u32) -> Vec<u8> {
    if (1..8).contains(&bits) {
        let most = (1_u16 << bits) - 1;
        for number in &mut plane {
            *number = u8::try_from((u16::from(*number) * 255 / most).min(255)).unwrap_or(255);
        }
    }
    plane
}
