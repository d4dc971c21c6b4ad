//! libtiff's reader of a page as RGBA: for what the TIFF crate does not decode (faxes of group 3, colour at a lower resolution, LogLuv …);
//! and of rows as they are packed, for what that does not show either (samples of 12 bits), or only large (faxes of group 4).
//!
//! The library is Debian's, which gets corrections; GDAL and every image viewer of the system read by it.

use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};
use std::io::{Read, Seek, SeekFrom};
use std::ptr::NonNull;

/// What is read. The library asks for its bytes as from a file.
pub(crate) trait Bytes: Read + Seek {}
impl<T: Read + Seek> Bytes for T {}

/// What to read.
pub(crate) struct Ask<'a> {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Rows that lie in strips or tiles that have a place: the library takes others from anywhere.
    pub(crate) rows: u32,
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
    /// How often it warned while it read pixels.
    pub(crate) warnings: u32,
}

/// What ends the reading of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heed {
    /// Errors alone: that samples end without their mark is a warning, and good files do.
    Errors,
    /// Warnings too.
    Warnings,
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

/// Reads the first page of a file, as it is stored: `file` must tell an orientation of 1. Rows behind `ask.rows` mean nothing.
pub(crate) fn read(file: &mut dyn Bytes, ask: &Ask<'_>) -> Result<Page, Failure> {
    let complaints = Complaints::default();
    let (raster, is_whole) = with_page(file, ask, &complaints, |page| raster(page, ask))?;
    let is_damaged = !is_whole || complaints.errors.get() > 0;
    if is_damaged && raster.iter().all(|pixel| *pixel == 0) {
        return Err(Failure::Damaged);
    }
    let rgba = raster.into_iter().flat_map(u32::to_le_bytes).collect();
    Ok(Page { rgba, is_damaged, warnings: complaints.warnings.get() })
}

/// Hands the stored rows of the first page of a file to `take`, as their samples are packed, for pages that [`read`] does not know or would
/// make too much of: only in one plane, and only of `pixel_bits` a pixel. Ends at the first damage.
pub(crate) fn rows(file: &mut dyn Bytes, ask: &Ask<'_>, pixel_bits: usize, heed: Heed, take: &mut dyn FnMut(&[u8])) -> Result<(), Failure> {
    let complaints = Complaints::default();
    let is_right = || complaints.errors.get() == 0 && (heed == Heed::Errors || complaints.warnings.get() == 0);
    let row_bytes = (ask.width as usize).checked_mul(pixel_bits).ok_or(Failure::Memory)?.div_ceil(8);
    with_page(file, ask, &complaints, |page| {
        // What the library found in other tags is no damage of samples.
        complaints.errors.set(0);
        // SAFETY: the file is open.
        if unsafe { TIFFIsTiled(page.0.as_ptr()) } != 0 {
            tiles(page, ask, pixel_bits, &is_right, take)
        } else {
            strips(page, ask, row_bytes, &is_right, take)
        }
    })
}

fn strips(page: &Open, ask: &Ask<'_>, row_bytes: usize, is_right: &dyn Fn() -> bool, take: &mut dyn FnMut(&[u8])) -> Result<(), Failure> {
    /// How often the clock is asked.
    const ROWS_BETWEEN_LOOKS: u32 = 64;
    let page = page.0.as_ptr();
    // SAFETY: the file is open.
    if usize::try_from(unsafe { TIFFScanlineSize(page) }) != Ok(row_bytes) {
        return Err(Failure::Unsupported);
    }
    let mut row = vec![0_u8; row_bytes];
    for y in 0..ask.rows {
        if y.is_multiple_of(ROWS_BETWEEN_LOOKS) && !(ask.go_on)() {
            return Err(Failure::Late);
        }
        // SAFETY: the file is open, and the row has as many bytes as the library says that it writes.
        if unsafe { TIFFReadScanline(page, row.as_mut_ptr().cast(), y, 0) } != 1 || !is_right() {
            break;
        }
        take(&row);
    }
    Ok(())
}

