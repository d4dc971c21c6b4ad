//! What a caller asks for, who signs it, and what comes back.

use crate::spool::Spool;
use assay_contract::failure::Failure;
use assay_contract::job::{Expected, Lane};
use assay_contract::limits::FetchLimits;
use assay_contract::{AssetKind, Code, SignedUrl};
use async_trait::async_trait;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// Makes signed URLs of one asset. It is asked again when a signature runs out in the middle of a download.
#[async_trait]
pub trait Signer: Send + Sync {
    /// A URL that works now.
    async fn sign(&self) -> Result<SignedUrl, Failure>;

    /// Told what the store said about the last URL, before [`Signer::sign`] is asked again.
    async fn learn(&self, lesson: &Lesson) {
        let _ = lesson;
    }
}

/// What a store's refusal teaches whoever signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lesson {
    /// The bucket lies in another region, as the store names it.
    Region(String),
    /// The temporary credentials behind the signature are no longer taken.
    TokenRejected,
}

/// One download.
#[derive(Debug, Clone)]
pub struct Want {
    /// Limits of the job's profile.
    pub limits: FetchLimits,
    /// The sender's claim, for the first size limit; the content decides later (see [`Fetched::too_large_for`]).
    pub kind: Option<AssetKind>,
    /// What the object is expected to be.
    pub expected: Expected,
    /// Whose budget is used.
    pub lane: Lane,
    /// Whether the integration may list the bucket, so that a missing key can be told from a forbidden one.
    pub may_list: bool,
    /// When the job must be over; the earlier of this and `limits.total_ms` ends the download.
    pub deadline: Instant,
    /// Ends the download at its next wait.
    pub cancel: CancellationToken,
}

/// A whole asset, held where nobody else can see it.
#[derive(Debug)]
pub struct Fetched {
    /// The bytes, and their part of the budget.
    pub spool: Spool,
    /// What was seen of the object on the way.
    pub seen: Seen,
    /// The first bytes, at most 64 KiB, for sniffing.
    pub head: Vec<u8>,
}

impl Fetched {
    /// The refusal of an asset whose content turned out to be of a kind with a smaller limit than its claim; `None` when it fits.
    pub fn too_large_for(&self, limits: &FetchLimits, kind: AssetKind) -> Option<Failure> {
        crate::error::too_large(limits, Some(kind), self.spool.len()).map(|hit| Failure::limit(Code::TooLarge, hit))
    }
}

/// What was seen of an object on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Bytes of the asset.
    pub content_length: u64,
    /// As the store gave it, with its quotes.
    pub etag: Option<String>,
    /// As the store gave it, an HTTP date.
    pub last_modified: Option<String>,
    /// As the store gave it; a claim, never believed.
    pub content_type: Option<String>,
    /// As the store gave it: the bytes are kept as they are stored, never decompressed.
    pub content_encoding: Option<String>,
    /// SHA-256 of the bytes, 64 lower-case hex digits.
    pub sha256: String,
    /// Bytes of bodies that came over the network, of all attempts.
    pub bytes_fetched: u64,
    /// HTTP requests that were made, redirects and failed ones too.
    pub requests: u32,
}
