//! What came of one asset: all that its child said, what it cost and how it ended.

use crate::death::ChildDeath;
use assay_contract::Facts;
use assay_contract::exchange::{DerivativeHead, Refusal, ThumbnailHead};
use assay_contract::failure::Issue;
use bytes::Bytes;
use std::io;
use std::time::Duration;

/// All that a child said. What was said before a death is kept: a time-out may leave a partial record.
#[derive(Debug)]
pub struct Answered {
    /// Its last word on the facts; not yet believed.
    pub facts: Option<Facts>,
    /// What the owner should know; at most 256.
    pub issues: Vec<Issue>,
    /// Encoded pictures: names and types as in the task, each at most once, sides and bytes within the task's limits.
    pub thumbnails: Vec<(ThumbnailHead, Bytes)>,
    /// Everything else that was made; names as in the task, each at most once.
    pub derivatives: Vec<(DerivativeHead, Bytes)>,
    /// Its reasoned no, where [`Ended::Refused`].
    pub refusal: Option<Refusal>,
    /// What it cost.
    pub cost: ChildCost,
    /// How it ended.
    pub ended: Ended,
    /// Why a block could not be read for the child, where one could not: then the asset is not to blame for the rest.
    pub input_failure: Option<io::Error>,
}

/// What a child cost, by the kernel's own count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChildCost {
    /// CPU time, user and system.
    pub cpu: Duration,
    /// Largest resident size, bytes, shared libraries included.
    pub peak_bytes: u64,
    /// From the request for a child to its end.
    pub wall: Duration,
    /// Bytes served to it block by block; 0 where its input lay in memory.
    pub block_bytes: u64,
}

/// How a child ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It said that nothing more comes.
    Done,
    /// It said a reasoned no.
    Refused,
    /// It died, or had to be killed.
    Died(ChildDeath),
}
