//! CharLS's calls: from a JPEG-LS frame in memory to its samples.
//!
//! The bindings are written here: the crate that has them builds CharLS in, without the corrections that Debian's gets.

use std::ffi::{c_char, c_int, c_void};
use std::ptr::NonNull;

/// What a frame's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Info {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bits: i32,
    pub(crate) components: i32,
}

/// A frame whose header was read.
pub(crate) struct Frame<'a> {
    decoder: NonNull<c_void>,
    pub(crate) info: Info,
    /// Whether each component lies apart.
    pub(crate) in_planes: bool,
    bytes: std::marker::PhantomData<&'a [u8]>,
}

/// The library's version.
pub(crate) fn version() -> String {
    // SAFETY: the library returns a constant text.
    unsafe { super::words(charls_get_version_string()) }
}

impl<'a> Frame<'a> {
    /// Reads the header.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, String> {
        // SAFETY: no argument.
        let decoder = NonNull::new(unsafe { charls_jpegls_decoder_create() }).ok_or_else(|| "no memory".to_owned())?;
        let info = Info { width: 0, height: 0, bits: 0, components: 0 };
        let mut frame = Self { decoder, info, in_planes: false, bytes: std::marker::PhantomData };
        let (decoder, mut interleaving) = (frame.decoder.as_ptr(), 0);
        // SAFETY: the decoder is alive; pointer and length are of one slice that outlives it by its lifetime.
        told(unsafe { charls_jpegls_decoder_set_source_buffer(decoder, bytes.as_ptr().cast(), bytes.len()) })?;
        // SAFETY: the decoder is alive and has its bytes.
        told(unsafe { charls_jpegls_decoder_read_header(decoder) })?;
        // SAFETY: the decoder is alive and has read a header; the place for the answer is a live variable of the library's layout.
        told(unsafe { charls_jpegls_decoder_get_frame_info(decoder, &raw mut frame.info) })?;
        // SAFETY: as above.
        told(unsafe { charls_jpegls_decoder_get_interleave_mode(decoder, &raw mut interleaving) })?;
        frame.in_planes = interleaving == 0;
        Ok(frame)
    }

    /// Decodes into a buffer, which must be as long as the header asks: 1 byte a sample up to 8 bits, else 2 in the machine's order.
    pub(crate) fn decode(&self, into: &mut [u8]) -> Result<(), String> {
        let mut wanted = 0;
        // SAFETY: the decoder is alive and has read a header; the place for the answer is a live variable.
        told(unsafe { charls_jpegls_decoder_get_destination_size(self.decoder.as_ptr(), 0, &raw mut wanted) })?;
        if wanted != into.len() {
            return Err(format!("a frame of {wanted} bytes was asked for with room for {}", into.len()));
        }
        // SAFETY: the decoder is alive and has read a header; pointer and length are of one slice, as long as the library wants.
        told(unsafe { charls_jpegls_decoder_decode_to_buffer(self.decoder.as_ptr(), into.as_mut_ptr().cast(), into.len(), 0) })
    }
}

impl Drop for Frame<'_> {
    fn drop(&mut self) {
        // SAFETY: it came from charls_jpegls_decoder_create and is destroyed once.
        unsafe { charls_jpegls_decoder_destroy(self.decoder.as_ptr()) }
    }
}

fn told(result: c_int) -> Result<(), String> {
    if result == 0 {
        return Ok(());
    }
    // SAFETY: the library has a constant text for every number.
    Err(unsafe { super::words(charls_get_error_message(result)) })
}

#[link(name = "charls")]
unsafe extern "C" {
    fn charls_get_version_string() -> *const c_char;
    fn charls_get_error_message(result: c_int) -> *const c_char;
    fn charls_jpegls_decoder_create() -> *mut c_void;
    fn charls_jpegls_decoder_destroy(decoder: *const c_void);
    fn charls_jpegls_decoder_set_source_buffer(decoder: *mut c_void, bytes: *const c_void, length: usize) -> c_int;
    fn charls_jpegls_decoder_read_header(decoder: *mut c_void) -> c_int;
    fn charls_jpegls_decoder_get_frame_info(decoder: *const c_void, info: *mut Info) -> c_int;
    fn charls_jpegls_decoder_get_interleave_mode(decoder: *const c_void, mode: *mut c_int) -> c_int;
    fn charls_jpegls_decoder_get_destination_size(decoder: *const c_void, stride: u32, bytes: *mut usize) -> c_int;
    fn charls_jpegls_decoder_decode_to_buffer(decoder: *mut c_void, into: *mut c_void, length: usize, stride: u32) -> c_int;
}
