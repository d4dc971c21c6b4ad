//! The one file there is: the asset, as GDAL's virtual file systems see it. Every other name is no file.

use super::{c_text, text};
use assay_kit::Input;
use gdal_sys as gdal;
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::{io, ptr};

/// Where the asset lies.
const PREFIX: &CStr = c"/assay/";
const NAME: &CStr = c"asset";
/// The name that is opened.
pub(super) const PATH: &CStr = c"/assay/asset";

/// Small reads become reads of this many bytes, and so many are kept: headers are read in pieces of two to eight bytes.
const BUFFER_BYTES: usize = 16 << 10;
const CACHE_BYTES: usize = 2 << 20;

/// Kept: a part of a file is a NITF's image segment, memory is where drivers put what they make. Neither leads outside.
const KEPT: [&str; 2] = ["/vsisubfile/", "/vsimem/"];

thread_local! {
    /// The asset that this thread looks at. GDAL runs on the thread that calls it.
    static ASSET: Cell<*mut Asset> = const { Cell::new(ptr::null_mut()) };
}

/// What the callbacks see.
struct Asset {
    input: *mut Input,
    length: u64,
    failure: Option<io::Error>,
}

/// An input that GDAL can open, as long as this lives.
pub(crate) struct Mounted<'i> {
    asset: *mut Asset,
    input: PhantomData<&'i mut Input>,
}

impl<'i> Mounted<'i> {
    /// Puts an input where GDAL finds it. One at a time: a second takes the place of the first.
    pub(crate) fn new(input: &'i mut Input) -> Self {
        let length = input.length();
        let asset = Box::into_raw(Box::new(Asset { input, length, failure: None }));
        ASSET.set(asset);
        Self { asset, input: PhantomData }
    }

    /// Why the input could not be read, where that stopped GDAL.
    pub(crate) fn failure(&self) -> Option<io::Error> {
        // SAFETY: made in `new`, freed in `drop`; no callback runs now.
        unsafe { (*self.asset).failure.take() }
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        ASSET.set(ptr::null_mut());
        // SAFETY: it was a box, nobody can reach it any more, and it is freed once.
        drop(unsafe { Box::from_raw(self.asset) });
    }
}

/// Installs the asset's file system, and takes away every other that leads somewhere: local files, networks, archives.
pub(super) fn shut() {
    // SAFETY: the structure is allocated by GDAL with all its fields zeroed and copied at the call; the list ends with null and
    // is freed as GDAL says; the handlers that are replaced live on, so nothing points at freed memory.
    unsafe {
        let callbacks = gdal::VSIAllocFilesystemPluginCallbacksStruct();
        if callbacks.is_null() {
            return;
        }
        (*callbacks).stat = Some(stat);
        (*callbacks).open = Some(open);
        let prefixes = gdal::VSIGetFileSystemsPrefixes();
        // The empty prefix is whatever has no other: the local file system.
        gdal::VSIInstallPluginHandler(c"".as_ptr(), callbacks);
        let mut next = prefixes;
        while let Some(prefix) = text(next.as_ref().copied().unwrap_or(ptr::null_mut())) {
            if !KEPT.contains(&prefix.as_str()) {
                gdal::VSIInstallPluginHandler(c_text(&prefix).as_ptr(), callbacks);
            }
            next = next.add(1);
        }
        gdal::CSLDestroy(prefixes);
        // A name behind another prefix is not that of the asset: only here it can be read.
        (*callbacks).pUserData = (&raw const HERE).cast_mut().cast();
        (*callbacks).tell = Some(tell);
        (*callbacks).seek = Some(seek);
        (*callbacks).read = Some(read);
        (*callbacks).eof = Some(is_at_end);
        (*callbacks).close = Some(close);
        (*callbacks).nBufferSize = BUFFER_BYTES;
        (*callbacks).nCacheSize = CACHE_BYTES;
        gdal::VSIInstallPluginHandler(PREFIX.as_ptr(), callbacks);
        gdal::VSIFreeFilesystemPluginCallbacksStruct(callbacks);
    }
}

/// Its address tells the asset's own file system from those that lead nowhere.
static HERE: u8 = 0;

/// One open file.
struct Handle {
    place: u64,
    is_at_end: bool,
}

