//! The decoder of imagery over `fixtures/`: rehearsed, and in a confined child.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod codestreams;
mod confined;
mod damage;
mod endings;
mod hostile;
mod lacking;
mod manifest;
mod pictures;
mod places;
mod structure;

use assay_contract::details::{Details, ImageryDetails};
use assay_geo::Geo;
use assay_kit::rehearse::{Rehearsed, rehearse, task};
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures")
}

fn fixture(name: &str) -> Vec<u8> {
    let path = folder().join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn looked_at(bytes: Vec<u8>) -> Rehearsed {
    rehearse(&Geo, &task("application/octet-stream", None, bytes.len() as u64), bytes)
}

fn said(name: &str) -> Rehearsed {
    looked_at(fixture(name))
}

fn details(said: &Rehearsed) -> &ImageryDetails {
    match said.facts.as_ref().map(|facts| &facts.details) {
        Some(Details::TiledImagery(details)) => details,
        other => panic!("no imagery: {other:?}, {:?}", said.refusal),
    }
}

fn codes(said: &Rehearsed) -> Vec<&str> {
    let refused = said.refusal.iter().map(|refusal| refusal.code.as_str());
    said.issues.iter().map(|issue| issue.code.as_str()).chain(refused).collect()
}
