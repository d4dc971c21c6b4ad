//! Everything that a job may touch, in one place.

use crate::slots::Slots;
use assay_access::Access;
use assay_broker::SharedBroker;
use assay_contract::Profile;
use assay_contract::clock::SharedClock;
use assay_contract::record::WorkerRef;
use assay_fetch::Fetcher;
use assay_sandbox::Sandbox;
use assay_store::{Shelf, Store};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What a job may touch. Nothing else is reachable from the pipeline.
pub struct Rooms {
    /// Jobs in, records out.
    pub broker: SharedBroker,
    /// Records, rows, integrations.
    pub store: Store,
    /// Thumbnails and derivatives.
    pub shelf: Arc<dyn Shelf>,
    /// Signed URLs.
    pub access: Access,
    /// Downloads.
    pub fetcher: Fetcher,
    /// Decoders.
    pub sandbox: Sandbox,
    /// The time.
    pub clock: SharedClock,
    /// What may run at once.
    pub slots: Slots,
    /// Everything that an operator decides.
    pub settings: Settings,
}

/// What an operator decides about jobs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who this worker is, in each record.
    pub worker: WorkerRef,
    /// Outputs and limits by name; `default` is always there.
    pub profiles: BTreeMap<String, Profile>,
    /// Attempts with an outcome before a transient failure is the answer.
    pub attempts: u32,
    /// How long a job may take in all; under the broker's acknowledgement time-out.
    pub job_deadline: Duration,
    /// How long a signed URL works, at most.
    pub url_lifetime: Duration,
    /// How long a claim holds without being extended: what a dead worker's jobs wait.
    pub claim_lease: Duration,
    /// How long a shutdown waits for jobs that have begun.
    pub drain: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        let standard = Profile::standard();
        Self {
            worker: WorkerRef::default(),
            profiles: BTreeMap::from([(standard.name.clone(), standard)]),
            attempts: 5,
            job_deadline: Duration::from_mins(15),
            url_lifetime: Duration::from_mins(15),
            claim_lease: Duration::from_mins(1),
            drain: Duration::from_mins(1),
        }
    }
}
