//! One statement for both databases: values go in, lines come out, and every wait ends.

use crate::error::StoreError;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, Postgres, Row, SqlSafeStr, SqlStr, Sqlite, Transaction};
use std::future::Future;
use std::time::Duration;

/// The longest that one statement, with waiting for a connection, may take.
pub(crate) const STATEMENT_LIMIT: Duration = Duration::from_secs(10);

/// Two pools; all statements are written once, with `$1`.
#[derive(Debug, Clone)]
pub(crate) enum Pools {
    /// One connection writes, so that two writers wait in our queue and not in `SQLite`'s busy loop; readers have their own.
    Sqlite { writer: SqlitePool, reader: SqlitePool },
    /// Connections are all alike.
    Postgres(PgPool),
}

/// One transaction; rolled back when it is dropped.
pub(crate) enum Work {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// What is bound to `$1`, `$2` ….
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(Option<String>),
    Number(Option<i64>),
}

/// One line of an answer.
pub(crate) enum Line {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// The values of a statement, in the order of `$1`, `$2` ….
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::sql::Value::from($value)),*] };
}
pub(crate) use values;

macro_rules! bound {
    ($sql:expr, $values:expr) => {{
        let mut query = sqlx::query($sql);
        for value in $values {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Number(number) => query.bind(number),
            };
        }
        query
    }};
}

impl Pools {
    /// Begins a transaction that may write.
    pub(crate) async fn begin(&self) -> Result<Work, StoreError> {
        bounded(async {
            Ok(match self {
                // IMMEDIATE: a transaction that reads first and writes later would fail with SQLITE_BUSY instead of waiting.
                Self::Sqlite { writer, .. } => Work::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
                Self::Postgres(pool) => Work::Postgres(pool.begin().await?),
            })
        })
        .await
    }

    /// Reads, outside any transaction.
    pub(crate) async fn read(&self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Line>, StoreError> {
        self.read_built(sql.into_sql_str(), values).await
    }

    /// Reads by a statement that repeats `$2, $3`. `sql` holds no value.
    pub(crate) async fn read_many(&self, sql: String, values: Vec<Value>) -> Result<Vec<Line>, StoreError> {
        self.read_built(AssertSqlSafe(sql).into_sql_str(), values).await
    }

    async fn read_built(&self, sql: SqlStr, values: Vec<Value>) -> Result<Vec<Line>, StoreError> {
        bounded(async {
            Ok(match self {
                Self::Sqlite { reader, .. } => bound!(sql, values).fetch_all(reader).await?.into_iter().map(Line::Sqlite).collect(),
                Self::Postgres(pool) => bound!(sql, values).fetch_all(pool).await?.into_iter().map(Line::Postgres).collect(),
            })
        })
        .await
    }

    /// Reads the first line, outside any transaction.
    pub(crate) async fn read_one(&self, sql: &'static str, values: Vec<Value>) -> Result<Option<Line>, StoreError> {
        Ok(self.read(sql, values).await?.into_iter().next())
    }

    /// Writes by one statement; how many lines it changed.
    pub(crate) async fn write(&self, sql: &'static str, values: Vec<Value>) -> Result<u64, StoreError> {
        bounded(async {
            Ok(match self {
                Self::Sqlite { writer, .. } => bound!(sql, values).execute(writer).await?.rows_affected(),
                Self::Postgres(pool) => bound!(sql, values).execute(pool).await?.rows_affected(),
            })
        })
        .await
    }
}

impl Work {
    /// Writes; how many lines it changed.
    pub(crate) async fn write(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, StoreError> {
        self.write_built(sql.into_sql_str(), values).await
    }

    /// Writes many lines by a statement that repeats `($1, $2), ($3, $4)` and ends in `RETURNING`. `sql` holds no value.
    pub(crate) async fn read_many(&mut self, sql: String, values: Vec<Value>) -> Result<Vec<Line>, StoreError> {
        self.read_built(AssertSqlSafe(sql).into_sql_str(), values).await
    }

    async fn write_built(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<u64, StoreError> {
        bounded(async {
            Ok(match self {
                Self::Sqlite(work) => bound!(sql, values).execute(&mut **work).await?.rows_affected(),
                Self::Postgres(work) => bound!(sql, values).execute(&mut **work).await?.rows_affected(),
            })
        })
        .await
    }

    /// Reads, or writes with `RETURNING`.
    pub(crate) async fn read(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Line>, StoreError> {
        self.read_built(sql.into_sql_str(), values).await
    }

    async fn read_built(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<Vec<Line>, StoreError> {
        bounded(async {
            Ok(match self {
                Self::Sqlite(work) => bound!(sql, values).fetch_all(&mut **work).await?.into_iter().map(Line::Sqlite).collect(),
                Self::Postgres(work) => bound!(sql, values).fetch_all(&mut **work).await?.into_iter().map(Line::Postgres).collect(),
            })
        })
        .await
    }

    /// Reads the first line.
    pub(crate) async fn read_one(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Option<Line>, StoreError> {
        Ok(self.read(sql, values).await?.into_iter().next())
    }

    /// Makes it durable. After an error it may have been done all the same: whoever asks again finds out.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        bounded(async {
            match self {
                Self::Sqlite(work) => work.commit().await?,
                Self::Postgres(work) => work.commit().await?,
            }
            Ok(())
        })
        .await
    }
}

impl Line {
    pub(crate) fn text(&self, column: &str) -> Result<String, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub(crate) fn maybe_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub(crate) fn number(&self, column: &str) -> Result<i64, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub(crate) fn maybe_number(&self, column: &str) -> Result<Option<i64>, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    /// A count or a generation: never negative.
    pub(crate) fn count(&self, column: &str) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.number(column)?).unwrap_or_default())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

/// Ends a wait at [`STATEMENT_LIMIT`].
pub(crate) async fn bounded<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    match tokio::time::timeout(STATEMENT_LIMIT, work).await {
        Ok(answer) => answer,
        Err(_elapsed) => Err(StoreError::Slow { seconds: STATEMENT_LIMIT.as_secs() }),
    }
}
