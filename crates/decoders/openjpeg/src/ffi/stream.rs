//! The library's stream over bytes in memory.

use super::{
    opj_stream_create, opj_stream_destroy, opj_stream_set_read_function, opj_stream_set_seek_function, opj_stream_set_skip_function,
    opj_stream_set_user_data, opj_stream_set_user_data_length,
};
use crate::decode::Failure;
use std::ffi::{c_int, c_void};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// Where reading is in the bytes.
pub(crate) struct Place<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Place<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }
}

/// Owns the library's stream.
pub(crate) struct Stream<'a>(pub(super) NonNull<c_void>, PhantomData<&'a mut ()>);

impl<'a> Stream<'a> {
    pub(crate) fn over(place: &'a mut Place<'_>) -> Result<Self, Failure> {
        const BUFFER: usize = 1 << 16;
        let length = place.bytes.len() as u64;
        // SAFETY: plain numbers.
        let stream = NonNull::new(unsafe { opj_stream_create(BUFFER, 1) }).ok_or(Failure::Memory)?;
        // SAFETY: the stream is alive; the functions have the types that the library calls; `place` outlives the stream by its lifetime.
        unsafe {
            opj_stream_set_read_function(stream.as_ptr(), read);
            opj_stream_set_skip_function(stream.as_ptr(), skip);
            opj_stream_set_seek_function(stream.as_ptr(), seek);
            opj_stream_set_user_data(stream.as_ptr(), (&raw mut *place).cast(), None);
            opj_stream_set_user_data_length(stream.as_ptr(), length);
        }
        Ok(Self(stream, PhantomData))
    }
}

impl Drop for Stream<'_> {
    fn drop(&mut self) {
        // SAFETY: it came from opj_stream_create and is destroyed once.
        unsafe { opj_stream_destroy(self.0.as_ptr()) }
    }
}

extern "C" fn read(into: *mut c_void, bytes: usize, place: *mut c_void) -> usize {
    // SAFETY: `place` is the `Place` that Stream::over was given, which outlives the stream and is used by nothing else meanwhile.
    let place = unsafe { &mut *place.cast::<Place<'_>>() };
    let rest = place.bytes.get(place.at..).unwrap_or_default();
    let count = rest.len().min(bytes);
    if count == 0 {
        // The library's sign for the end of the file.
        return usize::MAX;
    }
    // SAFETY: the library gives room for `bytes`, which is at least `count`; `rest` is at least as long and lies elsewhere.
    unsafe { std::ptr::copy_nonoverlapping(rest.as_ptr(), into.cast::<u8>(), count) };
    place.at += count;
    count
}

extern "C" fn skip(bytes: i64, place: *mut c_void) -> i64 {
    // SAFETY: as in `read`.
    let place = unsafe { &mut *place.cast::<Place<'_>>() };
    match usize::try_from(bytes).ok().and_then(|bytes| place.at.checked_add(bytes)) {
        Some(at) => {
            place.at = at;
            bytes
        }
        None => -1,
    }
}

extern "C" fn seek(to: i64, place: *mut c_void) -> c_int {
    // SAFETY: as in `read`.
    let place = unsafe { &mut *place.cast::<Place<'_>>() };
    match usize::try_from(to) {
        Ok(at) => {
            place.at = at;
            1
        }
        Err(_) => 0,
    }
}
