//! Pictures: facts and thumbnails from JPEG, PNG, GIF, WebP, BMP and TIFF; a format is one file and one row of [`format::FORMATS`].

mod boxes;
mod bytes;
mod cicp;
mod colour;
mod decoder;
mod exif;
mod ffi;
pub mod format;
mod light;
mod samples;
mod seen;
mod shrink;
mod thumbnails;
mod tint;
mod tone;
mod watched;
mod whole;

mod bmp;
mod exr;
mod gif;
mod heif;
mod ico;
mod jp2;
mod jpeg;
mod jxl;
mod png;
mod pnm;
mod psd;
mod qoi;
mod radiance;
mod raw;
mod svg;
mod tga;
mod tiff;
mod webp;

pub use decoder::ImageDecoder;
