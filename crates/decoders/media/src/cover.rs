//! The cover picture of a sound file, which stands for it better than its waveform.

use crate::colour;
use crate::ffi::{Depth, Lines, Rational, Shrink, Stream, Trouble};
use crate::reel::Reel;
use crate::{shape, tags};
use assay_contract::exchange::Task;
use assay_kit::picture::check_pixels;
use assay_kit::{Answer, Picture, Pixels, Stop};

const SQUARE: Rational = Rational { num: 1, den: 1 };

/// Makes the thumbnails of a sound from its cover. Says whether it did: a cover that can't be shown is as good as none.
pub(crate) fn show(task: &Task, reel: &mut Reel<'_>, streams: &[Stream], answer: &mut Answer) -> Result<bool, Stop> {
    let Some(cover) = chosen(streams) else { return Ok(false) };
    match picture(task, reel, cover) {
        Ok(Some(picture)) => answer.thumbnails(task, &picture, 1).map(|_| true),
        Err(Trouble::Input(error)) => Err(crate::decoder::stopped(error)),
        Ok(None) | Err(Trouble::Failed(_) | Trouble::Unrecognised) => Ok(false),
    }
}

/// The front cover, else the first picture. FFmpeg writes ID3's and FLAC's picture type as the stream's comment.
fn chosen(streams: &[Stream]) -> Option<&Stream> {
    let mut pictures = streams.iter().filter(|stream| stream.is_attached_picture);
    let is_front =
        |stream: &&Stream| tags::find(&stream.tags, "comment").is_some_and(|comment| comment.eq_ignore_ascii_case("cover (front)"));
    pictures.clone().find(is_front).or_else(|| pictures.next())
}

fn picture(task: &Task, reel: &mut Reel<'_>, cover: &Stream) -> Result<Option<Picture>, Trouble> {
    if check_pixels(task, cover.width, cover.height).is_err() {
        return Ok(None);
    }
    // The picture came with the container's head and stays: nothing is to be begun again.
    let demuxer = reel.demuxer()?;
    let mut decoder = demuxer.decoder(cover.index, task.limits.pixels)?;
    demuxer.feed_attached_picture(cover.index, &mut decoder)?;
    decoder.drain();
    let Some(frame) = decoder.receive() else { return Ok(None) };
    if check_pixels(task, frame.width, frame.height).is_err() {
        return Ok(None);
    }
    let most = task.thumbnails.iter().map(|spec| spec.max_px).max().unwrap_or(1);
    let (width, height) = shape::fitted(frame.width, frame.height, SQUARE, most);
    let shrink = Shrink {
        width,
        height,
        depth: Depth::Eight,
        matrix: colour::scaler_matrix(frame.colour, frame.height),
        full_range: i32::from(frame.colour.range == 2),
        lines: Lines::All,
    };
    Ok(Picture::new(width, height, Pixels::Rgb8, decoder.shrunk(shrink)?).ok())
}
