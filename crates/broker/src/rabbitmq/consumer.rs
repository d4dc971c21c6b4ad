//! Consumes one queue for as long as it is wanted; every way to lose it ends in a new connection.

use super::backoff::Backoff;
use super::hold::{Hold, give_back};
use super::names::Source;
use super::{Node, connection, properties};
use crate::deliveries::Intake;
use crate::delivery::{Delivery, Redelivered};
use crate::error::BrokerError;
use crate::health::Health;
use assay_contract::job::Lane;
use futures::StreamExt;
use jiff::Timestamp;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Acker, Channel, Consumer};
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Nobody wants more.
    Stopped,
    /// Nothing came for a while: the consumer is made anew.
    Idle,
    /// The channel was closed, the consumer cancelled, or the connection lost.
    Lost,
}

/// Runs until the stream is stopped and every delivery is settled. Each queue has a connection of its own, so that what
/// closes one lane's channel does not lose the other lane's deliveries.
pub(super) async fn supervise(node: Arc<Node>, source: Source, prefetch: u16, intake: Intake, health: watch::Sender<Health>) {
    let mut backoff = Backoff::new();
    let queue = node.names.source(source);
    while !intake.is_stopped() && !node.stopping.is_cancelled() {
        match session(&node, source, prefetch, intake.clone(), &health, &mut backoff).await {
            Ok(End::Stopped) => return,
            Ok(End::Lost | End::Idle) => tracing::warn!(queue, "the broker took the consumer away; consuming again"),
            Err(error) => tracing::warn!(queue, error = &error as &dyn std::error::Error, "consuming failed; trying again"),
        }
        health.send_if_modified(|health| {
            let was_ready = health.is_ready();
            if was_ready {
                *health = Health::Reconnecting { since: Timestamp::now() };
            }
            was_ready
        });
        let mut stop = intake.clone();
        tokio::select! {
            () = stop.stopped() => return,
            () = node.stopping.cancelled() => return,
            () = tokio::time::sleep(backoff.wait()) => {}
        }
    }
}

async fn session(
    node: &Arc<Node>,
    source: Source,
    prefetch: u16,
    intake: Intake,
    health: &watch::Sender<Health>,
    backoff: &mut Backoff,
) -> Result<End, BrokerError> {
    let queue = node.names.source(source);
    let connection = connection::connect(&node.config, &node.names, &format!("consuming {queue}")).await?;
    loop {
        let channel = connection.create_channel().await?;
        channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
        let tag = "assay";
        let consumer =
            channel.basic_consume(queue.as_str().into(), tag.into(), BasicConsumeOptions::default(), FieldTable::default()).await?;
        health.send_replace(Health::Ready);
        backoff.reset();
        let (returns, returned) = mpsc::channel(usize::from(prefetch));
        let mut session = Session { node, source, consumer, returns, returned };
        let end = session.take(intake.clone()).await;
        if end == End::Lost {
            return Ok(end);
        }
        session.finish(&channel, tag).await;
        if end == End::Stopped {
            connection::close(&connection).await;
            return Ok(end);
        }
        channel.close(200, "idle".into()).await?;
    }
}

/// One consumer on one channel.
struct Session<'n> {
    node: &'n Arc<Node>,
    source: Source,
    consumer: Consumer,
    returns: mpsc::Sender<Acker>,
    returned: mpsc::Receiver<Acker>,
}

impl Session<'_> {
    /// Hands deliveries on until it is stopped or lost.
    async fn take(&mut self, intake: Intake) -> End {
        let mut stop = intake.clone();
        let mut slot = None;
        let renew = self.node.config.renew;
        let mut idle_since = Instant::now();
        loop {
            tokio::select! {
                biased;
                () = stop.stopped() => return End::Stopped,
                () = self.node.stopping.cancelled() => return End::Stopped,
                Some(acker) = self.returned.recv() => {
                    if !matches!(give_back(&acker).await, Ok(true)) {
                        return End::Lost;
                    }
                }
                // Room first, then a delivery: the room may be full of a lost session's, and stop must still be heard.
                room = intake.out.reserve(), if slot.is_none() => match room {
                    Ok(room) => slot = Some(room),
                    Err(_) => return End::Stopped,
                },
                delivery = self.consumer.next(), if slot.is_some() => match delivery {
                    Some(Ok(delivery)) => {
                        idle_since = Instant::now();
                        let delivery = self.delivery(delivery);
                        if let Some(room) = slot.take() {
                            room.send(delivery);
                        }
                    }
                    Some(Err(error)) => {
                        tracing::debug!(error = &error as &dyn std::error::Error, "the consumer failed");
                        return End::Lost;
                    }
                    None => return End::Lost,
                },
                () = tokio::time::sleep_until(idle_since + renew) => {
                    // What is out is settled on this channel; ours is the one sender that is no delivery's.
                    if self.returns.strong_count() == 1 {
                        return End::Idle;
                    }
                    idle_since = Instant::now();
                }
            }
        }
    }

    fn delivery(&self, delivery: lapin::message::Delivery) -> Delivery {
        let redelivered = if delivery.redelivered { Redelivered::AfterLostOutcome } else { Redelivered::First };
        let lane = match self.source {
            Source::Lane(lane) => lane,
            Source::Abandoned => lane_of_abandoned(self.node, &delivery.properties),
        };
        let message = properties::message(&delivery.properties, delivery.data);
        self.node.gauges.waited(lane, message.enqueued_ms);
        let hold = Hold::new(Arc::clone(self.node), lane, delivery.acker, self.returns.clone());
        Delivery::new(message, lane, redelivered, Box::new(hold))
    }

    /// Takes no more, gives back what nobody has begun, and waits for what is out.
    async fn finish(self, channel: &Channel, tag: &str) {
        let Self { node, mut consumer, returns, mut returned, .. } = self;
        let finished = async {
            let _ = channel.basic_cancel(tag.into(), BasicCancelOptions::default()).await;
            while let Some(Ok(delivery)) = consumer.next().await {
                let _ = give_back(&delivery.acker).await;
            }
            // Every delivery that is out holds a sender: none are out when the channel of returns ends.
            drop(returns);
            while let Some(acker) = returned.recv().await {
                let _ = give_back(&acker).await;
            }
        };
        tokio::select! {
            () = finished => {}
            () = node.closing.cancelled() => {}
        }
    }
}

/// The lane that the broker moved a message from.
pub(super) fn lane_of_abandoned(node: &Node, properties: &lapin::BasicProperties) -> Lane {
    let queue = properties::died_in(properties);
    // Nobody can wait for it any more.
    Lane::ALL.into_iter().find(|lane| queue.as_deref() == Some(&node.names.jobs(*lane))).unwrap_or(Lane::Batch)
}
