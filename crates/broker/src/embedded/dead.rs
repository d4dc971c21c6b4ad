//! The dead letter of the embedded queue.

use super::row::{lane_of, message_of};
use crate::broker::Opening;
use crate::dead_letter::{DeadCause, DeadLetter, DeadLetterId, DeadOrigin};
use crate::message::now_ms;
use assay_contract::Code;
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};
use std::error::Error;

pub(super) async fn list(pool: &SqlitePool, limit: usize) -> Result<Vec<DeadLetter>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM messages WHERE place IN ('dead', 'abandoned') ORDER BY died_ms, id LIMIT $1")
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(pool)
        .await?;
    rows.iter().map(letter).collect()
}

pub(super) async fn find(pool: &SqlitePool, id: &DeadLetterId) -> Result<Option<DeadLetter>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM messages WHERE dead_id = $1 AND place IN ('dead', 'abandoned')")
        .bind(id.as_str())
        .fetch_optional(pool)
        .await?;
    row.as_ref().map(letter).transpose()
}

/// What became of a letter that was to go back to its lane.
pub(super) enum Requeued {
    Done,
    /// There is none that nobody holds. An abandoned one that is out is being given its record: taken from under that, it would be failed
    /// by it without having been tried.
    Refused,
    NotOpened(Box<dyn Error + Send + Sync>),
}

/// The file is this transaction's while the letter is opened: nobody takes it, and dropped it has changed nothing.
pub(super) async fn requeue(pool: &SqlitePool, id: &DeadLetterId, opening: Opening<'_>) -> Result<Requeued, sqlx::Error> {
    let now = now_ms();
    let mut work = pool.begin_with("BEGIN IMMEDIATE").await?;
    let done = sqlx::query(
        "UPDATE messages SET place = lane, outcomes = 0, deliveries = 0, enqueued_ms = $1, visible_ms = $1,
                             lease = NULL, holder = NULL, claimed_ms = NULL, lease_until_ms = NULL,
                             dead_id = NULL, dead_code = NULL, dead_sentence = NULL, died_ms = NULL
         WHERE dead_id = $2 AND (place = 'dead' OR place = 'abandoned' AND COALESCE(lease_until_ms, 0) <= $1)",
    )
    .bind(now)
    .bind(id.as_str())
    .execute(&mut *work)
    .await?;
    let refused = if done.rows_affected() == 1 { opening.await.err().map(Requeued::NotOpened) } else { Some(Requeued::Refused) };
    if let Some(refused) = refused {
        work.rollback().await?;
        return Ok(refused);
    }
    work.commit().await?;
    Ok(Requeued::Done)
}

fn letter(row: &SqliteRow) -> Result<DeadLetter, sqlx::Error> {
    let id = DeadLetterId::new(row.try_get::<String, _>("dead_id")?);
    let code: Option<&str> = row.try_get("dead_code")?;
    let sentence: Option<String> = row.try_get("dead_sentence")?;
    let origin = match code {
        // A code of a later version still shows its sentence.
        Some(code) => {
            DeadOrigin::Worker(DeadCause { code: code.parse().unwrap_or(Code::Internal), sentence: sentence.unwrap_or_default() })
        }
        None => DeadOrigin::Broker,
    };
    let died_at = row.try_get::<Option<i64>, _>("died_ms")?.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    Ok(DeadLetter::new(id, lane_of(row)?, origin, died_at, message_of(row)?))
}
