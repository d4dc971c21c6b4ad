//! Manifests: JSON Lines with a whole job, or a row as labelling platforms write it, on each line.

use crate::id::{DataRowId, DatasetId, IntegrationId, JobId, OrganizationId, TaskId};
use crate::job::{Attachment, Expected, Job, JobAsset, JobUnreadable, Lane, MAX_JOB_BYTES, SCHEMA, within_limits};
use crate::kind::MediaType;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};

/// What rows that say nothing else get.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// Whose jobs they are; a line may name no other.
    pub organization: OrganizationId,
    /// The batch they belong to.
    pub task: TaskId,
    /// The delegation to use.
    pub integration: Option<IntegrationId>,
    /// How urgent they are.
    pub lane: Lane,
    /// Which outputs and limits.
    pub profile: String,
}

/// Why a line is no job.
#[derive(Debug, thiserror::Error)]
pub enum LineUnreadable {
    /// An array, a text, a number.
    #[error("a line must be a JSON object: a row or a job")]
    NotAnObject,
    /// No JSON.
    #[error("the line is not JSON: {}", in_its_line(.0))]
    NotJson(serde_json::Error),
    /// Not the fields of a row. It may repeat what the line says: for its sender only.
    #[error(transparent)]
    NotARow(serde_json::Error),
    /// A whole job of somebody else.
    #[error("the job is of another organisation than --organization")]
    OtherOrganization,
    /// A row without an asset.
    #[error("the row says nowhere where its asset is: give `uri` or `row_data`")]
    NoAsset,
    /// A row with two assets.
    #[error("the row names its asset twice: give one of `uri`, `asset`, `row_data`")]
    TwoAssets,
    /// What it would be as a job, no worker would read.
    #[error(transparent)]
    NotAJob(#[from] JobUnreadable),
}

/// The job of a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What is to be done.
    pub job: Job,
    /// What labelling tools write into a row beside its asset and Assay has no use for, by its name: it is in no job.
    pub passed_by: Vec<&'static str>,
}

/// A row: `uri`, `asset` or `row_data` says where the asset is.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::struct_field_names, reason = "`row_data` is the word of labelling platforms")]
struct Row {
    uri: Option<String>,
    asset: Option<JobAsset>,
    row_data: Option<JobAsset>,
    data_row_id: Option<DataRowId>,
    global_key: Option<String>,
    external_id: Option<String>,
    dataset_id: Option<DatasetId>,
    integration: Option<IntegrationId>,
    media_type: Option<MediaType>,
    attachments: Vec<Attachment>,
    profile: Option<String>,
    expected: Expected,
    labels: BTreeMap<String, String>,
    expires_at: Option<Timestamp>,
    /// What people know of the asset; as [`Row::embeddings`] part of a row for the tools that show it, nothing that leads to the asset.
    metadata_fields: Option<IgnoredAny>,
    embeddings: Option<IgnoredAny>,
}

impl Row {
    fn passed_by(&self) -> Vec<&'static str> {
        let given = [self.metadata_fields.map(|_| "metadata_fields"), self.embeddings.map(|_| "embeddings")];
        given.into_iter().flatten().collect()
    }
}

/// The line of the manifest is told by whoever reads it; here there is but one.
fn in_its_line(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column ", " at column ")
}

/// The job of an address.
pub fn of_address(uri: &str, defaults: &Defaults) -> Job {
    of_row(Row::default(), JobAsset::Uri(uri.to_owned()), defaults)
}

/// The next line without its end, `None` at the manifest's end. Of a line that is too long for a job only so much is kept as shows
/// that it is; the rest is passed over. Fails where the manifest can't be read.
pub fn next_line(manifest: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let longest = u64::try_from(MAX_JOB_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    if Read::take(&mut *manifest, longest).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() > MAX_JOB_BYTES {
        manifest.skip_until(b'\n')?;
    }
    Ok(Some(line))
}

/// The job of a manifest's line; the error says what is wrong with it.
pub fn of_line(line: &[u8], defaults: &Defaults) -> Result<Line, LineUnreadable> {
    within_limits(line)?;
    let value: Value = serde_json::from_slice(line).map_err(LineUnreadable::NotJson)?;
    if !value.is_object() {
        return Err(LineUnreadable::NotAnObject);
    }
    let mut passed_by = Vec::new();
    let job = if value.get("schema").is_some() {
        let mut job = Job::read(line)?;
        if job.organization_id != defaults.organization {
            return Err(LineUnreadable::OtherOrganization);
        }
        job.task_id.get_or_insert_with(|| defaults.task.clone());
        job
    } else {
        let mut row: Row = serde_json::from_value(value).map_err(LineUnreadable::NotARow)?;
        passed_by = row.passed_by();
        let places = [row.uri.take().map(JobAsset::Uri), row.asset.take(), row.row_data.take()];
        let mut given = places.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(asset), None) => of_row(row, asset, defaults),
            (None, _) => return Err(LineUnreadable::NoAsset),
            (Some(_), Some(_)) => return Err(LineUnreadable::TwoAssets),
        }
    };
    // Read again as a worker will, with all that was added: a job that it refuses would leave its row queued for ever.
    Ok(Line { job: Job::read(&serde_json::to_vec(&job).map_err(LineUnreadable::NotARow)?)?, passed_by })
}

fn of_row(row: Row, asset: JobAsset, defaults: &Defaults) -> Job {
    Job {
        schema: SCHEMA.to_owned(),
        job_id: JobId::generate(),
        organization_id: defaults.organization.clone(),
        task_id: Some(defaults.task.clone()),
        data_row_id: row.data_row_id,
        global_key: row.global_key.or(row.external_id),
        dataset_id: row.dataset_id,
        // An https address without an integration of its own may be signed already; a bucket's never is.
        integration: row.integration.or_else(|| defaults.integration.clone()),
        asset,
        media_type: row.media_type,
        attachments: row.attachments,
        profile: row.profile.unwrap_or_else(|| defaults.profile.clone()),
        lane: defaults.lane,
        expected: row.expected,
        labels: row.labels,
        submitted_at: Timestamp::now(),
        expires_at: row.expires_at,
    }
}

#[cfg(test)]
mod tests;
