//! Where RabbitMQ is, what our queues are called, and the time limits.

use crate::delay::Delays;
use crate::error::BrokerError;
use assay_contract::Secret;
use std::fmt;
use std::time::Duration;

/// Where RabbitMQ is, what our queues are called, and the time limits.
#[derive(Clone)]
pub struct RabbitMqConfig {
    /// `amqp[s]://user:password@host:port/vhost`; a secret, since it holds the password.
    pub url: Secret<String>,
    /// What the names of our queues and exchange begin with. Default `assay`.
    pub prefix: String,
    /// How long connecting and declaring may take. Default 10 s.
    pub connect_timeout: Duration,
    /// How long a publish may go unconfirmed, a lost connection included. Default 30 s.
    pub confirm_timeout: Duration,
    /// A connection that is silent for twice this is lost. Default 10 s; whole seconds.
    pub heartbeat: Duration,
    /// A consumer that was given nothing for this long is made anew. Default 60 s. A quorum queue that is deleted and at once
    /// declared again can think that it delivered what its consumer was never given; when the channel ends it takes those back.
    pub renew: Duration,
    /// What the rungs of the retry ladder last; each has a queue of its own for each lane.
    pub delays: Delays,
    /// A message delivered this often and once more without an outcome is abandoned. Default 20, as RabbitMQ 4's own.
    pub delivery_limit: u32,
    /// Whether records have a queue from the first day. Default [`DefaultQueue::Declared`].
    pub records: DefaultQueue,
}

/// Whether we declare a queue that takes every record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultQueue {
    /// Yes: `<prefix>.records`, bound to everything, so that publishing works before anybody reads.
    Declared {
        /// How many records it keeps; the oldest go first, since every record is in the store too.
        kept: u32,
    },
    /// No: the operator binds queues of his own. Without one, publishing fails as [`BrokerError::Unroutable`].
    Absent,
}

impl RabbitMqConfig {
    /// The defaults for a broker at this URL.
    pub fn at(url: impl Into<Secret<String>>) -> Self {
        Self {
            url: url.into(),
            prefix: "assay".to_owned(),
            connect_timeout: Duration::from_secs(10),
            confirm_timeout: Duration::from_secs(30),
            heartbeat: Duration::from_secs(10),
            renew: Duration::from_mins(1),
            delays: Delays::default(),
            delivery_limit: 20,
            records: DefaultQueue::Declared { kept: 1_000_000 },
        }
    }

    pub(super) fn checked(&self) -> Result<(), BrokerError> {
        let name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if self.prefix.is_empty() || self.prefix.len() > 100 || !self.prefix.chars().all(name) {
            return Err(BrokerError::Configuration("prefix must have 1 to 100 letters, digits, - _ ."));
        }
        if self.connect_timeout.is_zero() || self.confirm_timeout.is_zero() || self.renew.is_zero() {
            return Err(BrokerError::Configuration("connect_timeout, confirm_timeout and renew must be more than nothing"));
        }
        Ok(())
    }
}

impl fmt::Debug for RabbitMqConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RabbitMqConfig").field("url", &self.url).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
