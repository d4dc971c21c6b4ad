//! The sound of an audio file, listened to once: its loudness, and its peaks as a derivative and as its thumbnail.

use crate::cover;
use crate::ffi::{Stream, StreamDecoder, Trouble};
use crate::loudness::Loudness;
use crate::reel::Reel;
use crate::waveform::Peaks;
use assay_contract::exchange::{Refusal, Task};
use assay_contract::failure::Issue;
use assay_contract::profile::DerivativeName;
use assay_kit::{Answer, Stop};
use std::time::{Duration, Instant};

/// The part of a child's time that listening may take.
const LISTENING_SHARE: u64 = 2;

/// Makes what a task wants of sound, and says how loud it is. A refused output leaves the facts as they are.
pub(crate) fn show(
    task: &Task,
    reel: &mut Reel<'_>,
    (main, streams): (&Stream, &[Stream]),
    answer: &mut Answer,
) -> Result<Option<f64>, Stop> {
    let wants_peaks = task.derivatives.contains(&DerivativeName::Waveform);
    if !wants_peaks && task.thumbnails.is_empty() {
        return Ok(None);
    }
    let has_cover = !task.thumbnails.is_empty() && cover::show(task, reel, streams, answer)?;
    let heard = match listen(task, reel, main, answer) {
        Ok(heard) => heard,
        Err(Halt::Stop(stop)) => return Err(stop),
        Err(Halt::Undecodable(why)) => {
            return answer.refuse_output(&Refusal::unsupported(format!("the sound can't be decoded: {why}"))).map(|()| None);
        }
    };
    if heard.peaks.samples() == 0 {
        return answer.refuse_output(&Refusal::corrupt("no sound could be decoded")).map(|()| None);
    }
    let rate = if heard.rate > 0 { heard.rate } else { main.sample_rate };
    if heard.end == End::OutOfTime {
        let seconds = heard.peaks.samples() / u64::from(rate.max(1));
        answer.issue(&Issue::warning(
            "waveform-cut-short",
            format!("The waveform shows the first {seconds} seconds, and the loudness is not known: decoding all would take too long."),
        ))?;
    }
    if wants_peaks {
        answer.derivative(task, DerivativeName::Waveform, "application/json", heard.peaks.json(rate))?;
    }
    if !has_cover && !task.thumbnails.is_empty() {
        let most = task.thumbnails.iter().map(|spec| spec.max_px).max().unwrap_or(1024);
        match heard.peaks.picture(most) {
            Ok(picture) => {
                answer.thumbnails(task, &picture, 1)?;
            }
            Err(refusal) => answer.refuse_output(&refusal)?,
        }
    }
    Ok(heard.loudness.measured().filter(|_| heard.end == End::Reached))
}

/// What listening gave.
struct Heard {
    peaks: Peaks,
    loudness: Loudness,
    /// Samples a second as decoded; 0 where nothing was.
    rate: u32,
    end: End,
}

#[derive(PartialEq)]
enum End {
    Reached,
    OutOfTime,
}

enum Halt {
    Stop(Stop),
    Undecodable(String),
}

impl From<Trouble> for Halt {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Input(error) => Self::Stop(crate::decoder::stopped(error)),
            other => Self::Undecodable(other.to_string()),
        }
    }
}

fn listen(task: &Task, reel: &mut Reel<'_>, main: &Stream, answer: &mut Answer) -> Result<Heard, Halt> {
    let deadline = Instant::now() + Duration::from_millis(task.limits.cpu_ms.min(task.limits.total_ms) / LISTENING_SHARE);
    answer.progress().map_err(Halt::Stop)?;
    let demuxer = reel.begin()?;
    let mut decoder = demuxer.decoder(main.index, task.limits.pixels)?;
    demuxer.only(main.index);
    let mut heard = Heard { peaks: Peaks::new(), loudness: Loudness::new(), rate: 0, end: End::Reached };
    let (mut samples, mut mono) = (Vec::new(), Vec::new());
    loop {
        match demuxer.next_packet() {
            Ok(Some(packet)) if packet.stream == main.index => {
                // A damaged packet is a gap; the ones after it may be whole.
                let _ = demuxer.feed(&mut decoder);
                heard.take(&mut decoder, &mut samples, &mut mono);
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(Trouble::Failed(_) | Trouble::Unrecognised) => break,
            Err(trouble) => return Err(trouble.into()),
        }
        answer.progress().map_err(Halt::Stop)?;
        if Instant::now() > deadline {
            heard.end = End::OutOfTime;
            break;
        }
    }
    decoder.drain();
    heard.take(&mut decoder, &mut samples, &mut mono);
    heard.peaks.finish();
    Ok(heard)
}

impl Heard {
    /// All that the decoder has ready. What is no number counts as silence.
    fn take(&mut self, decoder: &mut StreamDecoder, samples: &mut Vec<f32>, mono: &mut Vec<f32>) {
        while decoder.receive().is_some() {
            let (rate, channels) = decoder.sound();
            samples.clear();
            decoder.interleaved(samples);
            for sample in samples.iter_mut().filter(|sample| !sample.is_finite()) {
                *sample = 0.0;
            }
            self.rate = if self.rate == 0 { rate } else { self.rate };
            self.loudness.add(rate, channels, samples);
            mono.clear();
            mono.extend(samples.chunks(channels.max(1) as usize).map(|frame| frame.iter().sum::<f32>() / frame.len() as f32));
            self.peaks.add(mono);
        }
    }
}
