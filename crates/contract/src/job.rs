//! The job: what a sender puts on the queue, `assay.job/1`.

mod asset;
mod attachment;
mod size;

pub use asset::{JobAsset, Unusable};
pub use attachment::{Attachment, AttachmentType};
pub use size::{MAX_INLINE_OBJECT_BYTES, MAX_JOB_BYTES, MAX_JOB_VALUES, within_limits};

use crate::id::{DataRowId, DatasetId, IntegrationId, JobId, OrganizationId, TaskId};
use crate::kind::MediaType;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The schema that this version writes.
pub const SCHEMA: &str = "assay.job/1";

/// One asset to look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Always `assay.job/1`.
    pub schema: String,
    /// A redelivery carries the same id: the effect is once.
    pub job_id: JobId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The batch this job belongs to.
    #[serde(default)]
    pub task_id: Option<TaskId>,
    /// The row in the sender's catalogue.
    #[serde(default)]
    pub data_row_id: Option<DataRowId>,
    /// The sender's own name for the row; at most 200 characters.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub global_key: Option<String>,
    /// The collection the row belongs to.
    #[serde(default)]
    pub dataset_id: Option<DatasetId>,
    /// The delegation to use; null for an address that is already signed.
    #[serde(default)]
    pub integration: Option<IntegrationId>,
    /// Where the asset is.
    pub asset: JobAsset,
    /// The sender's claim of what it is; the content decides.
    #[serde(default)]
    pub media_type: Option<MediaType>,
    /// Files and texts that belong to the row; each gets its own record.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// Which outputs and limits; the profile `default` always exists.
    #[serde(default = "default_profile")]
    pub profile: String,
    /// How urgent.
    #[serde(default)]
    pub lane: Lane,
    /// What the object is expected to be.
    #[serde(default)]
    pub expected: Expected,
    /// Echoed in the record.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// When the sender made the job.
    pub submitted_at: Timestamp,
    /// After this moment the job is not worth doing.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

fn default_profile() -> String {
    "default".to_owned()
}

/// How urgent a job is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// Somebody waits for it.
    Interactive,
    /// Nobody waits.
    #[default]
    Batch,
}

impl Lane {
    /// Both lanes.
    pub const ALL: [Self; 2] = [Self::Interactive, Self::Batch];

    /// The word used in queue names and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Batch => "batch",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What the object is expected to be; anything else is `asset-changed`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The object's `ETag`, with its quotes.
    #[serde(default)]
    pub etag: Option<String>,
    /// SHA-256 of its bytes, 64 lower-case hex digits.
    #[serde(default)]
    pub sha256: Option<String>,
}

/// Why a message is no job that this version can do.
#[derive(Debug, thiserror::Error)]
pub enum JobUnreadable {
    /// Larger than [`MAX_JOB_BYTES`].
    #[error("the message has {0} bytes; {MAX_JOB_BYTES} are allowed")]
    TooLong(usize),
    /// More than [`MAX_JOB_VALUES`].
    #[error("the message has {0} values; {MAX_JOB_VALUES} are allowed: put a large asset into a bucket")]
    TooManyValues(usize),
    /// No JSON.
    #[error("the message is not JSON: {0}")]
    NotJson(serde_json::Error),
    /// JSON, but no job.
    #[error("the message is no {SCHEMA}: {}", without_values(.0))]
    NotAJob(serde_json::Error),
    /// A well-formed job that asks for what can't be.
    #[error("{0}")]
    Unusable(#[from] Unusable),
    /// Another schema altogether.
    #[error("the message's schema is {0:?}; this worker reads {SCHEMA}")]
    OtherSchema(String),
    /// A later version: given back for a newer worker, never dead-lettered.
    #[error("the message's schema is {0:?}, newer than this worker's {SCHEMA}; it waits for a newer worker")]
    Newer(String),
}

/// What is wrong with a message, without the text that stands at the wrong place: it may be a signed URL, and this sentence is
/// kept in the dead letter. A word as long as a field's name is shown, so that a misspelt one can be found.
fn without_values(error: &serde_json::Error) -> String {
    let sentence = error.to_string();
    let (begin, end) = if sentence.contains("string \"") { ("string \"", "\", expected ") } else { (" `", "`, expected ") };
    // The value may hold anything, the end's mark too; what is expected never does.
    let parts = sentence.split_once(begin).and_then(|(before, rest)| Some((before, rest.rsplit_once(end)?)));
    match parts {
        Some((before, (value, after))) if begin != " `" || !is_word(value) => format!("{before}{begin}…{end}{after}"),
        _ => sentence,
    }
}

fn is_word(value: &str) -> bool {
    value.len() <= 40 && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

impl Job {
    /// Reads a message. Unknown fields are an error that names them.
    pub fn read(message: &[u8]) -> Result<Self, JobUnreadable> {
        within_limits(message)?;
        let value: serde_json::Value = serde_json::from_slice(message).map_err(JobUnreadable::NotJson)?;
        if let Some(schema) = value.get("schema").and_then(serde_json::Value::as_str)
            && schema != SCHEMA
        {
            let newer =
                schema.strip_prefix("assay.job/").and_then(|version| version.parse::<u32>().ok()).is_some_and(|version| version > 1);
            let shown: String = schema.chars().take(40).collect();
            return Err(if newer { JobUnreadable::Newer(shown) } else { JobUnreadable::OtherSchema(shown) });
        }
        let job: Self = serde_json::from_value(value).map_err(JobUnreadable::NotAJob)?;
        job.checked()?;
        Ok(job)
    }

    fn checked(&self) -> Result<(), Unusable> {
        if let Some(key) = &self.global_key
            && key.chars().count() > crate::id::MAX_ID_CHARACTERS
        {
            return Err(Unusable::GlobalKeyTooLong);
        }
        if self.attachments.len() > MAX_ATTACHMENTS {
            return Err(Unusable::TooManyAttachments(self.attachments.len()));
        }
        let label_bytes: usize = self.labels.iter().map(|(k, v)| k.len() + v.len()).sum();
        if label_bytes > MAX_LABEL_BYTES {
            return Err(Unusable::LabelsTooLong(label_bytes));
        }
        if let Some(sha256) = &self.expected.sha256
            && (sha256.len() != 64 || !sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)))
        {
            return Err(Unusable::Sha256);
        }
        if let JobAsset::Inline(inline) = &self.asset {
            size::inline_within_limits(inline)?;
        }
        Ok(())
    }
}

/// Most attachments of one row.
pub const MAX_ATTACHMENTS: usize = 100;
/// Most bytes of all labels together: they are echoed in a record, which stays under 256 KiB.
pub const MAX_LABEL_BYTES: usize = 16 << 10;

#[cfg(test)]
mod tests;
