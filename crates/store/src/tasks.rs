//! Tasks: batches of data rows that their submitter watches as one.

use crate::error::StoreError;
use crate::rows::RowState;
use crate::sql::{Line, values};
use crate::store::{Store, escaped, moment, tenant, unescaped};
use assay_contract::{OrganizationId, TaskId};
use jiff::Timestamp;

/// A task that is to be made.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// Whose it is.
    pub organization: OrganizationId,
    /// What its submitter calls it; any text.
    pub name: String,
    /// How many rows it will have, where that is known: until they are all there, the task is not complete.
    pub expected_rows: Option<u64>,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its id, a ULID.
    pub id: TaskId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// What its submitter calls it.
    pub name: String,
    /// How many rows it will have, where that is known.
    pub expected_rows: Option<u64>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// How far a task is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskProgress {
    /// The task.
    pub task: Task,
    /// What it is doing.
    pub state: TaskState,
    /// Its rows, by state.
    pub rows: RowCounts,
}

/// What a task is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// No row was begun.
    Queued,
    /// Some rows were begun.
    Running,
    /// Stopped for now.
    Paused,
    /// Every row has ended, and not all of them failed.
    Complete,
    /// Every row failed.
    Failed,
    /// Cancelled by its submitter.
    Cancelled,
}

impl TaskState {
    /// The word used in answers and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Complete => "complete",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more will happen.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Complete | Self::Failed | Self::Cancelled)
    }
}

/// How many rows are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Waiting.
    pub queued: u64,
    /// Under way.
    pub processing: u64,
    /// Done.
    pub complete: u64,
    /// Done, with something refused.
    pub partial: u64,
    /// Failed for good.
    pub failed: u64,
    /// Cancelled.
    pub cancelled: u64,
    /// Parked until its integration is mended.
    pub held: u64,
}

impl RowCounts {
    /// All rows.
    pub const fn total(&self) -> u64 {
        self.ended() + self.queued + self.processing + self.held
    }

    /// Rows to which nothing more happens.
    pub const fn ended(&self) -> u64 {
        self.complete + self.partial + self.failed + self.cancelled
    }

    fn add(&mut self, state: RowState, rows: u64) {
        let place = match state {
            RowState::Queued => &mut self.queued,
            RowState::Processing => &mut self.processing,
            RowState::Complete => &mut self.complete,
            RowState::Partial => &mut self.partial,
            RowState::Failed => &mut self.failed,
            RowState::Cancelled => &mut self.cancelled,
            RowState::Held => &mut self.held,
        };
        *place += rows;
    }
}

impl Store {
    /// Makes a task.
    pub async fn create_task(&self, new: NewTask) -> Result<Task, StoreError> {
        let task = Task {
            id: TaskId::generate(),
            organization: new.organization,
            name: new.name,
            expected_rows: new.expected_rows,
            created_at: moment(self.now_us()),
        };
        self.pools
            .write(
                "INSERT INTO tasks (organization_id, id, name, expected_rows, created_at_us) VALUES ($1, $2, $3, $4, $5)",
                values![
                    tenant(&task.organization),
                    task.id.as_str(),
                    escaped(&task.name),
                    task.expected_rows.map(stored),
                    task.created_at.as_microsecond()
                ],
            )
            .await?;
        Ok(task)
    }

    /// Says how many rows a task has, when its submitter has counted them.
    pub async fn expect_rows(&self, organization: &OrganizationId, id: &TaskId, rows: u64) -> Result<(), StoreError> {
        self.pools
            .write(
                "UPDATE tasks SET expected_rows = $3 WHERE organization_id = $1 AND id = $2",
                values![tenant(organization), id.as_str(), stored(rows)],
            )
            .await
            .map(drop)
    }

