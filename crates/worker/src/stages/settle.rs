//! Settle: the message is acknowledged only against proof that each of its records is stored and published.

use crate::halt::Halt;
use crate::outage::Gate;
use crate::telemetry;
use assay_broker::{BrokerError, DeadCause, Delivery, Published, RetryDelay};
use assay_contract::Failure;
use assay_store::Stored;

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

/// All parts are done.
pub async fn done(delivery: Delivery, proofs: Vec<Proof>) {
    let settled = match proofs.iter().find_map(|proof| proof.exhausted.as_ref()) {
        Some(failure) => delivery.dead(DeadCause::from(failure)).await,
        None => delivery.acknowledge().await,
    };
    report(settled);
}

/// The job leaves without a record.
pub async fn halted(delivery: Delivery, halt: Halt, gate: &Gate) {
    let attempt = delivery.attempt();
    let settled = match halt {
        Halt::Retry(failure) => {
            telemetry::retried(failure.code.as_str());
            tracing::info!(code = %failure.code, stage = failure.stage.as_str(), attempt, "a transient failure; the job is tried again");
            delivery.retry(RetryDelay::after(attempt)).await
        }
        Halt::Outage(failure) => {
            gate.close();
            tracing::warn!(code = %failure.code, stage = failure.stage.as_str(), "an outage of our own; the job waits and loses no attempt");
            delivery.postpone(RetryDelay::Short).await
        }
        Halt::Held { until } => {
            tracing::info!(%until, "another worker holds this job's claim; the message waits");
            delivery.postpone(RetryDelay::Short).await
        }
        Halt::Shutdown => delivery.give_back().await,
    };
    report(settled);
}

fn report(settled: Result<(), BrokerError>) {
    if let Err(error) = settled {
        // Nothing is lost: the message comes again and finds its record.
        tracing::warn!(%error, "a delivery could not be settled; it comes again");
    }
}
