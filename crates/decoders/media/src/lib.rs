//! Video and audio: facts, a poster frame or a waveform, by FFmpeg over the kit's input.
//!
//! It opens no path and speaks no protocol: bytes come from [`assay_kit::Input`], a second file that a container asks
//! for is refused, and demuxers that are lists of other files are not among those allowed.

mod boxes;
mod codec;
mod colour;
mod containers;
mod cover;
mod decoder;
mod edits;
mod facts;
mod ffi;
mod loudness;
mod poster;
mod promised;
mod protection;
mod reel;
mod shape;
mod sound;
mod still;
mod storyboard;
mod tags;
mod tail;
mod timeline;
mod timing;
mod tone;
mod turn;
mod walk;
mod waveform;

pub use decoder::Media;
