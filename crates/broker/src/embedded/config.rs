//! Where the embedded queue lies, and its time limits.

use crate::delay::Delays;
use crate::error::BrokerError;
use std::path::PathBuf;
use std::time::Duration;

/// Where the embedded queue lies, and its time limits.
#[derive(Debug, Clone)]
pub struct EmbeddedConfig {
    /// The file; `None` for a queue in memory that ends with its [`crate::Embedded`] (clones share it).
    pub path: Option<PathBuf>,
    /// How long a delivery stays reserved for a process that gives no sign of life. While the process lives it renews. Default 30 s.
    pub lease: Duration,
    /// How long a delivery may be out at all, as RabbitMQ's acknowledgement time-out. Default 30 min, RabbitMQ's own.
    pub acknowledgement_timeout: Duration,
    /// How long a statement may wait for the file. Default 10 s.
    pub confirm_timeout: Duration,
    /// How often a consumer looks for what other processes put in. Default 250 ms.
    pub poll: Duration,
    /// What the rungs of the retry ladder last.
    pub delays: Delays,
    /// A message delivered this often and once more without an outcome is abandoned. Default 20, as with RabbitMQ.
    pub delivery_limit: u32,
    /// How many published records are kept for readers; older ones are in the store. Default 100,000.
    pub kept_records: u32,
}

impl EmbeddedConfig {
    /// A queue in this file.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: Some(path.into()), ..Self::default() }
    }

    pub(super) fn checked(&self) -> Result<(), BrokerError> {
        if self.lease < Duration::from_millis(10) || self.poll.is_zero() || self.confirm_timeout.is_zero() {
            return Err(BrokerError::Configuration("lease must be at least 10 ms, poll and confirm_timeout more than nothing"));
        }
        if self.acknowledgement_timeout < self.lease {
            return Err(BrokerError::Configuration("acknowledgement_timeout must not be shorter than lease"));
        }
        Ok(())
    }
}

impl Default for EmbeddedConfig {
    fn default() -> Self {
        Self {
            path: None,
            lease: Duration::from_secs(30),
            acknowledgement_timeout: Duration::from_mins(30),
            confirm_timeout: Duration::from_secs(10),
            poll: Duration::from_millis(250),
            delays: Delays::default(),
            delivery_limit: 20,
            kept_records: 100_000,
        }
    }
}
