//! Failure codes: the names that records, dead letters and metrics use.

use super::table::{Retry, Row, TABLE};
use super::{Blame, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A failure code. Codes are never renamed or reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The job could not be read as `assay.job/1`.
    JobUnreadable,
    /// The job's `expires_at` passed before it was processed.
    JobExpired,
    /// The job names a profile that this installation does not have.
    ProfileUnknown,
    /// No integration of this organisation has that name.
    IntegrationUnknown,
    /// The integration was suspended after repeated refusals.
    IntegrationSuspended,
    /// The cloud refused to let us assume the integration's role: it is gone, or its trust policy or external id does not match.
    RoleRefused,
    /// The secret or certificate of this integration has expired.
    SecretExpired,
    /// The asset lies outside the buckets and prefixes that the integration covers.
    OutsideIntegrationScope,
    /// The address leads to a host that Assay must not contact: a private, local or metadata address, or not https.
    AddressRefused,
    /// The asset's address could not be understood.
    AddressUnreadable,
    /// The cloud refused to hand out the object: the role may not read it.
    Forbidden,
    /// The object is encrypted with a key that the role may not use.
    KeyDenied,
    /// The object lies in an archive tier and can not be read now.
    ArchivedAsset,
    /// There is no object at this address.
    NotFound,
    /// The object is missing, or the role may not read it: without permission to list the bucket, the cloud does not say which.
    MissingOrForbidden,
    /// The signed URL in the job has expired or was altered.
    ExpiredUrl,
    /// The worker itself has no identity in the cloud, or the cloud does not accept it.
    WorkerUnidentified,
    /// The cloud's identity service asked us to slow down.
    AccessThrottled,
    /// The cloud says that this worker's clock is wrong.
    ClockSkew,
    /// The object store asked us to slow down.
    TooManyRequests,
    /// The download did not finish in time.
    FetchTimeout,
    /// The connection broke in the middle of the download, more than once.
    FetchInterrupted,
    /// The cloud or the host of the asset could not be reached or answered with an error of its own.
    ProviderUnavailable,
    /// The object changed while it was read, or is not the version that the job expects.
    AssetChanged,
    /// The asset is larger than its kind may be.
    TooLarge,
    /// The asset asked for more than a limit allows.
    LimitExceeded,
    /// The job was cancelled by its sender.
    Cancelled,
    /// The asset is not what the job says it is.
    MediaTypeMismatch,
    /// Assay does not read this format.
    UnsupportedFormat,
    /// The asset has no bytes.
    EmptyAsset,
    /// The file is damaged or incomplete, and nothing useful could be read.
    CorruptAsset,
    /// The file is encrypted or protected by a password.
    EncryptedAsset,
    /// The picture has more pixels than a thumbnail may be made from.
    TooManyPixels,
    /// The imagery's coordinate system has no EPSG code that can be used.
    InvalidEpsg,
    /// The imagery has more bands than can be shown.
    TooManyBands,
    /// The file made its decoder crash.
    DecoderCrashed,
    /// Decoding the file took longer than allowed and was stopped.
    DecoderTimeout,
    /// Decoding the file needed more memory than allowed and was stopped.
    DecoderOutOfMemory,
    /// The worker had no room for the asset.
    SpoolFull,
    /// The record could not be written.
    StoreUnavailable,
    /// The broker did not confirm the record.
    PublishUnconfirmed,
    /// Something went wrong on our side.
    Internal,
}

impl Code {
    /// The code's row.
    pub fn row(self) -> &'static Row {
        // The table holds the codes in the order of the enum (tested), so this never falls through.
        TABLE.get(self as usize).unwrap_or(INTERNAL)
    }

    /// As written in records: kebab-case.
    pub fn as_str(self) -> &'static str {
        self.row().name
    }

    /// Whether trying again may help.
    pub fn retry(self) -> Retry {
        self.row().retry
    }
}

const INTERNAL: &Row = &Row {
    code: Code::Internal,
    name: "internal",
    stage: Stage::Probe,
    blame: Blame::Service,
    retry: Retry::Transient,
    sentence: "Something went wrong on our side.",
};

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No row has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no code {0:?}; `assay explain` lists them all")]
pub struct UnknownCode(pub String);

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(name: &str) -> Result<Self, UnknownCode> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.code).ok_or_else(|| UnknownCode(name.to_owned()))
    }
}
