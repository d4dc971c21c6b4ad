//! The whole road of a job, in the order it is taken. Each step takes the proof of the one before.

use crate::draft::{Draft, Times};
use crate::halt::Halt;
use crate::outage::Gate;
use crate::part::{Content, Part};
use crate::rooms::Rooms;
use crate::stages::access::NoLease;
use crate::stages::claim::Taken;
use crate::stages::settle::Proof;
use crate::stages::{access, claim, fetch, intake, layer, probe, publish, settle, store};
use crate::telemetry;
use assay_broker::Delivery;
use assay_contract::address::without_secrets;
use assay_contract::failure::Retry;
use assay_contract::{Failure, Job, Record};
use assay_fetch::CancellationToken;
use assay_store::StoreError;
use std::time::{Duration, Instant};
use tracing::Instrument;

/// One message, from the queue to its settlement. A delivery comes back only to wait in the worker's hands: see [`settle::Waits`].
pub async fn run(rooms: &Rooms, gate: &Gate, delivery: Delivery, cancel: &CancellationToken) -> Option<settle::Waits> {
    let (job, delivery) = intake::read(delivery).await?;
    let span = tracing::info_span!("job", job_id = %job.job_id, organization_id = %job.organization_id, attempt = delivery.attempt());
    async {
        let (mut proofs, mut given_up) = (Vec::new(), None);
        for part in Part::all(&job) {
            match Box::pin(one(rooms, &part, delivery.attempt(), cancel)).await {
                Ok(proof) => proofs.push(proof),
                // No record can be made or told of this part; the others get theirs before the message is dead.
                Err(Halt::Broken(failure)) if delivery.attempt() >= rooms.settings.attempts => given_up = Some(*failure),
                Err(halt) => return settle::halted(delivery, halt, gate).await,
            }
        }
        if let Some(failure) = &given_up
            && let Err(halt) = settle::without_record(rooms, &job, failure).await
        {
            return settle::halted(delivery, halt, gate).await;
        }
        settle::done(delivery, proofs, given_up).await;
        None
    }
    .instrument(span)
    .await
}

/// One asset: claim, access, fetch, probe, erase, store, publish.
async fn one(rooms: &Rooms, part: &Part<'_>, attempt: u32, cancel: &CancellationToken) -> Result<Proof, Halt> {
    let mut claim = match claim::take(rooms, part).await? {
        Taken::New(claim) => claim,
        Taken::Done(stored) => {
            let (published, exhausted) = (publish::tell(rooms, &stored).await?, used_up(stored.record()));
            return Ok(Proof { published, stored: *stored, exhausted });
        }
    };
    let kept = async {
        let draft = claim::keeping(rooms, &mut claim, Box::pin(look(rooms, part, cancel))).await??;
        let exhausted = verdict(draft.failure(), attempt, rooms.settings.attempts)?;
        // Tried again like the document; where that was in vain too, the record tells it and stands.
        let _ = verdict(draft.layer_failure(), attempt, rooms.settings.attempts)?;
        let stored = Box::pin(store::keep(rooms, part, &mut claim, draft, attempt)).await?;
        let exhausted = exhausted.or_else(|| used_up(stored.record()));
        Ok((stored, exhausted))
    };
    match kept.await {
        Ok((stored, exhausted)) => {
            telemetry::recorded(stored.record());
            Ok(Proof { published: publish::tell(rooms, &stored).await?, stored, exhausted })
        }
        Err(halt) => {
            claim::release(rooms, &claim).await;
            claim::note(rooms, part, &halt).await;
            Err(halt)
        }
    }
}

/// Access, fetch, probe, erase: from an address to a draft that holds no byte of the asset.
async fn look(rooms: &Rooms, part: &Part<'_>, cancel: &CancellationToken) -> Result<Draft, Halt> {
    let (started_at, began) = (rooms.clock.now(), Instant::now());
    let mut times = Times { queue: waited(part.job, started_at), ..Times::default() };
    let draft = match intake::refusal(rooms, part.job).await {
        Ok(Some(failure)) => Draft::without_bytes(failure, shown(part), 0, 0),
        Ok(None) => bytes_to_draft(rooms, part, cancel, &mut times).await?,
        Err(error) => unasked(part, &error)?,
    };
    times.total = began.elapsed();
    Ok(draft.timed(started_at, times))
}

