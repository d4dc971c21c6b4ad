//! A message as a row: put in, claimed, settled.

use crate::dead_letter::{DeadCause, DeadLetterId};
use crate::message::{Message, TraceParent, now_ms};
use assay_contract::job::Lane;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};
use std::time::Duration;

/// Where a row is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Lane(Lane),
    Abandoned,
}

impl Place {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Lane(lane) => lane.as_str(),
            Self::Abandoned => "abandoned",
        }
    }
}

/// One claim of one row. Settling names both, so that a claim that was lost can't settle its successor's; one that is over settles its row
/// where nobody has taken it.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) id: i64,
    pub(super) lease: String,
}

/// A claimed row.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) claim: Claim,
    pub(super) message: Message,
    pub(super) lane: Lane,
    /// How often it was delivered before this without an outcome.
    pub(super) deliveries: u32,
}

pub(super) async fn insert(pool: &SqlitePool, lane: Lane, message: &Message) -> Result<(), sqlx::Error> {
    let now = now_ms();
    sqlx::query(
        "INSERT INTO messages (place, lane, body, message_id, schema, correlation, trace, outcomes, deliveries, enqueued_ms, visible_ms)
         VALUES ($1, $1, $2, $3, $4, $5, $6, $7, 0, $8, $9)",
    )
    .bind(lane.as_str())
    .bind(&message.body)
    .bind(&message.id)
    .bind(&message.schema)
    .bind(&message.correlation)
    .bind(message.trace.as_ref().map(TraceParent::as_str))
    .bind(message.outcomes)
    .bind(message.enqueued_ms.unwrap_or(now))
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// How long claims last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// Without being renewed.
    pub(super) lease: Duration,
    /// At all.
    pub(super) acknowledgement: Duration,
}

/// Claims the oldest row that is ready; `None` where none is.
///
/// What the holder itself has out is not ready, though its lease is over: it stood still, or the file was locked for so long, and lives.
pub(super) async fn claim(
    pool: &SqlitePool,
    place: Place,
    holder: &str,
    lease: String,
    terms: Terms,
) -> Result<Option<Claimed>, sqlx::Error> {
    let now = now_ms();
    let row = sqlx::query(
        "UPDATE messages SET lease = $1, holder = $2, claimed_ms = $3, lease_until_ms = $4, deliveries = deliveries + 1
         WHERE id = (SELECT id FROM messages
                     WHERE place = $5 AND visible_ms <= $3 AND (lease_until_ms IS NULL OR lease_until_ms <= $3)
                       AND (holder IS NULL OR holder <> $2 OR claimed_ms <= $6)
                     ORDER BY visible_ms, id LIMIT 1)
         RETURNING id, lane, body, message_id, schema, correlation, trace, outcomes, deliveries, enqueued_ms",
    )
    .bind(&lease)
    .bind(holder)
    .bind(now)
    .bind(now.saturating_add(millis(terms.lease)))
    .bind(place.as_str())
    .bind(now.saturating_sub(millis(terms.acknowledgement)))
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Claimed {
        claim: Claim { id: row.try_get("id")?, lease },
        lane: lane_of(&row)?,
        deliveries: row.try_get::<u32, _>("deliveries")?.saturating_sub(1),
        message: message_of(&row)?,
    }))
}

/// Extends what a holder has out, up to the acknowledgement time-out. A lease that is over is extended too, where nobody took the row.
pub(super) async fn renew(pool: &SqlitePool, holder: &str, terms: Terms) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE messages SET lease_until_ms = MIN($1, claimed_ms + $2) WHERE holder = $3")
        .bind(now_ms().saturating_add(millis(terms.lease)))
        .bind(millis(terms.acknowledgement))
        .bind(holder)
        .execute(pool)
        .await?;
    Ok(())
}

pub(super) async fn delete(pool: &SqlitePool, claim: &Claim) -> Result<bool, sqlx::Error> {
    let done = sqlx::query("DELETE FROM messages WHERE id = $1 AND lease = $2").bind(claim.id).bind(&claim.lease).execute(pool).await?;
    Ok(done.rows_affected() == 1)
}

