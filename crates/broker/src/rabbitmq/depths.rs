//! How much waits, as far as AMQP tells.

use super::{Node, connection};
use crate::delay::RetryDelay;
use crate::depths::{Depths, LaneDepth};
use crate::error::BrokerError;
use crate::message::now_ms;
use assay_contract::job::Lane;
use lapin::Channel;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// What this process knows by itself of each lane.
#[derive(Debug)]
pub(super) struct Gauges {
    interactive: Gauge,
    batch: Gauge,
}

#[derive(Debug)]
struct Gauge {
    out: AtomicU64,
    /// Milliseconds that the last delivery had waited; negative before the first.
    waited_ms: AtomicI64,
}

impl Default for Gauges {
    fn default() -> Self {
        let gauge = || Gauge { out: AtomicU64::new(0), waited_ms: AtomicI64::new(-1) };
        Self { interactive: gauge(), batch: gauge() }
    }
}

impl Gauges {
    fn of(&self, lane: Lane) -> &Gauge {
        match lane {
            Lane::Interactive => &self.interactive,
            Lane::Batch => &self.batch,
        }
    }

    pub(super) fn taken(&self, lane: Lane) {
        self.of(lane).out.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn settled(&self, lane: Lane) {
        self.of(lane).out.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn waited(&self, lane: Lane, enqueued_ms: Option<i64>) {
        if let Some(enqueued_ms) = enqueued_ms {
            self.of(lane).waited_ms.store(now_ms().saturating_sub(enqueued_ms).max(0), Ordering::Relaxed);
        }
    }
}

pub(super) async fn count(node: &Node) -> Result<Depths, BrokerError> {
    let connection = connection::connect(&node.config, &node.names, "counting").await?;
    let channel = connection.create_channel().await?;
    let depths = Depths {
        interactive: lane(node, &channel, Lane::Interactive).await?,
        batch: lane(node, &channel, Lane::Batch).await?,
        dead: messages(&channel, &node.names.dead()).await? + messages(&channel, &node.names.abandoned()).await?,
    };
    connection::close(&connection).await;
    Ok(depths)
}

async fn lane(node: &Node, channel: &Channel, lane: Lane) -> Result<LaneDepth, BrokerError> {
    let ready = messages(channel, &node.names.jobs(lane)).await?;
    let mut resting = 0;
    for delay in RetryDelay::ALL {
        resting += messages(channel, &node.names.retry(lane, delay)).await?;
    }
    let gauge = node.gauges.of(lane);
    let waited = u64::try_from(gauge.waited_ms.load(Ordering::Relaxed)).ok().map(Duration::from_millis);
    let oldest = if ready == 0 { None } else { waited };
    Ok(LaneDepth { ready, unacknowledged: gauge.out.load(Ordering::Relaxed), resting, oldest })
}

/// A passive declare answers with the number of messages that are ready
/// (<https://www.rabbitmq.com/amqp-0-9-1-reference#queue.declare-ok.message-count>).
pub(super) async fn messages(channel: &Channel, queue: &str) -> Result<u64, BrokerError> {
    let declared = channel.queue_declare(queue.into(), QueueDeclareOptions::durable().passive(), FieldTable::default()).await?;
    Ok(u64::from(declared.message_count()))
}
