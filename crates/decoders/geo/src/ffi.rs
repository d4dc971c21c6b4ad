//! The only room that calls GDAL, PROJ and SQLite: a dataset over the kit's input, its bands, its place.
//!
//! What crosses its edge are plain values: strings are copied, enumerations are read as numbers, and a dataset can't outlive
//! the input it reads.

#![allow(unsafe_code, reason = "GDAL is a C library; each block says why it is sound")]

mod band;
mod dataset;
mod disk;
mod hearing;
mod library;
mod reference;
mod registry;

pub(crate) use band::{Band, Interpretation, MaskKind, Resampling, Window};
pub(crate) use dataset::{Dataset, Driver};
pub(crate) use disk::Mounted;
pub(crate) use hearing::{Format, Hearing};
pub(crate) use library::{begin, versions};
pub(crate) use reference::Reference;

use std::ffi::{CStr, CString, c_char};
use std::io;

/// Why GDAL did not do it. Its own messages may hold what the file says, so they are not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("the library could not do it")]
    Failed,
    #[error(transparent)]
    Input(#[from] io::Error),
}

/// A C string of the library's, copied.
fn text(from: *const c_char) -> Option<String> {
    // SAFETY: GDAL's strings end with a zero and live until the next call; null is checked; the text is copied.
    (!from.is_null()).then(|| unsafe { CStr::from_ptr(from) }.to_string_lossy().into_owned())
}

/// A string for the library; one that holds a zero byte becomes empty.
fn c_text(from: &str) -> CString {
    CString::new(from).unwrap_or_default()
}
