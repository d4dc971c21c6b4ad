//! Runs one confined child process for each asset and exchanges frames with it; with `decoders/kit`, the only `unsafe`.
//!
//! A [`Sandbox`] starts one fork server for each decoder family and asks it for a child for each asset. Of what a child
//! says nothing is believed: lengths, counts and names are checked before anything is kept. Every way to die has its
//! own [`ChildDeath`], and each of those its code of the failure table.

mod answered;
mod child;
mod clocks;
mod control;
mod death;
mod dialogue;
mod error;
mod family;
mod harden;
mod listener;
mod neighbours;
mod sandbox;
mod self_test;
mod server;
mod source;
mod spawner;
mod threads;

pub use answered::{Answered, ChildCost, Ended};
pub use death::ChildDeath;
pub use error::{ChildFailure, StartError};
pub use harden::{HardenError, harden_self};
pub use sandbox::{Sandbox, SandboxConfig};
pub use self_test::{Attack, SelfTest};
pub use source::{Blocks, Source};
