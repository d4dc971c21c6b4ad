//! JPEG 2000 (ISO/IEC 15444-1, 15444-15) by OpenJPEG: from a file or codestream in memory to the samples of its components.
//!
//! The bindings are written here: the crate that has them builds OpenJPEG 2.5.3 in, without the corrections that Debian's 2.5.0 gets.

mod decode;
mod ffi;
mod heard;
mod tiles;

pub use decode::{Ask, Failure, Wrapping, decode, described};
pub use ffi::picture::{Component, Picture, Space};
pub use ffi::version;
pub use heard::is_harmless;
pub use tiles::lacking_tiles;
