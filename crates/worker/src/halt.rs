//! Why a job leaves the pipeline without a record.

use assay_contract::{Code, Failure};
use jiff::Timestamp;
use std::fmt::Display;

/// Why there is no record now.
#[derive(Debug)]
pub enum Halt {
    /// A transient failure with attempts left: the next attempt is counted.
    Retry(Box<Failure>),
    /// Store, shelf or broker is down: not the job's fault, no attempt is counted, consumption stops.
    Outage(Box<Failure>),
    /// Something of ours is broken for this job, though all services answer: no waiting mends it, so the attempt is counted, and after
    /// the last one the message lies in the dead letter, with a record where one can be made.
    Broken(Box<Failure>),
    /// Another worker makes this record, or did until it died.
    Held {
        /// When its claim may be taken over.
        until: Timestamp,
    },
    /// This worker shuts down.
    Shutdown,
}

impl Halt {
    /// What a room's failure is. Only a service that does not answer is an outage: a mistake that comes again with the same job would
    /// close the gate for all others, for ever. The log gets the cause, which no record has.
    pub fn of(failure: Failure, cause: &(impl Display + ?Sized)) -> Self {
        if matches!(failure.code, Code::StoreUnavailable | Code::PublishUnconfirmed) {
            return Self::Outage(Box::new(failure));
        }
        tracing::error!(%cause, code = %failure.code, stage = failure.stage.as_str(), "something of ours is broken for this job");
        Self::Broken(Box::new(failure))
    }
}
