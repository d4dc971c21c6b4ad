//! An instance of a gigabyte that is not in memory costs a few blocks: its head, and the frame in the middle.

use crate::maker::{EXPLICIT, Maker};
use crate::stage::{assert_near, details, preview, status, task};
use assay_contract::exchange::{InputKind, ReadAt};
use assay_contract::frame::{Frame, FrameKind};
use assay_dicom::Dicom;
use assay_kit::channel::Channel;
use assay_kit::rehearse::Rehearsed;
use assay_kit::{Answer, Decoder, Input};
use std::cell::RefCell;
use std::io;
use std::rc::Rc;

const SIDE: u64 = 512;
const FRAMES: u64 = 4_096;

/// A worker that makes up the bytes of a file: frames of one shade each, and counts what it serves.
#[derive(Default)]
struct Worker {
    head: Vec<u8>,
    served: u64,
    said: Rehearsed,
}

impl Worker {
    fn byte(&self, at: u64) -> u8 {
        if let Some(byte) = usize::try_from(at).ok().and_then(|at| self.head.get(at)) {
            return *byte;
        }
        let frame = (at - self.head.len() as u64) / (SIDE * SIDE);
        if frame == FRAMES / 2 { 160 } else { 7 }
    }
}

impl Channel for Worker {
    fn send(&mut self, frame: &Frame) -> io::Result<()> {
        match frame.kind {
            FrameKind::Facts => self.said.facts = Some(frame.head()?),
            FrameKind::Issue => self.said.issues.push(frame.head()?),
            FrameKind::Thumbnail => self.said.thumbnails.push((frame.head()?, frame.body.clone())),
            _ => {}
        }
        Ok(())
    }

    fn ask(&mut self, frame: &Frame) -> io::Result<Frame> {
        let asked: ReadAt = frame.head()?;
        self.served += u64::from(asked.bytes);
        let body = (asked.offset..asked.offset + u64::from(asked.bytes)).map(|at| self.byte(at)).collect();
        Ok(Frame { kind: FrameKind::Block, head: Vec::new(), body })
    }
}

#[test]
fn a_gigabyte_of_frames_costs_a_few_blocks() {
    let mut head = Maker::gray(512, 512)
        .with(0x28, 8, "IS", FRAMES.to_string().as_bytes())
        .with(0x28, 0x1050, "DS", b"128")
        .with(0x28, 0x1051, "DS", b"256");
    head.head(0x7fe0, 0x10, "OB", (FRAMES * SIDE * SIDE) as u32);
    let head = head.file(EXPLICIT);
    let length = head.len() as u64 + FRAMES * SIDE * SIDE;
    assert!(length > 1 << 30);
    let worker = Rc::new(RefCell::new(Worker { head, ..Worker::default() }));
    let mut task = task(0);
    (task.content_length, task.input) = (length, InputKind::Blocks);
    let mut input = Input::in_blocks(worker.clone(), length, task.limits.block_bytes);
    Dicom.decode(&task, &mut input, &mut Answer::new(worker.clone())).unwrap();
    let worker = worker.borrow();
    assert_eq!((status(&worker.said), details(&worker.said).frame_count), ("complete", Some(FRAMES)), "{:?}", worker.said);
    let (_, _, pixels) = preview(&worker.said);
    assert_near(pixels[pixels.len() / 2], [160; 3]);
    assert!(worker.served < 2 << 20, "{} bytes", worker.served);
}
