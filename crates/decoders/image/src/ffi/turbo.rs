//! libjpeg-turbo's own calls: its Rust wrapper can't tell a warning, after which there is a picture, from a failure, and has no call for
//! more than 8 bits.

use crate::jpeg::Frame;
use crate::samples::{Layout, Samples, check_memory};
use assay_contract::Code;
use assay_contract::exchange::Refusal;
use assay_contract::limits::{DecodeLimits, LimitHit};
use std::ffi::{CStr, c_int};
use turbojpeg::raw;

/// A file that ends within its scans, in the words that other formats have for it.
pub(crate) const ENDS_EARLY: &str = "the file ends early";

/// How to decode.
pub(crate) struct Ask {
    /// What the header told; another size is refused.
    pub(crate) frame: Frame,
    /// 1, 2, 4 or 8: each side is divided by it.
    pub(crate) scale: u32,
    /// Most scans.
    pub(crate) scans: u32,
    /// Most memory of the library's own, bytes.
    pub(crate) memory_bytes: u64,
}

/// A decoded picture, raw.
pub(crate) struct Raw {
    width: u32,
    height: u32,
    layout: Layout,
    bytes: Vec<u8>,
    pub(crate) damage: Option<String>,
    /// Whether the library complained, be it of something harmless; it tells its first complaint only.
    pub(crate) was_warned: bool,
}

/// Why there is no picture.
pub(crate) enum Failure {
    /// Before any pixel.
    Header(String),
    /// Among the pixels, with nothing to show.
    Pixels(String),
    /// A limit of ours.
    Refused(Refusal),
}

