//! Store: thumbnails onto the shelf, then the record, once.

use crate::draft::{Draft, derivative_name};
use crate::halt::Halt;
use crate::part::Part;
use crate::rooms::Rooms;
use assay_contract::failure::Stage;
use assay_contract::profile::DerivativeName;
use assay_contract::record::{AssetSeen, AttachmentRef, Extractor, Record, Status};
use assay_contract::{Code, Failure};
use assay_probe::examine::{Made, What};
use assay_store::{Claim, Place, ShelfError, StoreError, Stored};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Characters of an address in a record that would be too large with all of it; a key has 1,024 bytes at most.
const LONGEST_URI: usize = 2_000;
/// Characters of a sender's word in such a record.
const LONGEST_WORD: usize = 200;

/// Where things were put, by their names.
type Places = BTreeMap<String, String>;

/// Keeps a draft. The draft is the proof that the asset is erased; what comes back is the proof that the record is stored.
/// In the last attempt, where something of ours is broken, the record says so and nothing else.
pub async fn keep(rooms: &Rooms, part: &Part<'_>, claim: &mut Claim, draft: Draft, attempt: u32) -> Result<Stored, Halt> {
    let mut places = Places::new();
    let made = draft.examined().made.len();
    let kept = Box::pin(put_and_record(rooms, part, claim, draft, attempt, &mut places)).await;
    // By what was to be put: of a put without an answer nobody knows whether it was done.
    if made > 0 || kept.is_ok() {
        tidy(rooms, part, claim, &kept, &places, attempt).await;
    }
    kept
}

async fn put_and_record(
    rooms: &Rooms,
    part: &Part<'_>,
    claim: &mut Claim,
    draft: Draft,
    attempt: u32,
    places: &mut Places,
) -> Result<Stored, Halt> {
    let is_last = attempt >= rooms.settings.attempts;
    let broken = match shelve(rooms, part, claim, &draft, places).await {
        Ok(()) => None,
        Err(Halt::Broken(failure)) if is_last => Some(*failure),
        Err(halt) => return Err(halt),
    };
    let profile =
        rooms.settings.profiles.get(&part.job.profile).map_or_else(|| part.job.profile.clone(), assay_contract::Profile::revision);
    let record = draft.into_record(Some(part), &profile, rooms.settings.worker.clone(), attempt, places, rooms.clock.now());
    if let Some(failure) = broken {
        return keep_bare(rooms, claim, record, failure).await;
    }
    let failure = match rooms.store.put_record(claim, record.clone()).await {
        Ok(stored) => return Ok(stored),
        // Larger than a record may be: facts that long are no facts. What failed is kept, so that no row ends in limbo.
        Err(error @ StoreError::RecordTooLarge { .. }) => error.failure(),
        Err(error) => match unkept(rooms, &error) {
            // What the store refuses of the whole record it may take of a bare one.
            Halt::Broken(failure) if is_last => *failure,
            halt => return Err(halt),
        },
    };
    keep_bare(rooms, claim, record, failure).await
}

/// Removes what lies at the part's places and no record names: what was put before the record became a bare one, or before this worker
/// had lost its claim, or by an earlier worker that had.
///
/// Places follow from the job, so two workers may put at the same one, and nobody may remove what the other's record names or will name.
/// Hence nothing is removed before a record stands: it says what stays, and after it nobody but a worker whose claim is lost puts
/// anything, which tidies when it notices – unless it failed, and an operator opens it again: see [`take_back`]. Where there is no record
/// yet, whoever holds the claim is a later worker than this one, or will be: its token is above 1, so it tidies when its record stands, and
/// finds all that was put here before we looked. Why this worker made no record does not matter: a put that the shelf did not answer, and
/// so seems an outage, may have been done behind the back of a record that stands.
async fn tidy(rooms: &Rooms, part: &Part<'_>, claim: &mut Claim, kept: &Result<Stored, Halt>, places: &Places, attempt: u32) {
    let found;
    let record = match kept {
        Ok(stored) => Some(stored.record()),
        // No record will be made, nobody else may put anything while the claim is ours, and the row says that it failed.
        Err(Halt::Broken(_)) if attempt >= rooms.settings.attempts => {
            if rooms.store.extend(claim, rooms.settings.claim_lease).await.is_err() {
                return;
            }
            None
        }
        Err(_) => match standing(rooms, part).await {
            Ok(Some(stored)) => {
                found = stored;
                Some(found.record())
            }
            // The job comes again: its next worker has a higher token.
            Ok(None) | Err(_) => return,
        },
    };
    let named: Vec<&str> = record.into_iter().flat_map(named).collect();
    if kept.is_ok() && claim.fence() == 1 && places.values().all(|uri| named.contains(&uri.as_str())) {
        return;
    }
    match take_back(rooms, part, record, &named).await {
        Ok(0) => {}
        Ok(removed) => tracing::info!(removed, "what no record names was removed from the shelf"),
        Err(error) => tracing::warn!(%error, "what no record names may lie on the shelf"),
    }
}

