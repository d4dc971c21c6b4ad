//! Why no signed URL could be made, and which row of the failure table that is.

use assay_contract::failure::ProviderAnswer;
use assay_contract::{Code, Failure};
use jiff::Timestamp;

/// Why no signed URL could be made. No variant holds a key, a URL or a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// STS refused to let us assume the integration's role.
    #[error("the role was refused ({})", said(.answer))]
    RoleRefused {
        /// What STS answered.
        answer: ProviderAnswer,
    },
    /// The integration is suspended. Whoever asked before `since` persists it on the integration, if it is not there yet: an earlier one
    /// is remembered, and may have been lifted.
    #[error("the integration is suspended since {since} after repeated refusals")]
    IntegrationSuspended {
        /// When STS refused once too often; from an integration that is stored as suspended, since when it is.
        since: Timestamp,
    },
    /// The integration is another organisation's.
    #[error("the integration belongs to another organisation")]
    ForeignIntegration,
    /// The integration's own settings can't be used.
    #[error("the integration's {field} can not be used: {reason}")]
    Settings {
        /// Which setting.
        field: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The asset lies outside the integration's buckets and prefixes.
    #[error("the asset lies outside the integration's scope")]
    OutsideScope,
    /// The address can't be signed.
    #[error("the address can not be signed: {0}")]
    Address(&'static str),
    /// The store refused to list the bucket, or the integration does not ask for it.
    #[error("the bucket can not be listed ({})", said(.answer))]
    ListingRefused {
        /// What the store answered.
        answer: ProviderAnswer,
    },
    /// STS asked us to slow down.
    #[error("the identity service asked to slow down ({})", said(.answer))]
    Throttled {
        /// What STS answered.
        answer: ProviderAnswer,
    },
    /// STS says that our clock is wrong.
    #[error("the identity service says that this machine's clock is wrong ({})", said(.answer))]
    ClockSkew {
        /// What STS answered.
        answer: ProviderAnswer,
    },
    /// STS could not be reached, did not answer in time, or failed.
    #[error("the identity service did not answer ({})", said(.answer))]
    Unavailable {
        /// What STS answered, if it did.
        answer: ProviderAnswer,
    },
    /// The worker has no identity: neither keys of its own nor a role, profile or environment that gives some.
    #[error("this machine has no AWS identity")]
    NoIdentity,
    /// STS does not accept the worker's identity.
    #[error("the worker's own identity was not accepted ({})", said(.answer))]
    WorkerIdentity {
        /// What STS answered.
        answer: ProviderAnswer,
    },
    /// Signing itself failed; a fault of ours.
    #[error("the request could not be signed: {0}")]
    Signing(&'static str),
}

impl AccessError {
    /// Whether the worker itself is at fault: then nothing is said about any integration.
    pub const fn is_of_the_worker(&self) -> bool {
        matches!(self, Self::NoIdentity | Self::WorkerIdentity { .. })
    }

    /// Whether a later try may get another answer: derived from the failure table's row.
    pub fn is_transient(&self) -> bool {
        self.failure().retryable
    }

    /// The row of the failure table, with what is particular to this case.
    pub fn failure(&self) -> Failure {
        match self {
            Self::RoleRefused { answer } => Failure::new(Code::RoleRefused).answered(answer.clone()),
            Self::IntegrationSuspended { since } => Failure::new(Code::IntegrationSuspended).because(format_args!("since {since:.0}")),
            // A tenant is never told that another tenant's integration exists.
            Self::ForeignIntegration => Failure::new(Code::IntegrationUnknown),
            Self::Settings { field, reason } => {
                Failure::new(Code::RoleRefused).because(format_args!("its {field} can not be used: {reason}"))
            }
            Self::OutsideScope => Failure::new(Code::OutsideIntegrationScope),
            Self::ListingRefused { answer } => Failure::new(Code::Forbidden)
                .because("allow s3:ListBucket too, and register the integration with `--may-list`")
                .at(assay_contract::failure::Stage::Access)
                .answered(answer.clone()),
            Self::Address(reason) => Failure::new(Code::AddressUnreadable).because(reason),
            Self::Throttled { answer } => Failure::new(Code::AccessThrottled).answered(answer.clone()),
            Self::ClockSkew { answer } => Failure::new(Code::ClockSkew).answered(answer.clone()),
            Self::Unavailable { answer } => {
                Failure::new(Code::ProviderUnavailable).at(assay_contract::failure::Stage::Access).answered(answer.clone())
            }
            Self::NoIdentity => Failure::new(Code::WorkerUnidentified).because("none was found"),
            Self::WorkerIdentity { answer } => {
                Failure::new(Code::WorkerUnidentified).because("it was not accepted").answered(answer.clone())
            }
            Self::Signing(_) => {
                Failure::new(Code::Internal).because("the URL could not be signed").at(assay_contract::failure::Stage::Access)
            }
        }
    }
}

fn said(answer: &ProviderAnswer) -> String {
    let code = answer.code.as_deref().unwrap_or("no code");
    match answer.status {
        Some(status) => format!("{code}, HTTP {status}"),
        None => code.to_owned(),
    }
}
