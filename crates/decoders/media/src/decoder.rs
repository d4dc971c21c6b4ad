//! The road of one asset: recognise, describe, count, show.

use crate::facts::{Found, Whole};
use crate::ffi::{self, Demuxer, Medium, Stream, Trouble};
use crate::walk::{End, Walked};
use crate::{containers, edits, poster, sound, walk};
use assay_contract::Code;
use assay_contract::exchange::{Refusal, Task};
use assay_contract::failure::Issue;
use assay_contract::kind::AssetKind;
use assay_kit::{Answer, Decoder, Input, Stop};
use std::collections::BTreeMap;
use std::io;

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
        let allowed = containers::allowed();
        let document_type = containers::document_type(input);
        let has_edit_list = edits::has_effect(input);
        let mut demuxer = Demuxer::open(input, &allowed).map_err(not_opened)?;
        let hinted = task.mime_type.starts_with("audio/") || task.mime_type.starts_with("video/");
        if demuxer.score() < SURE_ENOUGH && !hinted {
            return Err(Refusal::unsupported("no container of video or audio was recognised").into());
        }
        let (whole, streams) = (Whole::of(&demuxer), demuxer.streams());
        let (kind, main) = chosen(&streams, demuxer.refused_opens())?;
        let variant = if demuxer.name().contains("matroska") { document_type.as_deref() } else { whole.brand() };
        let called = containers::called(demuxer.name(), variant, kind);
        let mut found =
            Found { content_length: task.content_length, called: &called, whole: &whole, streams: &streams, walked: None, has_edit_list };
        let facts = |found: &Found<'_>| if kind == AssetKind::Video { found.video(main) } else { found.audio(main) };
        // What the container claims, in case counting does not end; then what was counted.
        answer.facts(&facts(&found))?;
        let walked = walk::walk(&mut demuxer, main, task.limits.frames, answer)?;
        found.walked = Some(&walked);
        answer.facts(&facts(&found))?;
        // An edit list leaves samples out on purpose, and other containers only estimate.
        let promised = if has_edit_list == Some(false) { main.declared_frames } else { 0 };
        report(&walked, u64::try_from(promised).unwrap_or(0), answer)?;
        let duration = found.duration(main);
        drop(demuxer);
        // Pictures begin anew with a fresh demuxer: not every container can be wound back.
        if kind == AssetKind::Video {
            poster::show(task, input, &allowed, main, duration, answer)
        } else {
            sound::show(task, input, &allowed, main, answer)
        }
    }
}

/// The kind, decided by what is inside, and the stream that stands for it: the first video that is no attached picture,
/// else the first sound.
fn chosen(streams: &[Stream], refused_opens: u32) -> Result<(AssetKind, &Stream), Stop> {
    let video = streams
        .iter()
        .find(|stream| stream.medium == Medium::Video && !stream.is_attached_picture && stream.width > 0 && stream.height > 0);
    let audio = streams.iter().find(|stream| stream.medium == Medium::Audio && stream.sample_rate > 0 && stream.channels > 0);
    match (video, audio) {
        (Some(video), _) => Ok((AssetKind::Video, video)),
        (None, Some(audio)) => Ok((AssetKind::Audio, audio)),
        (None, None) if refused_opens > 0 => {
            Err(Refusal::unsupported("the file only points at other files, which are never opened").into())
        }
        (None, None) if streams.iter().any(|stream| matches!(stream.medium, Medium::Video | Medium::Audio)) => {
            Err(Refusal::corrupt("there is a stream, but nothing says how large its pictures or how fast its sound is").into())
        }
        (None, None) => Err(Refusal::unsupported("there is neither video nor sound in it").into()),
    }
}

/// Tells the owner where counting ended early. `promised` is what a sample table lists.
fn report(walked: &Walked, promised: u64, answer: &mut Answer) -> Result<(), Stop> {
    match &walked.end {
        End::Limit(hit) => answer.refuse_output(&Refusal::limit(Code::LimitExceeded, hit.clone())),
        End::Damaged => {
            answer.issue(&Issue::error("damaged-stream", "Some of the stream could not be read: the counts are of what could."))
        }
        End::Reached if walked.packets < promised => answer
            .issue(&Issue::error("truncated-asset", format!("The file ends early: {} of {promised} frames are in it.", walked.packets))),
        End::Reached => Ok(()),
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
