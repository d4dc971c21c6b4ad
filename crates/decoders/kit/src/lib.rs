//! The child's side: fork server, lockdown, input, picture, thumbnail, panic to frame. With `sandbox`, the only `unsafe`.
//!
//! A decoder implements [`Decoder`] and calls [`serve()`] in `main`; everything else is here. It never sees a path,
//! a socket or a descriptor: bytes come from [`Input`], words and pictures go to [`Answer`].

mod allocator;
pub mod answer;
pub mod channel;
mod child;
pub mod decoder;
mod fork_server;
pub mod input;
mod kernel;
mod last_words;
mod lockdown;
mod mapping;
pub mod picture;
pub mod rehearse;
mod serve;
pub mod thumbnail;
pub mod tiff;

pub use answer::Answer;
pub use decoder::{Decoder, Stop, Threads};
pub use input::Input;
pub use last_words::out_of_memory;
pub use lockdown::{Layer, Layers};
pub use picture::{Picture, Pixels};
pub use serve::{serve, serve_with};
