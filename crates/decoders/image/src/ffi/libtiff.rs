//! libtiff's reader of a page as RGBA: for what the TIFF crate does not decode (faxes of group 3, colour at a lower resolution, LogLuv …);
//! and of rows, for what that does not show either (samples of 12 bits).
//!
//! The library is Debian's, which gets corrections; GDAL and every image viewer of the system read by it.

use std::ffi::{c_char, c_int, c_void};
use std::io::{Read, Seek, SeekFrom};
use std::ptr::{NonNull, null_mut};

/// What is read. The library asks for its bytes as from a file.
pub(crate) trait Bytes: Read + Seek {}
impl<T: Read + Seek> Bytes for T {}

/// What to read.
pub(crate) struct Ask<'a> {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Most bytes of one buffer of the library's own.
    pub(crate) most: u64,
    /// Whether there is time left; asked before each strip or tile.
    pub(crate) go_on: &'a dyn Fn() -> bool,
}

/// A page, row by row from the first that is stored.
#[derive(Debug)]
pub(crate) struct Page {
    /// Four bytes a pixel: red, green and blue multiplied by alpha, and alpha.
    pub(crate) rgba: Vec<u8>,
    /// Whether the library complained: what it could not read is black.
    pub(crate) is_damaged: bool,
}

/// Why there is no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No memory for its pixels.
    Memory,
    /// A feature that the library does not read either.
    Unsupported,
    /// Not a row could be read, or the page has another size than was asked for.
    Damaged,
    /// It took too long.
    Late,
}

/// Its version, `LIBTIFF, Version 4.5.0` without the name.
pub(crate) fn version() -> String {
    // SAFETY: the library returns a constant text.
    let text = unsafe { super::words(TIFFGetVersion()) };
    // Line ends are gone from it, so that another word follows the number at once.
    text.split(|letter: char| !letter.is_ascii_digit() && letter != '.').find(|word| !word.is_empty()).unwrap_or_default().to_owned()
}

/// Reads the first page of a file, as it is stored: `file` must tell an orientation of 1.
pub(crate) fn read(file: &mut dyn Bytes, ask: &Ask<'_>) -> Result<Page, Failure> {
    let ((raster, is_whole), complaints) = with_page(file, ask, |page| raster(page, ask))?;
    let is_damaged = !is_whole || complaints > 0;
    if is_damaged && raster.iter().all(|pixel| *pixel == 0) {
        return Err(Failure::Damaged);
    }
    let rgba = raster.into_iter().flat_map(u32::to_le_bytes).collect();
    Ok(Page { rgba, is_damaged })
}

/// Hands the stored rows of the first page of a file to `take`, as their samples are packed, for pages that [`read`] does not know: only in
/// strips, and only of `row_bytes` a row. Ends at the first damage.
pub(crate) fn rows(file: &mut dyn Bytes, ask: &Ask<'_>, row_bytes: usize, take: &mut dyn FnMut(&[u8])) -> Result<(), Failure> {
    /// How often the clock is asked.
    const ROWS_BETWEEN_LOOKS: u32 = 64;
    let read = with_page(file, ask, |page| {
        let page = page.0.as_ptr();
        // SAFETY: the file is open.
        let (is_tiled, bytes) = unsafe { (TIFFIsTiled(page) != 0, TIFFScanlineSize(page)) };
        if is_tiled || usize::try_from(bytes) != Ok(row_bytes) {
            return Err(Failure::Unsupported);
        }
        let mut row = vec![0_u8; row_bytes];
        for y in 0..ask.height {
            if y.is_multiple_of(ROWS_BETWEEN_LOOKS) && !(ask.go_on)() {
                return Err(Failure::Late);
            }
            // SAFETY: the file is open, and the row has as many bytes as the library says that it writes.
            if unsafe { TIFFReadScanline(page, row.as_mut_ptr().cast(), y, 0) } != 1 {
                break;
            }
            take(&row);
        }
        Ok(())
    });
    read.map(|((), _)| ())
}

