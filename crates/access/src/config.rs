//! What `access` must be told: who the worker is, where STS and S3 are, and what time it is.

use assay_contract::Secret;
use assay_contract::clock::{SharedClock, SystemClock};
use std::time::Duration;

/// Who the worker is when it asks STS for a customer's role.
#[derive(Debug, Clone, Default)]
pub enum WorkerIdentity {
    /// aws-config's default chain: environment, profile, web identity (IRSA), ECS, instance.
    #[default]
    Ambient,
    /// Fixed keys, for tests and the demo.
    Static {
        /// Access key id; an identifier, not a secret.
        access_key_id: String,
        /// The secret that belongs to it.
        secret_access_key: Secret<String>,
    },
}

/// How to build an [`Access`](crate::Access).
#[derive(Debug, Clone)]
pub struct AccessConfig {
    /// Who the worker is.
    pub identity: WorkerIdentity,
    /// STS's base URL, where it is not AWS's own regional endpoint (a VPC endpoint, the stand-in cloud).
    pub sts_endpoint: Option<String>,
    /// S3's base URL, where it is not AWS's own (a VPC endpoint, an S3-compatible store, the stand-in cloud).
    /// Buckets are then addressed in the path. It alone may be `http`.
    pub s3_endpoint: Option<String>,
    /// The region that the worker runs in; `None` takes the partition's first one.
    pub region: Option<String>,
    /// Where the time comes from.
    pub clock: SharedClock,
    /// How long one call to STS may take, retries included. Default 12 s.
    pub call_timeout: Duration,
}

impl Default for AccessConfig {
    fn default() -> Self {
        Self {
            identity: WorkerIdentity::Ambient,
            sts_endpoint: None,
            s3_endpoint: None,
            region: None,
            clock: SystemClock::shared(),
            call_timeout: Duration::from_secs(12),
        }
    }
}
