//! What every test needs: a rehearsal, and a look at what came of it.

use assay_contract::AssetKind;
use assay_contract::details::{Details, DicomDetails};
use assay_contract::exchange::Task;
use assay_contract::failure::Severity;
use assay_dicom::Dicom;
use assay_kit::rehearse::{self, Rehearsed};
use std::path::PathBuf;

/// A task as a probe would give it.
pub(crate) fn task(bytes: usize) -> Task {
    rehearse::task("application/dicom", Some(AssetKind::Dicom), bytes as u64)
}

/// All that is said of a file.
pub(crate) fn said(bytes: &[u8]) -> Rehearsed {
    rehearse::rehearse(&Dicom, &task(bytes.len()), bytes.to_vec())
}

/// The details, which must be there.
pub(crate) fn details(said: &Rehearsed) -> DicomDetails {
    match &said.facts.as_ref().unwrap_or_else(|| panic!("no facts: {:?}", said.refusal)).details {
        Details::Dicom(details) => (**details).clone(),
        other => panic!("no instance: {other:?}"),
    }
}

/// The codes of all issues and of the refusal.
pub(crate) fn codes(said: &Rehearsed) -> Vec<&str> {
    said.issues.iter().map(|issue| issue.code.as_str()).chain(said.refusal.as_ref().map(|refusal| refusal.code.as_str())).collect()
}

/// As a record would have it.
pub(crate) fn status(said: &Rehearsed) -> &'static str {
    let has_errors = said.issues.iter().any(|issue| issue.severity == Severity::Error);
    match (&said.facts, said.refusal.is_some() || has_errors) {
        (None, _) => "failed",
        (Some(_), true) => "partial",
        (Some(_), false) => "complete",
    }
}

/// The JPEG thumbnail: width, height, red, green and blue of each pixel.
pub(crate) fn preview(said: &Rehearsed) -> (usize, usize, Vec<[u8; 3]>) {
    let (head, bytes) = said.thumbnails.iter().find(|(head, _)| head.mime_type == "image/jpeg").unwrap_or_else(|| panic!("{said:?}"));
    let picture = turbojpeg::decompress(bytes, turbojpeg::PixelFormat::RGB).unwrap();
    assert_eq!((picture.width, picture.height), (head.width as usize, head.height as usize));
    (picture.width, picture.height, picture.pixels.as_chunks::<3>().0.to_vec())
}

/// Asserts a colour within what lossy encoding may change.
#[track_caller]
pub(crate) fn assert_near(got: [u8; 3], want: [u8; 3]) {
    assert!(got.iter().zip(want).all(|(a, b)| a.abs_diff(b) <= 12), "{got:?} is not near {want:?}");
}

/// The folder of files that the project's recipes made.
pub(crate) fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures")
}

/// One of those files.
pub(crate) fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(fixtures().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