/// Removes what is not named; how many objects that were. A failed record may have been opened again since it was read: then what lies
/// there is, or will be, its next worker's, which tidies itself. So it is read once more when it is known what would be removed; what is
/// left is the moment between that answer and the removal, in which nobody can fetch, decode and put unless this worker stands still
/// once more.
async fn take_back(rooms: &Rooms, part: &Part<'_>, record: Option<&Record>, named: &[&str]) -> Result<u64, ShelfError> {
    let unnamed = rooms.shelf.unnamed(&part.job.organization_id, &part.job.job_id, part.index().into(), named).await?;
    if unnamed.is_empty() {
        return Ok(0);
    }
    if let Some(record) = record.filter(|record| record.status == Status::Failed) {
        let still = standing(rooms, part).await;
        if !still.is_ok_and(|still| still.is_some_and(|still| still.record().generation == record.generation)) {
            return Ok(0);
        }
    }
    rooms.shelf.remove(&unnamed).await
}

/// The part's record that stands now.
async fn standing(rooms: &Rooms, part: &Part<'_>) -> Result<Option<Stored>, StoreError> {
    rooms.store.record(&part.job.organization_id, &part.job.job_id, part.index()).await
}

fn named(record: &Record) -> impl Iterator<Item = &str> {
    let thumbnails = record.thumbnails.iter().map(|thumbnail| &thumbnail.uri);
    thumbnails.chain(record.derivatives.iter().map(|derivative| &derivative.uri)).filter_map(Option::as_deref)
}

/// Keeps the failure alone; where even that is refused, without a word that is not our own: no row ends in limbo.
async fn keep_bare(rooms: &Rooms, claim: &Claim, record: Record, failure: Failure) -> Result<Stored, Halt> {
    let bare = bare(record, failure);
    match rooms.store.put_record(claim, bare.clone()).await {
        Err(error) if matches!(unkept(rooms, &error), Halt::Broken(_)) => {
            rooms.store.put_record(claim, wordless(bare)).await.map_err(|error| unkept(rooms, &error))
        }
        kept => kept.map_err(|error| unkept(rooms, &error)),
    }
}

/// Why a record is not stored.
fn unkept(rooms: &Rooms, error: &StoreError) -> Halt {
    match error {
        StoreError::StaleClaim => Halt::Held { until: rooms.clock.now() },
        error => Halt::of(error.failure(), error),
    }
}

/// Puts what was made onto the shelf, and notes where each lies.
async fn shelve(rooms: &Rooms, part: &Part<'_>, claim: &mut Claim, draft: &Draft, places: &mut Places) -> Result<(), Halt> {
    for made in &draft.examined().made {
        let until = hold(rooms, claim).await?;
        match put(rooms, part, made, until).await {
            Ok((name, uri)) => places.insert(name, uri),
            Err(halt) => {
                // What a worker that stood still is refused at the end of its claim is no outage, if somebody else has the claim.
                hold(rooms, claim).await?;
                return Err(halt);
            }
        };
    }
    Ok(())
}

/// Whether the claim is still ours: a worker that stood still must not put its pictures in place of another's. Nobody can take a claim
/// over before its end, so the fence is only asked where less than half of the lease is left. Until when it is ours for certain comes back:
/// nothing may be put after that.
async fn hold(rooms: &Rooms, claim: &mut Claim) -> Result<Instant, Halt> {
    let lease = rooms.settings.claim_lease;
    // Seen before the clock of the claims, so that standing still between the two makes the time shorter.
    let mut asked_at = Instant::now();
    let mut left = left_of(rooms, claim);
    if left <= lease / 2 {
        rooms.store.extend(claim, lease).await.map_err(|error| unkept(rooms, &error))?;
        asked_at = Instant::now();
        left = left_of(rooms, claim);
    }
    Ok(asked_at + left)
}

