//! libheif's calls: from a file in memory to rows of red, green and blue, turned and cut as the file says.

use libheif_sys as lh;
use std::ffi::c_int;
use std::ptr::{NonNull, null, null_mut};

/// How to decode.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask {
    /// 8 bits a sample, or all that there are.
    pub(crate) depth: Depth,
    /// Longest side of any picture in the file, pixels.
    pub(crate) side_px: u32,
    /// Most pixels of the picture.
    pub(crate) pixels: u64,
    /// Width and height that the file tells, as coded.
    pub(crate) told: [u32; 2],
    /// And as they should be after every cut and turn.
    pub(crate) shown: [u32; 2],
}

/// Bits of a sample that are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Eight, one byte.
    Eight,
    /// As many as the file has; two bytes, least significant first.
    Full,
}

/// A decoded picture, but for its rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raster {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Samples of a pixel: 3, or 4 with alpha.
    pub(crate) channels: usize,
    /// Bits of a sample.
    pub(crate) bits: u32,
    /// Whether the alpha is multiplied into the colours.
    pub(crate) is_premultiplied: bool,
}

/// Why there is no picture.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A codec or feature that this build of the library lacks.
    Unsupported(&'static str),
    /// Memory or a limit given to the library.
    Memory,
    /// The file.
    Damaged(&'static str),
}

/// Loads what the library loads at its first use.
pub(crate) fn warm() {
    // SAFETY: null asks for the defaults; without a matching heif_deinit the library stays as it is.
    unsafe { lh::heif_init(null_mut()) };
}

/// The library's version.
pub(crate) fn version() -> String {
    // SAFETY: the library returns a constant text.
    unsafe { super::words(lh::heif_get_version()) }
}

/// Decodes the primary picture and gives its rows, from the top. `start` hears of the raster before any row. The damage is named where
/// the library went on in spite of it.
pub(crate) fn decode<T>(
    file: &[u8],
    ask: Ask,
    start: impl FnOnce(Raster) -> T,
    row: impl Fn(&mut T, &[u8]),
) -> Result<(T, Option<String>), Failure> {
    let context = Context::read(file, ask.side_px)?;
    let handle = context.primary()?;
    let (width, height) = handle.size();
    if u64::from(width) * u64::from(height) > ask.pixels {
        return Err(Failure::Memory);
    }
    let picture = handle.decode(ask.depth)?;
    let raster = picture.raster(ask.depth, handle.has_alpha())?;
    let mut made = start(raster);
    picture.rows(raster, ask.depth, |bytes| row(&mut made, bytes));
    Ok((made, handle.lie(ask, raster)?.or_else(|| picture.warning())))
}

/// Owns what was read of a file. The file must outlive it.
struct Context<'a> {
    context: NonNull<lh::heif_context>,
    _file: &'a [u8],
}

impl Drop for Context<'_> {
    fn drop(&mut self) {
        // SAFETY: it came from heif_context_alloc and is freed once.
        unsafe { lh::heif_context_free(self.context.as_ptr()) }
    }
}

impl<'a> Context<'a> {
    fn read(file: &'a [u8], side_px: u32) -> Result<Self, Failure> {
        // SAFETY: no argument.
        let context = NonNull::new(unsafe { lh::heif_context_alloc() }).ok_or(Failure::Memory)?;
        let context = Self { context, _file: file };
        let side = c_int::try_from(side_px).unwrap_or(c_int::MAX);
        // SAFETY: the context is alive; plain numbers. 0 threads: tiles are decoded one after another.
        unsafe {
            lh::heif_context_set_maximum_image_size_limit(context.context.as_ptr(), side);
            lh::heif_context_set_max_decoding_threads(context.context.as_ptr(), 0);
        }
        // SAFETY: pointer and length are of one slice, which the library only reads and which outlives the context; null is for no options.
        checked(unsafe {
            lh::heif_context_read_from_memory_without_copy(context.context.as_ptr(), file.as_ptr().cast(), file.len(), null())
        })?;
        Ok(context)
    }

    fn primary(&self) -> Result<Handle<'_>, Failure> {
        let mut handle = null_mut();
        // SAFETY: the context is alive, the place for the answer is a live variable.
        checked(unsafe { lh::heif_context_get_primary_image_handle(self.context.as_ptr(), &raw mut handle) })?;
        let handle = NonNull::new(handle).ok_or(Failure::Damaged("there is no primary picture"))?;
        Ok(Handle { handle, _context: self })
    }
}

