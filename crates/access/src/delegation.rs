//! The seam between providers: whoever can sign one asset's address implements it.

use crate::error::AccessError;
use assay_contract::{AssetAddress, JobId, OrganizationId, SignedUrl};
use async_trait::async_trait;
use std::time::Duration;

/// What a read is for: goes into the customer's own access log, never into a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose {
    /// The job that reads.
    pub job_id: JobId,
    /// Whose job it is; it must be the integration's own organisation.
    pub organization_id: OrganizationId,
}

/// One provider's way to let an asset be read for a while.
#[async_trait]
pub trait Delegation: Send + Sync {
    /// Signs `asset` for reading during `lifetime`, or for less where the credentials end before.
    async fn sign(&self, asset: &AssetAddress, lifetime: Duration, purpose: &Purpose) -> Result<SignedUrl, AccessError>;
}
