//! libjpeg-turbo's calls: from a JPEG frame of 2 to 16 bits, with loss or without, to its samples.

use crate::frame::Samples;
use std::ffi::{CStr, c_int};
use turbojpeg::raw;

/// How to decode; sizes are those of a header that was read before.
pub(crate) struct Ask {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// 1 or 3.
    pub(crate) channels: u32,
    /// Bits of a sample.
    pub(crate) precision: u8,
    /// Most scans.
    pub(crate) scans: u32,
    /// Most memory of the library's own, bytes.
    pub(crate) memory_bytes: u64,
}

/// Owns the library's state.
struct Handle(raw::tjhandle);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle came from tj3Init, was not null and is destroyed once.
        unsafe { raw::tj3Destroy(self.0) }
    }
}

impl Handle {
    fn new() -> Result<Self, String> {
        // SAFETY: no argument but a constant of the library.
        let handle = unsafe { raw::tj3Init(raw::TJINIT_TJINIT_DECOMPRESS.try_into().unwrap_or(1)) };
        if handle.is_null() { Err("no memory".to_owned()) } else { Ok(Self(handle)) }
    }

    fn set(&self, parameter: raw::TJPARAM, value: u64) {
        let (parameter, value) = (c_int::try_from(parameter).unwrap_or(-1), c_int::try_from(value).unwrap_or(c_int::MAX));
        // SAFETY: the handle is alive; unknown parameters and values are refused by the library.
        unsafe { raw::tj3Set(self.0, parameter, value) };
    }

    fn get(&self, parameter: raw::TJPARAM) -> c_int {
        // SAFETY: the handle is alive; an unknown parameter gives -1.
        unsafe { raw::tj3Get(self.0, c_int::try_from(parameter).unwrap_or(-1)) }
    }

    fn words(&self) -> String {
        // SAFETY: the handle is alive; the text is NUL-terminated, lies in the handle and is copied at once.
        let words = unsafe { CStr::from_ptr(raw::tj3GetErrorStr(self.0)) };
        words.to_string_lossy().chars().filter(|c| !c.is_control()).take(super::WORDS).collect()
    }

    /// What a call's result means: fine, fine with a warning's words, or a failure's words.
    fn outcome(&self, result: c_int) -> Result<Option<String>, String> {
        if result == 0 {
            return Ok(None);
        }
        // SAFETY: the handle is alive.
        let fatal = unsafe { raw::tj3GetErrorCode(self.0) } != c_int::try_from(raw::TJERR_TJERR_WARNING).unwrap_or(0);
        if fatal { Err(self.words()) } else { Ok(Some(self.words())) }
    }
}

/// Decodes without any change of colours. A frame that is there in part is a frame, with its damage named.
pub(crate) fn decompress(jpeg: &[u8], ask: &Ask) -> Result<(Samples, Option<String>), String> {
    let handle = Handle::new()?;
    handle.set(raw::TJPARAM_TJPARAM_SCANLIMIT, ask.scans.into());
    handle.set(raw::TJPARAM_TJPARAM_MAXMEMORY, (ask.memory_bytes >> 20).max(1));
    handle.set(raw::TJPARAM_TJPARAM_SAVEMARKERS, 0);
    let length = jpeg.len() as raw::size_t;
    // SAFETY: pointer and length are of one live slice, which the library only reads.
    let result = unsafe { raw::tj3DecompressHeader(handle.0, jpeg.as_ptr(), length) };
    handle.outcome(result)?;
    let size =
        [raw::TJPARAM_TJPARAM_JPEGWIDTH, raw::TJPARAM_TJPARAM_JPEGHEIGHT, raw::TJPARAM_TJPARAM_PRECISION].map(|side| handle.get(side));
    let told = [ask.width, ask.height, ask.precision.into()].map(|number| c_int::try_from(number).unwrap_or(-1));
    if size != told {
        return Err("the header gives two sizes".to_owned());
    }
    let format = if ask.channels == 1 { raw::TJPF_TJPF_GRAY } else { raw::TJPF_TJPF_RGB };
    let count = usize::try_from(u64::from(ask.width) * u64::from(ask.height) * u64::from(ask.channels)).unwrap_or(usize::MAX);
    let (samples, outcome) = match ask.precision {
        ..=8 => {
            let mut bytes = vec![0_u8; count];
            // SAFETY: `bytes` holds height rows of width pixels of the format (pitch 0: rows without padding), for the size that the library
            // itself has just read out of the same bytes.
            let result = unsafe { raw::tj3Decompress8(handle.0, jpeg.as_ptr(), length, bytes.as_mut_ptr(), 0, format) };
            (Samples::Bytes(bytes), handle.outcome(result))
        }
        9..=12 => {
            let mut shorts = vec![0_i16; count];
            // SAFETY: as above, with samples of two bytes.
            let result = unsafe { raw::tj3Decompress12(handle.0, jpeg.as_ptr(), length, shorts.as_mut_ptr(), 0, format) };
            (Samples::Words(shorts.into_iter().map(i16::cast_unsigned).collect()), handle.outcome(result))
        }
        _ => {
            let mut words = vec![0_u16; count];
            // SAFETY: as above.
            let result = unsafe { raw::tj3Decompress16(handle.0, jpeg.as_ptr(), length, words.as_mut_ptr(), 0, format) };
            (Samples::Words(words), handle.outcome(result))
        }
    };
    match outcome {
        Ok(warning) => Ok((samples, warning.filter(|words| !is_harmless(words)))),
        // The buffer began as zeros: something else in it was decoded before the failure.
        Err(why) if !why.contains("scans") && has_any(&samples) => Ok((samples, Some(why))),
        Err(why) => Err(why),
    }
}

fn has_any(samples: &Samples) -> bool {
    match samples {
        Samples::Bytes(all) => all.iter().any(|sample| *sample != 0),
        Samples::Words(all) => all.iter().any(|sample| *sample != 0),
        Samples::Longs(_) | Samples::Floats(_) => false,
    }
}

/// Warnings after which every pixel is there.
fn is_harmless(words: &str) -> bool {
    ["unknown JFIF revision", "nknown Adobe", "extraneous bytes before marker"].iter().any(|harmless| words.contains(harmless))
}
