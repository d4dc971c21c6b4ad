//! The asset as FFmpeg reads it: bytes of the kit's input up to an end, and never a second file.

use assay_kit::Input;
use ffmpeg_next::ffi as av;
use std::ffi::{c_char, c_int, c_void};
use std::io;

/// `SEEK_END` of <stdio.h>, which FFmpeg takes over.
const SEEK_END: c_int = 2;

/// How a file is opened.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    /// FFmpeg's names of the demuxers that may be used, comma-separated.
    pub(crate) allowed: String,
    /// Where the file ends for them.
    pub(crate) end: u64,
}

/// What the callbacks see.
pub(super) struct Source<'i> {
    pub(super) input: &'i mut Input,
    pub(super) place: u64,
    pub(super) end: u64,
    pub(super) failure: Option<io::Error>,
    pub(super) refused_opens: u32,
}

/// # Safety
/// Called by FFmpeg only: `opaque` is the `Source` given to avio_alloc_context, `into` has `size` bytes.
pub(super) unsafe extern "C" fn read_source(opaque: *mut c_void, into: *mut u8, size: c_int) -> c_int {
    // SAFETY: by the contract above; the buffer was zeroed at its allocation, and only this thread reads it.
    let (source, into) =
        unsafe { (&mut *opaque.cast::<Source<'_>>(), std::slice::from_raw_parts_mut(into, usize::try_from(size).unwrap_or(0))) };
    let left = usize::try_from(source.end.saturating_sub(source.place)).unwrap_or(usize::MAX);
    let into = into.get_mut(..left.min(size.try_into().unwrap_or(0))).unwrap_or_default();
    match source.input.read_at(source.place, into) {
        Ok(0) => av::AVERROR_EOF,
        Ok(count) => {
            source.place += count as u64;
            c_int::try_from(count).unwrap_or(c_int::MAX)
        }
        Err(error) => {
            source.failure = Some(error);
            av::AVERROR(av::EIO)
        }
    }
}

/// # Safety
/// Called by FFmpeg only: `opaque` is the `Source` given to avio_alloc_context.
pub(super) unsafe extern "C" fn seek_source(opaque: *mut c_void, offset: i64, whence: c_int) -> i64 {
    // SAFETY: by the contract above.
    let source = unsafe { &mut *opaque.cast::<Source<'_>>() };
    let to = match whence & !av::AVSEEK_FORCE {
        av::AVSEEK_SIZE => return i64::try_from(source.end).unwrap_or(i64::MAX),
        av::SEEK_SET => u64::try_from(offset).ok(),
        av::SEEK_CUR => source.place.checked_add_signed(offset),
        SEEK_END => source.end.checked_add_signed(offset),
        _ => None,
    };
    match to.map(|place| (place, i64::try_from(place))) {
        Some((place, Ok(told))) => {
            source.place = place;
            told
        }
        _ => av::AVERROR(av::EINVAL).into(),
    }
}

/// # Safety
/// Called by FFmpeg only. A container inside a container has no `opaque`.
pub(super) unsafe extern "C" fn refuse_second_file(
    context: *mut av::AVFormatContext,
    _: *mut *mut av::AVIOContext,
    _: *const c_char,
    _: c_int,
    _: *mut *mut av::AVDictionary,
) -> c_int {
    // SAFETY: by the contract above, `opaque` is null or our `Source`.
    if let Some(source) = unsafe { (*context).opaque.cast::<Source<'_>>().as_mut() } {
        source.refused_opens += 1;
    }
    av::AVERROR(av::EACCES)
}
