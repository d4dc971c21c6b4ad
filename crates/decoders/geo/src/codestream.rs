//! A NITF's JPEG 2000 image by OpenJPEG's own calls, where GDAL can't open it.

use crate::bands::Model;
use crate::picture;
use crate::raster::{Plan, Samples};
use assay_contract::Code;
use assay_contract::exchange::{Refusal, Task};
use assay_contract::failure::Issue;
use assay_contract::limits::LimitHit;
use assay_kit::{Answer, Input, Stop};
use assay_openjpeg::{Ask, Component, Failure, Picture, Wrapping};

/// The signature box of a JPEG 2000 file (ISO/IEC 15444-1, I.5.1): a segment holds a bare codestream, by mistake a file.
const BOXES: &[u8] = b"\0\0\0\x0cjP  \r\n\x87\n";
/// The part of a child's memory that the compressed image may take.
const BYTES_SHARE: u64 = 4;
/// Bytes for each sample while decoding: four in the tile, four in the picture, one as a plane.
const SAMPLE_BYTES: u64 = 9;
/// Resolutions that most codestreams have besides the whole.
const HALVINGS: u32 = 5;

/// Makes and sends the thumbnails of the image whose pixels lie at `place`, so many bytes long. `told` is its width and height by the
/// segment's header: a codestream of another size is not shown, nor is memory taken for it.
pub(crate) fn show(task: &Task, input: &mut Input, place: (u64, u64), told: (u32, u32), answer: &mut Answer) -> Result<(), Stop> {
    if task.thumbnails.is_empty() {
        return Ok(());
    }
    let bytes = segment(task, input, place)?;
    answer.progress()?;
    check_size(&bytes, told)?;
    let picture = decoded(task, &bytes)?;
    if let Some(damage) = picture.damage() {
        let sentence = format!("A part of the first image is damaged or missing, and its thumbnails show what could be read ({damage}).");
        answer.issue(&Issue::error(Code::CorruptAsset.as_str(), sentence))?;
    }
    answer.progress()?;
    let (samples, model) = planes(&picture)?;
    let picture = picture::coloured(samples, model, 8)?;
    answer.thumbnails(task, &picture, 1)?;
    Ok(())
}

/// The compressed image; what lies beyond the file's end is left out.
fn segment(task: &Task, input: &mut Input, (at, length): (u64, u64)) -> Result<Vec<u8>, Stop> {
    let length = length.min(input.length().saturating_sub(at));
    let allowed = task.limits.memory_bytes / BYTES_SHARE;
    if length > allowed {
        return Err(Refusal::limit(Code::LimitExceeded, LimitHit::new("memory_bytes", length, allowed)).into());
    }
    let length = usize::try_from(length).map_err(|_| Refusal::corrupt("its first image can't be opened"))?;
    let (mut bytes, mut filled) = (vec![0; length], 0);
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read_at(at + filled as u64, rest).map_err(crate::decoder::stopped)? {
            0 => break,
            more => filled += more,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

fn wrapping(bytes: &[u8]) -> Wrapping {
    if bytes.starts_with(BOXES) { Wrapping::Boxes } else { Wrapping::Codestream }
}

/// Samples that stand for several places are counted by some writers, and the places by others.
fn check_size(bytes: &[u8], told: (u32, u32)) -> Result<(), Refusal> {
    match assay_openjpeg::described(bytes, wrapping(bytes)) {
        Ok(picture) if picture.extent() == told => Ok(()),
        Ok(picture) if picture.components().any(|one| (one.width(), one.height()) == told) => Ok(()),
        Ok(_) => Err(Refusal::corrupt("its first image is of another size than its header says")),
        Err(_) => Err(Refusal::corrupt("its first image can't be opened")),
    }
}

/// The whole picture, or as many halves of it as fit into memory.
fn decoded(task: &Task, bytes: &[u8]) -> Result<Picture, Refusal> {
    let wrapping = wrapping(bytes);
    let samples = task.limits.memory_bytes / 2 / SAMPLE_BYTES;
    for halvings in 0..=HALVINGS {
        match assay_openjpeg::decode(bytes, Ask { wrapping, halvings, samples }) {
            Ok(picture) => return Ok(picture),
            Err(Failure::Memory) => {}
            Err(Failure::Damaged(_)) => return Err(Refusal::corrupt("its first image can't be opened")),
        }
    }
    let allowed = task.limits.memory_bytes;
    Err(Refusal::limit(Code::LimitExceeded, LimitHit::new("memory_bytes", allowed + 1, allowed)))
}

/// The first three components as red, green and blue where they are as large as each other, else the first as gray.
fn planes(picture: &Picture) -> Result<(Samples, Model), Refusal> {
    let components: Vec<Component<'_>> = picture.components().collect();
    let first = components.first().ok_or_else(|| Refusal::corrupt("the picture has no components"))?;
    let (width, height) = (first.width(), first.height());
    let is_colour = components.len() >= 3 && components.iter().take(3).all(|one| (one.width(), one.height()) == (width, height));
    let (shown, model) = if is_colour { (3, Model::Rgb) } else { (1, Model::Gray) };
    let planes = components.into_iter().take(shown).map(short).collect();
    Ok((Samples { width, height, planes: Plan::Bytes(planes), mask: None }, model))
}

/// A component's samples, made 8 bits deep.
fn short(component: Component<'_>) -> Vec<u8> {
    let most = (1_i64 << component.bits().clamp(1, 38)) - 1;
    let zero = if component.is_signed() { (most + 1) / 2 } else { 0 };
    let byte = |sample: &i32| (((i64::from(*sample) + zero).clamp(0, most) * 255 + most / 2) / most).try_into().unwrap_or(u8::MAX);
    component.samples().iter().map(byte).collect()
}
