//! A broker whose publishing goes wrong on request; everything else is the real one's.

use assay_broker::{
    Broker, BrokerError, DeadLetter, DeadLetterId, Deliveries, Depths, Health, Opening, Prefetch, Published, SharedBroker, TraceParent,
};
use assay_contract::{Job, Record};
use assay_store::Store;
use async_trait::async_trait;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// What goes wrong with one publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The broker says no.
    Refused,
    /// The worker hangs before it published.
    HangsBefore,
    /// The worker hangs after it published, before anybody is told.
    HangsAfter,
}

/// Stands before a real broker.
#[derive(Debug)]
pub(crate) struct Post {
    inner: SharedBroker,
    store: Store,
    troubles: Mutex<VecDeque<Trouble>>,
    hanging: watch::Sender<bool>,
    /// For each publish: whether its record was stored, and whether its message was still out.
    pub(crate) seen: Mutex<Vec<Witness>>,
}

/// What was so at the moment of a publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Witness {
    pub(crate) stored: bool,
    pub(crate) unacknowledged: u64,
}

impl Post {
    /// The first publishes go wrong in these ways, later ones are right.
    pub(crate) fn before(inner: SharedBroker, store: Store, troubles: impl IntoIterator<Item = Trouble>) -> Arc<Self> {
        let troubles = Mutex::new(troubles.into_iter().collect());
        Arc::new(Self { inner, store, troubles, hanging: watch::Sender::new(false), seen: Mutex::default() })
    }

    /// Returns when a publish hangs.
    pub(crate) async fn hangs(&self) {
        let wait = async { self.hanging.subscribe().wait_for(|hanging| *hanging).await.map(drop) };
        tokio::time::timeout(crate::world::SOON, wait).await.expect("somebody publishes").unwrap();
    }

    async fn hang(&self) -> Result<Published, BrokerError> {
        self.hanging.send_replace(true);
        std::future::pending().await
    }

    async fn witness(&self, record: &Record) {
        let (organization, job) = (record.organization_id.as_ref().unwrap(), record.job_id.as_ref().unwrap());
        let attachment = record.attachment.as_ref().map(|attachment| attachment.index);
        let stored = self.store.record(organization, job, attachment).await.unwrap().is_some();
        let unacknowledged = self.inner.depths().await.unwrap().batch.unacknowledged;
        self.seen.lock().unwrap().push(Witness { stored, unacknowledged });
    }
}

#[async_trait]
impl Broker for Post {
    async fn publish_traced(&self, record: &Record, trace: Option<&TraceParent>) -> Result<Published, BrokerError> {
        self.witness(record).await;
        let trouble = self.troubles.lock().unwrap().pop_front();
        match trouble {
            None => self.inner.publish_traced(record, trace).await,
            Some(Trouble::Refused) => Err(BrokerError::Refused),
            Some(Trouble::HangsBefore) => self.hang().await,
            Some(Trouble::HangsAfter) => {
                self.inner.publish_traced(record, trace).await?;
                self.hang().await
            }
        }
    }

    async fn consume(&self, prefetch: Prefetch) -> Result<Deliveries, BrokerError> {
        self.inner.consume(prefetch).await
    }

    async fn submit_traced(&self, job: &Job, trace: Option<&TraceParent>) -> Result<(), BrokerError> {
        self.inner.submit_traced(job, trace).await
    }

    async fn abandoned(&self) -> Result<Deliveries, BrokerError> {
        self.inner.abandoned().await
    }

    async fn depths(&self) -> Result<Depths, BrokerError> {
        self.inner.depths().await
    }

    async fn dead(&self, limit: usize) -> Result<Vec<DeadLetter>, BrokerError> {
        self.inner.dead(limit).await
    }

    async fn dead_letter(&self, id: &DeadLetterId) -> Result<Option<DeadLetter>, BrokerError> {
        self.inner.dead_letter(id).await
    }

    async fn requeue_opened(&self, id: &DeadLetterId, opening: Opening<'_>) -> Result<(), BrokerError> {
        self.inner.requeue_opened(id, opening).await
    }

    fn healthy(&self) -> Health {
        self.inner.healthy()
    }

    async fn close(&self, patience: Duration) {
        self.inner.close(patience).await;
    }
}
