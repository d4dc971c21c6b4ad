//! Failures: what a reader is told when an asset, an integration or we ourselves could not do it.

mod code;
mod issues;
mod table;

pub use code::{Code, UnknownCode};
pub use issues::{ISSUES, IssueRow};
pub use table::{Retry, Row, TABLE};

use crate::limits::LimitHit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where in the road from queue to record a failure happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// The job was read and accepted.
    Intake,
    /// The role was assumed and a URL signed.
    Access,
    /// The asset was downloaded.
    Fetch,
    /// The asset was looked at.
    Probe,
    /// The record and its pictures were written.
    Store,
    /// The record was published.
    Publish,
}

impl Stage {
    /// The word used in records and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Access => "access",
            Self::Fetch => "fetch",
            Self::Probe => "probe",
            Self::Store => "store",
            Self::Publish => "publish",
        }
    }
}

/// Who can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Blame {
    /// Whoever sent the job.
    Sender,
    /// Whoever set up the integration: role, policy, secret.
    Integration,
    /// The file itself.
    Asset,
    /// We, or a service between us and the asset.
    Service,
}

/// What a cloud or broker answered, without anything secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderAnswer {
    /// HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The provider's own error code, `AccessDenied`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The id the provider's support asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// The `failure` object of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Row of the table.
    pub code: Code,
    /// Where it happened.
    pub stage: Stage,
    /// Who can mend it.
    pub blame: Blame,
    /// Whether trying again may help; derived from the row.
    pub retryable: bool,
    /// The public sentence, with what is particular to this asset; no key, URL, token or content.
    pub message: String,
    /// What the provider answered, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderAnswer>,
    /// The limit that was passed, where one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitHit>,
}

impl Failure {
    /// The failure that a code's row describes, at the row's usual stage.
    pub fn new(code: Code) -> Self {
        let row = code.row();
        Self {
            code,
            stage: row.stage,
            blame: row.blame,
            retryable: row.retry != Retry::Never,
            message: row.sentence.to_owned(),
            provider: None,
            limit: None,
        }
    }

    /// Says what is particular, after the public sentence. `particular` must hold no key, URL, token or content.
    #[must_use]
    pub fn because(mut self, particular: impl fmt::Display) -> Self {
        self.message = format!("{} ({particular})", self.code.row().sentence);
        self
    }

    /// Says at which other stage it happened.
    #[must_use]
    pub fn at(mut self, stage: Stage) -> Self {
        self.stage = stage;
        self
    }

    /// Adds what the provider answered.
    #[must_use]
    pub fn answered(mut self, provider: ProviderAnswer) -> Self {
        self.provider = Some(provider);
        self
    }

    /// The failure of a limit: which, what was asked, what is allowed.
    pub fn limit(code: Code, hit: LimitHit) -> Self {
        let mut failure = Self::new(code).because(format_args!("{}: asked {}, allowed {}", hit.name, hit.asked, hit.allowed));
        failure.limit = Some(hit);
        failure
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Failure {}

/// How much an [`Issue`] matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; the record is complete all the same.
    Warning,
    /// An output was refused; the record is partial.
    Error,
}

/// Something about an asset that its owner should know though there is a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Issue {
    /// A kebab-case word: a code of the failure table, or one of the issues that `assay explain` lists.
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
    /// A sentence for the asset's owner.
    pub message: String,
}

impl Issue {
    /// An issue that leaves the record complete.
    pub fn warning(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), severity: Severity::Warning, message: message.into() }
    }

    /// An issue that makes the record partial.
    pub fn error(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), severity: Severity::Error, message: message.into() }
    }
}

impl From<Failure> for Issue {
    /// An output was refused, the rest stands.
    fn from(failure: Failure) -> Self {
        Self::error(failure.code.as_str(), failure.message)
    }
}
