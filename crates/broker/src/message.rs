//! A message with its standard properties, the same for both brokers.

use crate::error::BrokerError;
use assay_contract::job::{self, Lane};
use assay_contract::record::{self, Status};
use assay_contract::{Job, Record};
use std::fmt;

/// What every message of ours is.
pub(crate) const JSON: &str = "application/json";

/// A message as it lies in a queue.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) body: Vec<u8>,
    /// The job's id.
    pub(crate) id: Option<String>,
    /// The schema, `assay.job/1`.
    pub(crate) schema: Option<String>,
    /// The task's id.
    pub(crate) correlation: Option<String>,
    pub(crate) trace: Option<TraceParent>,
    /// Attempts that had an outcome; one that was lost with its worker is not counted.
    pub(crate) outcomes: u32,
    /// When it was first put on a lane, milliseconds since 1970.
    pub(crate) enqueued_ms: Option<i64>,
}

impl Message {
    /// A job, ready for its lane.
    pub(crate) fn of_job(job: &Job, trace: Option<&TraceParent>) -> Result<Self, BrokerError> {
        Ok(Self {
            body: within(serde_json::to_vec(job)?, job::MAX_JOB_BYTES)?,
            id: Some(job.job_id.to_string()),
            schema: Some(job.schema.clone()),
            correlation: job.task_id.as_ref().map(ToString::to_string),
            trace: trace.cloned(),
            outcomes: 0,
            enqueued_ms: Some(now_ms()),
        })
    }

    /// A record, ready for its readers.
    pub(crate) fn of_record(record: &Record, trace: Option<&TraceParent>) -> Result<Self, BrokerError> {
        Ok(Self {
            body: within(serde_json::to_vec(record)?, record::MAX_RECORD_BYTES)?,
            id: record.job_id.as_ref().map(ToString::to_string),
            schema: Some(record.schema.clone()),
            correlation: record.task_id.as_ref().map(ToString::to_string),
            trace: trace.cloned(),
            outcomes: 0,
            enqueued_ms: Some(now_ms()),
        })
    }
}

impl fmt::Debug for Message {
    /// Without the body: it may hold a signed URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("id", &self.id).field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// The routing key of a record: how it went, and which kind of asset it was (`none` where that was never known).
pub(crate) fn routing_key(record: &Record) -> String {
    let kind = record.media_attributes.as_ref().and_then(|attributes| {
        let value = serde_json::to_value(attributes).ok()?;
        Some(value.get("asset_type")?.as_str()?.to_owned())
    });
    let status = match record.status {
        Status::Complete => "complete",
        Status::Partial => "partial",
        Status::Failed => "failed",
    };
    format!("{status}.{}", kind.as_deref().unwrap_or("none"))
}

/// The lane that a queue's or column's word names.
pub(crate) fn lane_named(word: &str) -> Option<Lane> {
    Lane::ALL.into_iter().find(|lane| lane.as_str() == word)
}

/// The present moment, milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn within(body: Vec<u8>, allowed: usize) -> Result<Vec<u8>, BrokerError> {
    if body.len() > allowed {
        return Err(BrokerError::TooLong { bytes: body.len(), allowed });
    }
    Ok(body)
}

/// A W3C `traceparent` header, passed through as it is (<https://www.w3.org/TR/trace-context/>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceParent(String);

impl TraceParent {
    /// Reads a header; `None` where it is none, so that nothing foreign is passed on.
    pub fn parse(header: &str) -> Option<Self> {
        let shape = [2, 32, 16, 2];
        let mut parts = header.split('-');
        let fits = shape.iter().all(|digits| {
            parts.next().is_some_and(|part| part.len() == *digits && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)))
        });
        (fits && parts.next().is_none()).then(|| Self(header.to_owned()))
    }

    /// The header's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_well_formed_trace_is_passed_on() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(TraceParent::parse(good).unwrap().as_str(), good);
        for bad in ["", "00", "00-xyz", &good.to_uppercase(), &format!("{good}-01"), &good[..54]] {
            assert!(TraceParent::parse(bad).is_none(), "{bad:?}");
        }
    }
}