/// A picture of a context, not decoded yet.
struct Handle<'a> {
    handle: NonNull<lh::heif_image_handle>,
    _context: &'a Context<'a>,
}

impl Drop for Handle<'_> {
    fn drop(&mut self) {
        // SAFETY: it came from heif_context_get_primary_image_handle and is released once, before its context.
        unsafe { lh::heif_image_handle_release(self.handle.as_ptr()) }
    }
}

impl Handle<'_> {
    fn size(&self) -> (u32, u32) {
        let handle = self.handle.as_ptr();
        // SAFETY: the handle is alive.
        let sides = unsafe { [lh::heif_image_handle_get_width(handle), lh::heif_image_handle_get_height(handle)] };
        let [width, height] = sides.map(|side| u32::try_from(side).unwrap_or(0));
        (width, height)
    }

    fn has_alpha(&self) -> bool {
        // SAFETY: the handle is alive.
        unsafe { lh::heif_image_handle_has_alpha_channel(self.handle.as_ptr()) != 0 }
    }

    fn decode(&self, depth: Depth) -> Result<Picture, Failure> {
        let options = Options::new(depth)?;
        let chroma = match (depth, self.has_alpha()) {
            (Depth::Eight, false) => lh::heif_chroma_heif_chroma_interleaved_RGB,
            (Depth::Eight, true) => lh::heif_chroma_heif_chroma_interleaved_RGBA,
            (Depth::Full, false) => lh::heif_chroma_heif_chroma_interleaved_RRGGBB_LE,
            (Depth::Full, true) => lh::heif_chroma_heif_chroma_interleaved_RRGGBBAA_LE,
        };
        self.decode_as(lh::heif_colorspace_heif_colorspace_RGB, chroma, &options)
    }

    fn decode_as(&self, space: lh::heif_colorspace, chroma: lh::heif_chroma, options: &Options) -> Result<Picture, Failure> {
        let mut picture = null_mut();
        // SAFETY: handle and options are alive, the place for the answer is a live variable.
        checked(unsafe { lh::heif_decode_image(self.handle.as_ptr(), &raw mut picture, space, chroma, options.0.as_ptr()) })?;
        NonNull::new(picture).map(Picture).ok_or(Failure::Damaged("no picture came out"))
    }

    /// Says where the codec's picture is not as large as the file tells: the library shows it without a word.
    fn lie(&self, ask: Ask, raster: Raster) -> Result<Option<String>, Failure> {
        let sorted = |[width, height]: [u32; 2]| [width.min(height), width.max(height)];
        let (found, wanted) = if sorted(ask.told) == sorted(ask.shown) {
            ([raster.width, raster.height], ask.shown)
        } else {
            // A cut hides how much there was to cut from: those pictures, which are rare, are decoded once more, in their own colours.
            let (own, chroma) = (lh::heif_colorspace_heif_colorspace_undefined, lh::heif_chroma_heif_chroma_undefined);
            (self.decode_as(own, chroma, &Options::uncut()?)?.size(), ask.told)
        };
        let [width, height] = found;
        Ok((found != wanted).then(|| format!("the coded picture is {width} x {height} pixels, which is not the size that the file tells")))
    }
}

/// Owns the library's options.
struct Options(NonNull<lh::heif_decoding_options>);

impl Options {
    fn new(depth: Depth) -> Result<Self, Failure> {
        // SAFETY: no argument.
        let mut options = NonNull::new(unsafe { lh::heif_decoding_options_alloc() }).ok_or(Failure::Memory)?;
        // SAFETY: the library has filled it in, and it is ours alone; the field is there since version 2 of the options (libheif 1.7).
        unsafe { options.as_mut() }.convert_hdr_to_8bit = u8::from(depth == Depth::Eight);
        Ok(Self(options))
    }

    /// For the picture as it is coded, neither cut nor turned.
    fn uncut() -> Result<Self, Failure> {
        let mut options = Self::new(Depth::Full)?;
        // SAFETY: as above; the field is there since version 1.
        unsafe { options.0.as_mut() }.ignore_transformations = 1;
        Ok(options)
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: it came from heif_decoding_options_alloc and is freed once.
        unsafe { lh::heif_decoding_options_free(self.0.as_ptr()) }
    }
}

