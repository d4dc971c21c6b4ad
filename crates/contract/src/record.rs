//! The record: what is known of an asset when it is gone, `assay.record/1`.

use crate::details::Details;
use crate::failure::{Failure, Issue};
use crate::id::{DataRowId, DatasetId, IntegrationId, JobId, OrganizationId, TaskId};
use crate::media_attributes::MediaAttributes;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The schema that this version writes.
pub const SCHEMA: &str = "assay.record/1";

/// Largest record, bytes of JSON; longer arrays become derivatives.
pub const MAX_RECORD_BYTES: usize = 256 << 10;

/// What is known of one asset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// Always `assay.record/1`.
    pub schema: String,
    /// The job that asked; null from `inspect`.
    pub job_id: Option<JobId>,
    /// The tenant; null from `inspect`.
    pub organization_id: Option<OrganizationId>,
    /// The batch, where there was one.
    pub task_id: Option<TaskId>,
    /// The sender's row.
    pub data_row_id: Option<DataRowId>,
    /// The sender's own name for the row.
    pub global_key: Option<String>,
    /// The row's collection.
    pub dataset_id: Option<DatasetId>,
    /// The delegation that was used.
    pub integration: Option<IntegrationId>,
    /// Set where the asset is an attachment of the row.
    pub attachment: Option<AttachmentRef>,
    /// The job's labels.
    pub labels: BTreeMap<String, String>,
    /// Counts the records of one row (or attachment); the highest is current unless it failed.
    pub generation: u64,
    /// How it went.
    pub status: Status,
    /// Why it failed, where it did.
    pub failure: Option<Failure>,
    /// What its owner should know.
    pub issues: Vec<Issue>,
    /// The asset as it was read.
    pub asset: AssetSeen,
    /// The flat view; null where nothing could be read.
    pub media_attributes: Option<MediaAttributes>,
    /// The whole view; null where nothing could be read.
    pub details: Option<Details>,
    /// Pictures.
    pub thumbnails: Vec<Thumbnail>,
    /// Everything else that was made.
    pub derivatives: Vec<Derivative>,
    /// What it cost.
    pub cost: Cost,
    /// Proof that nothing was kept; null where nothing was fetched.
    pub erasure: Option<Erasure>,
    /// What looked at it.
    pub extractor: Extractor,
    /// Name and revision of the profile.
    pub profile: String,
    /// How confined the decoder was.
    pub sandbox: Posture,
    /// Who did it.
    pub worker: WorkerRef,
    /// Which attempt this was, from 1.
    pub attempt: u32,
    /// When this attempt began.
    pub started_at: Timestamp,
    /// When the record was made.
    pub finished_at: Timestamp,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Everything that was asked for.
    Complete,
    /// Some output was refused; `issues` say which and why.
    Partial,
    /// Nothing; `failure` says why.
    Failed,
}

impl Status {
    /// The word used in records and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }
}

/// Which attachment of its row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttachmentRef {
    /// Its place in the job, from 0.
    pub index: u32,
    /// What the sender calls it.
    pub name: Option<String>,
    /// The sender's type.
    #[serde(rename = "type")]
    pub attachment_type: String,
}

/// The asset as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AssetSeen {
    /// Its address without any query but `versionId`; `file:` and the path for a local file.
    pub uri: String,
    /// Bytes.
    pub content_length: Option<u64>,
    /// As the store gave it.
    pub etag: Option<String>,
    /// As the store gave it, HTTP date.
    pub last_modified: Option<String>,
    /// Hex digits; null when the whole asset was not read.
    pub sha256: Option<String>,
    /// MIME type, from the content.
    pub detected_type: Option<String>,
}

/// A picture of the asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Thumbnail {
    /// As the profile names it.
    pub name: String,
    /// Where it lies on the operator's shelf; null from `inspect` without `--thumbnails`.
    pub uri: Option<String>,
    /// `image/webp` or `image/jpeg`.
    pub mime_type: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Size.
    pub bytes: u64,
    /// Hex digits.
    pub sha256: String,
}

/// Something else made from the asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Derivative {
    /// `waveform`, `frame-index` ….
    pub name: String,
    /// Where it lies on the operator's shelf.
    pub uri: Option<String>,
    /// Its type.
    pub mime_type: String,
    /// Size.
    pub bytes: u64,
    /// Hex digits.
    pub sha256: String,
}

/// What happened, never an estimate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// Bytes that came over the network.
    pub bytes_fetched: u64,
    /// HTTP requests for the asset.
    pub requests: u32,
    /// From submission to intake, milliseconds.
    pub queue_ms: u64,
    /// Assuming the role and signing, milliseconds.
    pub access_ms: u64,
    /// Download, milliseconds.
    pub fetch_ms: u64,
    /// Sniffing, the child's life and checking its answer, milliseconds.
    pub decode_ms: u64,
    /// From intake to this record, milliseconds.
    pub total_ms: u64,
    /// The child's CPU time, milliseconds.
    pub cpu_ms: u64,
    /// The child's largest resident size, bytes.
    pub peak_memory_bytes: u64,
}

/// Proof that nothing was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Erasure {
    /// What held the bytes.
    pub spool: SpoolKind,
    /// How many.
    pub bytes: u64,
    /// When they were gone.
    pub erased_at: Timestamp,
}

/// What holds an asset's bytes while it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SpoolKind {
    /// A sealed memfd.
    Memory,
    /// An unnamed temporary file, encrypted with a key that lives only in memory.
    EncryptedFile,
    /// Nothing: byte ranges were fetched as they were asked for.
    RemoteBlocks,
}

/// What looked at the asset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Extractor {
    /// Our version.
    pub assay: String,
    /// The decoder family; null where none was reached.
    pub decoder: Option<String>,
    /// Its libraries and their versions.
    pub libraries: BTreeMap<String, String>,
}

/// How confined a decoder was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Posture {
    /// Every layer held.
    Full,
    /// Landlock is missing on this kernel; seccomp and limits held.
    Degraded,
    /// No decoder was reached.
    Unused,
}

/// Who did it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkerRef {
    /// The worker's own id.
    pub id: String,
    /// Where it runs, where it was told.
    pub region: Option<String>,
}
