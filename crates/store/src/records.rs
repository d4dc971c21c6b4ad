//! Records: append-only, one for each job and attachment, counted by generation, published at least once.

use crate::claims::Claim;
use crate::current;
use crate::error::StoreError;
use crate::page::{self, Cursor, Page};
use crate::sql::{Line, Work, values};
use crate::store::{Store, place, tenant};
use assay_contract::record::MAX_RECORD_BYTES;
use assay_contract::{Code, DataRowId, JobId, OrganizationId, Record, TaskId};
use std::time::Duration;

/// Proof that a record is stored. Only this room makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    record: Record,
    json: String,
    organization: OrganizationId,
    job_id: JobId,
    published: bool,
}

impl Stored {
    /// The record, with its generation.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The record as it is stored: publishing this text twice publishes the same bytes.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The tenant.
    pub fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    /// The job that asked.
    pub fn job_id(&self) -> &JobId {
        &self.job_id
    }

    /// Whether it was published when it was read; a redelivery publishes it again all the same.
    pub fn was_published(&self) -> bool {
        self.published
    }

    fn attachment(&self) -> i64 {
        place(self.record.attachment.as_ref().map(|attachment| attachment.index))
    }

    fn read(line: &Line) -> Result<Self, StoreError> {
        let json = line.text("record")?;
        Ok(Self {
            record: serde_json::from_str(&json).map_err(StoreError::unreadable("record"))?,
            json,
            organization: crate::store::id(&line.text("organization_id")?)?,
            job_id: crate::store::id(&line.text("job_id")?)?,
            published: line.maybe_number("published_at_us")?.is_some(),
        })
    }
}