/// Owns decoded pixels.
struct Picture(NonNull<lh::heif_image>);

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: it came from heif_decode_image and is released once.
        unsafe { lh::heif_image_release(self.0.as_ptr()) }
    }
}

impl Picture {
    /// Sides in whichever planes it has.
    fn size(&self) -> [u32; 2] {
        let picture = self.0.as_ptr();
        // SAFETY: the picture is alive.
        let sides = unsafe { [lh::heif_image_get_primary_width(picture), lh::heif_image_get_primary_height(picture)] };
        sides.map(|side| u32::try_from(side).unwrap_or(0))
    }

    fn raster(&self, depth: Depth, has_alpha: bool) -> Result<Raster, Failure> {
        const PIXELS: lh::heif_channel = lh::heif_channel_heif_channel_interleaved;
        let picture = self.0.as_ptr();
        // SAFETY: the picture is alive; a channel that is not there gives -1.
        let numbers = unsafe {
            [
                lh::heif_image_get_width(picture, PIXELS),
                lh::heif_image_get_height(picture, PIXELS),
                lh::heif_image_get_bits_per_pixel_range(picture, PIXELS),
            ]
        };
        let [width, height, bits] = numbers.map(|number| u32::try_from(number).unwrap_or(0));
        let most = if depth == Depth::Eight { 8 } else { 16 };
        if width == 0 || height == 0 || !(1..=most).contains(&bits) {
            return Err(Failure::Damaged("the decoded picture has no usable size"));
        }
        // SAFETY: the picture is alive.
        let is_premultiplied = unsafe { lh::heif_image_is_premultiplied_alpha(picture) } != 0;
        Ok(Raster { width, height, channels: if has_alpha { 4 } else { 3 }, bits, is_premultiplied })
    }

    fn rows(&self, raster: Raster, depth: Depth, mut row: impl FnMut(&[u8])) {
        let mut stride: c_int = 0;
        // SAFETY: the picture is alive, the place for the answer is a live variable.
        let plane =
            unsafe { lh::heif_image_get_plane_readonly(self.0.as_ptr(), lh::heif_channel_heif_channel_interleaved, &raw mut stride) };
        let length = raster.width as usize * raster.channels * if depth == Depth::Eight { 1 } else { 2 };
        let stride = usize::try_from(stride).unwrap_or(0);
        if plane.is_null() || stride < length {
            return;
        }
        for number in 0..raster.height as usize {
            // SAFETY: the library allocated `stride` bytes for each of the picture's rows, of which the first `length` are pixels of the
            // chroma that was asked for; nothing writes to them while the picture is borrowed.
            row(unsafe { std::slice::from_raw_parts(plane.add(number * stride), length) });
        }
    }

    fn warning(&self) -> Option<String> {
        let mut first = no_error();
        // SAFETY: the picture is alive; there is room for one warning, as is said.
        let count = unsafe { lh::heif_image_get_decoding_warnings(self.0.as_ptr(), 0, &raw mut first, 1) };
        // Its words may repeat the file's.
        (count > 0).then(|| "a part of it is damaged, or is of a kind that is passed over".to_owned())
    }
}

fn no_error() -> lh::heif_error {
    lh::heif_error { code: lh::heif_error_code_heif_error_Ok, subcode: 0, message: null() }
}

fn checked(error: lh::heif_error) -> Result<(), Failure> {
    if error.code == lh::heif_error_code_heif_error_Ok {
        return Ok(());
    }
    Err(match (error.code, error.subcode) {
        (lh::heif_error_code_heif_error_Memory_allocation_error, _) | (_, lh::heif_suberror_code_heif_suberror_Security_limit_exceeded) => {
            Failure::Memory
        }
        (lh::heif_error_code_heif_error_Unsupported_filetype | lh::heif_error_code_heif_error_Unsupported_feature, _) => {
            Failure::Unsupported("a codec or a feature of HEIF that is not read")
        }
        (_, lh::heif_suberror_code_heif_suberror_End_of_data) => Failure::Damaged("the file ends early"),
        (lh::heif_error_code_heif_error_Decoder_plugin_error, _) => Failure::Damaged("its coded picture is damaged"),
        // The library's own words may repeat the file's.
        _ => Failure::Damaged("its boxes are damaged"),
    })
}
