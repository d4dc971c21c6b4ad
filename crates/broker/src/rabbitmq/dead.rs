//! The dead letter on RabbitMQ: looked through by taking messages without acknowledging them, which puts them back at the end.
//!
//! While one process looks, another sees fewer; nothing is lost by it.

use super::consumer::lane_of_abandoned;
use super::depths::messages;
use super::{Node, connection, properties};
use crate::broker::Opening;
use crate::dead_letter::{DeadCause, DeadLetter, DeadLetterId, DeadOrigin};
use crate::error::BrokerError;
use crate::message::{Message, lane_named, now_ms};
use assay_contract::Code;
use assay_contract::job::Lane;
use jiff::Timestamp;
use lapin::message::BasicGetMessage;
use lapin::options::{BasicAckOptions, BasicGetOptions};
use lapin::{BasicProperties, Channel, Connection};
use std::hash::{DefaultHasher, Hash, Hasher};

pub(super) async fn list(node: &Node, limit: usize) -> Result<Vec<DeadLetter>, BrokerError> {
    let mut look = Look::begin(node).await?;
    let mut letters = Vec::new();
    while letters.len() < limit {
        let Some(message) = look.next().await? else { break };
        letters.push(letter(node, message));
    }
    look.end().await;
    letters.sort_by_key(|letter| letter.died_at);
    Ok(letters)
}

pub(super) async fn find(node: &Node, id: &DeadLetterId) -> Result<Option<DeadLetter>, BrokerError> {
    let mut look = Look::begin(node).await?;
    let found = look.find(id).await?;
    look.end().await;
    Ok(found.map(|message| letter(node, message)))
}

/// Taken without being acknowledged, the letter is nobody else's while it is opened; it goes back when that fails.
pub(super) async fn requeue(node: &Node, id: &DeadLetterId, opening: Opening<'_>) -> Result<(), BrokerError> {
    let mut look = Look::begin(node).await?;
    let found = look.find(id).await?.ok_or_else(|| BrokerError::NoSuchDeadLetter(id.clone()))?.delivery;
    let lane = lane(node, &found.properties);
    let mut message = properties::message(&found.properties, found.data);
    if let Err(error) = opening.await {
        look.end().await;
        return Err(BrokerError::NotOpened(error));
    }
    message.outcomes = 0;
    message.enqueued_ms = Some(now_ms());
    node.publisher.publish("", &node.names.jobs(lane), &message.body, properties::of(&message)?).await?;
    // Lost here, it is on its lane and in the dead letter: requeued twice, its effect is still once.
    found.acker.ack(BasicAckOptions::default()).await?;
    look.end().await;
    Ok(())
}

/// Shows each dead letter once. What was not acknowledged goes back when the connection closes.
struct Look {
    connection: Connection,
    channel: Channel,
    /// Queues to look through and how many messages are left to see of each; those that come later are not waited for.
    queues: Vec<(String, u64)>,
}

impl Look {
    async fn begin(node: &Node) -> Result<Self, BrokerError> {
        let connection = connection::connect(&node.config, &node.names, "looking at the dead letter").await?;
        let channel = connection.create_channel().await?;
        let mut queues = Vec::new();
        for queue in [node.names.abandoned(), node.names.dead()] {
            let count = messages(&channel, &queue).await?;
            queues.push((queue, count));
        }
        Ok(Self { connection, channel, queues })
    }

    async fn next(&mut self) -> Result<Option<BasicGetMessage>, BrokerError> {
        while let Some((queue, left)) = self.queues.last_mut() {
            if *left > 0 {
                *left -= 1;
                if let Some(message) = self.channel.basic_get(queue.as_str().into(), BasicGetOptions::default()).await? {
                    return Ok(Some(message));
                }
            }
            self.queues.pop();
        }
        Ok(None)
    }

    async fn find(&mut self, id: &DeadLetterId) -> Result<Option<BasicGetMessage>, BrokerError> {
        while let Some(message) = self.next().await? {
            if name(&message.delivery.properties, &message.delivery.data) == *id {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    /// What was acknowledged is sent before the connection closes.
    async fn end(self) {
        connection::close(&self.connection).await;
    }
}

fn letter(node: &Node, taken: BasicGetMessage) -> DeadLetter {
    let properties = taken.delivery.properties;
    let id = name(&properties, &taken.delivery.data);
    let origin = match properties::text_of(&properties, properties::DEAD_CODE) {
        Some(code) => DeadOrigin::Worker(DeadCause {
            // A code of a later version still shows its sentence.
            code: code.parse().unwrap_or(Code::Internal),
            sentence: properties::text_of(&properties, properties::DEAD_SENTENCE).unwrap_or_default(),
        }),
        None => DeadOrigin::Broker,
    };
    let died_at = properties::number_of(&properties, properties::DIED).and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let message: Message = properties::message(&properties, taken.delivery.data);
    DeadLetter::new(id, lane(node, &properties), origin, died_at, message)
}

fn lane(node: &Node, properties: &BasicProperties) -> Lane {
    properties::text_of(properties, properties::DEAD_LANE)
        .and_then(|word| lane_named(&word))
        .unwrap_or_else(|| lane_of_abandoned(node, properties))
}

/// Our own id; for a message that the broker moved, its message id, and without one a digest of its bytes.
fn name(properties: &BasicProperties, body: &[u8]) -> DeadLetterId {
    if let Some(id) = properties::text_of(properties, properties::DEAD_ID) {
        return DeadLetterId::new(id);
    }
    if let Some(id) = properties.message_id() {
        return DeadLetterId::new(format!("abandoned:{id}"));
    }
    let mut digest = DefaultHasher::new();
    body.hash(&mut digest);
    DeadLetterId::new(format!("abandoned:{:016x}", digest.finish()))
}
