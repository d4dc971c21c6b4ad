//! A decoder run in this very process, without confinement: for decoders' own tests, fuzz targets and benches.

use crate::channel::Channel;
use crate::decoder::{Decoder, Stop};
use crate::{Answer, Input};
use assay_contract::Facts;
use assay_contract::exchange::{DerivativeHead, InputKind, Refusal, Task, ThumbnailHead};
use assay_contract::failure::Issue;
use assay_contract::frame::{Frame, FrameKind};
use assay_contract::kind::AssetKind;
use assay_contract::profile::Profile;
use std::cell::RefCell;
use std::io;
use std::rc::Rc;

/// All that a decoder said.
#[derive(Debug, Default)]
pub struct Rehearsed {
    /// Its last word on the facts.
    pub facts: Option<Facts>,
    /// What the owner should know.
    pub issues: Vec<Issue>,
    /// Pictures, in the order they were made.
    pub thumbnails: Vec<(ThumbnailHead, Vec<u8>)>,
    /// Everything else that was made.
    pub derivatives: Vec<(DerivativeHead, Vec<u8>)>,
    /// Its reasoned no.
    pub refusal: Option<Refusal>,
}

/// A task as the standard profile makes it.
pub fn task(mime_type: &str, kind: Option<AssetKind>, content_length: u64) -> Task {
    let profile = Profile::standard();
    Task {
        mime_type: mime_type.to_owned(),
        kind,
        content_length,
        input: InputKind::Memory,
        thumbnails: profile.thumbnails,
        derivatives: profile.derivatives,
        identifiers: profile.identifiers,
        limits: profile.decode,
    }
}

/// Runs a decoder over bytes.
pub fn rehearse(decoder: &impl Decoder, task: &Task, bytes: Vec<u8>) -> Rehearsed {
    let stage = Rc::new(RefCell::new(Stage::default()));
    let outcome = decoder.decode(task, &mut Input::whole_in_memory(bytes), &mut Answer::new(stage.clone()));
    let mut said = std::mem::take(&mut stage.borrow_mut().said);
    said.refusal = match outcome {
        Ok(()) => None,
        Err(Stop::Refused(refusal)) => Some(refusal),
        Err(Stop::Gone(error)) => Some(Refusal::new(assay_contract::Code::Internal, error.to_string())),
    };
    said
}

#[derive(Default)]
struct Stage {
    said: Rehearsed,
}

impl Channel for Stage {
    fn send(&mut self, frame: &Frame) -> io::Result<()> {
        match frame.kind {
            FrameKind::Facts => self.said.facts = Some(frame.head()?),
            FrameKind::Issue => self.said.issues.push(frame.head()?),
            FrameKind::Thumbnail => self.said.thumbnails.push((frame.head()?, frame.body.clone())),
            FrameKind::Derivative => self.said.derivatives.push((frame.head()?, frame.body.clone())),
            _ => {}
        }
        Ok(())
    }

    fn ask(&mut self, _: &Frame) -> io::Result<Frame> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "a rehearsal has its whole input in memory"))
    }
}
