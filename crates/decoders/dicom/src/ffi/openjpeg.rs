//! OpenJPEG's calls: from a JPEG 2000 frame in memory to its samples as they were coded.
//!
//! The bindings are written here: the crate that has them builds OpenJPEG 2.5.3 in, without the corrections that Debian's 2.5.0 gets.

use std::ffi::{c_char, c_int, c_void};
use std::ptr::{NonNull, null_mut};

/// How a frame is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrapping {
    /// A bare codestream, as DICOM wants it.
    Codestream,
    /// Boxes around it.
    Boxes,
}

/// How to decode.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask {
    pub(crate) wrapping: Wrapping,
    /// Most samples of all planes together.
    pub(crate) samples: u64,
}

/// One component.
#[derive(Debug)]
pub(crate) struct Plane {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bits: u32,
    pub(crate) is_signed: bool,
    pub(crate) samples: Vec<i32>,
}

/// A decoded frame.
#[derive(Debug)]
pub(crate) struct Planes {
    pub(crate) components: Vec<Plane>,
    /// What the library said of a part that it could not read.
    pub(crate) damage: Option<String>,
}

/// Why there is no frame.
#[derive(Debug)]
pub(crate) enum Failure {
    /// More samples than allowed, or no memory.
    Memory,
    /// The file.
    Damaged(String),
}

/// The library's version.
pub(crate) fn version() -> String {
    // SAFETY: the library returns a constant text.
    unsafe { super::words(opj_version()) }
}

/// Decodes the whole frame, as far as it is there.
pub(crate) fn decode(file: &[u8], ask: Ask) -> Result<Planes, Failure> {
    let mut heard = Heard::default();
    let mut place = Place { file, at: 0 };
    let stream = Stream::over(&mut place)?;
    let codec = Codec::new(ask, &mut heard)?;
    let mut image = null_mut();
    // SAFETY: stream and codec are alive, the place for the answer is a live variable.
    let is_read = unsafe { opj_read_header(stream.0.as_ptr(), codec.0.as_ptr(), &raw mut image) } != 0;
    let image = NonNull::new(image).map(Owned);
    let Some(image) = image.filter(|_| is_read) else {
        drop(codec);
        return Err(heard.failure());
    };
    if image.samples() > ask.samples {
        return Err(Failure::Memory);
    }
    // SAFETY: codec, stream and image are alive and belong together.
    let is_decoded = unsafe { opj_decode(codec.0.as_ptr(), stream.0.as_ptr(), image.0.as_ptr()) } != 0;
    drop(codec);
    let components: Vec<Plane> = image.components().iter().map(Component::plane).collect();
    if components.is_empty() || components.iter().any(|plane| plane.samples.is_empty()) {
        return Err(heard.failure());
    }
    let damage = if is_decoded { heard.warning } else { Some(heard.error.or(heard.warning).unwrap_or_default()) };
    Ok(Planes { components, damage })
}

/// The library's first sentences.
#[derive(Debug, Default)]
struct Heard {
    warning: Option<String>,
    error: Option<String>,
}

impl Heard {
    fn failure(self) -> Failure {
        match self.error.or(self.warning) {
            Some(words) if words.contains("ot enough memory") || words.contains("ut of memory") => Failure::Memory,
            words => Failure::Damaged(words.unwrap_or_else(|| "the picture could not be decoded".to_owned())),
        }
    }
}

extern "C" fn hear_warning(text: *const c_char, heard: *mut c_void) {
    // SAFETY: `heard` is the `Heard` that Codec::new was given, which outlives the codec and is used by nothing else meanwhile.
    let heard = unsafe { &mut *heard.cast::<Heard>() };
    if heard.warning.is_none() {
        // SAFETY: the library gives a NUL-terminated text for the time of the call.
        heard.warning = Some(unsafe { super::words(text) }).filter(|words| !is_harmless(words));
    }
}

extern "C" fn hear_error(text: *const c_char, heard: *mut c_void) {
    // SAFETY: as in `hear_warning`.
    let heard = unsafe { &mut *heard.cast::<Heard>() };
    if heard.error.is_none() {
        // SAFETY: as in `hear_warning`.
        heard.error = Some(unsafe { super::words(text) });
    }
}

/// Warnings after which every pixel is there.
fn is_harmless(words: &str) -> bool {
    [
        "nknown marker",
        "nknown box",
        "JP2 box",
        "COLR BOX",
        "profile",
        "reserved",
        "cdef",
        "will be ignored",
        "ignoring",
        "Despite JP2 BPC",
        "PTERM",
    ]
    .iter()
    .any(|harmless| words.contains(harmless))
}

/// Where reading is in a file.
struct Place<'a> {
    file: &'a [u8],
    at: usize,
}

