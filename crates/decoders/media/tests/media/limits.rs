//! Limits one below, at and one above what an asset needs; and an asset that is served in blocks.

use super::{fixture, looked_at};
use assay_contract::exchange::{InputKind, ReadAt};
use assay_contract::frame::{Frame, FrameKind};
use assay_contract::{Code, Facts};
use assay_kit::channel::Channel;
use assay_kit::rehearse::{Rehearsed, rehearse, task};
use assay_kit::{Answer, Decoder, Input, Stop};
use assay_media::Media;
use std::cell::RefCell;
use std::io;
use std::rc::Rc;

fn with(name: &str, change: impl FnOnce(&mut assay_contract::limits::DecodeLimits)) -> Rehearsed {
    let bytes = fixture(name);
    let mut task = task("video/mp4", None, bytes.len() as u64);
    change(&mut task.limits);
    rehearse(&Media, &task, bytes)
}

fn codes(said: &Rehearsed) -> Vec<&str> {
    said.issues.iter().map(|issue| issue.code.as_str()).collect()
}

#[test]
fn a_frame_too_many_refuses_the_count_but_not_the_facts() {
    for (most, expected) in [(74, vec!["limit-exceeded"]), (75, vec![]), (76, vec![])] {
        let said = with("media/mp4-moov-at-end.mp4", |limits| limits.frames = most);
        assert_eq!(codes(&said), expected, "{most}");
        assert_eq!(said.facts.unwrap().media_attributes.width, Some(480));
        assert_eq!(said.thumbnails.len(), 2, "a picture needs no count");
    }
}

#[test]
fn a_pixel_too_many_refuses_the_picture_but_not_the_facts() {
    let pixels = 480 * 270;
    for (most, expected) in [(pixels - 1, vec!["too-many-pixels"]), (pixels, vec![]), (pixels + 1, vec![])] {
        let said = with("media/mp4-moov-at-end.mp4", |limits| limits.pixels = most);
        assert_eq!(codes(&said), expected, "{most}");
        assert_eq!(said.facts.unwrap().media_attributes.frame_count, Some(75));
    }
}

/// A worker that serves blocks.
struct Server {
    bytes: Vec<u8>,
    facts: Option<Facts>,
    pictures: usize,
}

impl Channel for Server {
    fn send(&mut self, frame: &Frame) -> io::Result<()> {
        match frame.kind {
            FrameKind::Facts => self.facts = Some(frame.head()?),
            FrameKind::Thumbnail => self.pictures += 1,
            _ => {}
        }
        Ok(())
    }

    fn ask(&mut self, frame: &Frame) -> io::Result<Frame> {
        let ask: ReadAt = frame.head()?;
        let start = usize::try_from(ask.offset).unwrap();
        Ok(Frame { kind: FrameKind::Block, head: Vec::new(), body: self.bytes[start..start + ask.bytes as usize].to_vec() })
    }
}

fn in_blocks(name: &str, allowance: u64) -> (Result<(), Stop>, Option<Facts>, usize) {
    let bytes = fixture(name);
    let length = bytes.len() as u64;
    let server = Rc::new(RefCell::new(Server { bytes, facts: None, pictures: 0 }));
    let mut task = task("video/mp4", None, length);
    task.input = InputKind::Blocks;
    let mut input = Input::in_blocks(server.clone(), length, allowance);
    let end = Media.decode(&task, &mut input, &mut Answer::new(server.clone()));
    let mut server = server.borrow_mut();
    (end, server.facts.take(), server.pictures)
}

#[test]
fn blocks_and_memory_say_the_same() {
    for name in ["media/mp4-moov-at-end.mp4", "media/mkv-h264-vorbis.mkv", "media/mp3-cover-art.mp3", "media/ts-h264-aac.ts"] {
        let (end, facts, pictures) = in_blocks(name, u64::MAX);
        end.unwrap();
        assert_eq!((facts, pictures), (looked_at(fixture(name)).facts, 2), "{name}");
    }
}

#[test]
fn an_asset_that_asks_for_more_bytes_than_it_may_cost_is_refused() {
    match in_blocks("media/mp4-moov-at-end.mp4", 1000).0 {
        Err(Stop::Refused(refusal)) => assert_eq!(refusal.code, Code::LimitExceeded),
        other => panic!("{other:?}"),
    }
}