/// Lets a row rest; its deliveries without an outcome are forgotten, since now there is one.
pub(super) async fn rest(pool: &SqlitePool, claim: &Claim, delay: Duration, outcomes: u32) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE messages SET lease = NULL, holder = NULL, claimed_ms = NULL, lease_until_ms = NULL,
                             deliveries = 0, outcomes = $1, visible_ms = $2, place = lane
         WHERE id = $3 AND lease = $4",
    )
    .bind(outcomes)
    .bind(now_ms().saturating_add(millis(delay)))
    .bind(claim.id)
    .bind(&claim.lease)
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Drops a lease as if the row had never been out: it can be taken at once, in its old place in the order.
pub(super) async fn give_back(pool: &SqlitePool, claim: &Claim) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE messages SET lease = NULL, holder = NULL, claimed_ms = NULL, lease_until_ms = NULL, deliveries = deliveries - 1
         WHERE id = $1 AND lease = $2",
    )
    .bind(claim.id)
    .bind(&claim.lease)
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives a row back that was claimed under this lease, if any was: the claim had no answer.
pub(super) async fn unclaim(pool: &SqlitePool, lease: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE messages SET lease = NULL, holder = NULL, claimed_ms = NULL, lease_until_ms = NULL, deliveries = deliveries - 1
         WHERE lease = $1",
    )
    .bind(lease)
    .execute(pool)
    .await?;
    Ok(())
}

/// Drops the lease of a delivery that had no outcome; the row can be taken at once, and is abandoned after too many such.
pub(super) async fn lose(pool: &SqlitePool, claim: &Claim, place: Place, delivery_limit: u32) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE messages SET lease = NULL, holder = NULL, claimed_ms = NULL, lease_until_ms = NULL,
                             place = CASE WHEN deliveries > $1 THEN 'abandoned' ELSE place END,
                             dead_id = CASE WHEN deliveries > $1 THEN COALESCE(dead_id, $2) ELSE dead_id END,
                             died_ms = CASE WHEN deliveries > $1 THEN COALESCE(died_ms, $3) ELSE died_ms END
         WHERE id = $4 AND lease = $5 AND place = $6",
    )
    .bind(delivery_limit)
    .bind(DeadLetterId::generate().as_str())
    .bind(now_ms())
    .bind(claim.id)
    .bind(&claim.lease)
    .bind(place.as_str())
    .execute(pool)
    .await?;
    Ok(())
}

/// Moves a row to the dead letter with its cause; to the abandoned ones where nobody knows one.
pub(super) async fn bury(pool: &SqlitePool, claim: &Claim, outcomes: u32, cause: Option<&DeadCause>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE messages SET lease = NULL, holder = NULL, claimed_ms = NULL, lease_until_ms = NULL, place = $1, outcomes = $2,
                             dead_id = COALESCE(dead_id, $3), dead_code = $4, dead_sentence = $5, died_ms = COALESCE(died_ms, $6)
         WHERE id = $7 AND lease = $8",
    )
    .bind(if cause.is_some() { "dead" } else { "abandoned" })
    .bind(outcomes)
    .bind(DeadLetterId::generate().as_str())
    .bind(cause.map(|cause| cause.code.as_str()))
    .bind(cause.map(|cause| cause.sentence.as_str()))
    .bind(now_ms())
    .bind(claim.id)
    .bind(&claim.lease)
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) fn message_of(row: &SqliteRow) -> Result<Message, sqlx::Error> {
    Ok(Message {
        body: row.try_get("body")?,
        id: row.try_get("message_id")?,
        schema: row.try_get("schema")?,
        correlation: row.try_get("correlation")?,
        trace: row.try_get::<Option<&str>, _>("trace")?.and_then(TraceParent::parse),
        outcomes: row.try_get("outcomes")?,
        enqueued_ms: row.try_get("enqueued_ms")?,
    })
}

pub(super) fn lane_of(row: &SqliteRow) -> Result<Lane, sqlx::Error> {
    let word: &str = row.try_get("lane")?;
    crate::message::lane_named(word).ok_or_else(|| sqlx::Error::Decode("a lane that this version does not know".into()))
}

/// Whole milliseconds; a duration beyond 292 million years counts as that.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
