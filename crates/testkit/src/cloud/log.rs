//! Every request that the stand-in served, for assertions on how often and how much was read.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const KEPT: usize = 100_000;

/// Which of the two services was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// The identity service.
    Sts,
    /// The object store.
    S3,
}

/// One request.
#[derive(Debug, Clone)]
pub struct LoggedRequest {
    /// Who was asked.
    pub service: Service,
    /// `GetObject`, `HeadObject`, `ListObjectsV2`, `PutObject`, `DeleteObject`, `AssumeRole`, `GetCallerIdentity`, or the method.
    pub operation: String,
    /// Method.
    pub method: String,
    /// Bucket; empty for STS.
    pub bucket: String,
    /// Key; empty for a bucket's own requests.
    pub key: String,
    /// The `range` header.
    pub range: Option<String>,
    /// The `x-assay-job` parameter.
    pub job: Option<String>,
    /// Answered status.
    pub status: u16,
    /// Bytes of body handed to the connection so far.
    pub bytes: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: VecDeque<(LoggedRequest, Arc<AtomicU64>)>,
}

impl Log {
    /// Adds a request; the counter goes on counting while its body is sent.
    pub(crate) fn add(&mut self, request: LoggedRequest) -> Arc<AtomicU64> {
        if self.entries.len() >= KEPT {
            self.entries.pop_front();
        }
        let sent = Arc::new(AtomicU64::new(0));
        self.entries.push_back((request, sent.clone()));
        sent
    }

    pub(crate) fn entries(&self) -> Vec<LoggedRequest> {
        let counted =
            |(request, sent): &(LoggedRequest, Arc<AtomicU64>)| LoggedRequest { bytes: sent.load(Ordering::Relaxed), ..request.clone() };
        self.entries.iter().map(counted).collect()
    }
}