    /// How far a task is; `None` where this organisation has no such task.
    pub async fn task(&self, organization: &OrganizationId, id: &TaskId) -> Result<Option<TaskProgress>, StoreError> {
        let Some(line) = self
            .pools
            .read_one(
                "SELECT name, expected_rows, created_at_us, paused_at_us, cancelled_at_us FROM tasks \
                 WHERE organization_id = $1 AND id = $2",
                values![tenant(organization), id.as_str()],
            )
            .await?
        else {
            return Ok(None);
        };
        let counted = self
            .pools
            .read(
                "SELECT state, COUNT(*) AS number FROM data_rows WHERE organization_id = $1 AND task_id = $2 GROUP BY state",
                values![tenant(organization), id.as_str()],
            )
            .await?;
        let mut rows = RowCounts::default();
        for count in &counted {
            rows.add(RowState::read(&count.text("state")?)?, count.count("number")?);
        }
        let task = Task {
            id: id.clone(),
            organization: organization.clone(),
            name: unescaped(&line.text("name")?)?,
            expected_rows: line.maybe_number("expected_rows")?.and_then(|rows| u64::try_from(rows).ok()),
            created_at: moment(line.number("created_at_us")?),
        };
        let state = state(&line, &task, &rows)?;
        Ok(Some(TaskProgress { task, state, rows }))
    }

    /// Cancels a task and every row of it that has not ended. How many rows that were.
    ///
    /// A worker that has one of them in hand notices by [`Store::is_cancelled`].
    pub async fn cancel_task(&self, organization: &OrganizationId, id: &TaskId) -> Result<u64, StoreError> {
        let now = self.now_us();
        let mut work = self.pools.begin().await?;
        work.write(
            "UPDATE tasks SET cancelled_at_us = $3 WHERE organization_id = $1 AND id = $2 AND cancelled_at_us IS NULL",
            values![tenant(organization), id.as_str(), now],
        )
        .await?;
        let rows = work
            .write(
                "UPDATE data_rows SET state = 'cancelled', failure_code = 'cancelled', cancelled_at_us = $3, changed_at_us = $3 \
                 WHERE organization_id = $1 AND task_id = $2 AND state IN ('queued', 'processing', 'held')",
                values![tenant(organization), id.as_str(), now],
            )
            .await?;
        work.commit().await?;
        Ok(rows)
    }

    /// Marks a task as paused; its submitter stops queueing rows.
    pub async fn pause_task(&self, organization: &OrganizationId, id: &TaskId) -> Result<(), StoreError> {
        self.pools
            .write(
                "UPDATE tasks SET paused_at_us = $3 WHERE organization_id = $1 AND id = $2",
                values![tenant(organization), id.as_str(), self.now_us()],
            )
            .await
            .map(drop)
    }

    /// Ends a pause.
    pub async fn resume_task(&self, organization: &OrganizationId, id: &TaskId) -> Result<(), StoreError> {
        self.pools
            .write(
                "UPDATE tasks SET paused_at_us = NULL WHERE organization_id = $1 AND id = $2",
                values![tenant(organization), id.as_str()],
            )
            .await
            .map(drop)
    }
}

fn state(line: &Line, task: &Task, rows: &RowCounts) -> Result<TaskState, StoreError> {
    if line.maybe_number("cancelled_at_us")?.is_some() {
        return Ok(TaskState::Cancelled);
    }
    let total = rows.total();
    let whole = total > 0 && rows.ended() == total && task.expected_rows.is_none_or(|expected| total >= expected);
    if whole {
        return Ok(if rows.failed == total {
            TaskState::Failed
        } else if rows.cancelled == total {
            TaskState::Cancelled
        } else {
            TaskState::Complete
        });
    }
    if line.maybe_number("paused_at_us")?.is_some() {
        return Ok(TaskState::Paused);
    }
    Ok(if rows.queued == total && task.expected_rows != Some(0) {
        TaskState::Queued
    } else if total == 0 {
        TaskState::Complete
    } else {
        TaskState::Running
    })
}

fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
