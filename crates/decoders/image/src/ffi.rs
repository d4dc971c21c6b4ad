//! The only room that calls C libraries: one file for each, and what they share.
//!
//! What crosses its edge are plain values and copies; nothing borrowed from a library leaves its file.

#![allow(unsafe_code, reason = "C libraries are called; each block says why it is sound")]

pub(crate) mod heif;
pub(crate) mod libtiff;
pub(crate) mod turbo;

use std::ffi::{CStr, c_char};

/// Longest sentence of a library that is passed on, characters.
const WORDS: usize = 160;

/// A library's sentence.
///
/// # Safety
/// `text` is null, or leads to a NUL-terminated text that nothing changes meanwhile.
unsafe fn words(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: not null, and the rest is what the caller promises.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_string_lossy().chars().filter(|c| !c.is_control()).take(WORDS).collect()
}
