//! Intake: a message becomes a job that this worker can do, or leaves by the door its reason names.

use crate::rooms::Rooms;
use crate::telemetry;
use assay_broker::{DeadCause, Delivery, RetryDelay};
use assay_contract::job::JobUnreadable;
use assay_contract::{Code, Failure, Job, Profile};

/// Reads a delivery's job. One that can't be read has gone to the dead letter; a newer one waits for a newer worker.
pub async fn read(delivery: Delivery) -> Option<(Job, Delivery)> {
    match Job::read(delivery.body()) {
        Ok(job) => Some((job, delivery)),
        Err(JobUnreadable::Newer(schema)) => {
            telemetry::newer_job();
            tracing::warn!(schema, "a job is newer than this worker; it waits for a newer one");
            report(delivery.postpone(RetryDelay::Long).await);
            None
        }
        Err(unreadable) => {
            telemetry::outcome(Code::JobUnreadable.as_str(), "none");
            // The reason may repeat a value of the message: it is for the operator who opens the dead letter, not for the log.
            tracing::warn!(message_id = delivery.message_id(), "a message is no job; it is in the dead letter");
            let sentence = format!("{} ({unreadable})", Code::JobUnreadable.row().sentence);
            report(delivery.dead(DeadCause { code: Code::JobUnreadable, sentence }).await);
            None
        }
    }
}

/// What stops a job before anything is asked of a cloud.
pub async fn refusal(rooms: &Rooms, job: &Job) -> Result<Option<Failure>, assay_store::StoreError> {
    if job.expires_at.is_some_and(|expires| expires <= rooms.clock.now()) {
        return Ok(Some(Failure::new(Code::JobExpired)));
    }
    if profile(rooms, job).is_none() {
        return Ok(Some(Failure::new(Code::ProfileUnknown)));
    }
    if rooms.store.is_cancelled(&job.organization_id, &job.job_id).await? {
        return Ok(Some(Failure::new(Code::Cancelled)));
    }
    Ok(None)
}

/// The profile that a job names.
pub fn profile<'r>(rooms: &'r Rooms, job: &Job) -> Option<&'r Profile> {
    rooms.settings.profiles.get(&job.profile)
}

/// A settlement that fails loses nothing: the message comes again, and its record is found.
fn report(settled: Result<(), assay_broker::BrokerError>) {
    if let Err(error) = settled {
        tracing::warn!(%error, "a delivery could not be settled; it comes again");
    }
}
