//! From where the pixels lie to the thumbnails of the frame in the middle.

use crate::attributes::Attributes;
use crate::encoding::Endian;
use crate::frame::{Frame, Shape};
use crate::opening::Opened;
use crate::source::Source;
use crate::syntax::{self, Coding, Syntax};
use crate::walk::{Ending, Pixels};
use crate::{deflated, fragments, jpeg, jpeg_ls, jpeg_xl, jpeg2000, native, rle, shown};
use assay_contract::Code;
use assay_contract::exchange::{Refusal, Task};
use assay_contract::failure::Issue;
use assay_kit::picture::check_pixels;
use assay_kit::{Answer, Stop};

/// Shows the frame in the middle, or says why not; facts stand in any case.
pub(crate) fn show(
    source: &mut Source<'_>,
    pixels: &Pixels,
    found: &Attributes,
    opened: &Opened,
    task: &Task,
    answer: &mut Answer,
) -> Result<(), Stop> {
    let Some(longest_px) = task.thumbnails.iter().map(|spec| spec.max_px).max() else { return Ok(()) };
    if let Some(issue) = found.burned_in.withheld(opened) {
        answer.issue(&issue)?;
        return tell_cut(pixels, "no thumbnails were made", answer);
    }
    let frame = match frame(source, pixels, found, opened, task, answer) {
        Ok(frame) => frame,
        Err(Stop::Refused(refusal)) => return answer.refuse_output(&refusal),
        Err(gone) => return Err(gone),
    };
    answer.progress()?;
    let picture = match shown::picture(&frame, found, longest_px) {
        Ok(picture) => picture,
        Err(refusal) => return answer.refuse_output(&refusal),
    };
    if let Some(damage) = &frame.damage {
        let sentence = format!("A part of the pixels is damaged or missing, and the thumbnails show what could be read ({damage}).");
        answer.issue(&Issue::error(Code::CorruptAsset.as_str(), sentence))?;
    } else {
        tell_cut(pixels, "the thumbnails show a frame that is there", answer)?;
    }
    answer.thumbnails(task, &picture, 1)?;
    Ok(())
}

fn tell_cut(pixels: &Pixels, and: &str, answer: &mut Answer) -> Result<(), Stop> {
    match pixels.ending {
        Ending::Whole => Ok(()),
        Ending::Cut => {
            let sentence = format!("The file ends early: what could be read was kept, and {and}.");
            answer.issue(&Issue::error("truncated-asset", sentence))
        }
    }
}

fn frame(
    source: &mut Source<'_>,
    pixels: &Pixels,
    found: &Attributes,
    opened: &Opened,
    task: &Task,
    answer: &mut Answer,
) -> Result<Frame, Stop> {
    let shape = Shape::of(found)?;
    check_pixels(task, shape.width, shape.height)?;
    let syntax = syntax::of(&opened.syntax);
    let frames = found.frame_count();
    let endian = if opened.syntax == syntax::GE_PRIVATE { Endian::Big } else { pixels.endian };
    let pixels = &Pixels { endian, ..*pixels };
    if pixels.length.is_some() && matches!(syntax.coding, Coding::Native | Coding::Unknown | Coding::NativeInFragments) {
        return native::middle(source, pixels, shape, frames, &task.limits);
    }
    if matches!(syntax.coding, Coding::Video | Coding::Referenced) {
        return Err(not_decoded(syntax, opened).into());
    }
    let most = task.limits.memory_bytes / 4;
    let gathered = match fragments::middle(source, pixels, frames, most, answer) {
        Ok(gathered) => gathered,
        Err(broken) => return Err(broken.refusal(&task.limits)?.into()),
    };
    answer.progress()?;
    let coding = syntax::by_mark(&gathered.bytes).unwrap_or(syntax.coding);
    let limits = &task.limits;
    let mut frame = match coding {
        Coding::Rle => rle::decode(&gathered.bytes, shape, limits),
        Coding::Jpeg => jpeg::decode(&gathered.bytes, shape, limits),
        Coding::JpegLs => jpeg_ls::decode(&gathered.bytes, shape, limits),
        Coding::Jpeg2000 => jpeg2000::decode(&gathered.bytes, shape, limits),
        Coding::JpegXl => jpeg_xl::decode(&gathered.bytes, shape, limits),
        Coding::DeflatedFrames => deflated::decode(&gathered.bytes, shape, pixels, limits),
        Coding::Native | Coding::NativeInFragments => native::fragment(&gathered.bytes, shape, pixels, limits),
        Coding::Video | Coding::Referenced | Coding::Unknown => Err(not_decoded(syntax, opened)),
    }?;
    check_pixels(task, frame.shape.width, frame.shape.height)?;
    frame.damage = frame.damage.or(gathered.damage);
    Ok(frame)
}

fn not_decoded(syntax: Syntax, opened: &Opened) -> Refusal {
    Refusal::unsupported(format!("pixels in the transfer syntax {}, {}, are not decoded", opened.syntax, syntax.name))
}
