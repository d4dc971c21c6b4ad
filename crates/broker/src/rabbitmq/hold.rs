//! RabbitMQ's side of one delivery: a delivery tag on a channel.

use super::Node;
use super::properties;
use crate::delivery::{Settlement, Verdict};
use crate::error::BrokerError;
use crate::message::Message;
use assay_contract::job::Lane;
use async_trait::async_trait;
use lapin::Acker;
use lapin::options::{BasicAckOptions, BasicNackOptions};
use std::sync::Arc;
use tokio::sync::mpsc;

/// What was delivered and is not settled. Dropped unsettled, it is given back.
#[derive(Debug)]
pub(super) struct Hold {
    node: Arc<Node>,
    lane: Lane,
    /// Taken when it is settled.
    acker: Option<Acker>,
    returns: mpsc::Sender<Acker>,
}

impl Hold {
    pub(super) fn new(node: Arc<Node>, lane: Lane, acker: Acker, returns: mpsc::Sender<Acker>) -> Self {
        node.gauges.taken(lane);
        Self { node, lane, acker: Some(acker), returns }
    }

    async fn publish(&self, queue: &str, message: &Message, properties: lapin::BasicProperties) -> Result<(), BrokerError> {
        self.node.publisher.publish("", queue, &message.body, properties).await
    }

    async fn rest(&self, queue: &str, message: &Message) -> Result<(), BrokerError> {
        self.publish(queue, message, properties::of(message)?).await
    }

    async fn acknowledge(&mut self) -> Result<(), BrokerError> {
        let Some(acker) = self.acker.take() else { return Err(BrokerError::DeliveryLost) };
        taken(acker.ack(BasicAckOptions::default()).await)
    }
}

#[async_trait]
impl Settlement for Hold {
    fn is_lost(&self) -> bool {
        self.acker.as_ref().is_none_or(Acker::poisoned)
    }

    async fn settle(mut self: Box<Self>, mut message: Message, lane: Lane, verdict: Verdict) -> Result<(), BrokerError> {
        if self.is_lost() {
            // Publishing a copy now would only double the message that comes again anyway.
            return Err(BrokerError::DeliveryLost);
        }
        match verdict {
            Verdict::Acknowledge => {}
            Verdict::Retry(delay) => {
                message.outcomes = message.outcomes.saturating_add(1);
                self.rest(&self.node.names.retry(lane, delay), &message).await?;
            }
            Verdict::Postpone(delay) => self.rest(&self.node.names.retry(lane, delay), &message).await?,
            Verdict::Dead(cause) => {
                message.outcomes = message.outcomes.saturating_add(1);
                self.publish(&self.node.names.dead(), &message, properties::of_dead(&message, lane, &cause)?).await?;
            }
            Verdict::GiveBack => {
                let Some(acker) = self.acker.take() else { return Err(BrokerError::DeliveryLost) };
                return taken(give_back(&acker).await);
            }
        }
        self.acknowledge().await
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.node.gauges.settled(self.lane);
        if let Some(acker) = self.acker.take() {
            // There is room for every delivery that can be out; refused only when its session is over, and then the broker has it back.
            let _ = self.returns.try_send(acker);
        }
    }
}

/// `nack`, not `reject`: since RabbitMQ 4.3 only the latter counts towards the delivery limit.
pub(super) async fn give_back(acker: &Acker) -> lapin::Result<bool> {
    acker.nack(BasicNackOptions { requeue: true, ..BasicNackOptions::default() }).await
}

/// lapin answers `Ok(false)`, not an error, where the channel is gone or the delivery was settled before.
fn taken(answer: lapin::Result<bool>) -> Result<(), BrokerError> {
    match answer {
        Ok(true) => Ok(()),
        Ok(false) => Err(BrokerError::DeliveryLost),
        Err(error) => {
            tracing::debug!(error = &error as &dyn std::error::Error, "a delivery could not be settled");
            Err(BrokerError::DeliveryLost)
        }
    }
}