async fn bytes_to_draft(rooms: &Rooms, part: &Part<'_>, cancel: &CancellationToken, times: &mut Times) -> Result<Draft, Halt> {
    let Some(profile) = intake::profile(rooms, part.job) else {
        return Ok(Draft::without_bytes(Failure::new(assay_contract::Code::ProfileUnknown), shown(part), 0, 0));
    };
    let (fetched, uri) = match part.content() {
        Content::Inline(words) => match fetch::inline(rooms, part, profile, words).await {
            Ok(fetched) => (fetched, shown(part)),
            Err(error) => return Ok(Draft::without_bytes(error.failure(), shown(part), 0, 0)),
        },
        Content::Address(address) => {
            let lease = match access::lease(rooms, part, address).await {
                Ok(lease) => lease,
                Err(NoLease::Refused(failure)) => return Ok(Draft::without_bytes(*failure, shown(part), 0, 0)),
                Err(NoLease::Outage(error)) => return unasked(part, &error),
            };
            let (fetched, fetch) = fetch::download(rooms, part, profile, &lease, cancel).await;
            times.access = lease.spent().await;
            times.fetch = fetch.saturating_sub(times.access);
            match fetched {
                Ok(fetched) => (fetched, lease.public()),
                Err(_) if cancel.is_cancelled() => return Err(Halt::Shutdown),
                Err(error) => return Ok(Draft::without_bytes(error.failure(), lease.public(), error.bytes_fetched(), error.requests())),
            }
        }
    };
    let (draft, decode) = probe::look(rooms, part, profile, uri, fetched).await;
    times.decode = decode;
    if cancel.is_cancelled() && draft.failure().is_some() {
        return Err(Halt::Shutdown);
    }
    match part.text_layer() {
        Some(address) => layer::compare(rooms, part, profile, address, draft, cancel, times).await,
        None => Ok(draft),
    }
}

/// The store could not be asked. Where it answers nonsense that is the record's failure, once the attempts are used up.
fn unasked(part: &Part<'_>, error: &StoreError) -> Result<Draft, Halt> {
    match Halt::of(error.failure(), error) {
        Halt::Broken(failure) => Ok(Draft::without_bytes(*failure, shown(part), 0, 0)),
        halt => Err(halt),
    }
}

/// Retry derives from the failure's row: `Ok(Some)` when the attempts are used up, `Ok(None)` when the draft is the answer.
fn verdict(failure: Option<&Failure>, attempt: u32, attempts: u32) -> Result<Option<Failure>, Halt> {
    let Some(failure) = failure else { return Ok(None) };
    match failure.code.retry() {
        Retry::Never => Ok(None),
        Retry::Once if attempt > 1 => Ok(None),
        Retry::Transient if attempt >= attempts => Ok(Some(failure.clone())),
        Retry::Once | Retry::Transient => Err(Halt::Retry(Box::new(failure.clone()))),
    }
}

/// The failure of a stored record that is one only because its attempts were used up: its message is still to be buried.
fn used_up(record: &Record) -> Option<Failure> {
    record.failure.clone().filter(|failure| failure.code.retry() == Retry::Transient)
}

fn waited(job: &Job, now: jiff::Timestamp) -> Duration {
    Duration::try_from(now.duration_since(job.submitted_at)).unwrap_or_default()
}

/// The address for a record when it could not even be read.
pub(crate) fn shown(part: &Part<'_>) -> String {
    match part.content() {
        Content::Address(uri) => without_secrets(uri),
        Content::Inline(_) => "inline:".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_contract::Code;

    #[test]
    fn retry_derives_from_the_table_and_ends_with_the_attempts() {
        let transient = Failure::new(Code::FetchTimeout);
        assert!(matches!(verdict(Some(&transient), 1, 3), Err(Halt::Retry(_))));
        assert!(matches!(verdict(Some(&transient), 3, 3), Ok(Some(_))));
        let crash = Failure::new(Code::DecoderCrashed);
        assert!(matches!(verdict(Some(&crash), 1, 3), Err(Halt::Retry(_))));
        assert!(matches!(verdict(Some(&crash), 2, 3), Ok(None)));
        assert!(matches!(verdict(Some(&Failure::new(Code::NotFound)), 1, 3), Ok(None)));
        assert!(matches!(verdict(None, 1, 3), Ok(None)));
    }
}
