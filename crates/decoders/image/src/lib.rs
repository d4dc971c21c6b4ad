//! Pictures: facts and thumbnails from JPEG, PNG, GIF, WebP, BMP and TIFF; a format is one file and one row of [`format::FORMATS`].

mod bytes;
mod colour;
mod decoder;
mod exif;
pub mod format;
mod samples;
mod seen;
mod shrink;
mod tint;

mod bmp;
mod gif;
mod jpeg;
mod png;
mod tiff;
mod webp;

pub use decoder::ImageDecoder;