impl Failure {
    pub(crate) fn refusal(self, limits: &DecodeLimits) -> Refusal {
        match self {
            // tjDecompress's own words when its scan limit is passed.
            Self::Pixels(why) if why.contains("scans") => {
                let allowed = u64::from(limits.jpeg_scans);
                Refusal::limit(Code::LimitExceeded, LimitHit::new("jpeg_scans", allowed + 1, allowed))
            }
            Self::Pixels(why) | Self::Header(why) if why.contains("Insufficient memory") => {
                Refusal::limit(Code::LimitExceeded, LimitHit::new("memory_bytes", limits.memory_bytes + 1, limits.memory_bytes))
            }
            Self::Pixels(why) | Self::Header(why) if why.contains("nsupported") || why.contains("not implemented") => {
                Refusal::unsupported(why)
            }
            Self::Pixels(why) | Self::Header(why) => Refusal::corrupt(in_our_words(why)),
            Self::Refused(refusal) => refusal,
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Raw {
    /// The samples. Adobe's programs store inks inverted, and say so by their segment; other writers do as T.81 would have it.
    pub(crate) fn samples(self, adobe: bool) -> Samples {
        let bytes = match self.layout {
            Layout::Cmyk if adobe => self.bytes.iter().map(|ink| 255 - ink).collect(),
            _ => self.bytes,
        };
        Samples { width: self.width, height: self.height, layout: self.layout, bytes }
    }
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
    fn new() -> Result<Self, Failure> {
        // SAFETY: no argument but a constant of the library.
        let handle = unsafe { raw::tj3Init(raw::TJINIT_TJINIT_DECOMPRESS.try_into().unwrap_or(1)) };
        if handle.is_null() { Err(Failure::Header("Insufficient memory".to_owned())) } else { Ok(Self(handle)) }
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
        words.to_string_lossy().chars().take(160).collect()
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

/// Decodes. A picture that is there in part is a picture, with its damage named.
pub(crate) fn decompress(jpeg: &[u8], ask: &Ask, limits: &DecodeLimits) -> Result<Raw, Failure> {
    let handle = Handle::new()?;
    handle.set(raw::TJPARAM_TJPARAM_SCANLIMIT, ask.scans.into());
    handle.set(raw::TJPARAM_TJPARAM_MAXMEMORY, (ask.memory_bytes >> 20).max(1));
    handle.set(raw::TJPARAM_TJPARAM_SAVEMARKERS, 0);
    let length = jpeg.len() as raw::size_t;
    // SAFETY: pointer and length are of one live slice, which the library only reads.
    let result = unsafe { raw::tj3DecompressHeader(handle.0, jpeg.as_ptr(), length) };
    handle.outcome(result).map_err(Failure::Header)?;
    let size = [raw::TJPARAM_TJPARAM_JPEGWIDTH, raw::TJPARAM_TJPARAM_JPEGHEIGHT].map(|side| handle.get(side));
    if size != [c_int::from(ask.frame.width), c_int::from(ask.frame.height)] {
        return Err(Failure::Header("the header gives two sizes".to_owned()));
    }
    let (width, height) = (u32::from(ask.frame.width).div_ceil(ask.scale), u32::from(ask.frame.height).div_ceil(ask.scale));
    let (layout, format) = match handle.get(raw::TJPARAM_TJPARAM_COLORSPACE).try_into() {
        Ok(raw::TJCS_TJCS_CMYK | raw::TJCS_TJCS_YCCK) => (Layout::Cmyk, raw::TJPF_TJPF_CMYK),
        Ok(raw::TJCS_TJCS_GRAY) => (Layout::Gray, raw::TJPF_TJPF_GRAY),
        _ => (Layout::Rgb, raw::TJPF_TJPF_RGB),
    };
    let factor = raw::tjscalingfactor { num: 1, denom: c_int::try_from(ask.scale).unwrap_or(1) };
    // SAFETY: the handle is alive; a factor that the library does not have is refused by it.
    let result = unsafe { raw::tj3SetScalingFactor(handle.0, factor) };
    handle.outcome(result).map_err(Failure::Header)?;

    let samples = u64::from(width) * u64::from(height) * layout.channels() as u64;
    let precision = u32::from(ask.frame.precision);
    check_memory(limits, if precision > 8 { samples * 3 } else { samples })?;
    let samples = usize::try_from(samples).unwrap_or(0);
    let (mut bytes, mut shorts, mut words) = (Vec::new(), Vec::new(), Vec::new());
    let result = match precision {
        ..=8 => {
            bytes = vec![0_u8; samples];
            // SAFETY: `bytes` holds height rows of width pixels of the format at this scale (pitch 0: rows without padding), for the size that
            // the library itself has just read out of the same bytes.
            unsafe { raw::tj3Decompress8(handle.0, jpeg.as_ptr(), length, bytes.as_mut_ptr(), 0, format) }
        }
        9..=12 => {
            shorts = vec![0_i16; samples];
            // SAFETY: as above, with samples of two bytes.
            unsafe { raw::tj3Decompress12(handle.0, jpeg.as_ptr(), length, shorts.as_mut_ptr(), 0, format) }
        }
        _ => {
            words = vec![0_u16; samples];
            // SAFETY: as above, with samples of two bytes.
            unsafe { raw::tj3Decompress16(handle.0, jpeg.as_ptr(), length, words.as_mut_ptr(), 0, format) }
        }
    };
    let outcome = handle.outcome(result);
    let shift = precision.saturating_sub(8).min(8);
    match precision {
        ..=8 => {}
        9..=12 => bytes = shorts.iter().map(|sample| u8::try_from(*sample >> shift).unwrap_or(u8::MAX)).collect(),
        _ => bytes = words.iter().map(|sample| u8::try_from(*sample >> shift).unwrap_or(u8::MAX)).collect(),
    }
    let damage = match outcome {
        Ok(warning) => warning,
        // The buffer began as zeros: something else in it was decoded before the failure.
        Err(why) if bytes.iter().any(|sample| *sample != 0) && !why.contains("scans") => Some(why),
        Err(why) => return Err(Failure::Pixels(why)),
    };
    let was_warned = damage.is_some();
    Ok(Raw { width, height, layout, bytes, damage: damage.filter(|words| !is_harmless(words)).map(in_our_words), was_warned })
}

fn in_our_words(words: String) -> String {
    if words.contains("Premature end of JPEG file") { ENDS_EARLY.to_owned() } else { words }
}

/// Warnings after which every pixel is there.
fn is_harmless(words: &str) -> bool {
    ["unknown JFIF revision", "unknown Adobe color transform", "Unknown Adobe", "extraneous bytes before marker"]
        .iter()
        .any(|harmless| words.contains(harmless))
}
