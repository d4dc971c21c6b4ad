//! Data rows: where each job stands, from being queued to its end.

use crate::error::StoreError;
use crate::page::{self, Cursor, Page};
use crate::sql::{Line, Value, values};
use crate::store::{Store, escaped, id, moment, tenant, unescaped};
use assay_contract::{Code, DataRowId, Job, JobId, OrganizationId, TaskId};
use jiff::Timestamp;

/// Where a data row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowState {
    /// Waits on the queue.
    Queued,
    /// A worker has it.
    Processing,
    /// Has a record with everything.
    Complete,
    /// Has a record; some output, or an attachment, was refused.
    Partial,
    /// Has a record that says why there is nothing.
    Failed,
    /// Cancelled before it was done.
    Cancelled,
    /// Parked until its integration is mended.
    Held,
}

impl RowState {
    /// Every state.
    pub const ALL: [Self; 7] = [Self::Queued, Self::Processing, Self::Complete, Self::Partial, Self::Failed, Self::Cancelled, Self::Held];

    /// The word used in answers and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Processing => "processing",
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Held => "held",
        }
    }

    /// Whether nothing more will happen to the row.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Complete | Self::Partial | Self::Failed | Self::Cancelled)
    }

    pub(crate) fn read(word: &str) -> Result<Self, StoreError> {
        Self::ALL.into_iter().find(|state| state.as_str() == word).ok_or(StoreError::Unreadable { what: "row state", line: 0, column: 0 })
    }
}

/// One data row's job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowProgress {
    /// The job.
    pub job_id: JobId,
    /// The task that it is part of.
    pub task_id: Option<TaskId>,
    /// The sender's row.
    pub data_row_id: Option<DataRowId>,
    /// The sender's own name for the row.
    pub global_key: Option<String>,
    /// Where it stands.
    pub state: RowState,
    /// Why it failed, where it did; of a row that is to be tried again, why its last attempt did.
    pub failure: Option<Code>,
    /// When that last changed.
    pub changed_at: Timestamp,
}

/// What became of a job that was to be queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// It was not known.
    New,
    /// A job of this id was there already; nothing was changed.
    Known(RowState),
}

/// Lines of one statement, of ten values each. Measured with 2,500 rows: `SQLite` takes three times as long with 1,000 a statement
/// (it looks every `$1` up in a list of them all), PostgreSQL takes the same.
const CHUNK: usize = 100;

impl Store {
    /// Notes a job as queued, once: doing it again changes nothing.
    pub async fn enqueue_row(&self, job: &Job) -> Result<Enqueued, StoreError> {
        if !self.enqueue_rows(std::slice::from_ref(job)).await?.is_empty() {
            return Ok(Enqueued::New);
        }
        let known = self.row(&job.organization_id, &job.job_id).await?;
        Ok(known.map_or(Enqueued::New, |row| Enqueued::Known(row.state)))
    }

    /// Notes many jobs as queued, all or none. Those that were not known: the others are somebody else's, and nothing of them is changed.
    pub async fn enqueue_rows(&self, jobs: &[Job]) -> Result<Vec<JobId>, StoreError> {
        // In one order everywhere, so that two submitters of the same rows wait for each other instead of deadlocking.
        let mut sorted: Vec<&Job> = jobs.iter().collect();
        sorted.sort_by(|a, b| (&a.organization_id, &a.job_id).cmp(&(&b.organization_id, &b.job_id)));
        let mut work = self.pools.begin().await?;
        let mut new = Vec::new();
        for chunk in sorted.chunks(CHUNK) {
            let values = chunk.iter().flat_map(|job| self.row_values(job, RowState::Queued)).collect();
            new.extend(work.read_many(insert_rows(chunk.len()), values).await?);
        }
        work.commit().await?;
        new.iter().map(|line| id(&line.text("job_id")?)).collect()
    }

    /// Takes back the rows of jobs whose messages did not reach the queue, all or none: they are unknown again. A row that somebody
    /// has begun stays, since its message did. How many were taken back.
    pub async fn withdraw_rows(&self, organization: &OrganizationId, jobs: &[JobId]) -> Result<u64, StoreError> {
        let mut work = self.pools.begin().await?;
        let mut gone = 0;
        for job in jobs {
            gone += work
                .write(
                    "DELETE FROM data_rows WHERE organization_id = $1 AND job_id = $2 AND state = 'queued' AND NOT EXISTS \
                     (SELECT 1 FROM claims WHERE claims.organization_id = $1 AND claims.job_id = $2) AND NOT EXISTS \
                     (SELECT 1 FROM records WHERE records.organization_id = $1 AND records.job_id = $2)",
                    values![tenant(organization), job.as_str()],
                )
                .await?;
        }
        work.commit().await?;
        Ok(gone)
    }

    /// Where a job stands; `None` where this organisation has no such job.
    pub async fn row(&self, organization: &OrganizationId, job: &JobId) -> Result<Option<RowProgress>, StoreError> {
        let line = self
            .pools
            .read_one(
                "SELECT job_id, task_id, data_row_id, global_key, state, failure_code, changed_at_us FROM data_rows \
                 WHERE organization_id = $1 AND job_id = $2",
                values![tenant(organization), job.as_str()],
            )
            .await?;
        line.as_ref().map(row).transpose()
    }

