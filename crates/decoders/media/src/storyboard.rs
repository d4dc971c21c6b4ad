//! A video as a sheet of small frames, and the cues that say when each of them is shown.

mod camera;
mod plan;
mod sheet;

use crate::facts::Found;
use crate::ffi::Stream;
use crate::reel::Reel;
use crate::still::Halt;
use crate::walk::Walked;
use assay_contract::exchange::Task;
use assay_contract::failure::Issue;
use assay_contract::profile::{DerivativeName, ThumbnailFormat, ThumbnailSpec, Transparency};
use assay_contract::storyboard::{CUES_MIME_TYPE, Cue, SHEET_MIME_TYPE, SHEET_PX, Tile, write};
use assay_kit::picture::check_pixels;
use assay_kit::{Answer, Picture, Stop, thumbnail};
use camera::{Camera, Reader};
use plan::Take;
use std::time::{Duration, Instant};

pub(crate) use plan::Played;

/// The part of a child's time that decoding frames may take.
const DECODING_SHARE: u64 = 6;
/// Fine enough for pictures as large as a stamp.
const QUALITY: u8 = 72;

/// A frame that was made, and what it stands for.
struct Made {
    take: Take,
    picture: Picture,
}

/// Makes the sheet and its cues, where they are wanted. What could not be decoded, or not in time, is not in them.
pub(crate) fn show(task: &Task, reel: &mut Reel<'_>, found: &Found<'_>, main: &Stream, answer: &mut Answer) -> Result<(), Stop> {
    if ![DerivativeName::Storyboard, DerivativeName::StoryboardCues].iter().any(|name| task.derivatives.contains(name)) {
        return Ok(());
    }
    if let Err(refusal) = check_pixels(task, main.width, main.height) {
        return answer.refuse_output(&refusal);
    }
    // A plan needs the time of every frame.
    let Some(walked) = found.walked.filter(|walked| walked.end.is_whole()) else { return left_out(answer) };
    let takes = plan::takes(&walked.frames, main.time_base, found.played(main));
    answer.progress()?;
    let planned = takes.len();
    let made = Shoot { task, main, walked }.made(reel, takes, answer);
    match made {
        Ok(made) if !made.is_empty() => deliver(task, &made, planned, answer),
        // That no frame can be decoded was told where there was to be a thumbnail.
        Ok(_) | Err(Halt::Refused(_)) => left_out(answer),
        Err(Halt::Stop(stop)) => Err(stop),
    }
}

fn left_out(answer: &mut Answer) -> Result<(), Stop> {
    answer.issue(&Issue::warning("storyboard-left-out", "There is no storyboard: no frame could be decoded whose time is known."))
}

/// What all frames of a storyboard are made from.
#[derive(Clone, Copy)]
struct Shoot<'s> {
    task: &'s Task,
    main: &'s Stream,
    walked: &'s Walked,
}

impl Shoot<'_> {
    /// Every frame that can be had in time, in the order of the film.
    fn made(self, reel: &mut Reel<'_>, takes: Vec<Take>, answer: &mut Answer) -> Result<Vec<Made>, Halt> {
        let limits = &self.task.limits;
        let deadline = Instant::now() + Duration::from_millis(limits.cpu_ms.min(limits.total_ms) / DECODING_SHARE);
        let (keys, mut others): (Vec<Take>, Vec<Take>) = takes.into_iter().partition(|take| take.is_key);
        let mut made = Vec::new();
        // Keyframes first: each costs one frame, and what time there is gives pictures from all of the film.
        let seeks = {
            let mut camera = Camera::set_up(self, reel.begin()?, Reader::AtBegin, deadline)?;
            for take in keys {
                match camera.keyframe(take, answer).map_err(Halt::Stop)? {
                    Some(picture) => made.push(Made { take, picture }),
                    None => others.push(take),
                }
            }
            camera.seeks()
        };
        // Where the clock jumps, only packets are on the plan's clock: frames between keyframes are not looked for.
        if !others.is_empty() && self.walked.jumps == 0 && Instant::now() < deadline {
            let again = if seeks {
                reel.demuxer().map(|demuxer| (demuxer, Reader::Elsewhere))
            } else {
                reel.begin().map(|demuxer| (demuxer, Reader::AtBegin))
            };
            let Ok((demuxer, reader)) = again else { return Ok(made) };
            let mut camera = Camera::set_up(self, demuxer, reader, deadline)?;
            others.sort_by_key(|take| take.ticks);
            for take in others {
                if let Some(picture) = camera.frame(take, answer).map_err(Halt::Stop)? {
                    made.push(Made { take, picture });
                }
            }
        }
        made.sort_by_key(|made| made.take.ticks);
        Ok(made)
    }
}

fn deliver(task: &Task, made: &[Made], planned: usize, answer: &mut Answer) -> Result<(), Stop> {
    let (sheet, tiles) = sheet::laid(made.iter().map(|made| &made.picture))?;
    if made.len() < planned {
        let sentence = format!("The storyboard has {} of {planned} pictures: the others could not be decoded, or not in time.", made.len());
        answer.issue(&Issue::warning("storyboard-cut-short", sentence))?;
    }
    if task.derivatives.contains(&DerivativeName::Storyboard) {
        let spec = ThumbnailSpec {
            name: "storyboard".to_owned(),
            max_px: SHEET_PX,
            format: ThumbnailFormat::Webp,
            quality: QUALITY,
            transparency: Transparency::Keep,
        };
        let bytes = thumbnail::encode(&sheet, &spec)?;
        answer.derivative(task, DerivativeName::Storyboard, SHEET_MIME_TYPE, bytes)?;
    }
    if task.derivatives.contains(&DerivativeName::StoryboardCues) {
        answer.derivative(task, DerivativeName::StoryboardCues, CUES_MIME_TYPE, write(&cues(made, &tiles)).into_bytes())?;
    }
    Ok(())
}

/// A tile is shown until the next one begins; the last one as long as its own stretch is.
fn cues(made: &[Made], tiles: &[Tile]) -> Vec<Cue> {
    let starts = made.iter().skip(1).map(|next| milliseconds(next.take.start_s));
    let ends = starts.chain(made.last().map(|last| milliseconds(last.take.end_s)));
    let cue = |((made, tile), end): ((&Made, &Tile), u64)| {
        let start_ms = milliseconds(made.take.start_s);
        Cue { start_ms, end_ms: end.max(start_ms + 1), tile: *tile }
    };
    made.iter().zip(tiles).zip(ends).map(cue).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time of the plan: not negative, and bounded there")]
fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1000.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_kit::Pixels;

    #[test]
    fn a_tile_stands_for_what_is_missing_after_it_but_not_after_the_last() {
        let made: Vec<Made> = [(0.0, 0.5), (0.5, 1.0), (2.5, 3.0)]
            .map(|(start_s, end_s)| Made {
                take: Take { ticks: 0, latest: 0, is_key: true, start_s, end_s },
                picture: Picture::new(1, 1, Pixels::Rgb8, vec![0; 3]).unwrap(),
            })
            .into();
        let tiles = [0, 1, 2].map(|x| Tile { x, y: 0, width: 1, height: 1 });
        let times: Vec<_> = cues(&made, &tiles).iter().map(|cue| (cue.start_ms, cue.end_ms, cue.tile.x)).collect();
        assert_eq!(times, [(0, 500, 0), (500, 2500, 1), (2500, 3000, 2)]);
    }
}
