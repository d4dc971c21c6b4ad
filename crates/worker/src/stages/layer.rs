//! Layer: the text layer that came with a document is fetched as the document was, held against its pages, and erased.
//!
//! It is read here and not in a child: a child has one input, and this one is JSON, read in safe code with bounds, as are the layers that
//! children write.

use crate::draft::{Draft, Times};
use crate::halt::Halt;
use crate::part::Part;
use crate::rooms::Rooms;
use crate::stages::access::{self, NoLease};
use crate::stages::fetch;
use assay_contract::clock::SharedClock;
use assay_contract::failure::{Issue, Stage};
use assay_contract::limits::LimitHit;
use assay_contract::{Code, Failure, Profile};
use assay_fetch::{CancellationToken, Erased, Fetched, Seen, Spool};
use assay_probe::DocumentPages;
use std::io;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;

/// One at a time in a process: what a layer takes beside its spool – its text, and a page of it in parts – is counted by no budget.
static TURNS: Semaphore = Semaphore::const_new(1);

/// Adds to a document's draft what its layer differs in. A layer that can't be had or read is an issue; the document stands.
pub async fn compare(
    rooms: &Rooms,
    part: &Part<'_>,
    profile: &Profile,
    address: &str,
    draft: Draft,
    cancel: &CancellationToken,
    times: &mut Times,
) -> Result<Draft, Halt> {
    // Without pages there is nothing to compare with, and the record says why.
    let Some(pages) = DocumentPages::of(draft.examined()) else { return Ok(draft) };
    let lease = match access::lease(rooms, part, address).await {
        Ok(lease) => lease,
        Err(NoLease::Refused(failure)) => return Ok(draft.without_layer(*failure, 0, 0)),
        Err(NoLease::Outage(error)) => match Halt::of(error.failure(), &error) {
            Halt::Broken(failure) => return Ok(draft.without_layer(*failure, 0, 0)),
            halt => return Err(halt),
        },
    };
    let (fetched, fetch) = fetch::text_layer(rooms, part, profile, &lease, cancel).await;
    let access = lease.spent().await;
    times.access += access;
    times.fetch += fetch.saturating_sub(access);
    let Fetched { spool, seen, .. } = match fetched {
        Ok(fetched) => fetched,
        Err(_) if cancel.is_cancelled() => return Err(Halt::Shutdown),
        Err(error) => return Ok(draft.without_layer(by_its_name(error.failure()), error.bytes_fetched(), error.requests())),
    };
    let _slot = rooms.slots.decode(part.job.lane).await;
    let _turn = TURNS.acquire().await;
    let (began, clock) = (Instant::now(), Arc::clone(&rooms.clock));
    let compared = tokio::task::spawn_blocking(move || held_against(&pages, spool, &clock)).await.unwrap_or_else(|stopped| {
        tracing::error!(%stopped, "comparing a text layer was stopped");
        Err(io::Error::other(stopped))
    });
    times.decode += began.elapsed();
    Ok(match compared {
        Ok((differences, erased)) => draft.with_layer(differences, &seen, &erased),
        Err(error) => unreadable_spool(draft, &error, &seen),
    })
}

/// What the layer differs in, and the proof that it is erased. Blocks.
fn held_against(pages: &DocumentPages, spool: Spool, clock: &SharedClock) -> io::Result<(Vec<Issue>, Erased)> {
    let mut layer = vec![0; usize::try_from(spool.len()).map_err(io::Error::other)?];
    let read = spool.read_at(0, &mut layer)?;
    let differences = pages.compare(layer.get(..read).unwrap_or_default());
    drop(layer);
    Ok((differences, spool.erase(clock.now())))
}

fn unreadable_spool(draft: Draft, error: &io::Error, seen: &Seen) -> Draft {
    tracing::error!(%error, "a text layer could not be read from its spool");
    draft.without_layer(Failure::new(Code::Internal).at(Stage::Fetch), seen.bytes_fetched, seen.requests)
}

/// The layer's limit is called so in the profile; `fetch` knows it as that of texts.
fn by_its_name(failure: Failure) -> Failure {
    match failure.limit {
        Some(hit) if failure.code == Code::TooLarge => {
            Failure::limit(Code::TooLarge, LimitHit::new("text_layer_bytes", hit.asked, hit.allowed))
        }
        _ => failure,
    }
}
