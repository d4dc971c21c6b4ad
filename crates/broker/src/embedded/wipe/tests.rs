//! Nothing of a settled message stays in the file, whatever lies beside it.

use super::super::row::{self, Place};
use super::super::{EmbeddedConfig, dead, schema};
use super::Wiper;
use crate::dead_letter::DeadCause;
use crate::message::Message;
use assay_contract::Code;
use assay_contract::job::Lane;
use sqlx::SqlitePool;
use std::time::Duration;
use tempfile::TempDir;

const TERMS: row::Terms = row::Terms { lease: Duration::from_mins(10), acknowledgement: Duration::from_mins(10) };

/// A queue that does not wait for the disk: what lies where is the same.
async fn queue(folder: &TempDir) -> (EmbeddedConfig, SqlitePool) {
    let config = EmbeddedConfig::at(folder.path().join("queue.db"));
    let pool = schema::open(&config).await.unwrap();
    sqlx::raw_sql("PRAGMA synchronous = OFF").execute(&pool).await.unwrap();
    (config, pool)
}

fn message(number: usize, body: String) -> Message {
    let id = Some(format!("job-{number}"));
    Message { body: body.into_bytes(), id, schema: None, correlation: Some("task".into()), trace: None, outcomes: 0, enqueued_ms: None }
}

/// Shorter than a page of the file, and some pages long.
fn filled(mark: &str, number: usize) -> String {
    mark.repeat(if number.is_multiple_of(9) { number % 1_500 } else { 60 + number % 70 })
}

/// Takes the next messages of the lane, and acknowledges each or gives it up.
async fn settle_next(pool: &SqlitePool, count: usize) {
    let mut taken = Vec::new();
    for number in 0..count {
        taken.push(row::claim(pool, Place::Lane(Lane::Batch), "somebody", number.to_string(), TERMS).await.unwrap().unwrap());
    }
    for claimed in taken {
        let settled = if claimed.message.body.starts_with(b"SETTLED") {
            row::delete(pool, &claimed.claim).await
        } else {
            row::bury(pool, &claimed.claim, 1, Some(&DeadCause::from(Code::ProviderUnavailable))).await
        };
        assert!(settled.unwrap());
    }
}

/// The pages of the file, and of the log beside it, in which a mark stands.
fn pages_with(folder: &TempDir, mark: &str) -> Vec<Vec<u8>> {
    let stands = |bytes: &[u8]| bytes.windows(mark.len()).any(|window| window == mark.as_bytes());
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let page = bytes.get(16..18).map_or(4096, |size| usize::from(u16::from_be_bytes([size[0], size[1]])));
        found.extend(bytes.chunks(page.max(512)).filter(|page| stands(page)).map(<[u8]>::to_vec));
    }
    found
}

#[tokio::test]
async fn nothing_of_settled_messages_stays_among_many_dead_letters_and_waiting_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let (config, pool) = queue(&folder).await;
    for number in 0..3_400 {
        let mark = if number % 2 == 0 { "KEPT" } else { "SETTLED" };
        row::insert(&pool, Lane::Batch, &message(number, filled(mark, number))).await.unwrap();
    }
    for _ in 0..60 {
        settle_next(&pool, 50).await;
    }
    // The settled ones of those that wait are settled out of their turn.
    let waiting = sqlx::query("DELETE FROM messages WHERE body >= $1").bind(&b"SETTLED"[..]).execute(&pool).await.unwrap();
    assert_eq!(waiting.rows_affected(), 200);
    for letter in dead::list(&pool, 700).await.unwrap() {
        let requeued = dead::requeue(&pool, &letter.id, Box::pin(async { Ok(()) })).await.unwrap();
        assert!(matches!(requeued, dead::Requeued::Done));
    }
    Wiper::new(schema::options(&config)).wipe().await.unwrap();
    assert_eq!(pages_with(&folder, "SETTLED").len(), 0, "pages that still hold something");
    let kept = pages_with(&folder, "KEPT");
    assert!(kept.len() > 1_700, "{}", kept.len());
    // The first byte of a page of a tree says of which kind it is, that of a row's own page is the highest of a page's number, here 0.
    assert_eq!(kept.iter().filter(|page| page[0] != 0).count(), 0, "pages of a tree that hold some of a body");
    let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM messages WHERE body >= 'KEPT'").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 1_700);
    pool.close().await;
}

/// The table as it was until bodies had pages of their own.
const EARLIER: &str = "
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, place TEXT NOT NULL, lane TEXT NOT NULL, body BLOB NOT NULL, message_id TEXT, schema TEXT,
    correlation TEXT, trace TEXT, outcomes INTEGER NOT NULL, deliveries INTEGER NOT NULL, enqueued_ms INTEGER NOT NULL,
    visible_ms INTEGER NOT NULL, lease TEXT, holder TEXT, claimed_ms INTEGER, lease_until_ms INTEGER, dead_id TEXT, dead_code TEXT,
    dead_sentence TEXT, died_ms INTEGER);
