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
    /// How long a download may take, whatever its profile allows; twice this, a delivery may be out: see [`Settings::out_at_most`].
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
            job_deadline: Duration::from_mins(10),
            url_lifetime: Duration::from_mins(15),
            claim_lease: Duration::from_mins(1),
            drain: Duration::from_mins(1),
        }
    }
}

/// RabbitMQ takes a message back after 30 minutes without an acknowledgement, and looks once a minute
/// (<https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout>). In an outage a message may wait unseen in the client for four more.
const LONGEST_OUT: Duration = Duration::from_mins(22);

impl Settings {
    /// How long a delivery may be out, from its arrival to its settlement, with all its waiting: twice the deadline, and 22 minutes at most.
    pub fn out_at_most(&self) -> Duration {
        self.job_deadline.saturating_mul(2).min(LONGEST_OUT)
    }

    /// How long a delivery may wait before it begins: then there is still time for a whole download.
    pub fn waits_at_most(&self) -> Duration {
        self.out_at_most() * 2 / 5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_deadline_keeps_a_delivery_until_the_broker_takes_it_back() {
        for deadline in [Duration::ZERO, Duration::from_mins(10), Duration::from_hours(1), Duration::MAX] {
            let settings = Settings { job_deadline: deadline, ..Settings::default() };
            assert!(settings.out_at_most() < Duration::from_mins(28), "{deadline:?}: {:?}", settings.out_at_most());
        }
    }

    #[test]
    fn a_delivery_that_waited_as_long_as_it_may_has_time_for_a_whole_download() {
        let settings = Settings::default();
        let download = Duration::from_millis(Profile::standard().fetch.total_ms);
        assert!(settings.out_at_most() > settings.waits_at_most() + download);
    }
}
