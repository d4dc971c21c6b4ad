//! The only room that calls OpenJPEG: its declarations here, an owner for each of its objects in the files below.

#![allow(unsafe_code, reason = "a C library is called; each block says why it is sound")]

pub(crate) mod codec;
pub(crate) mod picture;
pub(crate) mod stream;

use std::ffi::{CStr, c_char, c_int, c_void};

/// Longest sentence of the library that is passed on, characters.
const WORDS: usize = 160;

/// The library's version.
pub fn version() -> String {
    // SAFETY: the library returns a constant text.
    unsafe { words(opj_version()) }
}

/// A sentence of the library.
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

/// `opj_image_comp_t` of OpenJPEG 2.
#[derive(Debug)]
#[repr(C)]
struct RawComponent {
    dx: u32,
    dy: u32,
    width: u32,
    height: u32,
    x0: u32,
    y0: u32,
    bits: u32,
    old_bits: u32,
    is_signed: u32,
    decoded: u32,
    factor: u32,
    samples: *mut i32,
    alpha: u16,
}

/// `opj_image_t` of OpenJPEG 2.
#[repr(C)]
struct RawImage {
    x0: u32,
    y0: u32,
    x1: u32,
    y1: u32,
    count: u32,
    space: c_int,
    components: *mut RawComponent,
    profile: *mut u8,
    profile_bytes: u32,
}

/// More than `opj_dparameters_t` has after its first number: two names of 4,096 bytes and some numbers.
const PARAMETERS: usize = 16_384;

/// `opj_dparameters_t` of OpenJPEG 2, of which only the first number is used here.
#[repr(C, align(8))]
struct Parameters {
    halvings: u32,
    rest: [u8; PARAMETERS],
}

type Hear = extern "C" fn(*const c_char, *mut c_void);

#[link(name = "openjp2")]
unsafe extern "C" {
    fn opj_version() -> *const c_char;
    fn opj_stream_create(buffer: usize, is_input: c_int) -> *mut c_void;
    fn opj_stream_destroy(stream: *mut c_void);
    fn opj_stream_set_read_function(stream: *mut c_void, read: extern "C" fn(*mut c_void, usize, *mut c_void) -> usize);
    fn opj_stream_set_skip_function(stream: *mut c_void, skip: extern "C" fn(i64, *mut c_void) -> i64);
    fn opj_stream_set_seek_function(stream: *mut c_void, seek: extern "C" fn(i64, *mut c_void) -> c_int);
    fn opj_stream_set_user_data(stream: *mut c_void, place: *mut c_void, free: Option<extern "C" fn(*mut c_void)>);
    fn opj_stream_set_user_data_length(stream: *mut c_void, length: u64);
    fn opj_create_decompress(format: c_int) -> *mut c_void;
    fn opj_destroy_codec(codec: *mut c_void);
    fn opj_set_warning_handler(codec: *mut c_void, hear: Hear, heard: *mut c_void) -> c_int;
    fn opj_set_error_handler(codec: *mut c_void, hear: Hear, heard: *mut c_void) -> c_int;
    fn opj_set_default_decoder_parameters(parameters: *mut Parameters);
    fn opj_setup_decoder(codec: *mut c_void, parameters: *mut Parameters) -> c_int;
    fn opj_decoder_set_strict_mode(codec: *mut c_void, strict: c_int) -> c_int;
    fn opj_read_header(stream: *mut c_void, codec: *mut c_void, image: *mut *mut RawImage) -> c_int;
    fn opj_decode(codec: *mut c_void, stream: *mut c_void, image: *mut RawImage) -> c_int;
    fn opj_image_destroy(image: *mut RawImage);
}
