//! Current facts: which of a row's records speaks for it.

use crate::error::StoreError;
use crate::sql::{Line, Work, values};
use crate::store::tenant;
use assay_contract::failure::Code;
use assay_contract::record::Status;
use assay_contract::{JobId, OrganizationId, Record};
use jiff::fmt::rfc2822;

/// What a record is about: its row, where it has one; else the sender's key; else only its job.
pub(crate) fn subject(record: &Record, job: &JobId) -> String {
    match (&record.data_row_id, &record.global_key) {
        (Some(row), _) => of_row(row.as_str()),
        // As JSON: a key may hold any character.
        (None, Some(key)) => format!("key:{}", crate::store::escaped(key)),
        (None, None) => format!("job:{job}"),
    }
}

/// The subject of a data row.
pub(crate) fn of_row(data_row: &str) -> String {
    format!("row:{data_row}")
}

/// Counts one more record of a subject and holds its line until the transaction ends, so that two that finish at once take turns.
pub(crate) async fn next_generation(
    work: &mut Work,
    organization: &OrganizationId,
    subject: &str,
    attachment: i64,
) -> Result<Line, StoreError> {
    work.read_one(
        "INSERT INTO current_facts (organization_id, subject, attachment, last_generation) VALUES ($1, $2, $3, 1) \
         ON CONFLICT (organization_id, subject, attachment) DO UPDATE SET last_generation = current_facts.last_generation + 1 \
         RETURNING last_generation, job_id, asset, last_modified_us, started_at_us",
        values![tenant(organization), subject, attachment],
    )
    .await?
    .ok_or(StoreError::Unreadable { what: "generation", line: 0, column: 0 })
}

/// Makes a record the current one, unless it failed or looked at an older version of the asset than the current one.
pub(crate) async fn stand(
    work: &mut Work,
    organization: &OrganizationId,
    subject: &str,
    attachment: i64,
    job: &JobId,
    record: &Record,
    current: &Line,
) -> Result<(), StoreError> {
    if record.status == Status::Failed {
        return Ok(());
    }
    let seen = Seen::of(record);
    if current.maybe_text("job_id")?.is_some() && seen.is_older_than(&Seen::stored(current)?) {
        return Ok(());
    }
    work.write(
        "UPDATE current_facts SET job_id = $4, asset = $5, last_modified_us = $6, started_at_us = $7 \
         WHERE organization_id = $1 AND subject = $2 AND attachment = $3",
        values![tenant(organization), subject, attachment, job.as_str(), seen.asset, seen.last_modified_us, seen.started_at_us],
    )
    .await
    .map(drop)
}

/// Folds a job's records into its row's state, once each of its parts has one: the asset's own decides, an attachment that was refused
/// makes it partial.
pub(crate) async fn settle_row(work: &mut Work, organization: &OrganizationId, job: &JobId, now_us: i64) -> Result<(), StoreError> {
    let key = values![tenant(organization), job.as_str()];
    // First the row's own line: of two attachments that end at once, the second then sees what the first wrote.
    let row = work
        .read_one(
            "UPDATE data_rows SET changed_at_us = $3 WHERE organization_id = $1 AND job_id = $2 RETURNING parts",
            [key.clone(), values![now_us]].concat(),
        )
        .await?;
    let ended = work
        .read(
            "SELECT attachment, status, failure_code FROM records \
             WHERE organization_id = $1 AND job_id = $2 AND reopened_at_us IS NULL",
            key.clone(),
        )
        .await?;
    // A row of a version that did not count them ends with its own asset.
    let parts = row.map(|row| row.maybe_number("parts")).transpose()?.flatten().unwrap_or(1);
    if i64::try_from(ended.len()).unwrap_or(i64::MAX) < parts {
        return Ok(());
    }
    let (mut own, mut code, mut refused) = (None, None, false);
    for line in &ended {
        let status = line.text("status")?;
        refused |= status != Status::Complete.as_str();
        if line.number("attachment")? == -1 {
            code = line.maybe_text("failure_code")?;
            own = Some(status);
        }
    }
    let Some(own) = own else {
        return Ok(());
    };
    let state = match own.as_str() {
        "failed" if code.as_deref() == Some(Code::Cancelled.as_str()) => "cancelled",
        "complete" if refused => "partial",
        own => own,
    };
    work.write(
        "UPDATE data_rows SET state = $3, failure_code = $4 WHERE organization_id = $1 AND job_id = $2",
        [key, values![state, code]].concat(),
    )
    .await
    .map(drop)
}

/// Which version of an asset a record looked at, and when.
struct Seen {
    asset: String,
    last_modified_us: Option<i64>,
    started_at_us: i64,
}

impl Seen {
    fn of(record: &Record) -> Self {
        // Versions of one object differ only behind the question mark.
        let asset = record.asset.uri.split("?versionId=").next().unwrap_or_default();
        let modified = record.asset.last_modified.as_deref();
        Self {
            asset: crate::store::escaped(asset),
            last_modified_us: modified.and_then(|date| rfc2822::parse(date).ok()).map(|date| date.timestamp().as_microsecond()),
            started_at_us: record.started_at.as_microsecond(),
        }
    }

    fn stored(line: &Line) -> Result<Self, StoreError> {
        Ok(Self {
            asset: line.maybe_text("asset")?.unwrap_or_default(),
            last_modified_us: line.maybe_number("last_modified_us")?,
            started_at_us: line.maybe_number("started_at_us")?.unwrap_or(i64::MIN),
        })
    }

    /// By the object's own date where both looked at the same object and have one, else by when the looking began.
    fn is_older_than(&self, current: &Self) -> bool {
        match (self.last_modified_us, current.last_modified_us) {
            (Some(mine), Some(theirs)) if self.asset == current.asset && mine != theirs => mine < theirs,
            _ => self.started_at_us < current.started_at_us,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(asset: &str, last_modified_us: Option<i64>, started_at_us: i64) -> Seen {
        Seen { asset: asset.to_owned(), last_modified_us, started_at_us }
    }

    #[test]
    fn an_older_version_is_told_by_the_objects_own_date() {
        assert!(seen("a", Some(1), 9).is_older_than(&seen("a", Some(2), 5)));
        assert!(!seen("a", Some(2), 5).is_older_than(&seen("a", Some(1), 9)));
    }

    #[test]
    fn without_a_common_date_the_later_look_wins() {
        assert!(seen("a", None, 5).is_older_than(&seen("a", Some(2), 9)));
        assert!(seen("a", Some(2), 5).is_older_than(&seen("a", Some(2), 9)));
        assert!(!seen("b", Some(1), 9).is_older_than(&seen("a", Some(2), 5)));
    }
}
