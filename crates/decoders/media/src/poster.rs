//! The frame that stands for a video: the first good keyframe at or after a tenth of it.

use crate::colour::{self, Light};
use crate::ffi::{Demuxer, Depth, FrameSeen, Rational, Shrink, Stream, StreamDecoder, Trouble};
use crate::tone;
use crate::turn::Turn;
use assay_contract::exchange::{Refusal, Task};
use assay_kit::picture::check_pixels;
use assay_kit::{Answer, Input, Picture, Pixels, Stop};
use std::time::{Duration, Instant};

/// Keyframes that are looked at before the best of them is taken.
const MOST_CANDIDATES: u32 = 12;
/// Packets without a keyframe after which any packet is tried.
const KEYLESS_PACKETS: u32 = 2_000;
/// Packets that are given for one frame: reordering holds a few back, an edit list hides more.
const PACKETS_FOR_A_FRAME: u32 = 400;
/// The part of a child's time that looking for a better frame may take.
const SEARCH_SHARE: u64 = 3;

/// The best frame so far.
struct Best {
    picture: Picture,
    liveliness: f64,
    is_good: bool,
}

/// Makes the thumbnails of a video. A refused picture leaves the facts as they are.
pub(crate) fn show(
    task: &Task,
    input: &mut Input,
    allowed: &str,
    main: &Stream,
    duration: Option<f64>,
    answer: &mut Answer,
) -> Result<(), Stop> {
    if task.thumbnails.is_empty() {
        return Ok(());
    }
    if let Err(refusal) = check_pixels(task, main.width, main.height) {
        return answer.refuse_output(&refusal);
    }
    let deadline = Instant::now() + Duration::from_millis(task.limits.cpu_ms.min(task.limits.total_ms) / SEARCH_SHARE);
    let mut best = None;
    for place in [duration.and_then(|duration| a_tenth(main, duration)), None] {
        let found = match Demuxer::open(input, allowed) {
            Ok(mut demuxer) => Search { task, main, deadline }.run(&mut demuxer, place, &mut best, answer),
            Err(trouble) => Err(trouble.into()),
        };
        match found {
            Ok(()) => {}
            Err(Halt::Stop(stop)) => return Err(stop),
            Err(Halt::Refused(refusal)) => return answer.refuse_output(&refusal),
        }
        // From the begin only where nothing better came from the middle.
        if place.is_none() || best.as_ref().is_some_and(|best: &Best| best.is_good) {
            break;
        }
    }
    match best {
        Some(best) => answer.thumbnails(task, &best.picture, Turn::of(main.display_matrix).orientation()).map(|_| ()),
        None => answer.refuse_output(&Refusal::corrupt("no frame of the video could be decoded")),
    }
}

fn a_tenth(main: &Stream, duration: f64) -> Option<i64> {
    let ticks = duration * 0.1 * f64::from(main.time_base.den) / f64::from(main.time_base.num.max(1));
    #[expect(clippy::cast_possible_truncation, reason = "a float's cast saturates")]
    let ticks = ticks as i64;
    (ticks > 0).then(|| main.start.unwrap_or(0).saturating_add(ticks))
}

/// Why a search ended without leave to go on.
enum Halt {
    Stop(Stop),
    Refused(Refusal),
}

impl From<Trouble> for Halt {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Input(error) => Self::Stop(crate::decoder::stopped(error)),
            other => Self::Refused(Refusal::unsupported(format!("the video's frames can't be decoded: {other}"))),
        }
    }
}

struct Search<'s> {
    task: &'s Task,
    main: &'s Stream,
    deadline: Instant,
}

