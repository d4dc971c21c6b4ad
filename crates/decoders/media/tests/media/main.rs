//! The decoder of video and audio over `fixtures/`, rehearsed: the same code as in a child, without the confinement.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod damage;
mod limits;
mod manifest;
mod pictures;
mod refusals;
mod storyboard;
mod timing;

use assay_contract::details::{Details, VideoDetails};
use assay_kit::rehearse::{Rehearsed, rehearse, task};
use assay_media::Media;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures")
}

fn fixture(name: &str) -> Vec<u8> {
    let path = folder().join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn looked_at(bytes: Vec<u8>) -> Rehearsed {
    rehearse(&Media, &task("application/octet-stream", None, bytes.len() as u64), bytes)
}

fn video(name: &str) -> VideoDetails {
    match looked_at(fixture(name)).facts.map(|facts| facts.details) {
        Some(Details::Video(details)) => *details,
        other => panic!("{name} is no video: {other:?}"),
    }
}
