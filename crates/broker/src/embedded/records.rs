//! Published records of the embedded queue, which readers follow by their sequence.

use super::File;
use crate::broker::Published;
use crate::error::BrokerError;
use crate::message::{Message, TraceParent, now_ms, routing_key};
use assay_contract::Record;
use sqlx::Row;
use std::collections::VecDeque;
use std::sync::Arc;

/// How many are read at once.
const PAGE: u32 = 100;

/// A record as it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedRecord {
    /// Grows by each record; where to go on reading.
    pub sequence: i64,
    /// `complete.image`.
    pub routing_key: String,
    /// The record's JSON.
    pub body: Vec<u8>,
}

/// Follows the published records.
#[derive(Debug)]
pub struct Records {
    file: Arc<File>,
    sequence: i64,
    page: VecDeque<PublishedRecord>,
}

impl Records {
    pub(super) fn new(file: Arc<File>, sequence: i64) -> Self {
        Self { file, sequence, page: VecDeque::new() }
    }

    /// The next record, waiting for it where there is none yet. `None` when the queue was closed. Cancel-safe.
    pub async fn next(&mut self) -> Result<Option<PublishedRecord>, BrokerError> {
        let mut changes = self.file.changes.subscribe();
        loop {
            if let Some(record) = self.page.pop_front() {
                self.sequence = record.sequence;
                return Ok(Some(record));
            }
            if self.file.closing.is_cancelled() {
                return Ok(None);
            }
            changes.mark_unchanged();
            self.page = self.read().await?;
            if self.page.is_empty() {
                tokio::select! {
                    () = self.file.closing.cancelled() => return Ok(None),
                    _ = changes.changed() => {}
                    // Other processes may publish to the same file.
                    () = tokio::time::sleep(self.file.config.poll) => {}
                }
            }
        }
    }

    async fn read(&self) -> Result<VecDeque<PublishedRecord>, BrokerError> {
        let query = sqlx::query("SELECT sequence, routing_key, body FROM records WHERE sequence > $1 ORDER BY sequence LIMIT $2");
        let rows = self.file.within(query.bind(self.sequence).bind(PAGE).fetch_all(&self.file.pool)).await?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            Ok(PublishedRecord { sequence: row.try_get("sequence")?, routing_key: row.try_get("routing_key")?, body: row.try_get("body")? })
        };
        Ok(rows.iter().map(read).collect::<Result<_, sqlx::Error>>()?)
    }
}

pub(super) async fn publish(file: &File, record: &Record, trace: Option<&TraceParent>) -> Result<Published, BrokerError> {
    let message = Message::of_record(record, trace)?;
    let work = async {
        let mut transaction = file.pool.begin().await?;
        let sequence: i64 = sqlx::query_scalar(
            "INSERT INTO records (routing_key, message_id, correlation, trace, body, published_ms)
             VALUES ($1, $2, $3, $4, $5, $6) RETURNING sequence",
        )
        .bind(routing_key(record))
        .bind(&message.id)
        .bind(&message.correlation)
        .bind(message.trace.as_ref().map(TraceParent::as_str))
        .bind(&message.body)
        .bind(now_ms())
        .fetch_one(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM records WHERE sequence <= $1")
            .bind(sequence.saturating_sub(i64::from(file.config.kept_records)))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    };
    file.within(work).await?;
    file.changed();
    Ok(Published::confirmed())
}
