//! The one hand-off between `access` and `fetch`: a short-lived URL, which is a credential.

use crate::secret::Secret;
use jiff::Timestamp;

/// An address that can be read until it expires.
#[derive(Debug, Clone)]
pub struct SignedUrl {
    /// The whole URL with its signature.
    pub url: Secret<String>,
    /// When it stops working; `None` where it is not known (an address that a job brought).
    pub expires_at: Option<Timestamp>,
    /// Who made the URL: decides which hosts and schemes the guard lets through.
    pub origin: Origin,
}

/// Who made a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// We built its host from a bucket: it may resolve into the private ranges that the operator lists.
    Bucket,
    /// A job brought it: https and public addresses only.
    Job,
}
