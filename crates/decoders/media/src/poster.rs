//! The frame that stands for a video: the first good keyframe at or after a tenth of it.

use crate::ffi::{ColourNumbers, Demuxer, DynamicRange, FrameSeen, Scan, Stream, StreamDecoder, Trouble};
use crate::reel::Reel;
use crate::still::{self, Halt};
use crate::turn::Turn;
use assay_contract::exchange::{Refusal, Task};
use assay_kit::picture::check_pixels;
use assay_kit::{Answer, Picture, Stop};
use std::time::{Duration, Instant};

/// Keyframes that are looked at before the best of them is taken.
const MOST_CANDIDATES: u32 = 12;
/// Packets without a keyframe after which any packet is tried.
const KEYLESS_PACKETS: u32 = 2_000;
/// Packets that are given for one frame: reordering holds a few back, an edit list hides more.
const PACKETS_FOR_A_FRAME: u32 = 400;
/// The part of a child's time that looking for a better frame may take.
const SEARCH_SHARE: u64 = 3;

/// What the pictures themselves say, known from the first that is decoded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Glimpse {
    /// `progressive`, `tt` or `bb`.
    pub(crate) field_order: &'static str,
    /// Colour description.
    pub(crate) colour: ColourNumbers,
    /// Mastering, light levels, dynamic metadata.
    pub(crate) dynamic_range: DynamicRange,
}

impl Glimpse {
    fn of(frame: &FrameSeen) -> Self {
        let field_order = match frame.scan {
            Scan::Progressive => "progressive",
            Scan::TopFirst => "tt",
            Scan::BottomFirst => "bb",
        };
        Self { field_order, colour: frame.colour, dynamic_range: frame.dynamic_range }
    }
}

/// The best frame so far.
struct Best {
    picture: Picture,
    liveliness: f64,
    is_good: bool,
}

/// Makes the thumbnails of a video, and says what its pictures told. A refused picture leaves the facts as they are.
pub(crate) fn show(
    task: &Task,
    reel: &mut Reel<'_>,
    main: &Stream,
    duration: Option<f64>,
    answer: &mut Answer,
) -> Result<Option<Glimpse>, Stop> {
    if task.thumbnails.is_empty() {
        return Ok(None);
    }
    if let Err(refusal) = check_pixels(task, main.width, main.height) {
        return answer.refuse_output(&refusal).map(|()| None);
    }
    let deadline = Instant::now() + Duration::from_millis(task.limits.cpu_ms.min(task.limits.total_ms) / SEARCH_SHARE);
    let (mut best, mut glimpse) = (None, None);
    for place in [duration.and_then(|duration| a_tenth(main, duration)), None] {
        // Opening alone may take long where a table has millions of rows.
        answer.progress()?;
        let found = match reel.begin() {
            Ok(demuxer) => Search { task, main, deadline }.run(demuxer, place, (&mut best, &mut glimpse), answer),
            Err(trouble) => Err(trouble.into()),
        };
        match found {
            Ok(()) => {}
            Err(Halt::Stop(stop)) => return Err(stop),
            Err(Halt::Refused(refusal)) => return answer.refuse_output(&refusal).map(|()| glimpse),
        }
        // From the begin only where nothing better came from the middle.
        if place.is_none() || best.as_ref().is_some_and(|best: &Best| best.is_good) {
            break;
        }
    }
    match best {
        Some(best) => answer.thumbnails(task, &best.picture, Turn::of(main.display_matrix).orientation()).map(|_| glimpse),
        None => answer.refuse_output(&Refusal::corrupt("no frame of the video could be decoded")).map(|()| glimpse),
    }
}

fn a_tenth(main: &Stream, duration: f64) -> Option<i64> {
    let ticks = duration * 0.1 * f64::from(main.time_base.den) / f64::from(main.time_base.num.max(1));
    #[expect(clippy::cast_possible_truncation, reason = "a float's cast saturates")]
    let ticks = ticks as i64;
    (ticks > 0).then(|| main.start.unwrap_or(0).saturating_add(ticks))
}

