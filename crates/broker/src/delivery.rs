//! One job in a worker's hands, and the ways to be done with it.
//!
//! | call | attempt counted | RabbitMQ | embedded queue |
//! | --- | --- | --- | --- |
//! | [`Delivery::acknowledge`] | – | `basic.ack` | row deleted |
//! | [`Delivery::retry`] | yes | published to the delay's queue with the attempt header + 1, confirmed, then `basic.ack` | row rests until the delay is over |
//! | [`Delivery::postpone`] | no | the same with the header as it was | the same with the count as it was |
//! | [`Delivery::give_back`] | no | `basic.nack` with requeue | lease dropped |
//! | [`Delivery::dead`] | yes | published to the dead letter's queue with the cause, confirmed, then `basic.ack` | row moved to the dead letter |
//! | dropped, or the worker dies | no | `basic.nack` with requeue, or the broker notices the closed connection | lease dropped, or expires |
//!
//! Every call fails with [`BrokerError::DeliveryLost`] where the broker has already taken the message away (its acknowledgement
//! time-out, or a lost connection): the message comes again, and effect-once is the store's part.
//! The settling call publishes *before* it acknowledges, so a crash in between duplicates a message and never loses one.

use crate::dead_letter::DeadCause;
use crate::delay::RetryDelay;
use crate::error::BrokerError;
use crate::message::{Message, TraceParent};
use assay_contract::job::Lane;
use async_trait::async_trait;
use std::fmt;
use std::time::{Duration, Instant};

/// One job in a worker's hands. Dropped without being settled, it goes back to the queue as lost.
#[derive(Debug)]
pub struct Delivery {
    message: Message,
    lane: Lane,
    redelivered: Redelivered,
    settlement: Box<dyn Settlement>,
    since: Instant,
}

/// Whether a message was out before without an outcome that anybody saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redelivered {
    /// No: this is its first delivery since it was submitted, retried, postponed or requeued.
    First,
    /// Yes: a worker died with it, lost its connection, took too long, or gave it back. It may be what killed the worker,
    /// so it must run alone.
    AfterLostOutcome,
}

impl Delivery {
    pub(crate) fn new(message: Message, lane: Lane, redelivered: Redelivered, settlement: Box<dyn Settlement>) -> Self {
        Self { message, lane, redelivered, settlement, since: Instant::now() }
    }

    /// The message; [`assay_contract::Job::read`] makes a job of it.
    pub fn body(&self) -> &[u8] {
        &self.message.body
    }

    /// The lane it came by.
    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// How long ago the broker handed it over; waiting to be taken counts. RabbitMQ takes a message back after 30 minutes without an
    /// acknowledgement (<https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout>).
    pub fn out_for(&self) -> Duration {
        self.since.elapsed()
    }

    /// Which attempt this is, from 1. Only attempts whose outcome we saw are counted.
    pub fn attempt(&self) -> u32 {
        self.message.outcomes.saturating_add(1)
    }

    /// Whether it must run alone.
    pub fn redelivered(&self) -> Redelivered {
        self.redelivered
    }

    /// The message id: the job's id where the sender set one.
    pub fn message_id(&self) -> Option<&str> {
        self.message.id.as_deref()
    }

    /// The message type: the schema where the sender set one.
    pub fn message_type(&self) -> Option<&str> {
        self.message.schema.as_deref()
    }

    /// The correlation id: the task's id where there is one.
    pub fn correlation_id(&self) -> Option<&str> {
        self.message.correlation.as_deref()
    }

    /// The sender's trace.
    pub fn trace(&self) -> Option<&TraceParent> {
        self.message.trace.as_ref()
    }

    /// Whether the broker has taken the message away, as far as is known without asking: the work is in vain, it comes again.
    pub fn is_lost(&self) -> bool {
        self.settlement.is_lost()
    }

    /// Done: stored and published, or a final failure that was.
    pub async fn acknowledge(self) -> Result<(), BrokerError> {
        self.settle(Verdict::Acknowledge).await
    }

    /// A transient failure: comes again after the delay, as the next attempt.
    pub async fn retry(self, delay: RetryDelay) -> Result<(), BrokerError> {
        self.settle(Verdict::Retry(delay)).await
    }

    /// Not the job's fault (our own outage, a newer job than we know): comes again after the delay, and costs no attempt.
    pub async fn postpone(self, delay: RetryDelay) -> Result<(), BrokerError> {
        self.settle(Verdict::Postpone(delay)).await
    }

    /// Not begun, or interrupted by our shutdown: another worker may have it at once, and it costs no attempt.
    pub async fn give_back(self) -> Result<(), BrokerError> {
        self.settle(Verdict::GiveBack).await
    }

    /// Given up: goes to the dead letter, where an operator can requeue it.
    pub async fn dead(self, cause: DeadCause) -> Result<(), BrokerError> {
        self.settle(Verdict::Dead(cause)).await
    }

    async fn settle(self, verdict: Verdict) -> Result<(), BrokerError> {
        self.settlement.settle(self.message, self.lane, verdict).await
    }
}

/// What was decided about a delivery.
#[derive(Debug)]
pub(crate) enum Verdict {
    Acknowledge,
    Retry(RetryDelay),
    Postpone(RetryDelay),
    GiveBack,
    Dead(DeadCause),
}

/// The broker's side of one delivery. Dropped unused, or in the middle of [`Settlement::settle`], it gives the message back.
#[async_trait]
pub(crate) trait Settlement: Send + Sync + fmt::Debug {
    fn is_lost(&self) -> bool;
    async fn settle(self: Box<Self>, message: Message, lane: Lane, verdict: Verdict) -> Result<(), BrokerError>;
}
