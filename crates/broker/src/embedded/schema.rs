//! The file and its two tables: messages, wherever they are in their life, and published records.

use super::EmbeddedConfig;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection, SqlitePool};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;

/// Bytes of a page of a new file: small, since every message has pages of its own. An older file keeps its 4,096.
const PAGE_BYTES: u32 = 1_024;

/// Pages of the log after which SQLite takes it in by itself: as many bytes as by default, whose pages have 4,096.
const LOG_PAGES: u32 = 4_000;

/// Times are milliseconds since 1970. `place` is a lane's name, `abandoned` or `dead`; `lane` is where a dead one goes when requeued.
///
/// The body is last, and `ahead` keeps it out of the tree of the table: of a row that is longer than a page, less than a page lies in the
/// tree, and all that follows in pages of this row alone (<https://www.sqlite.org/fileformat2.html>, 1.6). What is in the tree is copied
/// from page to page when SQLite balances it, and copies are overwritten by nobody; a row's own pages are, with the row.
const MESSAGES: &str = "
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    place TEXT NOT NULL,
    lane TEXT NOT NULL,
    message_id TEXT,
    schema TEXT,
    correlation TEXT,
    trace TEXT,
    outcomes INTEGER NOT NULL,
    deliveries INTEGER NOT NULL,
    enqueued_ms INTEGER NOT NULL,
    visible_ms INTEGER NOT NULL,
    lease TEXT,
    holder TEXT,
    claimed_ms INTEGER,
    lease_until_ms INTEGER,
    dead_id TEXT,
    dead_code TEXT,
    dead_sentence TEXT,
    died_ms INTEGER,
    ahead BLOB NOT NULL DEFAULT (zeroblob(PAGE)),
    body BLOB NOT NULL
);";

/// What else there is, when the messages are in their place.
const REST: &str = "
CREATE INDEX IF NOT EXISTS messages_by_place ON messages (place, visible_ms, id);
CREATE INDEX IF NOT EXISTS messages_by_holder ON messages (holder) WHERE holder IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS messages_by_dead_id ON messages (dead_id) WHERE dead_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS records (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    routing_key TEXT NOT NULL,
    message_id TEXT,
    correlation TEXT,
    trace TEXT,
    body BLOB NOT NULL,
    published_ms INTEGER NOT NULL
);";

/// From the table of earlier versions, whose bodies lay in the tree. Dropped, it gives up all its pages, with what was left in them.
const FROM_EARLIER: &str = "
INSERT INTO messages (id, place, lane, message_id, schema, correlation, trace, outcomes, deliveries, enqueued_ms, visible_ms,
                      lease, holder, claimed_ms, lease_until_ms, dead_id, dead_code, dead_sentence, died_ms, body)
SELECT id, place, lane, message_id, schema, correlation, trace, outcomes, deliveries, enqueued_ms, visible_ms,
       lease, holder, claimed_ms, lease_until_ms, dead_id, dead_code, dead_sentence, died_ms, body
FROM earlier_messages ORDER BY id;
DROP TABLE earlier_messages;";

/// Opens the file with one connection: SQLite has one writer, and a queue's every statement writes.
pub(super) async fn open(config: &EmbeddedConfig) -> Result<SqlitePool, sqlx::Error> {
    if let Some(path) = &config.path {
        // Jobs hold signed URLs. SQLite would make the file with the process's umask; its -wal and -shm take the file's mode.
        OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    }
    // A queue in memory lives as long as its connection: it must never be closed for idleness or age.
    let pool = SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(config.confirm_timeout);
    let pool = match &config.path {
        None => pool,
        Some(_) => pool.after_release(|connection, _| Box::pin(has_no_transaction(connection))),
    };
    let pool = pool.connect_with(options(config)).await?;
    if columns(&mut *pool.acquire().await?).await? != Columns::Ours {
        make(&pool).await?;
    }
    Ok(pool)
}

/// What the file holds.
#[derive(Debug, PartialEq, Eq)]
enum Columns {
    None,
    Earlier,
    Ours,
}

async fn columns(connection: &mut SqliteConnection) -> Result<Columns, sqlx::Error> {
    let (all, ours): (i64, Option<i64>) =
        sqlx::query_as("SELECT COUNT(*), SUM(name = 'ahead') FROM pragma_table_info('messages')").fetch_one(connection).await?;
    Ok(match (all, ours) {
        (0, _) => Columns::None,
        (_, Some(1..)) => Columns::Ours,
        _ => Columns::Earlier,
    })
}

/// All or nothing, and once where several open the file.
async fn make(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    let mut work = pool.begin_with("BEGIN IMMEDIATE").await?;
    let page: i64 = sqlx::query_scalar("PRAGMA page_size").fetch_one(&mut *work).await?;
    let messages = MESSAGES.replace("PAGE", &page.to_string());
    let statements = match columns(&mut work).await? {
        Columns::Ours => return work.rollback().await,
        Columns::None => messages + REST,
        Columns::Earlier => format!("ALTER TABLE messages RENAME TO earlier_messages;{messages}{FROM_EARLIER}{REST}"),
    };
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut *work).await?;
    work.commit().await
}

/// How every connection to the file is made.
pub(super) fn options(config: &EmbeddedConfig) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .busy_timeout(config.confirm_timeout)
        // A job's message holds signatures, and what is inline all of an asset: what is deleted or moved is overwritten with zeros, in its
        // own pages and in those that become free, and nothing of it goes into a temporary file
        // (https://www.sqlite.org/pragma.html#pragma_secure_delete, https://www.sqlite.org/tempfiles.html).
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
        .pragma("wal_autocheckpoint", LOG_PAGES.to_string())
        .page_size(PAGE_BYTES);
    match &config.path {
        None => options.in_memory(true),
        Some(path) => options
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A confirmed message survives a power cut, not only a crash (https://www.sqlite.org/pragma.html#pragma_synchronous).
            .synchronous(SqliteSynchronous::Full),
    }
}

/// Whether a connection may serve again. On a full disk SQLite rolls back by itself (<https://www.sqlite.org/lang_transaction.html>);
/// sqlx counts on, and what follows would be savepoints of a transaction that is not there.
async fn has_no_transaction(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // A rollback that was only asked for, by a drop, is done when this is answered.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[tokio::test]
    async fn after_a_full_disk_no_statement_lands_in_a_transaction_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let pool = open(&EmbeddedConfig::at(folder.path().join("queue.db"))).await.unwrap();
        // The disk's end, for this connection only: a limit of SQLite's answers as a full disk does.
        sqlx::raw_sql("PRAGMA max_page_count = 30").execute(&pool).await.unwrap();
        let record = "INSERT INTO records (routing_key, body, published_ms) VALUES ('', zeroblob(1000000), 0)";
        let mut transaction = pool.begin().await.unwrap();
        let full = sqlx::query(record).execute(&mut *transaction).await.unwrap_err();
        assert_eq!(full.as_database_error().unwrap().code().as_deref(), Some("13"), "SQLITE_FULL");
        drop(transaction);
        let connection = pool.acquire().await.unwrap();
        assert!(!connection.is_in_transaction());
        drop(connection);
        sqlx::query(record).execute(&pool).await.expect("there is room again");
        pool.close().await;
    }

    #[tokio::test]
    async fn only_its_owner_reads_the_queue() {
        let folder = tempfile::tempdir().unwrap();
        let pool = open(&EmbeddedConfig::at(folder.path().join("queue.db"))).await.unwrap();
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
        assert!(files.len() > 1, "a write-ahead log lies beside the file");
        for file in files {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
        }
        pool.close().await;
    }
}
