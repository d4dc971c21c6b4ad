//! Pictures and derivatives: each is read to its last byte by what it claims to be, and held against the facts beside it.

use super::{Lie, picture};
use assay_contract::Facts;
use assay_contract::details::{Details, VideoDetails};
use assay_contract::exchange::{DerivativeHead, Task, ThumbnailHead};
use assay_contract::frame_index::FrameIndex;
use assay_contract::profile::{DerivativeName, ThumbnailFormat, ThumbnailSpec};
use assay_contract::storyboard::{self, Cue, StoryboardError, Tile};
use assay_contract::text_layer;
use assay_contract::waveform;

/// Whether a picture is what the task asked for, written as our encoders write: its spec, or why it is refused.
pub fn thumbnail<'t>(head: &ThumbnailHead, bytes: &[u8], task: &'t Task) -> Result<&'t ThumbnailSpec, Lie> {
    let spec = task.thumbnails.iter().find(|spec| spec.name == head.name).ok_or(Lie::Picture("was not asked for"))?;
    if bytes.len() as u64 > task.limits.thumbnail_bytes {
        return Err(Lie::Picture("is larger than a thumbnail may be"));
    }
    let (format, width, height) = picture::measured(bytes).ok_or(Lie::Picture("is no JPEG or WebP of ours from end to end"))?;
    if format != spec.format || (width, height) != (head.width, head.height) {
        return Err(Lie::Picture("is not what its head says"));
    }
    if width.max(height) > spec.max_px {
        return Err(Lie::Picture("has a side that was not asked for"));
    }
    Ok(spec)
}

/// Whether a derivative is one that the task asked for, in the type and the form that it has.
pub fn derivative(head: &DerivativeHead, bytes: &[u8], task: &Task) -> Result<(), Lie> {
    if !task.derivatives.contains(&head.name) || bytes.len() as u64 > task.limits.derivative_bytes {
        return Err(Lie::Picture("or derivative was not asked for, or is too large"));
    }
    if head.mime_type != mime_type(head.name) {
        return Err(Lie::MimeType);
    }
    match head.name {
        DerivativeName::Waveform if !waveform::is_one(bytes) => return Err(Lie::Waveform),
        DerivativeName::Waveform => {}
        DerivativeName::FrameIndex => {
            if u64::from(FrameIndex::read(bytes)?.frame_count()) > task.limits.frames {
                return Err(Lie::Number("an index of more frames than may be counted"));
            }
        }
        DerivativeName::TextLayer => _ = text_layer::check(bytes)?,
        DerivativeName::Storyboard => _ = sheet(bytes)?,
        DerivativeName::StoryboardCues => _ = grid(&storyboard::read(bytes)?)?,
    }
    Ok(())
}

/// The one type that a derivative has.
pub(crate) fn mime_type(name: DerivativeName) -> &'static str {
    match name {
        DerivativeName::Waveform => "application/json",
        DerivativeName::FrameIndex => FrameIndex::MIME_TYPE,
        DerivativeName::TextLayer => text_layer::MIME_TYPE,
        DerivativeName::Storyboard => storyboard::SHEET_MIME_TYPE,
        DerivativeName::StoryboardCues => storyboard::CUES_MIME_TYPE,
    }
}

/// Whether a derivative that is one by itself is of this asset, as its facts tell it.
pub fn accord(head: &DerivativeHead, bytes: &[u8], facts: &Facts) -> Result<(), Lie> {
    match (head.name, &facts.details) {
        (DerivativeName::FrameIndex, Details::Video(details)) => frames(bytes, facts, details),
        (DerivativeName::Storyboard | DerivativeName::StoryboardCues, Details::Video(_))
        | (DerivativeName::Waveform, Details::Audio(_))
        | (DerivativeName::TextLayer, Details::Document(_)) => Ok(()),
        (name, details) => Err(Lie::Another { name, kind: details.kind() }),
    }
}

/// An index has the frames that were counted. A file that ends early has its table's count among its facts: then it has fewer packets,
/// and none of them more than once.
fn frames(bytes: &[u8], facts: &Facts, details: &VideoDetails) -> Result<(), Lie> {
    let index = FrameIndex::read(bytes)?;
    let frames = u64::from(index.frame_count());
    let keys = index.frames().filter(|frame| frame.is_key).count() as u64;
    let is_counted = match details.frame_count_method.as_deref() {
        Some("packets") => facts.media_attributes.frame_count == Some(frames),
        Some("sample-table") => true,
        _ => false,
    };
    let at_most = |counted: Option<u64>, told: u64| counted.is_some_and(|counted| told <= counted);
    if is_counted && at_most(details.packet_count, frames) && at_most(details.keyframe_count, keys) {
        Ok(())
    } else {
        Err(Lie::Number("an index of other frames than the facts tell"))
    }
}

/// Whether two derivatives that lean on each other agree: the cues of a storyboard name the tiles of its sheet, all of it.
pub fn agreement<B: AsRef<[u8]>>(derivatives: &[(DerivativeHead, B)]) -> Result<(), Lie> {
    let find = |name| derivatives.iter().find(|(head, _)| head.name == name).map(|(_, bytes)| bytes.as_ref());
    if let (Some(picture), Some(cues)) = (find(DerivativeName::Storyboard), find(DerivativeName::StoryboardCues))
        && grid(&storyboard::read(cues)?)? != sheet(picture)?
    {
        return Err(StoryboardError::Tile.into());
    }
    Ok(())
}

/// The size of the sheet that cues belong to: tiles of one size, row by row, in a grid as near to a square as their number allows.
fn grid(cues: &[Cue]) -> Result<(u32, u32), Lie> {
    let count = u32::try_from(cues.len()).map_err(|_| StoryboardError::Count(cues.len()))?;
    let first = cues.first().map(|cue| cue.tile).ok_or(StoryboardError::Count(0))?;
    let columns = (1..=count).find(|columns| columns.saturating_mul(*columns) >= count).unwrap_or(1);
    let (width, height) = (first.width, first.height);
    let laid = (0..count).map(|n| Tile { x: n % columns * width, y: n / columns * height, width, height });
    if laid.eq(cues.iter().map(|cue| cue.tile)) {
        Ok((columns * width, count.div_ceil(columns) * height))
    } else {
        Err(StoryboardError::Tile.into())
    }
}

/// Width and height of a storyboard's sheet.
fn sheet(bytes: &[u8]) -> Result<(u32, u32), Lie> {
    match picture::measured(bytes) {
        Some((ThumbnailFormat::Webp, width, height)) if width.max(height) <= storyboard::SHEET_PX => Ok((width, height)),
        Some(_) => Err(Lie::Picture("of a storyboard is larger than one may be, or no WebP")),
        None => Err(Lie::Picture("of a storyboard is no WebP of ours from end to end")),
    }
}
