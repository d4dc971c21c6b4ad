//! RabbitMQ: durable quorum queues, confirmed publishes, and supervisors that rebuild what breaks.

mod backoff;
mod config;
mod connection;
mod consumer;
mod dead;
mod depths;
mod hold;
mod link;
mod names;
mod properties;
mod publisher;
mod topology;

pub use config::{DefaultQueue, RabbitMqConfig};

use crate::broker::{Broker, Opening, Prefetch, Published};
use crate::dead_letter::{DeadLetter, DeadLetterId};
use crate::deliveries::{Deliveries, Intake};
use crate::depths::Depths;
use crate::error::BrokerError;
use crate::health::Health;
use crate::message::{Message, TraceParent, routing_key};
use assay_contract::job::Lane;
use assay_contract::{Job, Record};
use async_trait::async_trait;
use depths::Gauges;
use link::Link;
use names::{Names, Source};
use publisher::Publisher;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A RabbitMQ broker, 3.10 or later (3.10.8 is what the tests run). Clones share everything.
#[derive(Debug, Clone)]
pub struct RabbitMq {
    node: Arc<Node>,
}

/// What this broker's parts share.
#[derive(Debug)]
struct Node {
    config: RabbitMqConfig,
    names: Names,
    publisher: Publisher,
    gauges: Gauges,
    /// One for the publishing link and for each consumer.
    healths: Mutex<Vec<watch::Receiver<Health>>>,
    /// Ends consuming; deliveries that are out can still be settled.
    stopping: CancellationToken,
    /// Ends everything.
    closing: CancellationToken,
    consumers: TaskTracker,
    keeper: TaskTracker,
}

impl RabbitMq {
    /// Connects, and declares what is missing: queues, exchange and binding are durable and declared alike by every worker.
    ///
    /// Fails when the broker does not answer within the configuration's time-out, refuses the credentials, or holds a queue
    /// of one of our names with other arguments. Later losses are mended by supervisors.
    pub async fn connect(config: RabbitMqConfig) -> Result<Self, BrokerError> {
        config.checked()?;
        let names = Names::new(&config);
        let (stopping, closing) = (CancellationToken::new(), CancellationToken::new());
        let (link, publisher, health) = Link::open(&config, &names, &closing).await?;
        let (consumers, keeper) = (TaskTracker::new(), TaskTracker::new());
        keeper.spawn(link.keep());
        let healths = Mutex::new(vec![health]);
        let gauges = Gauges::default();
        Ok(Self { node: Arc::new(Node { config, names, publisher, gauges, healths, stopping, closing, consumers, keeper }) })
    }

    fn start(&self, source: Source, prefetch: u16, intake: Intake) {
        if prefetch == 0 {
            return;
        }
        let (health, watched) = watch::channel(Health::Ready);
        let mut healths = self.node.healths.lock().unwrap_or_else(PoisonError::into_inner);
        // Those of consumers that have ended say nothing any more.
        healths.retain(|health| health.has_changed().is_ok());
        healths.push(watched);
        drop(healths);
        self.node.consumers.spawn(consumer::supervise(Arc::clone(&self.node), source, prefetch, intake, health));
    }
}

#[async_trait]
impl Broker for RabbitMq {
    async fn consume(&self, prefetch: Prefetch) -> Result<Deliveries, BrokerError> {
        let (deliveries, interactive, batch) = Deliveries::open(prefetch.interactive, prefetch.batch);
        self.start(Source::Lane(Lane::Interactive), prefetch.interactive, interactive);
        self.start(Source::Lane(Lane::Batch), prefetch.batch, batch);
        Ok(deliveries)
    }

    async fn submit_traced(&self, job: &Job, trace: Option<&TraceParent>) -> Result<(), BrokerError> {
        let message = Message::of_job(job, trace)?;
        let properties = properties::of(&message)?;
        self.node.publisher.publish("", &self.node.names.jobs(job.lane), &message.body, properties).await
    }

    async fn publish_traced(&self, record: &Record, trace: Option<&TraceParent>) -> Result<Published, BrokerError> {
        let message = Message::of_record(record, trace)?;
        let properties = properties::of(&message)?;
        self.node.publisher.publish(&self.node.names.records(), &routing_key(record), &message.body, properties).await?;
        Ok(Published::confirmed())
    }

    async fn abandoned(&self) -> Result<Deliveries, BrokerError> {
        let (deliveries, _, batch) = Deliveries::open(0, 1);
        self.start(Source::Abandoned, 1, batch);
        Ok(deliveries)
    }

    async fn depths(&self) -> Result<Depths, BrokerError> {
        self.node.within(depths::count(&self.node)).await
    }

    async fn dead(&self, limit: usize) -> Result<Vec<DeadLetter>, BrokerError> {
        self.node.within(dead::list(&self.node, limit)).await
    }

    async fn dead_letter(&self, id: &DeadLetterId) -> Result<Option<DeadLetter>, BrokerError> {
        self.node.within(dead::find(&self.node, id)).await
    }

    async fn requeue_opened(&self, id: &DeadLetterId, opening: Opening<'_>) -> Result<(), BrokerError> {
        self.node.within(dead::requeue(&self.node, id, opening)).await
    }

    fn healthy(&self) -> Health {
        if self.node.stopping.is_cancelled() {
            return Health::Closed;
        }
        let healths = self.node.healths.lock().unwrap_or_else(PoisonError::into_inner);
        let live = healths.iter().filter(|health| health.has_changed().is_ok());
        live.map(|health| *health.borrow()).find(|health| !health.is_ready()).unwrap_or(Health::Ready)
    }

    async fn close(&self, patience: Duration) {
        self.node.stopping.cancel();
        self.node.consumers.close();
        if tokio::time::timeout(patience, self.node.consumers.wait()).await.is_err() {
            tracing::warn!("deliveries are still out at close; the broker delivers them again");
        }
        self.node.closing.cancel();
        self.node.consumers.wait().await;
        // Last, since settling publishes.
        self.node.keeper.close();
        self.node.keeper.wait().await;
    }
}

impl Drop for Node {
    /// A broker that is dropped and was not closed keeps no connection.
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

impl Node {
    /// Bounds a conversation with the broker.
    async fn within<T>(&self, work: impl Future<Output = Result<T, BrokerError>>) -> Result<T, BrokerError> {
        if self.closing.is_cancelled() {
            return Err(BrokerError::Closed);
        }
        let limit = self.config.confirm_timeout;
        tokio::time::timeout(limit, work).await.unwrap_or(Err(BrokerError::Unconfirmed(limit)))
    }
}
