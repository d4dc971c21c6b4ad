//! Store: thumbnails onto the shelf, then the record, once.

use crate::draft::{Draft, derivative_name};
use crate::halt::Halt;
use crate::part::Part;
use crate::rooms::Rooms;
use assay_contract::Failure;
use assay_contract::profile::DerivativeName;
use assay_contract::record::Record;
use assay_probe::examine::{Made, What};
use assay_store::{Claim, Place, StoreError, Stored};
use std::collections::BTreeMap;

/// Keeps a draft. The draft is the proof that the asset is erased; what comes back is the proof that the record is stored.
pub async fn keep(rooms: &Rooms, part: &Part<'_>, claim: &Claim, draft: Draft, attempt: u32) -> Result<Stored, Halt> {
    let mut places = BTreeMap::new();
    for made in &draft.examined().made {
        let (name, uri) = put(rooms, part, made).await?;
        places.insert(name, uri);
    }
    let profile =
        rooms.settings.profiles.get(&part.job.profile).map_or_else(|| part.job.profile.clone(), assay_contract::Profile::revision);
    let record = draft.into_record(Some(part), &profile, rooms.settings.worker.clone(), attempt, &places, rooms.clock.now());
    match rooms.store.put_record(claim, record.clone()).await {
        Ok(stored) => Ok(stored),
        Err(StoreError::StaleClaim) => Err(Halt::Held { until: rooms.clock.now() }),
        // Larger than a record may be: facts that long are no facts. What failed is kept, so that no row ends in limbo.
        Err(error @ StoreError::RecordTooLarge { .. }) => {
            rooms.store.put_record(claim, bare(record, error.failure())).await.map_err(|error| Halt::outage(error.failure()))
        }
        Err(error) => Err(Halt::outage(error.failure())),
    }
}

async fn put(rooms: &Rooms, part: &Part<'_>, made: &Made) -> Result<(String, String), Halt> {
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
    let place = place.map_err(|error| {
        tracing::error!(%error, "a profile names a thumbnail that can't stand on a shelf");
        Halt::outage(Failure::new(assay_contract::Code::Internal))
    })?;
    match rooms.shelf.put(&place, made.bytes.clone(), made.mime_type).await {
        Ok(uri) => Ok((name, uri.into())),
        Err(error) => Err(Halt::outage(error.failure())),
    }
}

/// File name extension of a derivative.
pub fn extension(name: DerivativeName) -> &'static str {
    match name {
        DerivativeName::Waveform | DerivativeName::TextLayer => "json",
        DerivativeName::FrameIndex => "bin",
        DerivativeName::Storyboard => "vtt",
    }
}

fn bare(record: Record, failure: Failure) -> Record {
    Record {
        status: assay_contract::record::Status::Failed,
        failure: Some(failure),
        issues: Vec::new(),
        media_attributes: None,
        details: None,
        thumbnails: Vec::new(),
        derivatives: Vec::new(),
        ..record
    }
}
