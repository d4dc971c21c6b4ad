//! What a child tells its worker, in order: facts, issues, pictures, derivatives.

use crate::channel::SharedChannel;
use crate::decoder::Stop;
use crate::picture::Picture;
use crate::thumbnail;
use assay_contract::exchange::{DerivativeHead, Refusal, Task, ThumbnailHead};
use assay_contract::failure::Issue;
use assay_contract::frame::{Frame, FrameKind};
use assay_contract::limits::LimitHit;
use assay_contract::profile::DerivativeName;
use assay_contract::{Code, Facts};
use serde::Serialize;
use std::time::{Duration, Instant};

/// How often a long loop may say that it is alive.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// The child's voice.
pub struct Answer {
    channel: SharedChannel,
    last_sign_of_life: Instant,
}

impl Answer {
    /// Speaks into a channel.
    pub fn new(channel: SharedChannel) -> Self {
        Self { channel, last_sign_of_life: Instant::now() }
    }

    /// Says what is known. May be said again when more is known: the last word counts.
    pub fn facts(&mut self, facts: &Facts) -> Result<(), Stop> {
        self.send(FrameKind::Facts, facts, Vec::new())
    }

    /// Says what the owner should know.
    pub fn issue(&mut self, issue: &Issue) -> Result<(), Stop> {
        self.send(FrameKind::Issue, issue, Vec::new())
    }

    /// Says that an output is refused while the rest stands: the record becomes partial.
    pub fn refuse_output(&mut self, refusal: &Refusal) -> Result<(), Stop> {
        let sentence = refusal.code.row().sentence;
        self.issue(&Issue::error(refusal.code.as_str(), format!("{sentence} ({})", refusal.reason)))
    }

    /// Makes and sends every thumbnail that the task wants of a picture, one decode for all.
    /// `orientation` is EXIF's, 1 to 8: it is applied after the picture is made small.
    /// Returns the smallest one's pixels, for colour and hash.
    pub fn thumbnails(&mut self, task: &Task, picture: &Picture, orientation: u8) -> Result<Option<Picture>, Stop> {
        let mut specs: Vec<_> = task.thumbnails.iter().collect();
        specs.sort_by_key(|spec| std::cmp::Reverse(spec.max_px));
        let mut smallest: Option<Picture> = None;
        for spec in specs {
            // Each size is made from the one before: a 256-px picture of a 1,024-px one costs a sixteenth.
            let small = match &smallest {
                Some(larger) => larger.fitted(spec.max_px)?,
                None => picture.fitted(spec.max_px)?.oriented(orientation),
            };
            let bytes = thumbnail::encode(&small, spec)?;
            if bytes.len() as u64 > task.limits.thumbnail_bytes {
                let hit = LimitHit::new("thumbnail_bytes", bytes.len() as u64, task.limits.thumbnail_bytes);
                self.refuse_output(&Refusal::limit(Code::LimitExceeded, hit))?;
            } else {
                let head = ThumbnailHead {
                    name: spec.name.clone(),
                    mime_type: spec.format.mime_type().to_owned(),
                    width: small.width(),
                    height: small.height(),
                };
                self.send(FrameKind::Thumbnail, &head, bytes)?;
            }
            smallest = Some(small);
        }
        Ok(smallest)
    }

    /// Sends something else that was made.
    pub fn derivative(&mut self, task: &Task, name: DerivativeName, mime_type: &str, bytes: Vec<u8>) -> Result<(), Stop> {
        if bytes.len() as u64 > task.limits.derivative_bytes {
            let hit = LimitHit::new("derivative_bytes", bytes.len() as u64, task.limits.derivative_bytes);
            return self.refuse_output(&Refusal::limit(Code::LimitExceeded, hit));
        }
        self.send(FrameKind::Derivative, &DerivativeHead { name, mime_type: mime_type.to_owned() }, bytes)
    }

    /// Says that a long loop is still at work; cheap enough to be called for each packet.
    pub fn progress(&mut self) -> Result<(), Stop> {
        if self.last_sign_of_life.elapsed() < PROGRESS_EVERY {
            return Ok(());
        }
        self.last_sign_of_life = Instant::now();
        self.channel.borrow_mut().send(&Frame::bare(FrameKind::Progress)).map_err(Stop::Gone)
    }

    fn send(&mut self, kind: FrameKind, head: &impl Serialize, body: Vec<u8>) -> Result<(), Stop> {
        let frame = Frame::new(kind, head, body).map_err(Stop::Gone)?;
        self.last_sign_of_life = Instant::now();
        self.channel.borrow_mut().send(&frame).map_err(Stop::Gone)
    }
}
