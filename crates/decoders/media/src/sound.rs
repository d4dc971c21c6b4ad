//! The sound of an audio file, listened to once: its peaks as a derivative and as its thumbnail.

use crate::ffi::{Demuxer, Stream, StreamDecoder, Trouble};
use crate::waveform::Peaks;
use assay_contract::exchange::{Refusal, Task};
use assay_contract::failure::Issue;
use assay_contract::profile::DerivativeName;
use assay_kit::{Answer, Input, Stop};
use std::time::{Duration, Instant};

/// The part of a child's time that listening may take.
const LISTENING_SHARE: u64 = 2;

/// Makes what a task wants of sound. A refused output leaves the facts as they are.
pub(crate) fn show(task: &Task, input: &mut Input, allowed: &str, main: &Stream, answer: &mut Answer) -> Result<(), Stop> {
    let wants_peaks = task.derivatives.contains(&DerivativeName::Waveform);
    if !wants_peaks && task.thumbnails.is_empty() {
        return Ok(());
    }
    let (peaks, end) = match listen(task, input, allowed, main, answer) {
        Ok(heard) => heard,
        Err(Halt::Stop(stop)) => return Err(stop),
        Err(Halt::Undecodable(why)) => {
            return answer.refuse_output(&Refusal::unsupported(format!("the sound can't be decoded: {why}")));
        }
    };
    if peaks.samples() == 0 {
        return answer.refuse_output(&Refusal::corrupt("no sound could be decoded"));
    }
    if end == End::OutOfTime {
        let heard = peaks.samples() / u64::from(main.sample_rate.max(1));
        answer.issue(&Issue::warning(
            "waveform-cut-short",
            format!("The waveform shows the first {heard} seconds: decoding all of it would take too long."),
        ))?;
    }
    if wants_peaks {
        answer.derivative(task, DerivativeName::Waveform, "application/json", peaks.json(main.sample_rate))?;
    }
    let most = task.thumbnails.iter().map(|spec| spec.max_px).max().unwrap_or(1024);
    match peaks.picture(most) {
        Ok(picture) => answer.thumbnails(task, &picture, 1).map(|_| ()),
        Err(refusal) => answer.refuse_output(&refusal),
    }
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

fn listen(task: &Task, input: &mut Input, allowed: &str, main: &Stream, answer: &mut Answer) -> Result<(Peaks, End), Halt> {
    let deadline = Instant::now() + Duration::from_millis(task.limits.cpu_ms.min(task.limits.total_ms) / LISTENING_SHARE);
    let mut demuxer = Demuxer::open(input, allowed)?;
    let mut decoder = demuxer.decoder(main.index, task.limits.pixels)?;
    demuxer.only(main.index);
    let (mut peaks, mut samples, mut end) = (Peaks::new(), Vec::new(), End::Reached);
    loop {
        match demuxer.next_packet() {
            Ok(Some(packet)) if packet.stream == main.index => {
                // A damaged packet is a gap; the ones after it may be whole.
                let _ = demuxer.feed(&mut decoder);
                take(&mut decoder, &mut samples, &mut peaks);
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(Trouble::Failed(_) | Trouble::Unrecognised) => break,
            Err(trouble) => return Err(trouble.into()),
        }
        answer.progress().map_err(Halt::Stop)?;
        if Instant::now() > deadline {
            end = End::OutOfTime;
            break;
        }
    }
    decoder.drain();
    take(&mut decoder, &mut samples, &mut peaks);
    peaks.finish();
    Ok((peaks, end))
}

fn take(decoder: &mut StreamDecoder, samples: &mut Vec<f32>, peaks: &mut Peaks) {
    while decoder.receive().is_some() {
        samples.clear();
        decoder.mono(samples);
        peaks.add(samples);
    }
}