extern "C" fn read(into: *mut c_void, bytes: usize, place: *mut c_void) -> usize {
    // SAFETY: `place` is the `Place` that Stream::over was given, which outlives the stream and is used by nothing else meanwhile.
    let place = unsafe { &mut *place.cast::<Place<'_>>() };
    let rest = place.file.get(place.at..).unwrap_or_default();
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

/// Owns the library's stream.
struct Stream<'a>(NonNull<c_void>, std::marker::PhantomData<&'a mut ()>);

impl<'a> Stream<'a> {
    fn over(place: &'a mut Place<'_>) -> Result<Self, Failure> {
        const BUFFER: usize = 1 << 16;
        let length = place.file.len() as u64;
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
        Ok(Self(stream, std::marker::PhantomData))
    }
}

impl Drop for Stream<'_> {
    fn drop(&mut self) {
        // SAFETY: it came from opj_stream_create and is destroyed once.
        unsafe { opj_stream_destroy(self.0.as_ptr()) }
    }
}

/// Owns the library's decoder.
struct Codec<'a>(NonNull<c_void>, std::marker::PhantomData<&'a mut ()>);

impl<'a> Codec<'a> {
    fn new(ask: Ask, heard: &'a mut Heard) -> Result<Self, Failure> {
        let format = match ask.wrapping {
            Wrapping::Codestream => 0,
            Wrapping::Boxes => 2,
        };
        let heard = (&raw mut *heard).cast::<c_void>();
        // SAFETY: a number that the library knows.
        let codec = Self(NonNull::new(unsafe { opj_create_decompress(format) }).ok_or(Failure::Memory)?, std::marker::PhantomData);
        let mut parameters = Box::new(Parameters([0; PARAMETERS]));
        // SAFETY: the codec is alive; `heard` outlives it by its lifetime; the parameters are larger than what the library writes and reads.
        let is_ready = unsafe {
            opj_set_warning_handler(codec.0.as_ptr(), hear_warning, heard);
            opj_set_error_handler(codec.0.as_ptr(), hear_error, heard);
            opj_set_default_decoder_parameters(&raw mut *parameters);
            // Not strict: a cut frame shows what is there.
            opj_setup_decoder(codec.0.as_ptr(), &raw mut *parameters) != 0 && opj_decoder_set_strict_mode(codec.0.as_ptr(), 0) != 0
        };
        if is_ready { Ok(codec) } else { Err(Failure::Damaged("the decoder could not be set up".to_owned())) }
    }
}

impl Drop for Codec<'_> {
    fn drop(&mut self) {
        // SAFETY: it came from opj_create_decompress and is destroyed once.
        unsafe { opj_destroy_codec(self.0.as_ptr()) }
    }
}

/// Owns the library's picture.
struct Owned(NonNull<Image>);

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: it came from opj_read_header and is destroyed once.
        unsafe { opj_image_destroy(self.0.as_ptr()) }
    }
}

impl Owned {
    fn components(&self) -> &[Component] {
        // SAFETY: the picture is alive and whole since opj_read_header succeeded.
        let image = unsafe { self.0.as_ref() };
        if image.components.is_null() {
            return &[];
        }
        // SAFETY: the library keeps `count` components there for as long as the picture lives.
        unsafe { std::slice::from_raw_parts(image.components, image.count as usize) }
    }

    /// All planes' samples.
    fn samples(&self) -> u64 {
        self.components().iter().map(|component| u64::from(component.width) * u64::from(component.height)).fold(0, u64::saturating_add)
    }
}

impl Component {
    fn plane(&self) -> Plane {
        let count = self.width as usize * self.height as usize;
        let samples = if self.samples.is_null() {
            Vec::new()
        } else {
            // SAFETY: the library keeps width x height samples there once it has decoded any of them.
            unsafe { std::slice::from_raw_parts(self.samples, count) }.to_vec()
        };
        Plane { width: self.width, height: self.height, bits: self.bits, is_signed: self.is_signed != 0, samples }
    }
}

/// `opj_image_comp_t` of OpenJPEG 2.
#[repr(C)]
struct Component {
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
struct Image {
    x0: u32,
    y0: u32,
    x1: u32,
    y1: u32,
    count: u32,
    space: c_int,
    components: *mut Component,
    profile: *mut u8,
    profile_bytes: u32,
}

/// More than `opj_dparameters_t` of OpenJPEG 2 has: two names of 4,096 bytes and some numbers.
const PARAMETERS: usize = 16_384;

/// `opj_dparameters_t`, of which nothing is changed here.
#[repr(C, align(8))]
struct Parameters([u8; PARAMETERS]);

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
    fn opj_read_header(stream: *mut c_void, codec: *mut c_void, image: *mut *mut Image) -> c_int;
    fn opj_decode(codec: *mut c_void, stream: *mut c_void, image: *mut Image) -> c_int;
    fn opj_image_destroy(image: *mut Image);
}
