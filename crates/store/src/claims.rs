//! Claims: who may make a job's record, by a lease that ends and a fencing token that only grows.

use crate::error::StoreError;
use crate::records::{self, Stored};
use crate::rows::{RowState, insert_rows};
use crate::sql::{Work, values};
use crate::store::{Store, escaped, moment, place, tenant, unescaped};
use assay_contract::{Job, JobId, OrganizationId};
use jiff::Timestamp;
use std::time::Duration;

/// The right to make one record, until it expires or another worker takes it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub(crate) organization: OrganizationId,
    pub(crate) job_id: JobId,
    pub(crate) attachment: Option<u32>,
    pub(crate) fence: i64,
    pub(crate) expires_at: Timestamp,
}

impl Claim {
    /// The tenant.
    pub fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    /// The job.
    pub fn job_id(&self) -> &JobId {
        &self.job_id
    }

    /// Which attachment; `None` for the row's own asset.
    pub fn attachment(&self) -> Option<u32> {
        self.attachment
    }

    /// The fencing token: a later claim of the same job has a higher one.
    pub fn fence(&self) -> i64 {
        self.fence
    }

    /// When another worker may take it over.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

/// What became of a claim.
#[derive(Debug)]
pub enum Claimed {
    /// This worker makes the record.
    New(Claim),
    /// Another worker is making it.
    Held {
        /// Its id.
        by: String,
        /// When it may be taken over, unless it is extended.
        until: Timestamp,
    },
    /// It is made: a redelivery publishes this one again.
    Done(Box<Stored>),
}

impl Store {
    /// Claims the making of a job's record (`attachment` `None`) or of one attachment's.
    ///
    /// The row goes to `processing`; a job that came by the broker alone gets its row here.
    pub async fn claim(&self, job: &Job, attachment: Option<u32>, worker: &str, lease: Duration) -> Result<Claimed, StoreError> {
        let now = self.now_us();
        let expires = until(now, lease);
        let mut work = self.pools.begin().await?;
        let key = values![tenant(&job.organization_id), job.job_id.as_str(), place(attachment)];
        let taken = work
            .read_one(
                "INSERT INTO claims (organization_id, job_id, attachment, fence, worker, expires_at_us) VALUES ($1, $2, $3, 1, $4, $5) \
                 ON CONFLICT (organization_id, job_id, attachment) DO UPDATE \
                 SET fence = claims.fence + 1, worker = excluded.worker, expires_at_us = excluded.expires_at_us \
                 WHERE claims.expires_at_us <= $6 \
                 RETURNING fence",
                [key.clone(), values![escaped(worker), expires, now]].concat(),
            )
            .await?;
        // Only now: the line above waits for a worker that is just storing the record.
        if let Some(stored) = records::find(&mut work, &job.organization_id, &job.job_id, attachment).await? {
            return Ok(Claimed::Done(Box::new(stored)));
        }
        let Some(line) = taken else {
            return held(&mut work, key).await;
        };
        let fence = line.number("fence")?;
        work.read_many(insert_rows(1), self.row_values(job, RowState::Processing)).await?;
        work.write(
            "UPDATE data_rows SET state = 'processing', changed_at_us = $3 \
             WHERE organization_id = $1 AND job_id = $2 AND state IN ('queued', 'held')",
            values![tenant(&job.organization_id), job.job_id.as_str(), now],
        )
        .await?;
        work.commit().await?;
        Ok(Claimed::New(Claim {
            organization: job.organization_id.clone(),
            job_id: job.job_id.clone(),
            attachment,
            fence,
            expires_at: moment(expires),
        }))
    }

    /// Puts a claim's end off to `lease` from now. [`StoreError::StaleClaim`] where another worker took it over, or the record is made.
    pub async fn extend(&self, claim: &mut Claim, lease: Duration) -> Result<(), StoreError> {
        let expires = until(self.now_us(), lease);
        let changed = self
            .pools
            .write(
                "UPDATE claims SET expires_at_us = $5 WHERE organization_id = $1 AND job_id = $2 AND attachment = $3 AND fence = $4",
                values![tenant(&claim.organization), claim.job_id.as_str(), place(claim.attachment), claim.fence, expires],
            )
            .await?;
        if changed == 0 {
            return Err(StoreError::StaleClaim);
        }
        claim.expires_at = moment(expires);
        Ok(())
    }

    /// Gives a claim back, so that another worker need not wait for its end; the row goes back to `queued`.
    /// The token keeps growing. A stale claim is given back by doing nothing.
    pub async fn release(&self, claim: &Claim) -> Result<(), StoreError> {
        let mut work = self.pools.begin().await?;
        let changed = work
            .write(
                "UPDATE claims SET expires_at_us = $5 WHERE organization_id = $1 AND job_id = $2 AND attachment = $3 AND fence = $4",
                values![tenant(&claim.organization), claim.job_id.as_str(), place(claim.attachment), claim.fence, 0_i64],
            )
            .await?;
        if changed == 0 {
            return Ok(());
        }
        work.write(
            "UPDATE data_rows SET state = 'queued', changed_at_us = $3 \
             WHERE organization_id = $1 AND job_id = $2 AND state = 'processing'",
            values![tenant(&claim.organization), claim.job_id.as_str(), self.now_us()],
        )
        .await?;
        work.commit().await
    }
}

async fn held(work: &mut Work, key: Vec<crate::sql::Value>) -> Result<Claimed, StoreError> {
    let line = work
        .read_one("SELECT worker, expires_at_us FROM claims WHERE organization_id = $1 AND job_id = $2 AND attachment = $3", key)
        .await?;
    match line {
        Some(line) => Ok(Claimed::Held { by: unescaped(&line.text("worker")?)?, until: moment(line.number("expires_at_us")?) }),
        // Between the two statements its record was made, or it was given back: asking again finds out which.
        None => Ok(Claimed::Held { by: String::new(), until: moment(0) }),
    }
}

fn until(now_us: i64, lease: Duration) -> i64 {
    now_us.saturating_add(i64::try_from(lease.as_micros()).unwrap_or(i64::MAX))
}
