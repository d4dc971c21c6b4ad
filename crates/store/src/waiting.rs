//! Rows of a task that are to be tried again: after which failure, and when.

use crate::error::StoreError;
use crate::sql::values;
use crate::store::{Store, id, moment, tenant, unescaped};
use assay_contract::{Code, JobId, OrganizationId, TaskId};
use jiff::Timestamp;

/// A row that failed for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The job.
    pub job_id: JobId,
    /// The sender's own name for the row.
    pub global_key: Option<String>,
    /// How its last attempt ended.
    pub failure: Code,
    /// When it ended so.
    pub failed_at: Timestamp,
    /// How often a worker took it so far: its attempts, and what outages of our own cut short.
    pub taken: u32,
}

impl Store {
    /// Notes how an attempt ended after which the job is tried again. A row that has ended, or was cancelled, stays as it is.
    pub async fn note_attempt(&self, organization: &OrganizationId, job: &JobId, failure: Code) -> Result<(), StoreError> {
        self.pools
            .write(
                "UPDATE data_rows SET failure_code = $3, changed_at_us = $4 \
                 WHERE organization_id = $1 AND job_id = $2 AND state IN ('queued', 'processing')",
                values![tenant(organization), job.as_str(), failure.as_str(), self.now_us()],
            )
            .await
            .map(drop)
    }

    /// The rows of a task that wait for another attempt, the longest waiting first, at most `limit`.
    pub async fn waiting(&self, organization: &OrganizationId, task: &TaskId, limit: u32) -> Result<Vec<Waiting>, StoreError> {
        let found = self
            .pools
            .read(
                "SELECT data_rows.job_id, global_key, failure_code, changed_at_us, claims.fence FROM data_rows \
                 LEFT JOIN claims ON claims.organization_id = data_rows.organization_id AND claims.job_id = data_rows.job_id \
                 AND claims.attachment = -1 \
                 WHERE data_rows.organization_id = $1 AND task_id = $2 AND state = 'queued' AND failure_code IS NOT NULL \
                 ORDER BY changed_at_us, data_rows.job_id LIMIT $3",
                values![tenant(organization), task.as_str(), i64::from(limit)],
            )
            .await?;
        let row = |line: &crate::sql::Line| -> Result<Waiting, StoreError> {
            Ok(Waiting {
                job_id: id(&line.text("job_id")?)?,
                global_key: line.maybe_text("global_key")?.as_deref().map(unescaped).transpose()?,
                // A later version's code is no reason to hide the row.
                failure: line.text("failure_code")?.parse().unwrap_or(Code::Internal),
                failed_at: moment(line.number("changed_at_us")?),
                taken: line.maybe_number("fence")?.and_then(|fence| u32::try_from(fence).ok()).unwrap_or(1),
            })
        };
        found.iter().map(row).collect()
    }
}
