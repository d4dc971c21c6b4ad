//! Opening: one type for the embedded database and for PostgreSQL.

use crate::error::StoreError;
use crate::schema::{self, Applied};
use crate::sql::{Pools, STATEMENT_LIMIT, values};
use assay_contract::clock::{SharedClock, SystemClock};
use assay_contract::{OrganizationId, Secret};
use jiff::Timestamp;
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// Most connections of one process to PostgreSQL, whose default is 100 for all clients
/// (<https://www.postgresql.org/docs/15/runtime-config-connection.html>).
const POSTGRES_CONNECTIONS: u32 = 10;

/// How long to wait for a connection: a server that is down refuses at once, and the pool asks again until then.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Connections that read an embedded store while its one writer writes.
const SQLITE_READERS: u32 = 4;

/// Records, data rows, tasks and integrations, in `SQLite` or PostgreSQL. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) pools: Pools,
    pub(crate) clock: SharedClock,
}

impl Store {
    /// Opens `sqlite://PATH`, `sqlite::memory:` or `postgres://USER:PASSWORD@HOST/DATABASE`.
    ///
    /// An embedded store is made where there is none (readable by its owner only) and migrates itself;
    /// PostgreSQL is migrated only by [`Store::migrate`], and contacted first by whatever is asked first: [`Store::ping`] says whether it answers.
    pub async fn open(url: &Secret<String>) -> Result<Self, StoreError> {
        Self::open_with(url, SystemClock::shared()).await
    }

    /// The same with another clock. Leases of several workers are compared by their own clocks: these should agree to a few seconds.
    /// Where they don't, a fence still keeps every effect to once.
    pub async fn open_with(url: &Secret<String>, clock: SharedClock) -> Result<Self, StoreError> {
        let address = url.expose();
        if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            return Ok(Self { pools: postgres(address)?, clock });
        }
        let pools = match address.strip_prefix("sqlite:") {
            Some(":memory:" | "//:memory:") => sqlite_in_memory().await?,
            Some(path) => {
                let path = path.strip_prefix("//").unwrap_or(path);
                if path.is_empty() {
                    return Err(StoreError::Address("the path is missing"));
                }
                sqlite_file(Path::new(path)).await?
            }
            None => return Err(StoreError::Address("the scheme is none of sqlite, postgres")),
        };
        schema::migrate(&pools).await?;
        Ok(Self { pools, clock })
    }

    /// Brings the schema up to date; what it applied, oldest first. Two that migrate at once take turns.
    pub async fn migrate(&self) -> Result<Vec<Applied>, StoreError> {
        schema::migrate(&self.pools).await
    }

    /// What [`Store::migrate`] would apply. A worker refuses to start while there is any.
    pub async fn migrations_pending(&self) -> Result<Vec<Applied>, StoreError> {
        schema::pending(&self.pools).await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.pools.read("SELECT CAST(1 AS BIGINT) AS one", values![]).await.map(drop)
    }

    /// Closes the connections when what is under way has ended. A store that is merely dropped loses nothing that was answered.
    pub async fn close(self) {
        match self.pools {
            Pools::Sqlite { writer, reader } => {
                reader.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }

    /// Now, as it is stored.
    pub(crate) fn now_us(&self) -> i64 {
        self.clock.now().as_microsecond()
    }
}

/// A stored moment.
pub(crate) fn moment(us: i64) -> Timestamp {
    Timestamp::from_microsecond(us).unwrap_or_default()
}

/// How an attachment is stored: -1 is the row's own asset.
pub(crate) fn place(attachment: Option<u32>) -> i64 {
    attachment.map_or(-1, i64::from)
}

/// Free text as JSON: PostgreSQL's TEXT holds no U+0000, JSON text never has one
/// (<https://www.postgresql.org/docs/15/datatype-character.html>).
pub(crate) fn escaped(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Reads it back.
pub(crate) fn unescaped(text: &str) -> Result<String, StoreError> {
    serde_json::from_str(text).map_err(StoreError::unreadable("text"))
}

/// An id of ours that was stored.
pub(crate) fn id<T: FromStr>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Unreadable { what: "id", line: 0, column: 0 })
}

