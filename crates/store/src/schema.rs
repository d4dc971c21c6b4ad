//! The migrations, in the binary: expand first, contract a release later.

use crate::error::StoreError;
use crate::sql::Pools;
use sqlx::SqlSafeStr;
use sqlx::migrate::{Migrate, Migration, MigrationType, Migrator};
use std::borrow::Cow;
use std::time::Duration;

/// Each file once, in order; a file that was released is never edited again: sqlx compares its checksum.
const FILES: &[(i64, &str, &str)] = &[
    (1, "begin", include_str!("../migrations/0001_begin.sql")),
    (2, "parts of a row", include_str!("../migrations/0002_parts_of_a_row.sql")),
];

/// The table that sqlx keeps of what was applied; its own name, because the embedded queue may share the file.
const TABLE: &str = "assay_store_migrations";

/// A migration may rewrite a large table, so it has its own limit.
const MIGRATION_LIMIT: Duration = Duration::from_mins(30);

/// One migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its number, from 1.
    pub version: i64,
    /// What it is called.
    pub name: String,
}

/// Those that the database has not seen.
pub(crate) async fn pending(pools: &Pools) -> Result<Vec<Applied>, StoreError> {
    let work = async {
        let seen = match pools {
            Pools::Sqlite { writer, .. } => seen(&mut *writer.acquire().await?).await?,
            Pools::Postgres(pool) => seen(&mut *pool.acquire().await?).await?,
        };
        Ok(FILES.iter().filter(|(version, ..)| !seen.contains(version)).map(applied).collect())
    };
    crate::sql::bounded(work).await
}

/// Applies what is pending, one transaction each, under the database's own lock: two that migrate at once take turns.
pub(crate) async fn migrate(pools: &Pools) -> Result<Vec<Applied>, StoreError> {
    let before = pending(pools).await?;
    if before.is_empty() {
        return Ok(before);
    }
    let migrator = migrator();
    let work = async {
        match pools {
            Pools::Sqlite { writer, .. } => migrator.run(writer).await,
            Pools::Postgres(pool) => {
                let mut connection = pool.acquire().await.map_err(sqlx::migrate::MigrateError::Execute)?;
                // This one connection goes back with its limit restored.
                sqlx::query("SET statement_timeout = 0").execute(&mut *connection).await?;
                let outcome = migrator.run(&mut *connection).await;
                sqlx::query("RESET statement_timeout").execute(&mut *connection).await?;
                outcome
            }
        }
    };
    match tokio::time::timeout(MIGRATION_LIMIT, work).await {
        Ok(Ok(())) => Ok(before),
        Ok(Err(e)) => Err(StoreError::Migration(e)),
        Err(_elapsed) => Err(StoreError::Slow { seconds: MIGRATION_LIMIT.as_secs() }),
    }
}

async fn seen<C: Migrate>(connection: &mut C) -> Result<Vec<i64>, StoreError> {
    connection.ensure_migrations_table(TABLE).await.map_err(StoreError::Migration)?;
    let list = connection.list_applied_migrations(TABLE).await.map_err(StoreError::Migration)?;
    Ok(list.into_iter().map(|migration| migration.version).collect())
}

fn migrator() -> Migrator {
    let migrations = FILES
        .iter()
        .map(|(version, name, sql)| Migration::new(*version, Cow::Borrowed(*name), MigrationType::Simple, sql.into_sql_str(), false))
        .collect();
    let mut migrator = Migrator::with_migrations(migrations);
    migrator.dangerous_set_table_name(TABLE);
    // An older binary beside a newer schema goes on working: expand first.
    migrator.set_ignore_missing(true);
    migrator
}

fn applied((version, name, _): &(i64, &str, &str)) -> Applied {
    Applied { version: *version, name: (*name).to_owned() }
}
