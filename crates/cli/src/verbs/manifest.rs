//! Manifests: JSON Lines with a whole job, or a row as labelling platforms write it, on each line.

use assay_contract::MediaType;
use assay_contract::id::{DataRowId, DatasetId, IntegrationId, JobId, OrganizationId, TaskId};
use assay_contract::job::{self, Attachment, Expected, Job, JobAsset, Lane, MAX_JOB_BYTES, SCHEMA};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};

/// What rows that say nothing else get.
#[derive(Debug, Clone)]
pub struct Defaults {
    pub organization: OrganizationId,
    pub task: TaskId,
    pub integration: Option<IntegrationId>,
    pub lane: Lane,
    pub profile: String,
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
}

/// The job of an address.
pub fn of_address(uri: &str, defaults: &Defaults) -> Job {
    of_row(Row::default(), JobAsset::Uri(uri.to_owned()), defaults)
}

/// The next line without its end, `None` at the manifest's end. Of a line that is too long for a job only so much is kept as shows
/// that it is; the rest is passed over.
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
pub fn of_line(line: &[u8], defaults: &Defaults) -> anyhow::Result<Job> {
    job::within_limits(line)?;
    let value: Value = serde_json::from_slice(line)?;
    anyhow::ensure!(value.is_object(), "a line must be a JSON object: a row or a job");
    if value.get("schema").is_some() {
        let mut job = Job::read(line)?;
        anyhow::ensure!(job.organization_id == defaults.organization, "the job is of another organisation than --organization");
        job.task_id.get_or_insert_with(|| defaults.task.clone());
        return Ok(job);
    }
    let mut row: Row = serde_json::from_value(value)?;
    let places = [row.uri.take().map(JobAsset::Uri), row.asset.take(), row.row_data.take()];
    let mut given = places.into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(asset), None) => {
            // Read again as a worker will: a job that it refuses would leave its row queued for ever.
            let job = of_row(row, asset, defaults);
            Ok(Job::read(&serde_json::to_vec(&job)?)?)
        }
        (None, _) => anyhow::bail!("the row says nowhere where its asset is: give `uri` or `row_data`"),
        (Some(_), Some(_)) => anyhow::bail!("the row names its asset twice: give one of `uri`, `asset`, `row_data`"),
    }
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
mod tests {
    use super::*;

    fn defaults() -> Defaults {
        Defaults {
            organization: "org".parse().unwrap(),
            task: "t".parse().unwrap(),
            integration: None,
            lane: Lane::Batch,
            profile: "default".into(),
        }
    }

    #[test]
    fn a_labelling_row_becomes_a_job() {
        let job = of_line(r#"{"row_data":"s3://b/k.jpg","global_key":"one","media_type":"IMAGE"}"#.as_bytes(), &defaults()).unwrap();
        assert_eq!((job.asset, job.global_key.as_deref()), (JobAsset::Uri("s3://b/k.jpg".into()), Some("one")));
    }

    #[test]
    fn a_row_without_an_asset_or_with_an_unknown_field_is_named() {
        assert!(of_line(r#"{"global_key":"a"}"#.as_bytes(), &defaults()).unwrap_err().to_string().contains("row_data"));
        assert!(of_line(r#"{"uri":"s3://b/k","row_data":"s3://b/k"}"#.as_bytes(), &defaults()).unwrap_err().to_string().contains("twice"));
        assert!(of_line(r#"{"url":"s3://b/k"}"#.as_bytes(), &defaults()).unwrap_err().to_string().contains("`url`"));
    }

    #[test]
    fn a_row_that_a_worker_would_refuse_is_refused_at_once() {
        let long = "k".repeat(201);
        for (row, complaint) in [
            (format!(r#"{{"uri":"s3://b/k","global_key":"{long}"}}"#), "global_key"),
            (format!(r#"{{"uri":"s3://b/k","labels":{{"a":"{}"}}}}"#, "b".repeat(20_000)), "labels"),
            (r#"{"uri":"s3://b/k","expected":{"sha256":"AB"}}"#.to_owned(), "sha256"),
        ] {
            let refused = of_line(row.as_bytes(), &defaults()).unwrap_err().to_string();
            assert!(refused.contains(complaint), "{refused}");
        }
    }

    #[test]
    fn a_line_that_no_job_could_have_is_neither_held_nor_taken_for_two() {
        let long = "x".repeat(3 * MAX_JOB_BYTES);
        let manifest = format!("{{\"uri\":\"s3://b/a\"}}\n{long}\n\n{{\"uri\":\"s3://b/b\"}}\r\n{long}");
        let mut rest = io::BufReader::new(manifest.as_bytes());
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut rest).unwrap() {
            assert!(line.capacity() <= 2 * MAX_JOB_BYTES + 2, "{} bytes are held", line.capacity());
            lines.push(of_line(&line, &defaults()).map_err(|error| error.to_string()));
        }
        let [Ok(_), Err(long), Err(_), Ok(_), Err(last)] = lines.as_slice() else { panic!("{lines:?}") };
        assert!(long.contains("are allowed") && last.contains("are allowed"), "{long}; {last}");
    }

    #[test]
    fn a_row_of_countless_small_values_is_refused() {
        let row = format!(r#"{{"asset":{{"inline":{{"a":[{}]}}}}}}"#, vec!["0"; 500_000].join(","));
        let refused = of_line(row.as_bytes(), &defaults()).unwrap_err().to_string();
        assert!(refused.contains("65536 are allowed"), "{refused}");
    }
}
