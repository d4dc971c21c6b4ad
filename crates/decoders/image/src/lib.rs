//! Pictures: facts and thumbnails from JPEG, PNG, GIF, WebP, BMP and TIFF; a format is one file and one row of [`format::FORMATS`].

mod boxes;
mod bytes;
mod cicp;
mod colour;
mod decoder;
mod exif;
mod ffi;
pub mod format;
mod samples;
mod seen;
mod shrink;
mod tint;
mod tone;

mod bmp;
mod gif;
mod heif;
mod jp2;
mod jpeg;
mod png;
mod tiff;
mod webp;

pub use decoder::ImageDecoder;
