//! Counts what waits in the embedded queue.

use super::row::lane_of;
use crate::depths::{Depths, LaneDepth};
use crate::message::now_ms;
use assay_contract::job::Lane;
use sqlx::{Row, SqlitePool};
use std::time::Duration;

pub(super) async fn count(pool: &SqlitePool) -> Result<Depths, sqlx::Error> {
    let now = now_ms();
    let rows = sqlx::query(
        "SELECT lane,
                SUM(lease_until_ms > $1) AS out,
                SUM(visible_ms > $1) AS resting,
                SUM(visible_ms <= $1 AND COALESCE(lease_until_ms, 0) <= $1) AS ready,
                MIN(CASE WHEN visible_ms <= $1 AND COALESCE(lease_until_ms, 0) <= $1 THEN enqueued_ms END) AS oldest_ms
         FROM messages WHERE place = lane GROUP BY lane",
    )
    .bind(now)
    .fetch_all(pool)
    .await?;
    let mut depths = Depths::default();
    for row in &rows {
        let oldest_ms: Option<i64> = row.try_get("oldest_ms")?;
        let depth = LaneDepth {
            ready: row.try_get::<Option<u64>, _>("ready")?.unwrap_or(0),
            unacknowledged: row.try_get::<Option<u64>, _>("out")?.unwrap_or(0),
            resting: row.try_get::<Option<u64>, _>("resting")?.unwrap_or(0),
            // A clock that was set back makes no negative age.
            oldest: oldest_ms.map(|ms| Duration::from_millis(u64::try_from(now.saturating_sub(ms)).unwrap_or(0))),
        };
        match lane_of(row)? {
            Lane::Interactive => depths.interactive = depth,
            Lane::Batch => depths.batch = depth,
        }
    }
    depths.dead = sqlx::query_scalar("SELECT COUNT(*) FROM messages WHERE place IN ('dead', 'abandoned')").fetch_one(pool).await?;
    Ok(depths)
}