fn left_of(rooms: &Rooms, claim: &Claim) -> Duration {
    Duration::try_from(claim.expires_at().duration_since(rooms.clock.now())).unwrap_or_default()
}

async fn put(rooms: &Rooms, part: &Part<'_>, made: &Made, until: Instant) -> Result<(String, String), Halt> {
    let (organization, job) = (&part.job.organization_id, &part.job.job_id);
    let (name, place) = match &made.what {
        What::Thumbnail { name, format, .. } => {
            (name.clone(), Place::thumbnail(organization, job, part.index().into(), name, format.extension()))
        }
        What::Derivative(which) => {
            let name = derivative_name(*which);
            let place = Place::derivative(organization, job, part.index().into(), &name, extension(*which));
            (name, place)
        }
    };
    let place = place.map_err(|error| Halt::of(Failure::new(Code::Internal).at(Stage::Store), &error))?;
    match rooms.shelf.put(&place, made.bytes.clone(), made.mime_type, until).await {
        Ok(uri) => Ok((name, uri.into())),
        Err(error) => Err(Halt::of(error.failure(), &error)),
    }
}

/// File name extension of a derivative.
pub fn extension(name: DerivativeName) -> &'static str {
    match name {
        DerivativeName::Waveform | DerivativeName::TextLayer => "json",
        DerivativeName::FrameIndex => "bin",
        // As the cues name it: `contract::storyboard::SHEET_FILE`.
        DerivativeName::Storyboard => "webp",
        DerivativeName::StoryboardCues => "vtt",
    }
}

/// Only what says whose record it is and why it failed. The sender's own words are cut where only the message's length bounds
/// them: this record must fit, or its job would come again for ever.
fn bare(record: Record, failure: Failure) -> Record {
    Record {
        asset: AssetSeen { uri: cut(record.asset.uri, LONGEST_URI), ..record.asset },
        attachment: record.attachment.map(|attachment| AttachmentRef {
            name: attachment.name.map(|name| cut(name, LONGEST_WORD)),
            attachment_type: cut(attachment.attachment_type, LONGEST_WORD),
            ..attachment
        }),
        profile: cut(record.profile, LONGEST_WORD),
        status: Status::Failed,
        failure: Some(failure),
        issues: Vec::new(),
        media_attributes: None,
        details: None,
        thumbnails: Vec::new(),
        derivatives: Vec::new(),
        ..record
    }
}

/// Only ids, numbers and words of our own.
fn wordless(bare: Record) -> Record {
    Record {
        global_key: None,
        labels: BTreeMap::new(),
        asset: AssetSeen::default(),
        attachment: bare.attachment.map(|attachment| AttachmentRef { name: None, attachment_type: String::new(), ..attachment }),
        extractor: Extractor { libraries: BTreeMap::new(), ..bare.extractor },
        profile: String::new(),
        ..bare
    }
}

fn cut(text: String, characters: usize) -> String {
    if text.chars().nth(characters).is_some() { text.chars().take(characters).chain(['…']).collect() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::part::Part;
    use assay_contract::Job;
    use assay_contract::record::{MAX_RECORD_BYTES, WorkerRef};

    #[test]
    fn a_bare_record_fits_whatever_its_sender_wrote() {
        // U+0000 takes six bytes in JSON.
        let (long, wide) = ("x".repeat(300_000), "\0".repeat(180_000));
        let job = serde_json::json!({
            "schema": "assay.job/1", "job_id": "a".repeat(200), "organization_id": "a".repeat(200), "global_key": "\0".repeat(200),
            "asset": format!("s3://bucket/{wide}"), "profile": wide, "labels": {"a": "\0".repeat(16_000)},
            "attachments": [{"type": wide, "name": long, "uri": format!("https://example.org/{long}")}], "submitted_at": "2026-11-21T20:00:00Z",
        });
        let job = Job::read(job.to_string().as_bytes()).unwrap();
        for part in Part::all(&job) {
            let draft = Draft::without_bytes(Failure::new(Code::ProfileUnknown), crate::pipeline::shown(&part), 0, 0);
            let whole = draft.into_record(Some(&part), &job.profile, WorkerRef::default(), 1, &BTreeMap::new(), jiff::Timestamp::now());
            assert!(serde_json::to_vec(&whole).unwrap().len() > MAX_RECORD_BYTES);
            let bytes = serde_json::to_vec(&bare(whole, Failure::new(Code::LimitExceeded))).unwrap().len();
            assert!(bytes < MAX_RECORD_BYTES, "{bytes} bytes");
        }
    }
}
