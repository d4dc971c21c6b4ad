//! What our queues and exchange are called; the names are part of the contract with operators.

use super::RabbitMqConfig;
use crate::delay::{Delays, RetryDelay};
use assay_contract::job::Lane;
use std::time::Duration;

/// A queue that is consumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Lane(Lane),
    Abandoned,
}

/// Every name, from one prefix.
#[derive(Debug, Clone)]
pub(super) struct Names {
    prefix: String,
    delays: Delays,
}

impl Names {
    pub(super) fn new(config: &RabbitMqConfig) -> Self {
        Self { prefix: config.prefix.clone(), delays: config.delays }
    }

    pub(super) fn source(&self, source: Source) -> String {
        match source {
            Source::Lane(lane) => self.jobs(lane),
            Source::Abandoned => self.abandoned(),
        }
    }

    pub(super) fn jobs(&self, lane: Lane) -> String {
        format!("{}.jobs.{lane}", self.prefix)
    }

    /// Holds the delay, so that a changed ladder makes new queues, and the old ones still run dry by themselves.
    pub(super) fn retry(&self, lane: Lane, delay: RetryDelay) -> String {
        format!("{}.retry.{lane}.{}", self.prefix, spoken(self.delays.of(delay)))
    }

    /// Where a worker puts what it gives up.
    pub(super) fn dead(&self) -> String {
        format!("{}.dead", self.prefix)
    }

    /// Where the broker puts what it gives up, until its `failed` record is written.
    pub(super) fn abandoned(&self) -> String {
        format!("{}.dead.abandoned", self.prefix)
    }

    /// The exchange of the records, and its default queue.
    pub(super) fn records(&self) -> String {
        format!("{}.records", self.prefix)
    }
}

fn spoken(delay: Duration) -> String {
    if delay.subsec_millis() == 0 { format!("{}s", delay.as_secs()) } else { format!("{}ms", delay.as_millis()) }
}