/// The asset, where `place` is the asset's file system and `name` the asset's.
///
/// # Safety
/// `name` is null or ends with a zero. The answer is valid while the asset is mounted.
unsafe fn asset(place: *mut c_void, name: *const c_char) -> Option<&'static mut Asset> {
    let is_here = ptr::eq(place.cast_const().cast(), &raw const HERE);
    // SAFETY: by the caller's promise; the pointer is null or that of a mounted asset (`Mounted` clears it), and one callback
    // at a time runs on this thread.
    unsafe { (is_here && !name.is_null() && CStr::from_ptr(name) == NAME).then(|| ASSET.get().as_mut()).flatten() }
}

/// # Safety
/// Called by GDAL only, with a name and a structure to fill.
unsafe extern "C" fn stat(place: *mut c_void, name: *const c_char, into: *mut gdal::VSIStatBufL, _: c_int) -> c_int {
    // SAFETY: by the contract above; the bindings leave the structure opaque, it is the C library's. Plain numbers, for which zero is a value.
    unsafe {
        let (Some(asset), Some(into)) = (asset(place, name), into.cast::<libc::stat64>().as_mut()) else { return -1 };
        *into = std::mem::zeroed();
        into.st_mode = libc::S_IFREG;
        into.st_size = i64::try_from(asset.length).unwrap_or(i64::MAX);
    }
    0
}

/// # Safety
/// Called by GDAL only, with two texts.
unsafe extern "C" fn open(place: *mut c_void, name: *const c_char, access: *const c_char) -> *mut c_void {
    // SAFETY: by the contract above.
    let may_open = unsafe { asset(place, name).is_some() && !access.is_null() && CStr::from_ptr(access).to_bytes().starts_with(b"r") };
    // Written to it is never: there is no callback for that.
    if may_open { Box::into_raw(Box::new(Handle { place: 0, is_at_end: false })).cast() } else { ptr::null_mut() }
}

/// # Safety
/// Called by GDAL only, with what `open` gave it.
unsafe extern "C" fn tell(file: *mut c_void) -> gdal::vsi_l_offset {
    // SAFETY: by the contract above.
    unsafe { (*file.cast::<Handle>()).place }
}

/// # Safety
/// Called by GDAL only, with what `open` gave it.
unsafe extern "C" fn seek(file: *mut c_void, offset: gdal::vsi_l_offset, whence: c_int) -> c_int {
    // SAFETY: by the contract above; the asset pointer is null or valid.
    let (handle, length) = unsafe { (&mut *file.cast::<Handle>(), ASSET.get().as_ref().map_or(0, |asset| asset.length)) };
    // <stdio.h>: from the begin, from here, from the end. GDAL's offsets have no sign: a step back wraps around.
    let to = match whence {
        0 => offset,
        1 => handle.place.wrapping_add(offset),
        2 => length.wrapping_add(offset),
        _ => return -1,
    };
    handle.place = to;
    handle.is_at_end = false;
    0
}

/// # Safety
/// Called by GDAL only, with what `open` gave it and a buffer of `size * count` bytes.
unsafe extern "C" fn read(file: *mut c_void, into: *mut c_void, size: usize, count: usize) -> usize {
    let Some(bytes) = size.checked_mul(count).filter(|bytes| *bytes > 0) else { return 0 };
    // SAFETY: by the contract above. The buffer may be uninitialised memory of C's: it is zeroed before it is called a slice.
    let (handle, asset, into) = unsafe {
        let Some(asset) = ASSET.get().as_mut() else { return 0 };
        let left = usize::try_from(asset.length.saturating_sub((*file.cast::<Handle>()).place)).unwrap_or(usize::MAX);
        let wanted = bytes.min(left);
        ptr::write_bytes(into.cast::<u8>(), 0, wanted);
        (&mut *file.cast::<Handle>(), asset, std::slice::from_raw_parts_mut(into.cast::<u8>(), wanted))
    };
    // SAFETY: `Mounted` holds the only reference to the input for as long as the asset can be reached.
    match unsafe { &mut *asset.input }.read_at(handle.place, into) {
        Ok(got) => {
            handle.place += got as u64;
            handle.is_at_end = got < bytes;
            got / size
        }
        Err(error) => {
            asset.failure = Some(error);
            0
        }
    }
}

/// # Safety
/// Called by GDAL only, with what `open` gave it.
unsafe extern "C" fn is_at_end(file: *mut c_void) -> c_int {
    // SAFETY: by the contract above.
    c_int::from(unsafe { (*file.cast::<Handle>()).is_at_end })
}

/// # Safety
/// Called by GDAL only, once, with what `open` gave it.
unsafe extern "C" fn close(file: *mut c_void) -> c_int {
    // SAFETY: by the contract above; it was a box.
    drop(unsafe { Box::from_raw(file.cast::<Handle>()) });
    0
}