    /// Where a data row's latest job stands.
    pub async fn data_row(&self, organization: &OrganizationId, data_row: &DataRowId) -> Result<Option<RowProgress>, StoreError> {
        let line = self
            .pools
            .read_one(
                "SELECT job_id, task_id, data_row_id, global_key, state, failure_code, changed_at_us FROM data_rows \
                 WHERE organization_id = $1 AND data_row_id = $2 ORDER BY created_at_us DESC, job_id DESC LIMIT 1",
                values![tenant(organization), data_row.as_str()],
            )
            .await?;
        line.as_ref().map(row).transpose()
    }

    /// A task's rows, a page at a time.
    pub async fn rows(
        &self,
        organization: &OrganizationId,
        task: &TaskId,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<RowProgress>, StoreError> {
        let after = after.cloned().unwrap_or_else(Cursor::begin);
        let found = self
            .pools
            .read(
                "SELECT job_id, task_id, data_row_id, global_key, state, failure_code, changed_at_us FROM data_rows \
                 WHERE organization_id = $1 AND task_id = $2 AND job_id > $3 ORDER BY job_id LIMIT $4",
                values![tenant(organization), task.as_str(), after.job_id, page::lines(limit)],
            )
            .await?;
        page::page(found, limit, |line| Ok(Cursor { job_id: line.text("job_id")?, attachment: 0 }), |line| row(&line))
    }

    /// Whether a job, or its whole task, was cancelled: looked at before each expensive step.
    pub async fn is_cancelled(&self, organization: &OrganizationId, job: &JobId) -> Result<bool, StoreError> {
        let line = self
            .pools
            .read_one(
                "SELECT job_id FROM data_rows WHERE organization_id = $1 AND job_id = $2 AND cancelled_at_us IS NOT NULL",
                values![tenant(organization), job.as_str()],
            )
            .await?;
        Ok(line.is_some())
    }

    /// Cancels a job that has not ended; the state it has now, `None` where there is no such job.
    pub async fn cancel_job(&self, organization: &OrganizationId, job: &JobId) -> Result<Option<RowState>, StoreError> {
        self.pools
            .write(
                "UPDATE data_rows SET state = 'cancelled', failure_code = 'cancelled', cancelled_at_us = $3, changed_at_us = $3 \
                 WHERE organization_id = $1 AND job_id = $2 AND state IN ('queued', 'processing', 'held')",
                values![tenant(organization), job.as_str(), self.now_us()],
            )
            .await?;
        Ok(self.row(organization, job).await?.map(|row| row.state))
    }

    /// Parks a job whose integration is suspended; [`Store::lift_suspension`] queues it again. The message itself waits at the broker.
    pub async fn hold_job(&self, organization: &OrganizationId, job: &JobId) -> Result<(), StoreError> {
        self.pools
            .write(
                "UPDATE data_rows SET state = 'held', changed_at_us = $3 \
                 WHERE organization_id = $1 AND job_id = $2 AND state IN ('queued', 'processing')",
                values![tenant(organization), job.as_str(), self.now_us()],
            )
            .await
            .map(drop)
    }

    /// Ends the row of a job that no record can be made of. A row that has ended already stays as it is.
    pub async fn fail_row(&self, organization: &OrganizationId, job: &JobId, code: Code) -> Result<(), StoreError> {
        self.pools
            .write(
                "UPDATE data_rows SET state = 'failed', failure_code = $3, changed_at_us = $4 \
                 WHERE organization_id = $1 AND job_id = $2 AND state IN ('queued', 'processing', 'held')",
                values![tenant(organization), job.as_str(), code.as_str(), self.now_us()],
            )
            .await
            .map(drop)
    }

    /// The values of one row, in the order of [`insert_rows`].
    pub(crate) fn row_values(&self, job: &Job, state: RowState) -> Vec<Value> {
        let now = self.now_us();
        values![
            tenant(&job.organization_id),
            job.job_id.as_str(),
            job.task_id.as_ref().map(TaskId::as_str),
            job.data_row_id.as_ref().map(DataRowId::as_str),
            job.global_key.as_deref().map(escaped),
            job.integration.as_ref().map(assay_contract::IntegrationId::as_str),
            state.as_str(),
            now,
            now,
            i64::try_from(job.attachments.len()).unwrap_or(i64::MAX).saturating_add(1),
        ]
    }
}

/// `INSERT` of so many rows that leaves those alone that are there, and gives the others' jobs.
pub(crate) fn insert_rows(rows: usize) -> String {
    let mut sql = String::from(
        "INSERT INTO data_rows \
         (organization_id, job_id, task_id, data_row_id, global_key, integration, state, created_at_us, changed_at_us, parts) VALUES ",
    );
    for row in 0..rows {
        let first = row * 10;
        let places: Vec<String> = (first + 1..=first + 10).map(|place| format!("${place}")).collect();
        let comma = if row == 0 { "" } else { ", " };
        sql.extend([comma, "(", &places.join(", "), ")"]);
    }
    sql.push_str(" ON CONFLICT (organization_id, job_id) DO NOTHING RETURNING job_id");
    sql
}

pub(crate) fn row(line: &Line) -> Result<RowProgress, StoreError> {
    Ok(RowProgress {
        job_id: id(&line.text("job_id")?)?,
        task_id: line.maybe_text("task_id")?.as_deref().map(id).transpose()?,
        data_row_id: line.maybe_text("data_row_id")?.as_deref().map(id).transpose()?,
        global_key: line.maybe_text("global_key")?.as_deref().map(unescaped).transpose()?,
        state: RowState::read(&line.text("state")?)?,
        // A later version's code is no reason to hide the row.
        failure: line.maybe_text("failure_code")?.and_then(|code| code.parse().ok()),
        changed_at: moment(line.number("changed_at_us")?),
    })
}