/// Opens a file, makes sure of its size, and lets `look` read its first page; beside the answer stands how often the library complained.
fn with_page<T>(file: &mut dyn Bytes, ask: &Ask<'_>, look: impl FnOnce(&Open) -> Result<T, Failure>) -> Result<(T, u32), Failure> {
    let mut told = Told { file, complaints: 0, go_on: ask.go_on, is_late: false };
    let options = Options::new(ask.most)?;
    let handle = (&raw mut told).cast::<c_void>();
    // The handlers get `told` by the same pointer: nothing else touches it while the file is open.
    // SAFETY: the options are alive; `told` outlives the open file, which is closed at the end of this function.
    let open = unsafe {
        TIFFOpenOptionsSetErrorHandlerExtR(options.0.as_ptr(), Some(complain), handle);
        TIFFOpenOptionsSetWarningHandlerExtR(options.0.as_ptr(), Some(ignore), null_mut());
        TIFFClientOpenExt(
            c"page".as_ptr(),
            // No memory map: the library would read past what the callbacks give.
            c"rm".as_ptr(),
            handle,
            Some(give),
            Some(take_none),
            Some(seek),
            Some(close),
            Some(size),
            None,
            None,
            options.0.as_ptr(),
        )
    };
    let open = Open(NonNull::new(open).ok_or(Failure::Damaged)?);
    let (mut width, mut height) = (0_u32, 0_u32);
    // SAFETY: the file is open; both tags are of 32 bits and come as one number each (TIFFGetField(3TIFF)).
    let has_size =
        unsafe { TIFFGetField(open.0.as_ptr(), WIDTH, &raw mut width) == 1 && TIFFGetField(open.0.as_ptr(), HEIGHT, &raw mut height) == 1 };
    // The raster is as large as we read them, and must be as large as the library does.
    if !has_size || (width, height) != (ask.width, ask.height) {
        return Err(Failure::Damaged);
    }
    let looked = look(&open);
    drop(open);
    if told.is_late {
        return Err(Failure::Late);
    }
    Ok((looked?, told.complaints))
}

/// The pixels of an open page, and whether they are there without damage.
fn raster(page: &Open, ask: &Ask<'_>) -> Result<(Vec<u32>, bool), Failure> {
    let page = page.0.as_ptr();
    let mut why = [0; 1_024];
    // SAFETY: the file is open, and the buffer has the size that the library's manual names (TIFFRGBAImage(3TIFF)).
    if unsafe { TIFFRGBAImageOK(page, why.as_mut_ptr()) } == 0 {
        return Err(Failure::Unsupported);
    }
    let pixels = usize::try_from(u64::from(ask.width) * u64::from(ask.height)).map_err(|_| Failure::Memory)?;
    let mut raster: Vec<u32> = Vec::new();
    raster.try_reserve_exact(pixels).map_err(|_| Failure::Memory)?;
    raster.resize(pixels, 0);
    let mut fill = |stop: c_int| {
        // SAFETY: the raster has `width` times `height` places, and the library has said that the page has no more.
        unsafe { TIFFReadRGBAImageOriented(page, ask.width, ask.height, raster.as_mut_ptr(), TOP_LEFT, stop) != 0 }
    };
    // Going on behind damage, it does not say that there was any: that a fax ends early is told by no other sign.
    let is_whole = fill(STOP_AT_DAMAGE);
    if !is_whole && (ask.go_on)() {
        fill(GO_ON);
    }
    Ok((raster, is_whole))
}

/// What the callbacks share.
struct Told<'a> {
    file: &'a mut dyn Bytes,
    complaints: u32,
    go_on: &'a dyn Fn() -> bool,
    is_late: bool,
}

/// An open file of the library.
struct Open(NonNull<c_void>);

impl Drop for Open {
    fn drop(&mut self) {
        // SAFETY: it came from TIFFClientOpenExt and is closed once.
        unsafe { TIFFClose(self.0.as_ptr()) }
    }
}

/// How the library behaves for one file.
struct Options(NonNull<c_void>);

impl Options {
    fn new(most: u64) -> Result<Self, Failure> {
        // SAFETY: no argument.
        let options = Self(NonNull::new(unsafe { TIFFOpenOptionsAlloc() }).ok_or(Failure::Memory)?);
        let most = isize::try_from(most).unwrap_or(isize::MAX);
        // SAFETY: the options are alive.
        unsafe { TIFFOpenOptionsSetMaxSingleMemAlloc(options.0.as_ptr(), most) }
        Ok(options)
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: they came from TIFFOpenOptionsAlloc and are freed once; the library has copied what it needs.
        unsafe { TIFFOpenOptionsFree(self.0.as_ptr()) }
    }
}

/// # Safety
/// `handle` is the [`Told`] of a file that is open, and nobody else uses it during the call.
unsafe fn told<'a>(handle: *mut c_void) -> &'a mut Told<'a> {
    // SAFETY: as the caller promises.
    unsafe { &mut *handle.cast::<Told<'a>>() }
}

unsafe extern "C" fn give(handle: *mut c_void, into: *mut c_void, count: isize) -> isize {
    let Ok(length) = usize::try_from(count) else { return -1 };
    // SAFETY: the library passes the handle on.
    let told = unsafe { told(handle) };
    if told.is_late || !(told.go_on)() {
        told.is_late = true;
        return -1;
    }
    let (mut buffer, mut filled) = ([0; 16 << 10], 0);
    while filled < length {
        let wanted = buffer.get_mut(..(length - filled).min(16 << 10)).unwrap_or_default();
        let more = match told.file.read(wanted) {
            Ok(0) => break,
            Ok(more) => more.min(wanted.len()),
            Err(_) => return -1,
        };
        // SAFETY: the library's buffer has `length` bytes, of which `filled` are written, and `filled + more` is not more than `length`.
        unsafe { std::ptr::copy_nonoverlapping(buffer.as_ptr(), into.cast::<u8>().add(filled), more) };
        filled += more;
    }
    isize::try_from(filled).unwrap_or(-1)
}

