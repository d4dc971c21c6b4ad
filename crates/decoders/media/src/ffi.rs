//! The only room that calls FFmpeg's C functions: a demuxer over the kit's input, a stream's decoder, one frame made small.
//!
//! What crosses its edge are plain values: enumerations that a file can fill with any number (colours, field order) are
//! read as integers, never as Rust enumerations; strings are copied; nothing borrowed from FFmpeg leaves.

#![allow(unsafe_code, reason = "FFmpeg is a C library; each block says why it is sound")]

mod decoder;
mod demuxer;
mod describe;
mod side_data;
mod source;
mod winding;

pub(crate) use decoder::StreamDecoder;
pub(crate) use demuxer::Demuxer;
pub(crate) use source::Opening;

use ffmpeg_next::ffi as av;
use std::ffi::{CStr, c_char, c_int};
use std::{io, ptr};

/// Ticks: a time is `ticks * num / den` seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rational {
    pub(crate) num: i32,
    pub(crate) den: i32,
}

impl From<av::AVRational> for Rational {
    fn from(from: av::AVRational) -> Self {
        Self { num: from.num, den: from.den }
    }
}

/// What a stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Medium {
    Video,
    Audio,
    Subtitle,
    Other,
}

/// A stream as its container and the first packets describe it.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    pub(crate) index: usize,
    pub(crate) medium: Medium,
    pub(crate) codec_name: String,
    pub(crate) codec_tag: u32,
    pub(crate) profile: Option<String>,
    pub(crate) level: i32,
    pub(crate) pixel_format: Option<String>,
    pub(crate) component_bits: Option<u8>,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) sample_aspect_ratio: Rational,
    pub(crate) colour: ColourNumbers,
    pub(crate) field_order: u32,
    pub(crate) reorders: bool,
    pub(crate) average_rate: Rational,
    pub(crate) nominal_rate: Rational,
    pub(crate) time_base: Rational,
    pub(crate) start: Option<i64>,
    pub(crate) duration: Option<i64>,
    pub(crate) bit_rate: i64,
    pub(crate) declared_frames: i64,
    pub(crate) is_attached_picture: bool,
    pub(crate) display_matrix: Option<[i32; 9]>,
    pub(crate) has_mastering_display: bool,
    pub(crate) has_dolby_vision: bool,
    pub(crate) sample_rate: u32,
    pub(crate) channels: u32,
    pub(crate) channel_layout: Option<String>,
    pub(crate) sample_bits: u8,
    pub(crate) tags: Vec<(String, String)>,
}

/// Colour description as numbers of ITU-T H.273; range is FFmpeg's (1 limited, 2 full).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ColourNumbers {
    pub(crate) primaries: u32,
    pub(crate) transfer: u32,
    pub(crate) matrix: u32,
    pub(crate) range: u32,
}

/// A packet without its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PacketSeen {
    pub(crate) stream: usize,
    pub(crate) pts: Option<i64>,
    pub(crate) dts: Option<i64>,
    pub(crate) duration: i64,
    pub(crate) is_key: bool,
    pub(crate) is_discarded: bool,
    pub(crate) is_corrupt: bool,
}

/// A stream's table of samples, without what it says of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SampleTable {
    /// All samples.
    pub(crate) samples: u64,
    /// Samples that an edit list does not discard.
    pub(crate) shown: u64,
}

/// Why FFmpeg did not do it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("no container that is read was recognised")]
    Unrecognised,
    #[error("{0}")]
    Failed(String),
    #[error(transparent)]
    Input(#[from] io::Error),
}

/// How a container's duration came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DurationSource {
    Timestamps,
    BitRate,
}

/// A frame without its pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrameSeen {
    /// When it is shown, ticks of its stream.
    pub(crate) ticks: Option<i64>,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) sample_aspect_ratio: Rational,
    pub(crate) colour: ColourNumbers,
    pub(crate) is_damaged: bool,
    pub(crate) scan: Scan,
    pub(crate) dynamic_range: DynamicRange,
}

