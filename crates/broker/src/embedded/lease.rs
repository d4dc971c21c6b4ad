//! The embedded queue's side of one delivery: a lease on a row.

use super::File;
use super::row::{self, Claim};
use crate::delivery::{Settlement, Verdict};
use crate::error::BrokerError;
use crate::message::Message;
use assay_contract::job::Lane;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

/// A lease on a row. Dropped unsettled, it is returned to its lane.
#[derive(Debug)]
pub(super) struct Lease {
    file: Arc<File>,
    /// Both are taken when it is settled.
    held: Option<Returned>,
    returns: mpsc::Sender<Returned>,
}

/// A lease that ended without a verdict, and the room it took.
#[derive(Debug)]
pub(super) struct Returned {
    pub(super) claim: Claim,
    pub(super) permit: OwnedSemaphorePermit,
    /// Not after the row's own clock began: who reads here that the lease lasts must not find the row with another.
    asked_at: Instant,
}

impl Lease {
    pub(super) fn new(
        file: Arc<File>,
        claim: Claim,
        asked_at: Instant,
        permit: OwnedSemaphorePermit,
        returns: mpsc::Sender<Returned>,
    ) -> Self {
        Self { file, held: Some(Returned { claim, permit, asked_at }), returns }
    }
}

#[async_trait]
impl Settlement for Lease {
    fn is_lost(&self) -> bool {
        self.held.as_ref().is_none_or(|held| held.asked_at.elapsed() > self.file.config.acknowledgement_timeout)
    }

    async fn settle(mut self: Box<Self>, message: Message, _lane: Lane, verdict: Verdict) -> Result<(), BrokerError> {
        let Some(claim) = self.held.as_ref().map(|held| held.claim.clone()) else { return Err(BrokerError::DeliveryLost) };
        let (file, pool) = (&self.file, &self.file.pool);
        let seen = message.outcomes.saturating_add(1);
        let settled = match verdict {
            Verdict::Acknowledge => file.within(row::delete(pool, &claim)).await?,
            Verdict::Retry(delay) => file.within(row::rest(pool, &claim, file.config.delays.of(delay), seen)).await?,
            Verdict::Postpone(delay) => file.within(row::rest(pool, &claim, file.config.delays.of(delay), message.outcomes)).await?,
            Verdict::GiveBack => file.within(row::give_back(pool, &claim)).await?,
            Verdict::Dead(cause) => file.within(row::bury(pool, &claim, seen, Some(&cause))).await?,
        };
        self.held = None;
        self.file.changed();
        if settled { Ok(()) } else { Err(BrokerError::DeliveryLost) }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            // There is room for every delivery that can be out; refused only after close, and then the lease expires.
            let _ = self.returns.try_send(held);
        }
    }
}
