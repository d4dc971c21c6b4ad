//! What a family of formats must offer to run as a child.

use crate::{Answer, Input};
use assay_contract::exchange::{Refusal, Task};
use std::collections::BTreeMap;
use std::io;

/// One family of formats.
pub trait Decoder {
    /// Its name: `image`, `media`; part of each record.
    fn family(&self) -> &'static str;

    /// The libraries that look at bytes, with their versions.
    fn libraries(&self) -> BTreeMap<String, String>;

    /// Touches what is slow to begin with, once, in the fork server: children inherit it.
    fn warm(&self) {}

    /// Whether a library of the family needs threads.
    fn threads(&self) -> Threads {
        Threads::One
    }

    /// Looks at one asset: facts first, so that they stand even if the pixels fail, then pictures.
    fn decode(&self, task: &Task, input: &mut Input, answer: &mut Answer) -> Result<(), Stop>;
}

/// How many threads a child may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// Its own only.
    One,
    /// Up to four (libde265 and dav1d hang or fail without).
    UpToFour,
}

/// Why decoding ended early.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// The decoder's reasoned no, for the record.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The worker can't be reached; nobody is there to tell.
    #[error("the worker is gone: {0}")]
    Gone(io::Error),
}
