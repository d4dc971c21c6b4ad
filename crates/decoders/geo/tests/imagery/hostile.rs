//! Files that want to lead elsewhere, or ask for far more than they are.

use super::{codes, details, fixture, looked_at, said};
use assay_contract::exchange::{InputKind, ReadAt};
use assay_contract::frame::{Frame, FrameKind};
use assay_contract::{Code, Facts};
use assay_geo::Geo;
use assay_kit::channel::Channel;
use assay_kit::rehearse::task;
use assay_kit::{Answer, Decoder, Input, Stop};
use std::cell::RefCell;
use std::io;
use std::rc::Rc;

#[test]
fn a_list_of_other_files_is_not_imagery_whatever_its_name_or_first_bytes() {
    for name in ["geo-vrt-file.tif", "geo-vrt-metadata-server.tif", "geo-vrt-after-magic.tif"] {
        let said = said(&format!("hostile/{name}"));
        assert!(said.facts.is_none(), "{name}");
        assert!(matches!(said.refusal.unwrap().code, Code::UnsupportedFormat | Code::CorruptAsset), "{name}");
    }
}

#[test]
fn overviews_that_are_said_to_lie_elsewhere_are_not_there() {
    for name in ["geo-overviews-elsewhere.tif", "geo-overviews-metadata-server.tif"] {
        let said = said(&format!("hostile/{name}"));
        assert_eq!((details(&said).overviews.len(), said.thumbnails.len(), codes(&said).len()), (0, 2, 0), "{name}");
    }
}

#[test]
fn a_plain_tiff_is_no_imagery() {
    let mut tiff = fixture("media/geo-utm.tif");
    // The tags that place it, with other numbers: private tags that mean nothing.
    for tag in [33_550_u16, 33_922, 34_735] {
        let place = tiff.windows(2).position(|two| two == tag.to_le_bytes()).unwrap();
        tiff[place..place + 2].copy_from_slice(&60_000_u16.to_le_bytes());
    }
    assert_eq!(looked_at(tiff).refusal.unwrap().code, Code::UnsupportedFormat);
}

/// A worker that serves blocks, and counts their bytes.
struct Server {
    bytes: Vec<u8>,
    served: u64,
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
        self.served += u64::from(ask.bytes);
        Ok(Frame { kind: FrameKind::Block, head: Vec::new(), body: self.bytes[start..start + ask.bytes as usize].to_vec() })
    }
}

fn in_blocks(name: &str, allowance: u64) -> (Result<(), Stop>, Option<Facts>, usize) {
    let bytes = fixture(name);
    let length = bytes.len() as u64;
    let server = Rc::new(RefCell::new(Server { bytes, served: 0, facts: None, pictures: 0 }));
    let mut task = task("image/tiff", None, length);
    task.input = InputKind::Blocks;
    let mut input = Input::in_blocks(server.clone(), length, allowance);
    let end = Geo.decode(&task, &mut input, &mut Answer::new(server.clone()));
    let mut server = server.borrow_mut();
    (end, server.facts.take(), server.pictures)
}

#[test]
fn blocks_and_memory_say_the_same() {
    for name in ["media/geo-cog.tif", "media/geo-bigtiff.tif", "media/nitf-two-segments.ntf", "media/nitf-jpeg-2000.ntf"] {
        let (end, facts, pictures) = in_blocks(name, u64::MAX);
        end.unwrap();
        assert_eq!((facts, pictures), (said(name).facts, 2), "{name}");
    }
}

#[test]
fn an_asset_that_asks_for_more_bytes_than_it_may_cost_is_refused() {
    match in_blocks("media/geo-cog.tif", 1000).0 {
        Err(Stop::Refused(refusal)) => assert_eq!(refusal.code, Code::LimitExceeded),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_block_that_would_not_fit_is_refused_before_it_is_read() {
    let said = said("hostile/geo-one-tile-of-3-gigabytes.tif");
    if said.facts.is_some() {
        assert!(codes(&said).iter().any(|code| matches!(*code, "limit-exceeded" | "corrupt-asset")), "{:?}", codes(&said));
    }
    assert!(said.thumbnails.is_empty());
}