impl Store {
    /// Stores a record, once: assigns its generation, settles its row, makes it current where it may be, and ends the claim; all or nothing.
    ///
    /// Where the job's record is there already, that one is the answer, whoever asks. After an error, asking again is safe.
    /// [`StoreError::StaleClaim`] where another worker took the job over, [`StoreError::RecordTooLarge`] over [`MAX_RECORD_BYTES`].
    pub async fn put_record(&self, claim: &Claim, mut record: Record) -> Result<Stored, StoreError> {
        belongs(claim, &record)?;
        let now = self.now_us();
        let (organization, job, attachment) = (&claim.organization, &claim.job_id, place(claim.attachment));
        let mut work = self.pools.begin().await?;
        let ended = work
            .write(
                "DELETE FROM claims WHERE organization_id = $1 AND job_id = $2 AND attachment = $3 AND fence = $4",
                values![tenant(organization), job.as_str(), attachment, claim.fence],
            )
            .await?;
        if ended == 0 {
            return find(&mut work, organization, job, claim.attachment).await?.ok_or(StoreError::StaleClaim);
        }
        let subject = current::subject(&record, job);
        let current = current::next_generation(&mut work, organization, &subject, attachment).await?;
        record.generation = current.count("last_generation")?;
        let json = serde_json::to_string(&record).map_err(StoreError::unreadable("record"))?;
        if json.len() > MAX_RECORD_BYTES {
            return Err(StoreError::RecordTooLarge { bytes: json.len() });
        }
        work.write(
            "INSERT INTO records (organization_id, job_id, attachment, subject, generation, task_id, status, failure_code, record, \
             fence, stored_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            values![
                tenant(organization),
                job.as_str(),
                attachment,
                subject.as_str(),
                current.number("last_generation")?,
                record.task_id.as_ref().map(TaskId::as_str),
                record.status.as_str(),
                record.failure.as_ref().map(|failure| Code::as_str(failure.code)),
                json.as_str(),
                claim.fence,
                now,
            ],
        )
        .await?;
        current::stand(&mut work, organization, &subject, attachment, job, &record, &current).await?;
        current::settle_row(&mut work, organization, job, now).await?;
        work.commit().await?;
        Ok(Stored { record, json, organization: organization.clone(), job_id: job.clone(), published: false })
    }

    /// Notes that a record is published, after the broker confirmed it.
    pub async fn mark_published(&self, stored: &Stored) -> Result<(), StoreError> {
        let subject = current::subject(&stored.record, &stored.job_id);
        let generation = i64::try_from(stored.record.generation).unwrap_or(i64::MAX);
        self.pools
            .write(
                "UPDATE records SET published_at_us = $5 \
                 WHERE organization_id = $1 AND subject = $2 AND attachment = $3 AND generation = $4 AND published_at_us IS NULL",
                values![tenant(&stored.organization), subject, stored.attachment(), generation, self.now_us()],
            )
            .await
            .map(drop)
    }

    /// What a crash left unpublished, of all organisations, oldest first: stored longer ago than `older_than`, at most `limit`.
    /// One that can't be read is told to the log and passed over.
    pub async fn unpublished(&self, older_than: Duration, limit: u32) -> Result<Vec<Stored>, StoreError> {
        let age = i64::try_from(older_than.as_micros()).unwrap_or(i64::MAX);
        let (before, page) = (self.now_us().saturating_sub(age), i64::from(limit));
        let (mut readable, mut seen) = (Vec::new(), 0_i64);
        loop {
            let found = self
                .pools
                .read(
                    "SELECT organization_id, job_id, record, published_at_us FROM records \
                     WHERE published_at_us IS NULL AND stored_at_us <= $1 \
                     ORDER BY stored_at_us, organization_id, job_id, attachment, generation LIMIT $2 OFFSET $3",
                    values![before, page, seen],
                )
                .await?;
            for line in &found {
                match Stored::read(line) {
                    Ok(stored) => readable.push(stored),
                    Err(error) => tracing::error!(%error, job_id = line.text("job_id").ok(), "an unpublished record can't be read"),
                }
            }
            let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
            seen = seen.saturating_add(count);
            // A page full of what can't be read must not hide the ones behind it.
            if count < page || count == 0 || !readable.is_empty() {
                return Ok(readable);
            }
        }
    }

    /// A job's record (`attachment` `None`), or one attachment's.
    pub async fn record(&self, organization: &OrganizationId, job: &JobId, attachment: Option<u32>) -> Result<Option<Stored>, StoreError> {
        let line = self.pools.read_one(FIND, values![tenant(organization), job.as_str(), place(attachment)]).await?;
        line.as_ref().map(Stored::read).transpose()
    }

    /// A task's records, attachments among them, a page at a time.
    pub async fn records(
        &self,
        organization: &OrganizationId,
        task: &TaskId,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Stored>, StoreError> {
        let after = after.cloned().unwrap_or_else(Cursor::begin);
        let found = self
            .pools
            .read(
                "SELECT organization_id, job_id, attachment, record, published_at_us FROM records \
                 WHERE organization_id = $1 AND task_id = $2 AND reopened_at_us IS NULL AND (job_id > $3 OR (job_id = $3 AND attachment > $4)) \
                 ORDER BY job_id, attachment LIMIT $5",
                values![tenant(organization), task.as_str(), after.job_id, after.attachment, page::lines(limit)],
            )
            .await?;
        let end = |line: &Line| Ok(Cursor { job_id: line.text("job_id")?, attachment: line.number("attachment")? });
        page::page(found, limit, end, |line| Stored::read(&line))
    }

    /// What is known of a data row now: the latest record that did not fail; `None` where there never was one.
    pub async fn current_record(&self, organization: &OrganizationId, data_row: &DataRowId) -> Result<Option<Stored>, StoreError> {
        self.current(organization, data_row, None).await
    }

    /// The same of one of its attachments.
    pub async fn current_attachment(
        &self,
        organization: &OrganizationId,
        data_row: &DataRowId,
        attachment: u32,
    ) -> Result<Option<Stored>, StoreError> {
        self.current(organization, data_row, Some(attachment)).await
    }

    async fn current(
        &self,
        organization: &OrganizationId,
        data_row: &DataRowId,
        attachment: Option<u32>,
    ) -> Result<Option<Stored>, StoreError> {
        let line = self
            .pools
            .read_one(
                "SELECT r.organization_id, r.job_id, r.record, r.published_at_us FROM current_facts c \
                 JOIN records r ON r.organization_id = c.organization_id AND r.job_id = c.job_id AND r.attachment = c.attachment \
                 AND r.reopened_at_us IS NULL \
                 WHERE c.organization_id = $1 AND c.subject = $2 AND c.attachment = $3",
                values![tenant(organization), current::of_row(data_row.as_str()), place(attachment)],
            )
            .await?;
        line.as_ref().map(Stored::read).transpose()
    }
}

const FIND: &str = "SELECT organization_id, job_id, record, published_at_us FROM records \
                    WHERE organization_id = $1 AND job_id = $2 AND attachment = $3 AND reopened_at_us IS NULL";

/// A record, as a transaction sees it.
pub(crate) async fn find(
    work: &mut Work,
    organization: &OrganizationId,
    job: &JobId,
    attachment: Option<u32>,
) -> Result<Option<Stored>, StoreError> {
    let line = work.read_one(FIND, values![tenant(organization), job.as_str(), place(attachment)]).await?;
    line.as_ref().map(Stored::read).transpose()
}

fn belongs(claim: &Claim, record: &Record) -> Result<(), StoreError> {
    if record.organization_id.as_ref() != Some(&claim.organization) {
        return Err(StoreError::OtherRecord("organization_id"));
    }
    if record.job_id.as_ref() != Some(&claim.job_id) {
        return Err(StoreError::OtherRecord("job_id"));
    }
    if record.attachment.as_ref().map(|attachment| attachment.index) != claim.attachment {
        return Err(StoreError::OtherRecord("attachment"));
    }
    Ok(())
}