CREATE INDEX messages_by_place ON messages (place, visible_ms, id);
CREATE INDEX messages_by_holder ON messages (holder) WHERE holder IS NOT NULL;
CREATE UNIQUE INDEX messages_by_dead_id ON messages (dead_id) WHERE dead_id IS NOT NULL;
CREATE TABLE records (sequence INTEGER PRIMARY KEY AUTOINCREMENT, routing_key TEXT NOT NULL, message_id TEXT, correlation TEXT,
    trace TEXT, body BLOB NOT NULL, published_ms INTEGER NOT NULL);
INSERT INTO records (routing_key, body, published_ms) VALUES ('failed.none', '{}', 7);
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 300)
INSERT INTO messages (place, lane, body, message_id, schema, correlation, trace, outcomes, deliveries, enqueued_ms, visible_ms, lease,
                      holder, claimed_ms, lease_until_ms, dead_id, dead_code, dead_sentence, died_ms)
SELECT CASE n % 3 WHEN 0 THEN 'dead' WHEN 1 THEN 'abandoned' ELSE 'batch' END, 'batch',
       CAST(replace(hex(zeroblob(n * 7 % 1500)), '00', CASE WHEN n % 2 THEN 'SETTLED' ELSE 'KEPT' END) AS BLOB), 'job-' || n, 'assay.job/1', 'task',
       '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', n, 1, n, n, 'lease-' || n, 'holder', n, n, CASE WHEN n % 3 < 2 THEN 'dead-' || n END,
       CASE n % 3 WHEN 0 THEN 'not-found' END, CASE n % 3 WHEN 0 THEN 'gone' END, CASE WHEN n % 3 < 2 THEN n END FROM n;
DELETE FROM messages WHERE id % 2 = 1;";

const ALL: &str = "SELECT json_array(id, place, lane, hex(body), message_id, schema, correlation, trace, outcomes, deliveries, enqueued_ms,
    visible_ms, lease, holder, claimed_ms, lease_until_ms, dead_id, dead_code, dead_sentence, died_ms) FROM messages ORDER BY id";

#[tokio::test]
async fn a_file_of_an_earlier_version_loses_no_message_and_all_that_was_left_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}?mode=rwc", folder.path().join("queue.db").display());
    let earlier = SqlitePool::connect(&address).await.unwrap();
    sqlx::raw_sql(EARLIER).execute(&earlier).await.unwrap();
    let before: Vec<String> = sqlx::query_scalar(ALL).fetch_all(&earlier).await.unwrap();
    earlier.close().await;
    assert!(!pages_with(&folder, "SETTLED").is_empty(), "remains are there to begin with");

    let (config, pool) = queue(&folder).await;
    Wiper::new(schema::options(&config)).wipe().await.unwrap();
    let after: Vec<String> = sqlx::query_scalar(ALL).fetch_all(&pool).await.unwrap();
    assert_eq!((before.len(), &before), (150, &after));
    assert_eq!(pages_with(&folder, "SETTLED").len(), 0, "pages that still hold something");
    assert_eq!(pages_with(&folder, "KEPT").iter().filter(|page| page[0] != 0).count(), 0, "pages of a tree that hold some of a body");
    assert_eq!(dead::list(&pool, 1_000).await.unwrap().len(), 100);
    let records: i64 = sqlx::query_scalar("SELECT published_ms FROM records").fetch_one(&pool).await.unwrap();
    assert_eq!(records, 7);
    settle_next(&pool, 50).await;
    pool.close().await;
    let again = schema::open(&config).await.unwrap();
    let dead: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM messages WHERE place <> 'batch'").fetch_one(&again).await.unwrap();
    assert_eq!(dead, 150);
    again.close().await;
}

/// While both are in use, by workers of both versions.
#[tokio::test]
async fn what_an_earlier_version_puts_in_has_pages_of_its_own_too() {
    let folder = tempfile::tempdir().unwrap();
    let (config, pool) = queue(&folder).await;
    let put =
        "INSERT INTO messages (place, lane, body, outcomes, deliveries, enqueued_ms, visible_ms) VALUES ('batch', 'batch', $1, 0, 0, 0, 0)";
    for number in 0..1_000 {
        sqlx::query(put).bind(vec![b'K'; number]).execute(&pool).await.unwrap();
    }
    Wiper::new(schema::options(&config)).wipe().await.unwrap();
    let pages = pages_with(&folder, "KKKKKKKK");
    assert!(pages.len() > 900 && pages.iter().all(|page| page[0] == 0), "{}", pages.len());
    pool.close().await;
}
