//! Fetch: the asset's bytes into a spool that nobody else can see.

use crate::part::{Part, Words};
use crate::rooms::Rooms;
use crate::stages::access::Lease;
use assay_contract::job::{Expected, Lane};
use assay_contract::limits::FetchLimits;
use assay_contract::{AssetKind, MediaType, Profile};
use assay_fetch::{CancellationToken, FetchError, Fetched, Want};
use std::time::{Duration, Instant};

/// A text layer is small: its download may take so long, milliseconds, or its job could outlast its delivery.
const LAYER_MS: u64 = 60_000;

/// Downloads what a lease signs, when its turn has come. Waiting is not counted.
pub async fn download(
    rooms: &Rooms,
    part: &Part<'_>,
    profile: &Profile,
    lease: &Lease<'_>,
    cancel: &CancellationToken,
) -> (Result<Fetched, FetchError>, Duration) {
    // What the job expects is said of the row's own asset.
    let expected = if part.attachment.is_none() { part.job.expected.clone() } else { Expected::default() };
    let asked = Asked { limits: profile.fetch.clone(), kind: part.claim().map(MediaType::kind), expected };
    get(rooms, part.job.lane, lease, asked, cancel).await
}

/// Downloads the text layer that came with a document, in the same way; its limit is known to `fetch` as that of texts.
pub async fn text_layer(
    rooms: &Rooms,
    part: &Part<'_>,
    profile: &Profile,
    lease: &Lease<'_>,
    cancel: &CancellationToken,
) -> (Result<Fetched, FetchError>, Duration) {
    let (text_bytes, total_ms) = (profile.fetch.text_layer_bytes, profile.fetch.total_ms.min(LAYER_MS));
    let limits = FetchLimits { text_bytes, total_ms, ..profile.fetch.clone() };
    let asked = Asked { limits, kind: Some(AssetKind::Text), expected: Expected::default() };
    get(rooms, part.job.lane, lease, asked, cancel).await
}

/// What one download differs in from another.
struct Asked {
    limits: FetchLimits,
    kind: Option<AssetKind>,
    expected: Expected,
}

async fn get(
    rooms: &Rooms,
    lane: Lane,
    lease: &Lease<'_>,
    asked: Asked,
    cancel: &CancellationToken,
) -> (Result<Fetched, FetchError>, Duration) {
    let _slot = rooms.slots.fetch(lane).await;
    let began = Instant::now();
    let want = Want {
        limits: asked.limits,
        kind: asked.kind,
        expected: asked.expected,
        lane,
        may_list: lease.may_list(),
        deadline: Instant::now() + rooms.settings.job_deadline,
        cancel: cancel.clone(),
    };
    (rooms.fetcher.fetch(lease, want).await, began.elapsed())
}

/// What came with the job goes the same road as a file.
pub async fn inline(rooms: &Rooms, part: &Part<'_>, profile: &Profile, words: Words<'_>) -> Result<Fetched, FetchError> {
    rooms.fetcher.spool_bytes(&words.bytes(), &profile.fetch, part.claim().map(MediaType::kind), part.job.lane).await
}
