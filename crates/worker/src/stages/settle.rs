//! Settle: the message is acknowledged only against proof that each of its records is stored and published.

use crate::halt::Halt;
use crate::outage::Gate;
use crate::rooms::Rooms;
use crate::telemetry;
use assay_broker::{BrokerError, DeadCause, Delivery, Published, Redelivered, RetryDelay};
use assay_contract::{Failure, Job};
use assay_store::Stored;
use jiff::Timestamp;

/// Proof that one part of a job is done. A part's record is stored, and stored only after the asset was erased.
#[derive(Debug)]
pub struct Proof {
    /// From `store`.
    pub stored: Stored,
    /// From `broker`.
    pub published: Published,
    /// A transient failure that used up the job's attempts: the message goes to the dead letter as well.
    pub exhausted: Option<Failure>,
}

/// A delivery that stays in this worker's hands until a dead worker's claim has ended.
///
/// Postponed, it would come again as a new message: nobody would know any more that it was lost with a worker, so it would not run
/// alone, and the broker would count its deliveries anew and never give it up.
#[derive(Debug)]
pub struct Waits {
    /// The delivery, unsettled.
    pub delivery: Delivery,
    /// When the claim may be taken over.
    pub until: Timestamp,
}

/// All parts are done, but for one that was given up: nothing more could be recorded or told of it.
pub async fn done(delivery: Delivery, proofs: Vec<Proof>, given_up: Option<Failure>) {
    let settled = match given_up.as_ref().or_else(|| proofs.iter().find_map(|proof| proof.exhausted.as_ref())) {
        Some(failure) => delivery.dead(DeadCause::from(failure)).await,
        None => delivery.acknowledge().await,
    };
    report(settled);
}

/// No record of a job's own asset could be made, and its message will be dead: the row itself says that it failed, or it would seem to
/// wait for ever. A row that has ended by its record stays as it is.
pub async fn without_record(rooms: &Rooms, job: &Job, failure: &Failure) -> Result<(), Halt> {
    match rooms.store.fail_row(&job.organization_id, &job.job_id, failure.code).await.map_err(|error| Halt::of(error.failure(), &error)) {
        // Not even that can be written: the dead letter is what remains.
        Ok(()) | Err(Halt::Broken(_)) => Ok(()),
        Err(halt) => Err(halt),
    }
}

/// The job leaves without a record, or waits here.
pub async fn halted(delivery: Delivery, halt: Halt, gate: &Gate) -> Option<Waits> {
    let attempt = delivery.attempt();
    let settled = match halt {
        Halt::Retry(failure) | Halt::Broken(failure) => {
            telemetry::retried(failure.code.as_str());
            tracing::info!(code = %failure.code, stage = failure.stage.as_str(), attempt, "no final failure; the job is tried again");
            delivery.retry(RetryDelay::after(attempt)).await
        }
        Halt::Outage(failure) => {
            gate.close();
            tracing::warn!(code = %failure.code, stage = failure.stage.as_str(), "an outage of our own; the job waits and loses no attempt");
            delivery.postpone(RetryDelay::Short).await
        }
        Halt::Held { until } if delivery.redelivered() == Redelivered::AfterLostOutcome => return Some(Waits { delivery, until }),
        Halt::Held { until } => {
            tracing::info!(%until, "another worker holds this job's claim; the message waits");
            delivery.postpone(RetryDelay::Short).await
        }
        Halt::Shutdown => delivery.give_back().await,
    };
    report(settled);
    None
}

/// A delivery that could not begin in time goes back as what it is, before the broker takes it for lost; it costs no attempt.
pub async fn waited_too_long(delivery: Delivery) {
    tracing::info!(message_id = delivery.message_id(), "a job waited long for its turn; it comes again");
    report(delivery.postpone(RetryDelay::Short).await);
}

fn report(settled: Result<(), BrokerError>) {
    if let Err(error) = settled {
        // Nothing is lost: the message comes again and finds its record.
        tracing::warn!(%error, "a delivery could not be settled; it comes again");
    }
}
