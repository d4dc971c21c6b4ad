//! Runs the decoder, and reads what it shows.

use assay_contract::AssetKind;
use assay_contract::details::{Details, ImageDetails};
use assay_contract::exchange::Task;
use assay_image::{ImageDecoder, format};
use assay_kit::rehearse::{self, Rehearsed};
use std::path::PathBuf;

/// A task as a probe would give it.
pub(crate) fn task(bytes: &[u8]) -> Task {
    let mime_type = format::recognise(bytes).map_or("application/octet-stream", |format| format.mime_type);
    rehearse::task(mime_type, Some(AssetKind::Image), bytes.len() as u64)
}

/// All that is said of a file.
pub(crate) fn said(bytes: &[u8]) -> Rehearsed {
    said_for(&task(bytes), bytes)
}

/// All that is said of a file for a task.
pub(crate) fn said_for(task: &Task, bytes: &[u8]) -> Rehearsed {
    rehearse::rehearse(&ImageDecoder, task, bytes.to_vec())
}

/// The details, which must be there.
pub(crate) fn details(said: &Rehearsed) -> ImageDetails {
    match &said.facts.as_ref().unwrap_or_else(|| panic!("no facts: {:?}", said.refusal)).details {
        Details::Image(details) => (**details).clone(),
        other => panic!("no picture: {other:?}"),
    }
}

/// The codes of all issues.
pub(crate) fn codes(said: &Rehearsed) -> Vec<&str> {
    said.issues.iter().map(|issue| issue.code.as_str()).collect()
}

/// A file is read without a word of complaint, with both thumbnails.
pub(crate) fn is_complete(said: &Rehearsed) -> bool {
    said.refusal.is_none() && said.issues.is_empty() && said.thumbnails.len() == 2
}

/// Pixels as they are shown.
pub(crate) struct Shown {
    pub(crate) width: usize,
    pub(crate) height: usize,
    channels: usize,
    bytes: Vec<u8>,
}

impl Shown {
    /// A pixel at parts of the sides, from 0 to 1.
    pub(crate) fn at(&self, across: f64, down: f64) -> &[u8] {
        let (x, y) = ((across * self.width as f64) as usize, (down * self.height as f64) as usize);
        let start = (y.min(self.height - 1) * self.width + x.min(self.width - 1)) * self.channels;
        &self.bytes[start..start + self.channels]
    }
}

/// The JPEG thumbnail.
pub(crate) fn preview(said: &Rehearsed) -> Shown {
    let (head, bytes) = said.thumbnails.iter().find(|(head, _)| head.mime_type == "image/jpeg").expect("a preview");
    let picture = turbojpeg::decompress(bytes, turbojpeg::PixelFormat::RGB).unwrap();
    assert_eq!((picture.width, picture.height), (head.width as usize, head.height as usize));
    Shown { width: picture.width, height: picture.height, channels: 3, bytes: picture.pixels }
}

/// The WebP thumbnail.
pub(crate) fn grid(said: &Rehearsed) -> Shown {
    let (head, bytes) = said.thumbnails.iter().find(|(head, _)| head.mime_type == "image/webp").expect("a grid picture");
    let picture = webp::Decoder::new(bytes).decode().unwrap();
    assert_eq!((picture.width(), picture.height()), (head.width, head.height));
    let channels = if picture.is_alpha() { 4 } else { 3 };
    Shown { width: head.width as usize, height: head.height as usize, channels, bytes: picture.to_vec() }
}

/// Asserts a colour within what lossy encoding may change.
#[track_caller]
pub(crate) fn assert_near(got: &[u8], want: &[u8]) {
    assert!(got.len() == want.len() && got.iter().zip(want).all(|(a, b)| a.abs_diff(*b) <= 10), "{got:?} is not near {want:?}");
}

/// The folder of files that the project's recipes made.
pub(crate) fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures")
}

/// One of those files.
pub(crate) fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(fixtures().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
