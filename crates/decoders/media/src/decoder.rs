//! The road of one asset: recognise, describe, count, show.

use crate::facts::{Found, Whole};
use crate::ffi::{self, Medium, Opening, Stream, Trouble};
use crate::protection::Protection;
use crate::reel::Reel;
use crate::tail::Tail;
use crate::walk::{End, Walked};
use crate::{boxes, containers, edits, poster, promised, sound, storyboard, tail, timing, walk};
use assay_contract::Code;
use assay_contract::exchange::{Refusal, Task};
use assay_contract::failure::Issue;
use assay_contract::frame_index::{FrameIndex, IndexedFrame};
use assay_contract::kind::AssetKind;
use assay_contract::profile::DerivativeName;
use assay_kit::{Answer, Decoder, Input, Stop};
use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

/// The part of a child's time that counting packets may take.
const COUNTING_SHARE: u64 = 3;
/// Recognition below this is a guess from a few bytes: text and noise reach it.
const SURE_ENOUGH: i32 = 5;

/// The decoder of video and audio.
#[derive(Debug, Default, Clone, Copy)]
pub struct Media;

impl Decoder for Media {
    fn family(&self) -> &'static str {
        "media"
    }

    fn libraries(&self) -> BTreeMap<String, String> {
        ffi::versions()
            .into_iter()
            .map(|(name, version)| (name.to_owned(), format!("{}.{}.{}", version >> 16, version >> 8 & 0xff, version & 0xff)))
            .collect()
    }

    fn warm(&self) {
        ffi::warm(&[c"h264", c"hevc", c"vp8", c"vp9", c"mpeg4", c"mpeg2video", c"aac", c"mp3float", c"vorbis", c"opus", c"flac"]);
    }

    fn decode(&self, task: &Task, input: &mut Input, answer: &mut Answer) -> Result<(), Stop> {
        if input.length() == 0 {
            return Err(Refusal::new(Code::EmptyAsset, "0 bytes").into());
        }
        let document_type = containers::document_type(input);
        let (has_edit_list, is_fragmented, protection) = (edits::has_effect(input), edits::is_fragmented(input), Protection::of(input));
        let (has_movie, missing) = (boxes::movie(input).is_some(), promised::missing(input));
        let (tail, mut reel) = opened(input)?;
        answer.progress()?;
        let demuxer = reel.demuxer().map_err(not_opened)?;
        let hinted = task.mime_type.starts_with("audio/") || task.mime_type.starts_with("video/");
        if demuxer.score() < SURE_ENOUGH && !hinted {
            return Err(Refusal::unsupported("no container of video or audio was recognised").into());
        }
        let (whole, streams) = (Whole::of(demuxer), demuxer.streams());
        let is_cut = !has_movie && containers::is_iso(demuxer.name());
        let (kind, main) = chosen(&streams, &Signs { refused_opens: demuxer.refused_opens(), protection, is_cut })?;
        let variant = if demuxer.name().contains("matroska") { document_type.as_deref() } else { whole.brand() };
        let called = containers::called(demuxer.name(), variant, kind);
        let mut found = Found {
            content_length: task.content_length,
            called: &called,
            whole: &whole,
            streams: &streams,
            walked: None,
            has_edit_list,
            tail: &tail,
            glimpse: None,
            loudness_lufs: None,
        };
        let facts = |found: &Found<'_>| if kind == AssetKind::Video { found.video(main) } else { found.audio(main) };
        // What the container claims, in case counting does not end; then what was counted.
        answer.facts(&facts(&found))?;
        let deadline = Instant::now() + Duration::from_millis(task.limits.cpu_ms.min(task.limits.total_ms) / COUNTING_SHARE);
        let mut walked = walk::walk(demuxer, main, task.limits.frames, deadline, answer)?;
        if is_fragmented && !walked.end.is_whole() {
            // Each fragment brings its own part of the table: what was not reached is not in it.
            walked.table = None;
        }
        found.walked = Some(&walked);
        answer.facts(&facts(&found))?;
        report(&walked, found.cut_short(main), (main, missing), answer)?;
        if kind == AssetKind::Video && task.derivatives.contains(&DerivativeName::FrameIndex) {
            index(task, &walked, main, answer)?;
        }
        if protection.covers(main) {
            let refusal = Refusal::new(Code::EncryptedAsset, "what it shows or plays is encrypted, and the key is not in the file");
            return answer.refuse_output(&refusal);
        }
        if kind == AssetKind::Video {
            found.glimpse = poster::show(task, &mut reel, main, found.duration(main), answer)?;
        } else {
            found.loudness_lufs = sound::show(task, &mut reel, (main, &streams), answer)?;
        }
        if found.glimpse.is_some() || found.loudness_lufs.is_some() {
            answer.facts(&facts(&found))?;
        }
        if kind == AssetKind::Video {
            storyboard::show(task, &mut reel, &found, main, answer)?;
        }
        Ok(())
    }
}

/// The container, and what stands behind it: formats of mere frames end before what taggers appended.
fn opened(input: &mut Input) -> Result<(Tail, Reel<'_>), Stop> {
    let tail = tail::of(input);
    let opening = Opening { allowed: containers::allowed(), end: input.length() };
    let mut reel = Reel::open(input, opening).map_err(not_opened)?;
    if tail.end == reel.end() {
        return Ok((tail, reel));
    }
    if tail::may_follow(reel.demuxer().map_err(not_opened)?.name()) {
        let reel = reel.ending_at(tail.end).map_err(not_opened)?;
        return Ok((tail, reel));
    }
    // What looks like a tag is the container's own: FFmpeg reads it, where it means something.
    Ok((Tail::default(), reel))
}

