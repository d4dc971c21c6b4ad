//! The seam: what every broker can do; RabbitMQ and the embedded queue are the two.

use crate::dead_letter::{DeadLetter, DeadLetterId};
use crate::deliveries::Deliveries;
use crate::depths::Depths;
use crate::error::BrokerError;
use crate::health::Health;
use crate::message::TraceParent;
use assay_contract::job::Lane;
use assay_contract::{Job, Record};
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A broker as the other rooms hold it.
pub type SharedBroker = Arc<dyn Broker>;

/// Jobs in by lane, records out confirmed, and what to do with those that failed.
#[async_trait]
pub trait Broker: Send + Sync + fmt::Debug {
    /// Starts consuming both lanes.
    ///
    /// At most `prefetch.interactive` and `prefetch.batch` deliveries are out at once, each lane counted on its own, so that the
    /// interactive lane's are reserved. A supervisor keeps it alive over closed channels, cancelled consumers and restarted brokers.
    async fn consume(&self, prefetch: Prefetch) -> Result<Deliveries, BrokerError>;

    /// Puts a job on its lane, confirmed, and passes a trace on to whoever takes it.
    async fn submit_traced(&self, job: &Job, trace: Option<&TraceParent>) -> Result<(), BrokerError>;

    /// Publishes a record under a routing key such as `complete.image` (`failed.none` where nothing was detected).
    ///
    /// Returns when the broker has confirmed that at least one queue holds it; otherwise fails within the confirm time-out.
    async fn publish_traced(&self, record: &Record, trace: Option<&TraceParent>) -> Result<Published, BrokerError>;

    /// Messages that the broker gave up on by itself, because they were delivered too often without an outcome.
    ///
    /// Each delivery is to be given a `failed` record, then [`crate::Delivery::dead`], which moves it to the dead letter.
    /// One is out at a time.
    async fn abandoned(&self) -> Result<Deliveries, BrokerError>;

    /// How much waits, and where.
    async fn depths(&self) -> Result<Depths, BrokerError>;

    /// The oldest dead letters, at most `limit`, abandoned ones included. A look, not a removal.
    async fn dead(&self, limit: usize) -> Result<Vec<DeadLetter>, BrokerError>;

    /// One dead letter; `None` where there is none of that id.
    async fn dead_letter(&self, id: &DeadLetterId) -> Result<Option<DeadLetter>, BrokerError>;

    /// Puts a dead letter back on its lane with all its attempts; [`BrokerError::NoSuchDeadLetter`] where there is none, and that or
    /// [`BrokerError::DeadLetterHeld`] for one that is out to be given its record.
    async fn requeue(&self, id: &DeadLetterId) -> Result<(), BrokerError> {
        self.requeue_opened(id, Box::pin(async { Ok(()) })).await
    }

    /// [`Broker::requeue`] with work in the middle of it: it is done when the letter is sure to be there and nobody else can take it, before
    /// any worker can. Where the letter is refused the work is not begun; where the work fails ([`BrokerError::NotOpened`]) the letter stays.
    async fn requeue_opened(&self, id: &DeadLetterId, opening: Opening<'_>) -> Result<(), BrokerError>;

    /// Whether the broker can be used at this moment; asks nobody, so it never waits.
    fn healthy(&self) -> Health;

    /// Stops consuming, waits for deliveries that are out to be settled, then closes; what is still out after `patience` is
    /// delivered again to another worker.
    async fn close(&self, patience: Duration);

    /// [`Broker::submit_traced`] without a trace.
    async fn submit(&self, job: &Job) -> Result<(), BrokerError> {
        self.submit_traced(job, None).await
    }

    /// [`Broker::publish_traced`] without a trace.
    async fn publish(&self, record: &Record) -> Result<Published, BrokerError> {
        self.publish_traced(record, None).await
    }
}

/// What is to be done before a dead letter is back on its lane, bounded by the broker's confirm time-out.
pub type Opening<'a> = BoxFuture<'a, Result<(), Box<dyn Error + Send + Sync>>>;

/// How many deliveries may be out at once, by lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefetch {
    /// Of the interactive lane; 0 leaves the lane alone.
    pub interactive: u16,
    /// Of the batch lane; 0 leaves the lane alone.
    pub batch: u16,
}

impl Prefetch {
    /// The lane's share.
    pub const fn of(self, lane: Lane) -> u16 {
        match lane {
            Lane::Interactive => self.interactive,
            Lane::Batch => self.batch,
        }
    }
}

/// Proof that a record was published: only a confirmed publish makes one.
#[derive(Debug)]
pub struct Published(());

impl Published {
    pub(crate) const fn confirmed() -> Self {
        Self(())
    }
}
