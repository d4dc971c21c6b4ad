//! DICOM instances: facts without a word on the patient, and a thumbnail of the middle frame.
//!
//! An attribute is read because it is on a list (`attributes.rs`); what is not on it is skipped unread, so nothing of the patient can be told.

mod decoder;

mod attributes;
mod encoding;
mod facts;
mod opening;
mod source;
mod syntax;
mod terms;
mod value;
mod walk;

mod burned_in;
mod fragments;
mod frame;
mod pixels;

mod deflated;
mod ffi;
mod jpeg;
mod jpeg2000;
mod jpeg_ls;
mod jpeg_xl;
mod native;
mod rle;

mod colour;
mod lut;
mod segments;
mod shades;
mod shown;

pub use decoder::Dicom;
