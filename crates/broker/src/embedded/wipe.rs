//! Wipes what was settled out of the log beside the file: nothing of a job stays on disk after it.
//!
//! What is deleted is overwritten with zeros (`secure_delete`, see `schema`). But SQLite writes the zeroed pages to its write-ahead log,
//! where the older ones stand as well, until the log is taken into the file and begun anew (<https://www.sqlite.org/wal.html>, 2.2).
//! So the log is taken in and cut to nothing about once a second, as long as there is any: also what a killed process left.
//!
//! One thing is not overwritten: what stays behind in a page when SQLite moves a row to another to balance them. Pages that are given up
//! are, so it goes with the last row of its page; where dead letters keep pages in use, they are laid anew when no job waits.

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Row};
use std::path::PathBuf;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a settled message may stand in the log of a queue that can be written.
const EVERY: Duration = Duration::from_secs(1);

/// How long to wait for others that read or write at this moment. Meanwhile nobody can write, so it is short: the next round comes soon.
const PATIENCE: Duration = Duration::from_millis(50);

/// Most dead letters that are laid anew, and most bytes of them: everybody waits for it.
const MOST_LAID: i64 = 1_000;
const MOST_LAID_BYTES: i64 = 4 << 20;

/// Whether no job waits; how many messages were ever put in; how many are left, of those that may be laid anew, and their bytes.
const LEFT: &str = "
SELECT NOT EXISTS (SELECT 1 FROM messages WHERE place IN ('interactive', 'batch')),
       COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'messages'), 0), COUNT(*), COALESCE(SUM(length(body)), 0)
FROM (SELECT body FROM messages LIMIT 1001)";

/// Takes all messages out and puts them in again, each as it was. Without a condition, a deletion gives up every page.
const LAY_ANEW: [&str; 4] = [
    "CREATE TEMP TABLE kept AS SELECT * FROM messages",
    "DELETE FROM messages",
    "INSERT INTO messages SELECT * FROM kept",
    "DROP TABLE kept",
];

/// Keeps one log short.
#[derive(Debug)]
pub(super) struct Wiper {
    options: SqliteConnectOptions,
    log: PathBuf,
    connection: Option<SqliteConnection>,
    /// How many messages had been put in, and how many were left, when they were laid anew.
    laid: Option<(i64, i64)>,
}

impl Wiper {
    /// Of the queue that is opened with these options.
    pub(super) fn new(options: SqliteConnectOptions) -> Self {
        // SQLite follows links, and its log lies beside what they lead to.
        let file = options.get_filename();
        let mut log = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned()).into_os_string();
        log.push("-wal");
        Self { options: options.busy_timeout(PATIENCE), log: log.into(), connection: None, laid: None }
    }

    /// Wipes from now on until it is closed, and then once more.
    pub(super) async fn run(mut self, closing: CancellationToken) {
        let mut failed_before = false;
        loop {
            let wiped = self.wipe().await;
            if let Err(error) = &wiped
                && !failed_before
            {
                tracing::warn!(error = error as &dyn std::error::Error, "settled messages may stay in the log of the embedded queue");
            }
            failed_before = wiped.is_err();
            if closing.is_cancelled() {
                break;
            }
            tokio::select! {
                () = closing.cancelled() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
        if let Some(connection) = self.connection.take() {
            let _ = connection.close().await;
        }
    }

    async fn wipe(&mut self) -> Result<(), sqlx::Error> {
        match tokio::fs::metadata(&self.log).await {
            Ok(log) if log.len() > 0 => {}
            _ => return Ok(()),
        }
        let done = self.cut().await;
        if done.is_err() {
            self.connection = None;
        }
        done
    }

    /// Where others are in the way, as much is taken in as can be, and the rest at another time: that is no error
    /// (<https://www.sqlite.org/pragma.html#pragma_wal_checkpoint>).
    async fn cut(&mut self) -> Result<(), sqlx::Error> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(self.options.connect().await?),
        };
        let answer = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await;
        match answer {
            Ok(answer) => {
                if answer.try_get::<i64, _>(0)? != 0 {
                    tracing::debug!("the log of the embedded queue is in use; it is cut later");
                    return Ok(());
                }
            }
            Err(error) if super::is_locked(&error) => return Ok(()),
            Err(error) => return Err(error),
        }
        match lay_anew(connection, &mut self.laid).await {
            // Somebody writes at this moment: there will be a log again.
            Err(error) if super::is_locked(&error) => Ok(()),
            laid => laid,
        }
    }
}

/// Lays the messages anew where they are few, no job waits, and some went since it was done last.
async fn lay_anew(connection: &mut SqliteConnection, laid: &mut Option<(i64, i64)>) -> Result<(), sqlx::Error> {
    let mut work = connection.begin_with("BEGIN IMMEDIATE").await?;
    let left = sqlx::query(LEFT).fetch_one(&mut *work).await?;
    let (is_idle, ever, count, bytes) = (left.try_get::<bool, _>(0)?, left.try_get(1)?, left.try_get(2)?, left.try_get::<i64, _>(3)?);
    if !is_idle || count > MOST_LAID || bytes > MOST_LAID_BYTES || *laid == Some((ever, count)) {
        return work.rollback().await;
    }
    for statement in LAY_ANEW {
        sqlx::query(statement).execute(&mut *work).await?;
    }
    work.commit().await?;
    *laid = Some((ever, count));
    // What was moved is in the log now, beside what it was moved from.
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(connection).await.map(drop)
}
