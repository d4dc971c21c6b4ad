//! The library's decoder.

use super::picture::Picture;
use super::stream::Stream;
use super::{
    PARAMETERS, Parameters, opj_create_decompress, opj_decode, opj_decoder_set_strict_mode, opj_destroy_codec, opj_read_header,
    opj_set_default_decoder_parameters, opj_set_error_handler, opj_set_warning_handler, opj_setup_decoder, words,
};
use crate::decode::{Ask, Failure, Wrapping};
use crate::heard::Heard;
use std::ffi::{c_char, c_void};
use std::marker::PhantomData;
use std::ptr::{NonNull, null_mut};

/// Owns the library's decoder; `'a` is the life of what hears it.
pub(crate) struct Codec<'a>(NonNull<c_void>, PhantomData<&'a mut ()>);

impl<'a> Codec<'a> {
    pub(crate) fn new(ask: Ask, heard: &'a mut Heard) -> Result<Self, Failure> {
        let format = match ask.wrapping {
            Wrapping::Codestream => 0,
            Wrapping::Boxes => 2,
        };
        let heard = (&raw mut *heard).cast::<c_void>();
        // SAFETY: a number that the library knows.
        let codec = Self(NonNull::new(unsafe { opj_create_decompress(format) }).ok_or(Failure::Memory)?, PhantomData);
        let mut parameters = Box::new(Parameters { halvings: 0, rest: [0; PARAMETERS] });
        // SAFETY: the codec is alive; `heard` outlives it by its lifetime; the parameters are larger than what the library writes and reads.
        let is_ready = unsafe {
            opj_set_warning_handler(codec.0.as_ptr(), hear_warning, heard);
            opj_set_error_handler(codec.0.as_ptr(), hear_error, heard);
            opj_set_default_decoder_parameters(&raw mut *parameters);
            parameters.halvings = ask.halvings;
            // Not strict: a cut file shows what is there.
            opj_setup_decoder(codec.0.as_ptr(), &raw mut *parameters) != 0 && opj_decoder_set_strict_mode(codec.0.as_ptr(), 0) != 0
        };
        if is_ready { Ok(codec) } else { Err(Failure::Damaged("the decoder could not be set up".to_owned())) }
    }

    /// A picture without samples, if the header can be read.
    pub(crate) fn header(&mut self, stream: &mut Stream<'_>) -> Option<Picture> {
        let mut image = null_mut();
        // SAFETY: stream and codec are alive, the place for the answer is a live variable.
        let is_read = unsafe { opj_read_header(stream.0.as_ptr(), self.0.as_ptr(), &raw mut image) } != 0;
        // SAFETY: what the library leaves there is a picture of the caller's, whether it reports success or not.
        let picture = NonNull::new(image).map(|image| unsafe { Picture::owning(image) });
        picture.filter(|_| is_read)
    }

    /// Fills the picture; false when it could not be filled whole.
    pub(crate) fn decode(&mut self, stream: &mut Stream<'_>, picture: &mut Picture) -> bool {
        // SAFETY: codec, stream and image are alive and belong together.
        unsafe { opj_decode(self.0.as_ptr(), stream.0.as_ptr(), picture.raw()) != 0 }
    }
}

impl Drop for Codec<'_> {
    fn drop(&mut self) {
        // SAFETY: it came from opj_create_decompress and is destroyed once.
        unsafe { opj_destroy_codec(self.0.as_ptr()) }
    }
}

extern "C" fn hear_warning(text: *const c_char, heard: *mut c_void) {
    // SAFETY: `heard` is the `Heard` that Codec::new was given, which outlives the codec and is used by nothing else meanwhile.
    let heard = unsafe { &mut *heard.cast::<Heard>() };
    // SAFETY: the library gives a NUL-terminated text for the time of the call.
    heard.warn(unsafe { words(text) });
}

extern "C" fn hear_error(text: *const c_char, heard: *mut c_void) {
    // SAFETY: as in `hear_warning`.
    let heard = unsafe { &mut *heard.cast::<Heard>() };
    // SAFETY: as in `hear_warning`.
    heard.fail(unsafe { words(text) });
}
