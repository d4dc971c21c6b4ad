//! Declares queues, exchange and binding; declaring what is there already changes nothing.

use super::config::{DefaultQueue, RabbitMqConfig};
use super::names::Names;
use crate::delay::RetryDelay;
use crate::error::BrokerError;
use assay_contract::job::Lane;
use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ReplyCode};
use lapin::{Connection, ErrorKind, ExchangeKind};
use std::time::Duration;

/// Looking at dead letters returns them, which counts as a delivery in RabbitMQ 4.0 to 4.2, where 20 is the default limit;
/// -1, which means none there, is refused by 3.x. So: as good as none.
const NO_LIMIT: i32 = 1_000_000_000;

/// PRECONDITION_FAILED: it exists with other arguments (<https://www.rabbitmq.com/docs/channels#error-handling>).
const DIFFERS: ReplyCode = 406;

/// Declares everything on a channel of its own, which an error closes.
pub(super) async fn declare(connection: &Connection, config: &RabbitMqConfig, names: &Names) -> Result<(), BrokerError> {
    let limit = AMQPValue::LongInt(i32::try_from(config.delivery_limit).unwrap_or(NO_LIMIT));
    for lane in Lane::ALL {
        let arguments = dead_lettered(&names.abandoned(), [("x-delivery-limit", limit.clone())]);
        queue(connection, names.jobs(lane), arguments).await?;
        for delay in RetryDelay::ALL {
            let rests = AMQPValue::LongLongInt(milliseconds(config.delays.of(delay)));
            let arguments = dead_lettered(&names.jobs(lane), [("x-message-ttl", rests)]);
            queue(connection, names.retry(lane, delay), arguments).await?;
        }
    }
    for name in [names.dead(), names.abandoned()] {
        queue(connection, name, quorum([("x-delivery-limit", AMQPValue::LongInt(NO_LIMIT))])).await?;
    }
    records(connection, config, names).await
}

async fn records(connection: &Connection, config: &RabbitMqConfig, names: &Names) -> Result<(), BrokerError> {
    let name = names.records();
    let channel = connection.create_channel().await?;
    let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let declared = channel.exchange_declare(name.as_str().into(), ExchangeKind::Topic, durable, FieldTable::default()).await;
    declared.map_err(|error| differs(error, &name))?;
    if let DefaultQueue::Declared { kept } = config.records {
        let kept = [("x-max-length", AMQPValue::LongLongInt(i64::from(kept))), ("x-overflow", text("drop-head"))];
        queue(connection, name.clone(), quorum(kept)).await?;
        let (queue, exchange) = (name.as_str().into(), name.as_str().into());
        channel.queue_bind(queue, exchange, "#".into(), QueueBindOptions::default(), FieldTable::default()).await?;
    }
    Ok(())
}

async fn queue(connection: &Connection, name: String, arguments: FieldTable) -> Result<(), BrokerError> {
    let channel = connection.create_channel().await?;
    let declared = channel.queue_declare(name.as_str().into(), QueueDeclareOptions::durable(), arguments).await;
    declared.map_err(|error| differs(error, &name))?;
    Ok(())
}

fn differs(error: lapin::Error, name: &str) -> BrokerError {
    match error.kind() {
        ErrorKind::ProtocolError(protocol) if protocol.get_id() == DIFFERS => BrokerError::QueueDiffers(name.to_owned()),
        _ => BrokerError::Amqp(error),
    }
}

/// A quorum queue whose rejected and expired messages go to another queue, and stay here until that one has them
/// (<https://www.rabbitmq.com/docs/quorum-queues#dead-lettering>). At-least-once needs `reject-publish`.
fn dead_lettered<const N: usize>(to: &str, more: [(&'static str, AMQPValue); N]) -> FieldTable {
    let mut arguments = quorum(more);
    arguments.insert("x-dead-letter-exchange".into(), text(""));
    arguments.insert("x-dead-letter-routing-key".into(), text(to));
    arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
    arguments.insert("x-overflow".into(), text("reject-publish"));
    arguments
}

fn quorum<const N: usize>(more: [(&'static str, AMQPValue); N]) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), text("quorum"));
    for (name, value) in more {
        arguments.insert(name.into(), value);
    }
    arguments
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

/// RabbitMQ takes at most 2^32 - 1 milliseconds, 49 days.
fn milliseconds(delay: Duration) -> i64 {
    i64::from(u32::try_from(delay.as_millis()).unwrap_or(u32::MAX))
}