fn tiles(page: &Open, ask: &Ask<'_>, pixel_bits: usize, is_right: &dyn Fn() -> bool, take: &mut dyn FnMut(&[u8])) -> Result<(), Failure> {
    let page = page.0.as_ptr();
    let (mut wide, mut high) = (0_u32, 0_u32);
    // SAFETY: the file is open; both tags are of 32 bits and come as one number each (TIFFGetField(3TIFF)).
    let (has_size, in_row, in_tile) = unsafe {
        let has_size = TIFFGetField(page, TILE_WIDTH, &raw mut wide) == 1 && TIFFGetField(page, TILE_HEIGHT, &raw mut high) == 1;
        (has_size, TIFFTileRowSize(page), TIFFTileSize(page))
    };
    let (in_row, in_tile) = (usize::try_from(in_row).unwrap_or(0), usize::try_from(in_tile).unwrap_or(0));
    // Rows of tiles can be laid beside each other where they are of whole bytes, as TIFF 6.0, section 15, asks.
    let is_even = (wide as usize).checked_mul(pixel_bits).is_some_and(|bits| bits % 8 == 0 && bits / 8 == in_row);
    if !has_size || !is_even || in_row == 0 || in_row.checked_mul(high as usize) != Some(in_tile) {
        return Err(Failure::Unsupported);
    }
    let across = ask.width.div_ceil(wide) as usize;
    let band_bytes = across.checked_mul(in_tile).filter(|bytes| *bytes as u64 <= ask.most).ok_or(Failure::Memory)?;
    let mut band: Vec<u8> = Vec::new();
    band.try_reserve_exact(band_bytes).map_err(|_| Failure::Memory)?;
    band.resize(band_bytes, 0);
    let row_bytes = (ask.width as usize * pixel_bits).div_ceil(8);
    let mut row = Vec::with_capacity(across * in_row);
    let mut next = 0_u32;
    for top in (0..ask.rows).step_by(high as usize) {
        for tile in band.chunks_exact_mut(in_tile) {
            if !(ask.go_on)() {
                return Err(Failure::Late);
            }
            // SAFETY: the file is open, and the tile has as many bytes as the library is told.
            let read = unsafe { TIFFReadEncodedTile(page, next, tile.as_mut_ptr().cast(), in_tile.cast_signed()) };
            if usize::try_from(read) != Ok(in_tile) || !is_right() {
                return Ok(());
            }
            next = next.saturating_add(1);
        }
        for y in 0..high.min(ask.rows - top) as usize {
            row.clear();
            band.chunks_exact(in_tile).for_each(|tile| row.extend_from_slice(tile.get(y * in_row..(y + 1) * in_row).unwrap_or_default()));
            row.truncate(row_bytes);
            take(&row);
        }
    }
    Ok(())
}

/// Opens a file, makes sure of its size, and lets `look` read its first page. Warnings count from there on: those of tags are of any kind.
fn with_page<T>(
    file: &mut dyn Bytes,
    ask: &Ask<'_>,
    complaints: &Complaints,
    look: impl FnOnce(&Open) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut told = Told { file, complaints, go_on: ask.go_on, is_late: false };
    let options = Options::new(ask.most)?;
    let handle = (&raw mut told).cast::<c_void>();
    // The handlers get `told` by the same pointer: nothing else touches it while the file is open.
    // SAFETY: the options are alive; `told` outlives the open file, which is closed at the end of this function.
    let open = unsafe {
        TIFFOpenOptionsSetErrorHandlerExtR(options.0.as_ptr(), Some(complain), handle);
        TIFFOpenOptionsSetWarningHandlerExtR(options.0.as_ptr(), Some(warn), handle);
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
    complaints.warnings.set(0);
    let looked = look(&open);
    drop(open);
    if told.is_late {
        return Err(Failure::Late);
    }
    looked
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

/// How often the library complained.
#[derive(Debug, Default)]
struct Complaints {
    errors: Cell<u32>,
    warnings: Cell<u32>,
}

/// What the callbacks share.
struct Told<'a> {
    file: &'a mut dyn Bytes,
    complaints: &'a Complaints,
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
    let errors = unsafe { &told(handle).complaints.errors };
    errors.set(errors.get().saturating_add(1));
    1
}

/// Nor are these.
unsafe extern "C" fn warn(_: *mut c_void, handle: *mut c_void, _: *const c_char, _: *const c_char, _: *mut c_void) -> c_int {
    // SAFETY: the library passes on what it was given with the handler.
    let warnings = unsafe { &told(handle).complaints.warnings };
    warnings.set(warnings.get().saturating_add(1));
    1
}

const STOP_AT_DAMAGE: c_int = 1;
const GO_ON: c_int = 0;
/// `TIFFTAG_IMAGEWIDTH` and `TIFFTAG_IMAGELENGTH`, `TIFFTAG_TILEWIDTH` and `TIFFTAG_TILELENGTH`.
const WIDTH: u32 = 256;
const HEIGHT: u32 = 257;
const TILE_WIDTH: u32 = 322;
const TILE_HEIGHT: u32 = 323;
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
    fn TIFFTileRowSize(tiff: *mut c_void) -> isize;
    fn TIFFTileSize(tiff: *mut c_void) -> isize;
    fn TIFFReadEncodedTile(tiff: *mut c_void, tile: u32, into: *mut c_void, bytes: isize) -> isize;
    fn TIFFReadScanline(tiff: *mut c_void, into: *mut c_void, row: u32, sample: u16) -> c_int;
    fn TIFFClose(tiff: *mut c_void);
}
