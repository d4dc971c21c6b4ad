//! Why a job leaves the pipeline without a record.

use assay_contract::Failure;
use jiff::Timestamp;

/// Why there is no record now.
#[derive(Debug)]
pub enum Halt {
    /// A transient failure with attempts left: the next attempt is counted.
    Retry(Box<Failure>),
    /// Store, shelf or broker is down: not the job's fault, no attempt is counted, consumption stops.
    Outage(Box<Failure>),
    /// Another worker makes this record, or did until it died.
    Held {
        /// When its claim may be taken over.
        until: Timestamp,
    },
    /// This worker shuts down.
    Shutdown,
}

impl Halt {
    /// An outage of our own, from a room's failure.
    pub fn outage(failure: Failure) -> Self {
        Self::Outage(Box::new(failure))
    }
}
