//! The embedded queue: a broker's promises in one SQLite file, for one machine without a server.

mod config;
mod dead;
mod depths;
mod lane;
mod lease;
mod records;
mod row;
mod schema;
mod wipe;

pub use config::EmbeddedConfig;
pub use records::{PublishedRecord, Records};

use crate::broker::{Broker, Opening, Prefetch, Published};
use crate::dead_letter::{DeadLetter, DeadLetterId};
use crate::deliveries::{Deliveries, Intake};
use crate::depths::Depths;
use crate::error::BrokerError;
use crate::health::Health;
use crate::message::{Message, TraceParent};
use assay_contract::job::Lane;
use assay_contract::{Job, Record};
use async_trait::async_trait;
use dead::Requeued;
use row::Place;
use sqlx::SqlitePool;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wipe::Wiper;

/// A queue in one SQLite file, or in memory. Several processes may share the file.
#[derive(Debug, Clone)]
pub struct Embedded {
    file: Arc<File>,
}

/// What the queue's parts share.
#[derive(Debug)]
struct File {
    pool: SqlitePool,
    config: EmbeddedConfig,
    /// Counts what this process changed, so that its own consumers need not wait for their next look.
    changes: watch::Sender<u64>,
    /// Ends consuming; deliveries that are out can still be settled.
    stopping: CancellationToken,
    /// Ends everything.
    closing: CancellationToken,
    tasks: TaskTracker,
    /// Outlives the others: it also wipes what they settle last.
    wiping: TaskTracker,
}

impl Embedded {
    /// Opens the file, and makes it and its tables where they are missing.
    pub async fn open(config: EmbeddedConfig) -> Result<Self, BrokerError> {
        config.checked()?;
        let pool = schema::open(&config).await?;
        let (stopping, closing) = (CancellationToken::new(), CancellationToken::new());
        let (tasks, wiping) = (TaskTracker::new(), TaskTracker::new());
        if config.path.is_some() {
            let wiper = Wiper::new(schema::options(&config));
            wiping.spawn(wiper.run(closing.clone()));
        }
        wiping.close();
        let file = File { pool, config, changes: watch::Sender::new(0), stopping, closing, tasks, wiping };
        Ok(Self { file: Arc::new(file) })
    }

    /// The records published to this file: those after `sequence` (0 for all that are kept), then each new one as it comes.
    pub fn records(&self, sequence: i64) -> Records {
        Records::new(Arc::clone(&self.file), sequence)
    }

    fn start(&self, place: Place, prefetch: u16, intake: Intake) {
        if prefetch > 0 {
            self.file.tasks.spawn(lane::serve(Arc::clone(&self.file), place, prefetch, intake));
        }
    }
}

impl File {
    /// Bounds a statement: another process may hold the file's lock.
    async fn within<T>(&self, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, BrokerError> {
        if self.closing.is_cancelled() {
            return Err(BrokerError::Closed);
        }
        let limit = self.config.confirm_timeout;
        match tokio::time::timeout(limit, work).await {
            Ok(Err(error)) if is_locked(&error) => Err(BrokerError::Unconfirmed(limit)),
            Ok(done) => Ok(done?),
            Err(_) => Err(BrokerError::Unconfirmed(limit)),
        }
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

/// SQLITE_BUSY and SQLITE_LOCKED (<https://www.sqlite.org/rescode.html>), with their extended forms; or our own connection is taken.
fn is_locked(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(database) => {
            database.code().and_then(|code| code.parse::<i64>().ok()).is_some_and(|code| matches!(code & 0xff, 5 | 6))
        }
        _ => false,
    }
}

#[async_trait]
impl Broker for Embedded {
    async fn consume(&self, prefetch: Prefetch) -> Result<Deliveries, BrokerError> {
        let (deliveries, interactive, batch) = Deliveries::open(prefetch.interactive, prefetch.batch);
        self.start(Place::Lane(Lane::Interactive), prefetch.interactive, interactive);
        self.start(Place::Lane(Lane::Batch), prefetch.batch, batch);
        Ok(deliveries)
    }

    async fn submit_traced(&self, job: &Job, trace: Option<&TraceParent>) -> Result<(), BrokerError> {
        let message = Message::of_job(job, trace)?;
        self.file.within(row::insert(&self.file.pool, job.lane, &message)).await?;
        self.file.changed();
        Ok(())
    }

    async fn publish_traced(&self, record: &Record, trace: Option<&TraceParent>) -> Result<Published, BrokerError> {
        records::publish(&self.file, record, trace).await
    }

    async fn abandoned(&self) -> Result<Deliveries, BrokerError> {
        let (deliveries, _, batch) = Deliveries::open(0, 1);
        self.start(Place::Abandoned, 1, batch);
        Ok(deliveries)
    }

    async fn depths(&self) -> Result<Depths, BrokerError> {
        self.file.within(depths::count(&self.file.pool)).await
    }

    async fn dead(&self, limit: usize) -> Result<Vec<DeadLetter>, BrokerError> {
        self.file.within(dead::list(&self.file.pool, limit)).await
    }

    async fn dead_letter(&self, id: &DeadLetterId) -> Result<Option<DeadLetter>, BrokerError> {
        self.file.within(dead::find(&self.file.pool, id)).await
    }

    async fn requeue_opened(&self, id: &DeadLetterId, opening: Opening<'_>) -> Result<(), BrokerError> {
        match self.file.within(dead::requeue(&self.file.pool, id, opening)).await? {
            Requeued::Done => {
                self.file.changed();
                Ok(())
            }
            Requeued::NotOpened(error) => Err(BrokerError::NotOpened(error)),
            Requeued::Refused => match self.dead_letter(id).await? {
                Some(_) => Err(BrokerError::DeadLetterHeld(id.clone())),
                None => Err(BrokerError::NoSuchDeadLetter(id.clone())),
            },
        }
    }

    fn healthy(&self) -> Health {
        if self.file.stopping.is_cancelled() || self.file.pool.is_closed() { Health::Closed } else { Health::Ready }
    }

    async fn close(&self, patience: Duration) {
        self.file.stopping.cancel();
        self.file.tasks.close();
        if tokio::time::timeout(patience, self.file.tasks.wait()).await.is_err() {
            tracing::warn!("deliveries are still out at close; they come again when their leases expire");
        }
        self.file.closing.cancel();
        self.file.tasks.wait().await;
        self.file.wiping.wait().await;
        self.file.pool.close().await;
    }
}