unsafe extern "C" fn take_none(_: *mut c_void, _: *mut c_void, _: isize) -> isize {
    -1
}

unsafe extern "C" fn seek(handle: *mut c_void, to: u64, whence: c_int) -> u64 {
    let to = match whence {
        0 => SeekFrom::Start(to),
        1 => SeekFrom::Current(to.cast_signed()),
        _ => SeekFrom::End(to.cast_signed()),
    };
    // SAFETY: the library passes the handle on.
    unsafe { told(handle) }.file.seek(to).unwrap_or(u64::MAX)
}

unsafe extern "C" fn close(_: *mut c_void) -> c_int {
    0
}

unsafe extern "C" fn size(handle: *mut c_void) -> u64 {
    // SAFETY: the library passes the handle on.
    let file = &mut unsafe { told(handle) }.file;
    let Ok(here) = file.stream_position() else { return 0 };
    let end = file.seek(SeekFrom::End(0)).unwrap_or(0);
    if file.seek(SeekFrom::Start(here)).is_err() { 0 } else { end }
}

/// Its words are not read: they may repeat what the file says.
unsafe extern "C" fn complain(_: *mut c_void, handle: *mut c_void, _: *const c_char, _: *const c_char, _: *mut c_void) -> c_int {
    // SAFETY: the library passes on what it was given with the handler.
    let told = unsafe { told(handle) };
    told.complaints = told.complaints.saturating_add(1);
    1
}

unsafe extern "C" fn ignore(_: *mut c_void, _: *mut c_void, _: *const c_char, _: *const c_char, _: *mut c_void) -> c_int {
    1
}

const STOP_AT_DAMAGE: c_int = 1;
const GO_ON: c_int = 0;
/// `TIFFTAG_IMAGEWIDTH` and `TIFFTAG_IMAGELENGTH`.
const WIDTH: u32 = 256;
const HEIGHT: u32 = 257;
const TOP_LEFT: c_int = 1;

type Move = unsafe extern "C" fn(*mut c_void, *mut c_void, isize) -> isize;
type Seeking = unsafe extern "C" fn(*mut c_void, u64, c_int) -> u64;
type Close = unsafe extern "C" fn(*mut c_void) -> c_int;
type Size = unsafe extern "C" fn(*mut c_void) -> u64;
type Map = unsafe extern "C" fn(*mut c_void, *mut *mut c_void, *mut u64) -> c_int;
type Unmap = unsafe extern "C" fn(*mut c_void, *mut c_void, u64);
/// The last argument is a `va_list`, which the ABIs of Linux on x86-64 and AArch64 pass by its address.
type Handler = unsafe extern "C" fn(*mut c_void, *mut c_void, *const c_char, *const c_char, *mut c_void) -> c_int;

// <https://libtiff.gitlab.io/libtiff/functions.html>, libtiff 4.5.
#[link(name = "tiff")]
unsafe extern "C" {
    fn TIFFGetVersion() -> *const c_char;
    fn TIFFOpenOptionsAlloc() -> *mut c_void;
    fn TIFFOpenOptionsFree(options: *mut c_void);
    fn TIFFOpenOptionsSetMaxSingleMemAlloc(options: *mut c_void, most: isize);
    fn TIFFOpenOptionsSetErrorHandlerExtR(options: *mut c_void, handler: Option<Handler>, told: *mut c_void);
    fn TIFFOpenOptionsSetWarningHandlerExtR(options: *mut c_void, handler: Option<Handler>, told: *mut c_void);
    fn TIFFClientOpenExt(
        name: *const c_char,
        mode: *const c_char,
        handle: *mut c_void,
        read: Option<Move>,
        write: Option<Move>,
        seek: Option<Seeking>,
        close: Option<Close>,
        size: Option<Size>,
        map: Option<Map>,
        unmap: Option<Unmap>,
        options: *mut c_void,
    ) -> *mut c_void;
    fn TIFFGetField(tiff: *mut c_void, tag: u32, ...) -> c_int;
    fn TIFFRGBAImageOK(tiff: *mut c_void, why: *mut c_char) -> c_int;
    fn TIFFReadRGBAImageOriented(tiff: *mut c_void, width: u32, height: u32, raster: *mut u32, orientation: c_int, stop: c_int) -> c_int;
    fn TIFFIsTiled(tiff: *mut c_void) -> c_int;
    fn TIFFScanlineSize(tiff: *mut c_void) -> isize;
    fn TIFFReadScanline(tiff: *mut c_void, into: *mut c_void, row: u32, sample: u16) -> c_int;
    fn TIFFClose(tiff: *mut c_void);
}
