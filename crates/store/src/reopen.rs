//! Opening a failed job again: an operator requeued its message from the dead letter, so it may be done once more.

use crate::error::StoreError;
use crate::sql::values;
use crate::store::{Store, tenant};
use assay_contract::{JobId, OrganizationId};

impl Store {
    /// Opens a job's failed records again, its own and its attachments': the next claim makes new ones, with later generations,
    /// and the row is queued. How many records that were; 0 where nothing of it failed, or it was cancelled.
    ///
    /// To be called before the message goes back to its lane: without it, a redelivery only finds the failed record.
    /// The old records stay, and are published as they were.
    pub async fn reopen_job(&self, organization: &OrganizationId, job: &JobId) -> Result<u64, StoreError> {
        let now = self.now_us();
        let mut work = self.pools.begin().await?;
        let opened = work
            .read(
                "UPDATE records SET reopened_at_us = $3 WHERE organization_id = $1 AND job_id = $2 AND reopened_at_us IS NULL \
                 AND status = 'failed' AND (failure_code IS NULL OR failure_code <> 'cancelled') RETURNING attachment, fence",
                values![tenant(organization), job.as_str(), now],
            )
            .await?;
        if opened.is_empty() {
            return Ok(0);
        }
        for line in &opened {
            // The token goes on where it was: a worker of the earlier round, long believed dead, must not pass for the new one.
            work.write(
                "INSERT INTO claims (organization_id, job_id, attachment, fence, worker, expires_at_us) VALUES ($1, $2, $3, $4, $5, $6) \
                 ON CONFLICT (organization_id, job_id, attachment) DO NOTHING",
                values![tenant(organization), job.as_str(), line.number("attachment")?, line.number("fence")?, "\"\"", 0_i64],
            )
            .await?;
        }
        work.write(
            "UPDATE data_rows SET state = 'queued', failure_code = NULL, changed_at_us = $3 WHERE organization_id = $1 AND job_id = $2",
            values![tenant(organization), job.as_str(), now],
        )
        .await?;
        work.commit().await?;
        Ok(opened.len() as u64)
    }
}
