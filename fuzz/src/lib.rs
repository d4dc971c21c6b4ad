//! What is tried with any bytes: a target ends, whatever it is given, and panics only where a promise is broken.
#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "a target says by a panic which promise is broken")]

mod address;
mod answer;
#[cfg(feature = "decoders")]
mod decoders;
pub mod drive;
mod jobs;
mod mutation;
mod program;
mod sniff;

pub use address::address;
pub use answer::{frame, frame_index, is_believed, thumbnail};
#[cfg(feature = "decoders")]
pub use decoders::{dicom, document, geo, image, media, text};
pub use jobs::{job, manifest};
pub use sniff::sniff;

/// As long as a real signature, and longer than any word that a refusal repeats; seeds hold it where secrets stand.
const SIGNATURE: &str = "5ec7e7c0ffee5ec7e7c0ffee5ec7e7c0ffee5ec7e7c0ffee5ec7e7c0ffee5ec7";
