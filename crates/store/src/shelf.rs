//! The shelf: where thumbnails and other derivatives lie, in a local folder or the operator's own bucket.

mod folder;
mod open;
mod place;

pub use open::{OpenedShelf, ShelfKeys, ShelfOptions, open_shelf};
pub use place::{InvalidPlace, Part, Place};

use assay_contract::failure::Stage;
use assay_contract::{Code, Failure, JobId, OrganizationId};
use async_trait::async_trait;
use bytes::Bytes;
use std::fmt;
use std::time::Instant;

/// Where something lies on a shelf; `file:`, `s3:`, `gs:` or `az:`, with no signature in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ShelfUri(String);

impl ShelfUri {
    /// The text that a record holds.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for ShelfUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ShelfUri> for String {
    fn from(uri: ShelfUri) -> Self {
        uri.0
    }
}

/// Why the shelf could not do it. No variant holds a path, a URL or a key.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// The shelf's address or options are unusable.
    #[error("the shelf can't be opened: {0}")]
    Address(&'static str),
    /// The local folder can't be made or read.
    #[error("the shelf's folder can't be used")]
    Folder(#[source] std::io::Error),
    /// The address lies on no shelf of ours.
    #[error("the address does not lie on this shelf")]
    Elsewhere,
    /// Nothing lies there.
    #[error("nothing lies at this place of the shelf")]
    Missing,
    /// Larger than anything that is ever put there.
    #[error("what lies there has {bytes} bytes")]
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// The bucket refuses the worker's own identity.
    #[error("the shelf refuses this worker's keys")]
    Refused,
    /// It does not answer, or is full.
    #[error("the shelf is unavailable")]
    Unavailable,
    /// It did not answer in time.
    #[error("the shelf did not answer within {seconds} s")]
    Slow {
        /// How long we waited.
        seconds: u64,
    },
}

impl ShelfError {
    /// The row of the failure table. A shelf that refuses our keys is our own outage, never the asset's fault.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Folder(_) | Self::Refused | Self::Unavailable | Self::Slow { .. } => Failure::new(Code::StoreUnavailable),
            Self::Address(_) | Self::Elsewhere | Self::Missing | Self::TooLarge { .. } => Failure::new(Code::Internal).at(Stage::Store),
        }
    }
}

/// Holds bytes at deterministic places: doing it twice is the same as once.
#[async_trait]
pub trait Shelf: Send + Sync + fmt::Debug {
    /// Puts bytes at a place, in place of what lay there; a reader sees the old or the new, never a part.
    ///
    /// Ends by `until`, and within half a minute: what would come later, because whoever puts stood still, is not put – in a bucket
    /// unless it is on its way already. So nobody puts after the end of the claim by which he does.
    async fn put(&self, place: &Place, bytes: Bytes, mime_type: &str, until: Instant) -> Result<ShelfUri, ShelfError>;

    /// Reads what a record's URI names; at most 64 MiB.
    async fn get(&self, uri: &str) -> Result<Bytes, ShelfError>;

    /// Removes everything of one job; how many objects that were. Nothing there is no error.
    async fn remove_job(&self, organization: &OrganizationId, job: &JobId) -> Result<u64, ShelfError>;

    /// What lies at one part's places but is none of `named`. Other parts' things are not among it.
    async fn unnamed(&self, organization: &OrganizationId, job: &JobId, part: Part, named: &[&str]) -> Result<Vec<ShelfUri>, ShelfError>;

    /// Removes what [`Shelf::unnamed`] found; how many objects that were. One that is gone already counts.
    ///
    /// Only for a part whose record stands, and names the others: until then another worker may be putting what its own will name.
    async fn remove(&self, unnamed: &[ShelfUri]) -> Result<u64, ShelfError>;

    /// Whether the shelf takes what we put: writes one small object of its own, always the same, outside every organisation; in a
    /// folder one without a name.
    async fn healthy(&self) -> Result<(), ShelfError>;
}
