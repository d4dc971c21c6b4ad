//! One decoded frame as a small picture: pixels made square, fields parted, high dynamic range made to fit.

use crate::colour::{self, Light};
use crate::ffi::{Depth, FrameSeen, Lines, Scan, Shrink, Stream, StreamDecoder, Trouble};
use crate::{shape, tone};
use assay_contract::exchange::{Refusal, Task};
use assay_kit::picture::check_pixels;
use assay_kit::{Picture, Pixels, Stop};

/// Why a search for frames ended without leave to go on.
pub(crate) enum Halt {
    /// The child is to end.
    Stop(Stop),
    /// The pictures are refused, the facts stand.
    Refused(Refusal),
}

impl From<Trouble> for Halt {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Input(error) => Self::Stop(crate::decoder::stopped(error)),
            other => Self::Refused(Refusal::unsupported(format!("the video's frames can't be decoded: {other}"))),
        }
    }
}

/// The limit for FFmpeg, which counts whole blocks of up to 128 pixels; what comes out is checked exactly.
pub(crate) fn coded_pixels(task: &Task, main: &Stream) -> u64 {
    let edge = 128 * (u64::from(main.width) + u64::from(main.height) + 128);
    task.limits.pixels.saturating_add(edge)
}

/// The frame that the decoder gave last, at most `most` pixels long and never enlarged; not yet turned.
pub(crate) fn picture(task: &Task, main: &Stream, decoder: &StreamDecoder, frame: &FrameSeen, most: u32) -> Result<Picture, Halt> {
    check_pixels(task, frame.width, frame.height).map_err(Halt::Refused)?;
    // The container's word on the pixels' shape goes before the pictures' own, as in the facts.
    let pixel = if main.sample_aspect_ratio.num > 0 { main.sample_aspect_ratio } else { frame.sample_aspect_ratio };
    let (width, height) = shape::fitted(frame.width, frame.height, pixel, most);
    let light = colour::light(colour::told(main.colour, frame.colour));
    let is_full = frame.colour.range == 2 || main.pixel_format.as_ref().is_some_and(|name| name.starts_with("yuvj"));
    let shrink = Shrink {
        width,
        height,
        depth: if light == Light::Standard { Depth::Eight } else { Depth::Sixteen },
        matrix: colour::scaler_matrix(frame.colour, frame.height),
        full_range: i32::from(is_full),
        lines: if frame.scan == Scan::Progressive { Lines::All } else { Lines::OneField },
    };
    let pixels = decoder.shrunk(shrink)?;
    let pixels = if light == Light::Standard { pixels } else { tone::standard(&pixels, light, frame.dynamic_range.peak_nits) };
    Picture::new(width, height, Pixels::Rgb8, pixels).map_err(Halt::Refused)
}
