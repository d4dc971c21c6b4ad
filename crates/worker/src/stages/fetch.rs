//! Fetch: the asset's bytes into a spool that nobody else can see.

use crate::part::Part;
use crate::rooms::Rooms;
use crate::stages::access::Lease;
use assay_contract::Profile;
use assay_contract::job::Expected;
use assay_fetch::{CancellationToken, FetchError, Fetched, Want};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Downloads what a lease signs, when its turn has come. Waiting is not counted.
pub async fn download(
    rooms: &Rooms,
    part: &Part<'_>,
    profile: &Profile,
    lease: &Lease<'_>,
    cancel: &CancellationToken,
) -> (Result<Fetched, FetchError>, Duration) {
    let _slot = rooms.slots.fetch(part.job.lane).await;
    let began = Instant::now();
    let want = Want {
        limits: profile.fetch.clone(),
        kind: part.claim().map(assay_contract::MediaType::kind),
        // What the job expects is said of the row's own asset.
        expected: if part.attachment.is_none() { part.job.expected.clone() } else { Expected::default() },
        lane: part.job.lane,
        may_list: lease.may_list(),
        deadline: Instant::now() + rooms.settings.job_deadline,
        cancel: cancel.clone(),
    };
    (rooms.fetcher.fetch(lease, want).await, began.elapsed())
}

/// Text or a conversation that came with the job goes the same road as a file.
pub async fn inline(rooms: &Rooms, part: &Part<'_>, profile: &Profile, inline: &Value) -> Result<Fetched, FetchError> {
    let bytes = match inline {
        Value::String(text) => text.clone().into_bytes(),
        object => object.to_string().into_bytes(),
    };
    rooms.fetcher.spool_bytes(&bytes, &profile.fetch, part.claim().map(assay_contract::MediaType::kind), part.job.lane).await
}