/// How a frame's lines were taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Scan {
    #[default]
    Progressive,
    /// Two fields, the upper lines first.
    TopFirst,
    /// Two fields, the lower lines first.
    BottomFirst,
}

/// What a frame carries of its dynamic range, beside its transfer function.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct DynamicRange {
    pub(crate) has_mastering_display: bool,
    pub(crate) has_hdr10_plus: bool,
    pub(crate) has_dolby_vision: bool,
    /// The lesser of the brightest pixel of the whole (MaxCLL) and the mastering display's brightest, cd/m².
    pub(crate) peak_nits: Option<f32>,
}

/// How a frame is made into pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shrink {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) depth: Depth,
    /// FFmpeg's `SWS_CS_*`, which are H.273's matrix numbers.
    pub(crate) matrix: i32,
    pub(crate) full_range: i32,
    pub(crate) lines: Lines,
}

/// Which lines of a frame are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    All,
    /// The first field only: in a picture of both, whatever moves is a comb.
    OneField,
}

/// Which frames a decoder makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Every one.
    All,
    /// Those that others are made from: the rest would only be thrown away.
    References,
}

/// Bits of a component of the pixels that come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    Eight,
    Sixteen,
}

/// Versions of the libraries that are really loaded.
pub(crate) fn versions() -> [(&'static str, u32); 4] {
    // SAFETY: functions without arguments that return constants.
    unsafe {
        [
            ("libavformat", av::avformat_version()),
            ("libavcodec", av::avcodec_version()),
            ("libavutil", av::avutil_version()),
            ("libswscale", av::swscale_version()),
        ]
    }
}

/// Opens and closes decoders by name, so that their tables are built once, before any child is forked.
pub(crate) fn warm(decoders: &[&CStr]) {
    for name in decoders {
        // SAFETY: null is checked; the context is freed here, opened or not.
        unsafe {
            av::av_log_set_level(av::AV_LOG_QUIET);
            let codec = av::avcodec_find_decoder_by_name(name.as_ptr());
            if !codec.is_null() {
                let mut context = av::avcodec_alloc_context3(codec);
                if !context.is_null() {
                    (*context).thread_count = 1;
                    av::avcodec_open2(context, codec, ptr::null_mut());
                }
                av::avcodec_free_context(&raw mut context);
            }
        }
    }
}

/// A number that C calls an enumeration, read without believing that it is one of its values.
///
/// # Safety
/// `from` points to an initialised C enumeration of four bytes.
unsafe fn number<E>(from: *const E) -> u32 {
    const { assert!(size_of::<E>() == 4) };
    // SAFETY: by the caller's promise, and any four bytes are a u32.
    unsafe { from.cast::<u32>().read() }
}

fn pixel_format(number: c_int) -> Option<av::AVPixelFormat> {
    let valid = (0..av::AVPixelFormat::AV_PIX_FMT_NB as c_int).contains(&number);
    // SAFETY: the enumeration has a variant for each number below AV_PIX_FMT_NB: it is generated from the header of the
    // library that is linked.
    valid.then(|| unsafe { std::mem::transmute::<c_int, av::AVPixelFormat>(number) })
}

fn known(ticks: i64) -> Option<i64> {
    (ticks != av::AV_NOPTS_VALUE).then_some(ticks)
}

fn positive(number: c_int) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

fn text(from: *const c_char) -> Option<String> {
    // SAFETY: FFmpeg's strings end with a zero; null is checked; the text is copied.
    (!from.is_null()).then(|| unsafe { CStr::from_ptr(from) }.to_string_lossy().into_owned())
}

fn out_of_memory() -> Trouble {
    Trouble::Failed("no memory".to_owned())
}

fn spoken(code: c_int) -> String {
    let mut words = [0_u8; 128];
    // SAFETY: FFmpeg writes at most the given size, and a zero at its end.
    unsafe { av::av_strerror(code, words.as_mut_ptr().cast(), words.len()) };
    CStr::from_bytes_until_nul(&words).map(|words| words.to_string_lossy().into_owned()).unwrap_or_default()
}