impl Search<'_> {
    fn run(&self, demuxer: &mut Demuxer<'_>, place: Option<i64>, best: &mut Option<Best>, answer: &mut Answer) -> Result<(), Halt> {
        let mut decoder = demuxer.decoder(self.main.index, self.coded_pixels())?;
        demuxer.only(self.main.index);
        if let Some(ticks) = place {
            // A container that can't seek is read from its begin.
            let _ = demuxer.seek(self.main.index, ticks);
        }
        for _ in 0..MOST_CANDIDATES {
            let Some(frame) = self.next_frame(demuxer, &mut decoder, answer)? else { break };
            let candidate = self.candidate(&decoder, frame)?;
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

    /// The limit for FFmpeg, which counts whole blocks of up to 128 pixels; what comes out is checked exactly.
    fn coded_pixels(&self) -> u64 {
        let edge = 128 * (u64::from(self.main.width) + u64::from(self.main.height) + 128);
        self.task.limits.pixels.saturating_add(edge)
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

    fn candidate(&self, decoder: &StreamDecoder, frame: FrameSeen) -> Result<Best, Halt> {
        check_pixels(self.task, frame.width, frame.height).map_err(Halt::Refused)?;
        let most = self.task.thumbnails.iter().map(|spec| spec.max_px).max().unwrap_or(1);
        let (width, height) = shown_size(frame, self.main.sample_aspect_ratio, most);
        let light = colour::light(if frame.colour.transfer == 2 { self.main.colour } else { frame.colour });
        let is_full = frame.colour.range == 2 || self.main.pixel_format.as_ref().is_some_and(|name| name.starts_with("yuvj"));
        let shrink = Shrink {
            width,
            height,
            depth: if light == Light::Standard { Depth::Eight } else { Depth::Sixteen },
            matrix: colour::scaler_matrix(frame.colour, frame.height),
            full_range: i32::from(is_full),
        };
        let pixels = decoder.shrunk(shrink)?;
        let pixels = if light == Light::Standard { pixels } else { tone::standard(&pixels, light) };
        let (mean, spread) = brightness(&pixels);
        let picture = Picture::new(width, height, Pixels::Rgb8, pixels).map_err(Halt::Refused)?;
        let is_good = !frame.is_damaged && spread >= 12.0 && (16.0..=245.0).contains(&mean);
        Ok(Best { picture, liveliness: if frame.is_damaged { spread / 4.0 } else { spread }, is_good })
    }
}

/// The size of a frame with square pixels and its longest side at most `most`.
fn shown_size(frame: FrameSeen, of_stream: Rational, most: u32) -> (u32, u32) {
    let pixel = if frame.sample_aspect_ratio.num > 0 { frame.sample_aspect_ratio } else { of_stream };
    let shape = f64::from(pixel.num) / f64::from(pixel.den);
    // A pixel ten times as wide as high is a broken header, not a lens.
    let shape = if shape.is_finite() && (0.1..=10.0).contains(&shape) { shape } else { 1.0 };
    let (width, height) = (f64::from(frame.width) * shape.max(1.0), f64::from(frame.height) / shape.min(1.0));
    let factor = (f64::from(most) / width.max(height)).min(1.0);
    (pixels(width * factor, most), pixels(height * factor, most))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=most first")]
fn pixels(side: f64, most: u32) -> u32 {
    side.round().clamp(1.0, f64::from(most.max(1))) as u32
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
    use crate::ffi::ColourNumbers;

    fn size(width: u32, height: u32, num: i32, den: i32, most: u32) -> (u32, u32) {
        let sample_aspect_ratio = Rational { num, den };
        let frame = FrameSeen { width, height, sample_aspect_ratio, colour: ColourNumbers::default(), is_damaged: false };
        shown_size(frame, Rational { num: 0, den: 1 }, most)
    }

    #[test]
    fn wide_pixels_make_a_wide_thumbnail_and_none_is_enlarged() {
        assert_eq!(size(720, 576, 64, 45, 4096), (1024, 576));
        assert_eq!(size(720, 576, 64, 45, 512), (512, 288));
        assert_eq!(size(720, 576, 8, 9, 4096), (720, 648));
        assert_eq!(size(320, 240, 0, 1, 1024), (320, 240));
        assert_eq!(size(320, 240, 1000, 1, 1024), (320, 240));
        assert_eq!(size(10_000, 1, 1, 1, 256), (256, 1));
    }

    #[test]
    fn a_plain_picture_has_no_spread() {
        assert_eq!(brightness(&[0; 300]), (0.0, 0.0));
        let stripes: Vec<u8> = (0..3000).map(|n| if n / 3 % 2 == 0 { 0 } else { 255 }).collect();
        assert!(brightness(&stripes).1 > 100.0);
        assert_eq!(brightness(&[]), (0.0, 0.0));
    }
}