/// What may explain that there is neither video nor sound.
struct Signs {
    /// Other files that the demuxer wanted to open.
    refused_opens: u32,
    protection: Protection,
    /// An ISO base media file without a whole movie box, which describes all that is in it.
    is_cut: bool,
}

/// The kind, decided by what is inside, and the stream that stands for it: the first video that is no attached picture,
/// else the first sound.
fn chosen<'s>(streams: &'s [Stream], signs: &Signs) -> Result<(AssetKind, &'s Stream), Stop> {
    let video = streams
        .iter()
        .find(|stream| stream.medium == Medium::Video && !stream.is_attached_picture && stream.width > 0 && stream.height > 0);
    let audio = streams.iter().find(|stream| stream.medium == Medium::Audio && stream.sample_rate > 0 && stream.channels > 0);
    match (video, audio) {
        (Some(video), _) => Ok((AssetKind::Video, video)),
        (None, Some(audio)) => Ok((AssetKind::Audio, audio)),
        (None, None) if signs.protection.is_any() => {
            Err(Refusal::new(Code::EncryptedAsset, "the stream is encrypted, and so is what describes it").into())
        }
        (None, None) if signs.refused_opens > 0 => {
            Err(Refusal::unsupported("the file only points at other files, which are never opened").into())
        }
        (None, None) if streams.iter().any(|stream| matches!(stream.medium, Medium::Video | Medium::Audio)) => {
            Err(Refusal::corrupt("there is a stream, but nothing says how large its pictures or how fast its sound is").into())
        }
        (None, None) if signs.is_cut => Err(Refusal::corrupt("the box that describes what is in it (moov) is missing or cut").into()),
        (None, None) => Err(Refusal::unsupported("there is neither video nor sound in it").into()),
    }
}

/// Tells the owner where counting ended early. `cut_short` are the seconds that are there and those that are promised, `bytes` the same of
/// the file.
fn report(
    walked: &Walked,
    cut_short: Option<(f64, f64)>,
    (main, bytes): (&Stream, Option<(u64, u64)>),
    answer: &mut Answer,
) -> Result<(), Stop> {
    let missing = walked.table.map(|table| (walked.packets, table.samples)).filter(|(there, promised)| there < promised);
    let truncated = |what: String| Issue::error("truncated-asset", format!("The file ends early: {what}"));
    match (&walked.end, missing, cut_short) {
        (End::Limit(hit), _, _) => answer.refuse_output(&Refusal::limit(Code::LimitExceeded, hit.clone())),
        (End::OutOfTime, _, _) => answer.issue(&Issue::warning(
            "frames-not-counted",
            "Reading all of the stream would take too long: duration and counts are the container's own.",
        )),
        (_, Some((there, promised)), _) => answer.issue(&truncated(format!("{there} of {promised} frames are in it."))),
        (_, None, Some((there, promised))) => answer.issue(&truncated(format!("{there:.1} of {promised:.1} seconds are in it."))),
        (_, None, None) if bytes.is_some() => {
            let (there, promised) = bytes.unwrap_or_default();
            answer.issue(&truncated(format!("{there} of {promised} bytes are in it.")))
        }
        (End::Damaged, None, None) => {
            answer.issue(&Issue::error("damaged-stream", "Some of the stream could not be read: the counts are of what could."))
        }
        // Plain samples have no frames: a recorder that could not go back to write the length leaves an odd end.
        (End::Short, None, None) if !main.codec_name.starts_with("pcm_") => {
            answer.issue(&truncated("it stops in the middle of its last frame.".to_owned()))
        }
        (End::Reached | End::Short, None, None) => Ok(()),
    }
}

/// Sends the index of all frames. There is none where counting was stopped, which is told already, or where a frame has no time.
fn index(task: &Task, walked: &Walked, main: &Stream, answer: &mut Answer) -> Result<(), Stop> {
    if !walked.end.is_whole() {
        return Ok(());
    }
    let is_whole = walked.frames.len() as u64 == walked.shown;
    let frames = walked.frames.iter().map(|frame| IndexedFrame { ticks: frame.ticks, is_key: frame.is_key });
    let written = timing::ratio(main.time_base).filter(|_| is_whole).and_then(|tick| FrameIndex::write(tick, frames));
    match written {
        Some(bytes) => answer.derivative(task, DerivativeName::FrameIndex, FrameIndex::MIME_TYPE, bytes),
        None => {
            answer.issue(&Issue::warning("frame-index-left-out", "There is no index of frames: not all of them have a time of their own."))
        }
    }
}

fn not_opened(trouble: Trouble) -> Stop {
    match trouble {
        Trouble::Input(error) => stopped(error),
        Trouble::Unrecognised => Refusal::unsupported("no container of video or audio was recognised").into(),
        Trouble::Failed(why) => Refusal::corrupt(format!("the container could not be read: {why}")).into(),
    }
}

/// What a failed read of the input means: the allowance is used up, or the worker is gone.
pub(crate) fn stopped(error: io::Error) -> Stop {
    if error.kind() == io::ErrorKind::QuotaExceeded {
        return Refusal::new(Code::LimitExceeded, error.to_string()).into();
    }
    Stop::Gone(error)
}
