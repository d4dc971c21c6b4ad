//! Wipes what was settled out of the log beside the file: nothing of a job stays on disk after it.
//!
//! What is deleted is overwritten with zeros (`secure_delete`, see `schema`). But SQLite writes the zeroed pages to its write-ahead log,
//! where the older ones stand as well, until the log is taken into the file and begun anew (<https://www.sqlite.org/wal.html>, 2.2).
//! So the log is taken in and cut to nothing about once a second, as long as there is any: also what a killed process left.
//!
//! Of a page that several rows share, copies stay behind that nobody overwrites: SQLite moves rows from page to page to balance their tree.
//! So no body is in such a page (see `schema`): it has pages of its own from its first byte to its last, which are never moved, and which are
//! zeros as soon as its row is rewritten or deleted, however many messages wait or are dead beside it. What may stay behind is what rows
//! have beside their bodies: ids of jobs and tasks, traces, times, leases, and codes of failures with their public sentences.

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Row};
use std::path::PathBuf;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a settled message may stand in the log of a queue that can be written.
const EVERY: Duration = Duration::from_secs(1);

/// How long to wait for others that read or write at this moment. Meanwhile nobody can write, so it is short: the next round comes soon.
const PATIENCE: Duration = Duration::from_millis(50);

/// Keeps one log short.
#[derive(Debug)]
pub(super) struct Wiper {
    options: SqliteConnectOptions,
    log: PathBuf,
    connection: Option<SqliteConnection>,
}

impl Wiper {
    /// Of the queue that is opened with these options.
    pub(super) fn new(options: SqliteConnectOptions) -> Self {
        // SQLite follows links, and its log lies beside what they lead to.
        let file = options.get_filename();
        let mut log = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned()).into_os_string();
        log.push("-wal");
        Self { options: options.busy_timeout(PATIENCE), log: log.into(), connection: None }
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
        match sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(connection).await {
            Ok(answer) if answer.try_get::<i64, _>(0)? != 0 => {
                tracing::debug!("the log of the embedded queue is in use; it is cut later");
                Ok(())
            }
            Err(error) if !super::is_locked(&error) => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
