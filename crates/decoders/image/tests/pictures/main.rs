//! The decoder of pictures, run whole over files: what it says, what it shows, what it refuses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests"
)]

mod animation;
mod colour;
mod damage;
mod drawing;
mod facts;
mod fixtures;
mod heavy;
mod limits;
mod maker;
mod orientation;
mod rare;
mod raw;
mod stage;
mod tiff_models;
mod tiff_second;
