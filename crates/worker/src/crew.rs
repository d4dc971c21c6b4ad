//! The crew: takes deliveries, runs each in a task of its own, and at a shutdown waits for those that have begun.

use crate::outage::Gate;
use crate::pipeline;
use crate::rooms::Rooms;
use crate::stages::claim;
use crate::stages::settle::{self, Waits};
use crate::sweep;
use assay_broker::{BrokerError, Deliveries, Delivery, Redelivered};
use assay_fetch::CancellationToken;
use futures::FutureExt;
use std::sync::Arc;
use tokio::task::JoinSet;

/// A worker at work.
#[derive(Clone)]
pub struct Crew {
    rooms: Arc<Rooms>,
    gate: Arc<Gate>,
    /// Ends jobs that have begun; only after the drain's deadline.
    cancel: CancellationToken,
    /// Takes no new jobs.
    draining: CancellationToken,
    /// Jobs are asked for.
    begun: CancellationToken,
}

impl Crew {
    /// A crew for these rooms; nothing runs yet.
    pub fn new(rooms: Arc<Rooms>) -> Self {
        let token = CancellationToken::new;
        Self { rooms, gate: Arc::new(Gate::default()), cancel: token(), draining: token(), begun: token() }
    }

    /// The rooms.
    pub fn rooms(&self) -> &Arc<Rooms> {
        &self.rooms
    }

    /// The gate that an outage of our own closes.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Takes no new jobs; [`Crew::work`] returns when those that have begun are settled, or at the drain's deadline.
    pub fn drain(&self) {
        self.draining.cancel();
    }

    /// Whether a drain was asked for.
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// Whether the broker was asked for jobs.
    pub fn has_begun(&self) -> bool {
        self.begun.is_cancelled()
    }

    /// Works until [`Crew::drain`].
    pub async fn work(&self) -> Result<(), BrokerError> {
        let mut deliveries = self.rooms.broker.consume(self.rooms.slots.prefetch()).await?;
        let mut jobs = JoinSet::new();
        let sweeper = tokio::spawn(sweep::run(Arc::clone(&self.rooms), self.draining.clone()));
        self.begun.cancel();
        let (slots, settings) = (self.rooms.slots.counts(), &self.rooms.settings);
        let sandbox = self.rooms.sandbox.posture();
        tracing::info!(worker = settings.worker.id, ?sandbox, decodes = slots.decodes, fetches = slots.fetches, "at work");
        loop {
            self.let_through(&mut deliveries).await;
            tokio::select! {
                delivery = deliveries.next() => match delivery {
                    Some(delivery) => self.begin(&mut jobs, delivery),
                    None => break,
                },
                () = self.draining.cancelled() => break,
                Some(ended) = jobs.join_next(), if !jobs.is_empty() => look_at_end(ended),
            }
        }
        deliveries.stop();
        // Deliveries that wait in the stream go back to the queue as it is dropped.
        drop(deliveries);
        self.wait_for(jobs).await;
        sweeper.abort();
        self.rooms.broker.close(self.rooms.settings.drain).await;
        Ok(())
    }

    /// While an outage lasts no delivery is taken. They wait at the broker's prefetch, but not until the broker takes them back.
    async fn let_through(&self, deliveries: &mut Deliveries) {
        let stopper = deliveries.stopper();
        loop {
            tokio::select! {
                () = self.gate.passed(&self.rooms) => return,
                () = self.draining.cancelled() => return stopper.stop(),
                () = tokio::time::sleep(self.rooms.settings.waits_at_most() / 2) => {
                    while let Some(Some(delivery)) = deliveries.next().now_or_never() {
                        settle::waited_too_long(delivery).await;
                    }
                }
            }
        }
    }

    fn begin(&self, jobs: &mut JoinSet<()>, delivery: Delivery) {
        let crew = self.clone();
        jobs.spawn(async move {
            let left = crew.rooms.settings.out_at_most().saturating_sub(delivery.out_for());
            // A job that exceeds everything is dropped: its delivery goes back to the queue, its child is killed.
            if tokio::time::timeout(left, crew.see_through(delivery)).await.is_err() {
                tracing::error!("a job took longer than a delivery may be out, and was dropped");
            }
        });
    }

    /// One delivery to its end; between two tries it keeps nobody from working.
    async fn see_through(&self, mut delivery: Delivery) {
        loop {
            let turn = self.rooms.slots.company(delivery.lane(), delivery.redelivered());
            let company = match delivery.redelivered() {
                Redelivered::First => {
                    let patience = self.rooms.settings.waits_at_most().saturating_sub(delivery.out_for());
                    match tokio::time::timeout(patience, turn).await {
                        Ok(company) => company,
                        Err(_elapsed) => return settle::waited_too_long(delivery).await,
                    }
                }
                // Sent back as a new message, it would not run alone.
                Redelivered::AfterLostOutcome => turn.await,
            };
            let Some(Waits { delivery: waiting, until }) = pipeline::run(&self.rooms, &self.gate, delivery, &self.cancel).await else {
                return;
            };
            drop(company);
            tokio::select! {
                () = tokio::time::sleep(claim::wait(&self.rooms, until)) => delivery = waiting,
                // Dropped, so that it comes again as what it is: lost with a worker.
                () = self.draining.cancelled() => return,
            }
        }
    }

    async fn wait_for(&self, mut jobs: JoinSet<()>) {
        let all = async { while jobs.join_next().await.is_some() {} };
        if tokio::time::timeout(self.rooms.settings.drain, all).await.is_ok() {
            return;
        }
        tracing::warn!(jobs = jobs.len(), "the drain's deadline has passed; what still runs goes back to the queue");
        self.cancel.cancel();
        let rest = async { while jobs.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), rest).await;
    }
}

/// A panic at the job's edge is an ordinary failure: its delivery was dropped, so the message comes again, alone.
fn look_at_end(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!("a job panicked; its message comes again and runs alone");
    }
}