/// The first values of nearly every statement.
pub(crate) fn tenant(organization: &OrganizationId) -> &str {
    organization.as_str()
}

fn postgres(address: &str) -> Result<Pools, StoreError> {
    // The driver's own error may repeat the address.
    let options = PgConnectOptions::from_str(address).map_err(|_| StoreError::Address("it is no PostgreSQL address"))?;
    // The server gives up a little before we do, so that no statement goes on after its worker left.
    let limit = STATEMENT_LIMIT.saturating_sub(Duration::from_millis(500));
    let options = options.application_name("assay").options([
        ("statement_timeout", limit.as_millis().to_string()),
        ("idle_in_transaction_session_timeout", (limit * 2).as_millis().to_string()),
    ]);
    let pool = PgPoolOptions::new().max_connections(POSTGRES_CONNECTIONS).acquire_timeout(CONNECT_LIMIT).connect_lazy_with(options);
    Ok(Pools::Postgres(pool))
}

async fn sqlite_file(path: &Path) -> Result<Pools, StoreError> {
    // SQLite would make the file with the process's umask; its -wal and -shm take the file's mode.
    OpenOptions::new().append(true).create(true).mode(0o600).open(path).map_err(StoreError::File)?;
    // FULL: what was answered as stored survives a power cut, not only a crash (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
    let options = sqlite().filename(path).journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(STATEMENT_LIMIT)
        .after_release(|connection, _| Box::pin(has_no_transaction(connection)))
        .connect_with(options.clone())
        .await?;
    let reader = SqlitePoolOptions::new().max_connections(SQLITE_READERS).acquire_timeout(STATEMENT_LIMIT).connect_lazy_with(options);
    Ok(Pools::Sqlite { writer, reader })
}

/// Whether a connection may serve again. On a full disk `SQLite` rolls back by itself (<https://www.sqlite.org/lang_transaction.html>);
/// sqlx counts on, and would refuse every transaction after it.
async fn has_no_transaction(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // A rollback that was only asked for, by a drop, is done when this is answered.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

async fn sqlite_in_memory() -> Result<Pools, StoreError> {
    // The database is gone with its connection: one, kept for good.
    let only = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(STATEMENT_LIMIT)
        .connect_with(sqlite().in_memory(true))
        .await?;
    Ok(Pools::Sqlite { writer: only.clone(), reader: only })
}

fn sqlite() -> SqliteConnectOptions {
    SqliteConnectOptions::new().foreign_keys(true).busy_timeout(STATEMENT_LIMIT / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_contract::Code;

    /// Fills the file within a transaction, which SQLite then rolls back by itself.
    async fn fill(store: &Store) -> StoreError {
        let mut work = store.pools.begin().await.unwrap();
        loop {
            let filled = work.write("INSERT INTO filler (bytes) VALUES (hex(zeroblob(100000)))", values![]).await;
            if let Err(error) = filled {
                return error;
            }
        }
    }

    #[tokio::test]
    async fn a_full_disk_is_an_outage_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Secret::new(format!("sqlite://{}/store.db", folder.path().display()))).await.unwrap();
        store.pools.write("CREATE TABLE filler (bytes TEXT)", values![]).await.unwrap();
        // The disk's end, for this connection only: a limit of SQLite's answers as a full disk does.
        store.pools.write("PRAGMA max_page_count = 100", values![]).await.unwrap();
        let full = fill(&store).await;
        assert!(matches!(full, StoreError::Unavailable(_)), "{full:?}");
        assert_eq!(full.failure().code, Code::StoreUnavailable);
        let mut work = store.pools.begin().await.expect("there is room again");
        work.write("INSERT INTO filler (bytes) VALUES ('a')", values![]).await.unwrap();
        work.commit().await.unwrap();
        let kept = store.pools.read("SELECT COUNT(*) AS kept FROM filler", values![]).await.unwrap();
        assert_eq!(kept.first().unwrap().number("kept").unwrap(), 1, "what was rolled back is gone, what was answered is there");
    }
}
