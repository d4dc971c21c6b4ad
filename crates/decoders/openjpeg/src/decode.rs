//! One decode: what is asked for, and how it can fail.

use crate::ffi::codec::Codec;
use crate::ffi::picture::Picture;
use crate::ffi::stream::{Place, Stream};
use crate::heard::Heard;
use crate::tiles;

/// How a picture is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// A bare codestream.
    Codestream,
    /// Boxes around it.
    Boxes,
}

/// How to decode.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    /// How the bytes are wrapped.
    pub wrapping: Wrapping,
    /// How often each side is halved; 0 for the whole, and no more than the codestream's own resolutions.
    pub halvings: u32,
    /// Most samples of all components together; asked of the header, before anything is decoded.
    pub samples: u64,
}

/// Why there is no picture.
#[derive(Debug)]
pub enum Failure {
    /// More samples than allowed, or no memory.
    Memory,
    /// The file, in the library's words, at most 160 characters.
    Damaged(String),
}

/// What a picture's header says of it: a picture without samples, for which no memory was taken.
pub fn described(bytes: &[u8], wrapping: Wrapping) -> Result<Picture, Failure> {
    let mut heard = Heard::default();
    let mut place = Place::new(bytes);
    let mut stream = Stream::over(&mut place)?;
    let mut codec = Codec::new(Ask { wrapping, halvings: 0, samples: 0 }, &mut heard)?;
    let picture = codec.header(&mut stream);
    drop(codec);
    picture.ok_or_else(|| heard.failure())
}

/// Decodes as much of a picture as is there; what lacks is told by [`Picture::damage`].
pub fn decode(bytes: &[u8], ask: Ask) -> Result<Picture, Failure> {
    let mut heard = Heard::default();
    let mut place = Place::new(bytes);
    let mut stream = Stream::over(&mut place)?;
    let mut codec = Codec::new(ask, &mut heard)?;
    let Some(mut picture) = codec.header(&mut stream) else {
        drop(codec);
        return Err(heard.failure());
    };
    if picture.samples_after(ask.halvings) > ask.samples {
        return Err(Failure::Memory);
    }
    let is_whole = codec.decode(&mut stream, &mut picture);
    drop(codec);
    if picture.components().next().is_none() || picture.components().any(|component| component.samples().is_empty()) {
        return Err(heard.failure());
    }
    let lack = || tiles::lacking(bytes).map(|(lacking, told)| format!("{lacking} of {told} tiles are missing or incomplete"));
    let damage = if is_whole { heard.warning.or_else(lack) } else { Some(heard.error.or(heard.warning).unwrap_or_default()) };
    Ok(picture.damaged(damage))
}