struct Search<'s> {
    task: &'s Task,
    main: &'s Stream,
    deadline: Instant,
}

impl Search<'_> {
    fn run(
        &self,
        demuxer: &mut Demuxer<'_>,
        place: Option<i64>,
        (best, glimpse): (&mut Option<Best>, &mut Option<Glimpse>),
        answer: &mut Answer,
    ) -> Result<(), Halt> {
        let mut decoder = demuxer.decoder(self.main.index, still::coded_pixels(self.task, self.main))?;
        demuxer.only(self.main.index);
        if let Some(ticks) = place {
            // A container that can't seek is read from its begin.
            let _ = demuxer.seek(self.main.index, ticks);
        }
        for _ in 0..MOST_CANDIDATES {
            let Some(frame) = self.next_frame(demuxer, &mut decoder, answer)? else { break };
            glimpse.get_or_insert_with(|| Glimpse::of(&frame));
            let candidate = self.candidate(&decoder, &frame)?;
            if best.as_ref().is_none_or(|best| candidate.liveliness > best.liveliness) {
                *best = Some(candidate);
            }
            if best.as_ref().is_some_and(|best| best.is_good) || Instant::now() > self.deadline {
                break;
            }
            decoder.restart();
        }
        Ok(())
    }

    /// The first frame from the next keyframe on; `None` at the end.
    fn next_frame(&self, demuxer: &mut Demuxer<'_>, decoder: &mut StreamDecoder, answer: &mut Answer) -> Result<Option<FrameSeen>, Halt> {
        let (mut skipped, mut fed) = (0, 0);
        loop {
            answer.progress().map_err(Halt::Stop)?;
            let packet = match demuxer.next_packet() {
                Ok(Some(packet)) if fed < PACKETS_FOR_A_FRAME => packet,
                Err(Trouble::Input(error)) => return Err(Trouble::Input(error).into()),
                // The end, damage, or a decoder that only eats: what it holds back is all there is.
                Ok(_) | Err(_) => {
                    decoder.drain();
                    return Ok(decoder.receive());
                }
            };
            if packet.stream != self.main.index {
                continue;
            }
            if fed == 0 && !packet.is_key && skipped < KEYLESS_PACKETS {
                skipped += 1;
                continue;
            }
            fed += 1;
            // A damaged packet may be followed by a whole one.
            let _ = demuxer.feed(decoder);
            if let Some(frame) = decoder.receive() {
                return Ok(Some(frame));
            }
        }
    }

    fn candidate(&self, decoder: &StreamDecoder, frame: &FrameSeen) -> Result<Best, Halt> {
        let most = self.task.thumbnails.iter().map(|spec| spec.max_px).max().unwrap_or(1);
        let picture = still::picture(self.task, self.main, decoder, frame, most)?;
        let (mean, spread) = brightness(picture.bytes());
        let is_good = !frame.is_damaged && spread >= 12.0 && (16.0..=245.0).contains(&mean);
        Ok(Best { picture, liveliness: if frame.is_damaged { spread / 4.0 } else { spread }, is_good })
    }
}

/// Mean and standard deviation of the brightness, 0 to 255.
fn brightness(rgb: &[u8]) -> (f64, f64) {
    let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0_f64);
    // Every seventh pixel: a prime, so that no stripe is in step with it.
    for [red, green, blue] in rgb.as_chunks::<3>().0.iter().step_by(7) {
        let luma = 0.2126 * f64::from(*red) + 0.7152 * f64::from(*green) + 0.0722 * f64::from(*blue);
        sum += luma;
        squares += luma * luma;
        count += 1.0;
    }
    let mean = sum / count.max(1.0);
    (mean, (squares / count.max(1.0) - mean * mean).max(0.0).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn a_plain_picture_has_no_spread() {
        assert_eq!(brightness(&[0; 300]), (0.0, 0.0));
        let stripes: Vec<u8> = (0..3000).map(|n| if n / 3 % 2 == 0 { 0 } else { 255 }).collect();
        assert!(brightness(&stripes).1 > 100.0);
        assert_eq!(brightness(&[]), (0.0, 0.0));
    }
}
