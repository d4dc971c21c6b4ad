//! What ended in the dead letter, and why.

use crate::message::{Message, TraceParent};
use assay_contract::job::{JobUnreadable, Lane};
use assay_contract::{Code, Failure, Job};
use jiff::Timestamp;
use std::fmt;

/// Names one dead letter; stays the same until it is requeued.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeadLetterId(String);

impl DeadLetterId {
    /// As an operator types it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn generate() -> Self {
        Self(assay_contract::JobId::generate().to_string())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeadLetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a worker gave a message up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadCause {
    /// Row of the failure table.
    pub code: Code,
    /// For whoever reads the dead letter: no key, URL, token or content.
    pub sentence: String,
}

impl From<Code> for DeadCause {
    /// With the row's own sentence.
    fn from(code: Code) -> Self {
        Self { code, sentence: code.row().sentence.to_owned() }
    }
}

impl From<&Failure> for DeadCause {
    /// With the failure's public sentence.
    fn from(failure: &Failure) -> Self {
        Self { code: failure.code, sentence: failure.message.clone() }
    }
}

/// Who gave the message up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadOrigin {
    /// A worker, by [`crate::Delivery::dead`]. Its record is stored and published.
    Worker(DeadCause),
    /// The broker, after too many deliveries without an outcome. Nobody has written its record yet: see [`crate::Broker::abandoned`].
    Broker,
}

/// One message of the dead letter.
#[derive(Clone)]
pub struct DeadLetter {
    /// Its name here.
    pub id: DeadLetterId,
    /// The sender's message id; the job's id where the sender was Assay.
    pub message_id: Option<String>,
    /// Where it goes when requeued.
    pub lane: Lane,
    /// How many attempts had an outcome.
    pub attempts: u32,
    /// Who gave it up, and why.
    pub origin: DeadOrigin,
    /// When it was given up; `None` where the broker did not say.
    pub died_at: Option<Timestamp>,
    /// The trace it belongs to.
    pub trace: Option<TraceParent>,
    body: Vec<u8>,
}

impl DeadLetter {
    pub(crate) fn new(id: DeadLetterId, lane: Lane, origin: DeadOrigin, died_at: Option<Timestamp>, message: Message) -> Self {
        let Message { body, id: message_id, trace, outcomes, .. } = message;
        Self { id, message_id, lane, attempts: outcomes, origin, died_at, trace, body }
    }

    /// The job in it, where there is one. Its address may hold a signature: show [`assay_contract::AssetAddress::public`] only.
    pub fn job(&self) -> Result<Job, JobUnreadable> {
        Job::read(&self.body)
    }

    /// Size of the message, bytes.
    pub fn bytes(&self) -> usize {
        self.body.len()
    }
}

impl fmt::Debug for DeadLetter {
    /// Without the message: it may hold a signed URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter")
            .field("id", &self.id)
            .field("message_id", &self.message_id)
            .field("lane", &self.lane)
            .field("attempts", &self.attempts)
            .field("origin", &self.origin)
            .field("died_at", &self.died_at)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
