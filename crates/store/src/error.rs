//! What can go wrong in the store, and which row of the failure table it is.

use assay_contract::failure::Stage;
use assay_contract::id::IntegrationId;
use assay_contract::limits::LimitHit;
use assay_contract::record::MAX_RECORD_BYTES;
use assay_contract::{Code, Failure};

/// Why the store could not do it. No variant holds a connection string, an object key or a record's content.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The connection string is none that we know.
    #[error("the store's address is unusable: {0}; give sqlite://PATH, sqlite::memory: or postgres://USER:PASSWORD@HOST/DATABASE")]
    Address(&'static str),
    /// The database's file can't be made or opened.
    #[error("the store's file can't be opened")]
    File(#[source] std::io::Error),
    /// The database can't be reached, is shutting down, is full or is locked.
    #[error("the store is unavailable")]
    Unavailable(#[source] sqlx::Error),
    /// The database did not answer in time.
    #[error("the store did not answer within {seconds} s")]
    Slow {
        /// How long we waited.
        seconds: u64,
    },
    /// The database refused a statement of ours: a mistake in this room, or a schema that is not migrated.
    #[error("the store refused a statement ({code}): {message}; run `assay migrate` if migrations are pending")]
    Refused {
        /// SQLSTATE, or `SQLite`'s extended code.
        code: String,
        /// The database's first line; it names tables and columns, never values.
        message: String,
    },
    /// The schema could not be brought up to date.
    #[error("the store's schema could not be migrated")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// Another worker took this job over: what this one made is dropped.
    #[error("the claim was taken over by another worker")]
    StaleClaim,
    /// The record belongs to another job, organisation or attachment than the claim.
    #[error("the record does not belong to the claim: its {0} differs")]
    OtherRecord(&'static str),
    /// Larger than [`MAX_RECORD_BYTES`].
    #[error("the record has {bytes} bytes; {MAX_RECORD_BYTES} are allowed")]
    RecordTooLarge {
        /// Bytes of its JSON.
        bytes: usize,
    },
    /// No integration of this organisation has that name.
    #[error("there is no integration {0} in this organisation")]
    IntegrationUnknown(IntegrationId),
    /// What was stored can't be read back.
    #[error("a stored {what} can't be read (line {line}, column {column})")]
    Unreadable {
        /// What it should have been.
        what: &'static str,
        /// Where reading stopped.
        line: usize,
        /// Where reading stopped.
        column: usize,
    },
}

impl StoreError {
    /// The row of the failure table.
    ///
    /// [`StoreError::StaleClaim`] is handled before it gets here: somebody else makes that record.
    pub fn failure(&self) -> Failure {
        match self {
            Self::File(_) | Self::Unavailable(_) | Self::Slow { .. } => Failure::new(Code::StoreUnavailable),
            Self::RecordTooLarge { bytes } => {
                let hit = LimitHit {
                    name: "record_bytes".to_owned(),
                    asked: u64::try_from(*bytes).unwrap_or(u64::MAX),
                    allowed: MAX_RECORD_BYTES as u64,
                };
                Failure::limit(Code::LimitExceeded, hit).at(Stage::Store)
            }
            Self::Address(_)
            | Self::Refused { .. }
            | Self::Migration(_)
            | Self::StaleClaim
            | Self::OtherRecord(_)
            | Self::IntegrationUnknown(_)
            | Self::Unreadable { .. } => Failure::new(Code::Internal).at(Stage::Store),
        }
    }

    /// The same, for text that was stored as JSON.
    pub(crate) fn unreadable(what: &'static str) -> impl Fn(serde_json::Error) -> Self {
        // serde's own message may quote what it read: only the place is kept.
        move |e| Self::Unreadable { what, line: e.line(), column: e.column() }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default().into_owned();
                if is_passing(&code) {
                    return Self::Unavailable(error);
                }
                // Only the message: PostgreSQL's detail repeats the row's values.
                Self::Refused { code, message: database.message().to_owned() }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed
            // The connection ended, or spoke another language, where an answer was due: whoever stands before a database that is gone, as
            // a load balancer, takes a connection and closes it, which reads as an answer that is none.
            | sqlx::Error::Protocol(_)
            // sqlx counts a transaction that SQLite rolled back by itself: the connection is lost, not the statement wrong.
            | sqlx::Error::InvalidSavePointStatement => Self::Unavailable(error),
            _ => Self::Refused { code: "client".to_owned(), message: error.to_string() },
        }
    }
}

/// Whether a database's code says "not now" rather than "never".
///
/// SQLSTATE classes: 08 connection, 28 authorization, 3D database missing, 40 rolled back, 53 resources, 55 in use, 57 operator, 58 system
/// (<https://www.postgresql.org/docs/15/errcodes-appendix.html>).
/// `SQLite`: the low byte 5 busy, 6 locked, 8 read-only, 10 I/O, 13 full, 14 can't open (<https://www.sqlite.org/rescode.html>).
fn is_passing(code: &str) -> bool {
    // SQLite's codes have at most four digits.
    if code.len() == 5 {
        return ["08", "28", "3D", "40", "53", "55", "57", "58"].iter().any(|class| code.starts_with(class));
    }
    code.parse::<u32>().is_ok_and(|number| matches!(number & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_told_from_a_mistake() {
        for passing in ["57P01", "53300", "40P01", "08006", "5", "517", "13", "14"] {
            assert!(is_passing(passing), "{passing}");
        }
        for lasting in ["42P01", "23505", "22021", "1", "2067", "787", ""] {
            assert!(!is_passing(lasting), "{lasting}");
        }
    }

    #[test]
    fn a_connection_that_is_still_in_a_lost_transaction_is_an_outage() {
        assert!(matches!(StoreError::from(sqlx::Error::InvalidSavePointStatement), StoreError::Unavailable(_)));
    }

    #[test]
    fn a_record_that_is_too_large_is_a_final_answer() {
        let failure = StoreError::RecordTooLarge { bytes: MAX_RECORD_BYTES + 1 }.failure();
        assert_eq!(failure.code, Code::LimitExceeded);
        assert!(!failure.retryable);
    }
}
