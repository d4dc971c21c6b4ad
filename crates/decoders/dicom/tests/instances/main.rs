//! The decoder of DICOM instances, run whole over files: what it says, what it shows, what it keeps to itself.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests"
)]

mod begins;
mod behind;
mod blocks;
mod damage;
mod fixtures;
mod maker;
mod pictures;
mod secrecy;
mod stage;
mod syntaxes;
