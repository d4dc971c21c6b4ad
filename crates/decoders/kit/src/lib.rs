//! The child's side: fork server, lockdown, input, picture, thumbnail, panic to frame. With `sandbox`, the only `unsafe`.
//!
//! A decoder implements [`Decoder`] and calls [`serve`] in `main`; everything else is here. It never sees a path,
//! a socket or a descriptor: bytes come from [`Input`], words and pictures go to [`Answer`].

pub mod answer;
pub mod channel;
pub mod decoder;
pub mod input;
pub mod picture;
pub mod rehearse;
pub mod thumbnail;

pub use answer::Answer;
pub use decoder::{Decoder, Stop, Threads};
pub use input::Input;
pub use picture::{Picture, Pixels};
