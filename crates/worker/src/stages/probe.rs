//! Probe, then erase: a confined child looks at the spool, and the spool is gone before anything is kept.

use crate::draft::Draft;
use crate::part::{Content, Part};
use crate::rooms::Rooms;
use assay_contract::clock::SharedClock;
use assay_contract::{MediaType, Profile};
use assay_fetch::{Fetched, Spool};
use assay_probe::{Asked, examine, examine_words};
use assay_sandbox::{Blocks, Sandbox, Source};
use std::io;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

/// Looks at a fetched asset when its turn has come, and erases it; the draft holds the proof. Waiting is not counted.
pub async fn look(rooms: &Rooms, part: &Part<'_>, profile: &Profile, uri: String, fetched: Fetched) -> (Draft, Duration) {
    let _slot = rooms.slots.decode(part.job.lane).await;
    let began = Instant::now();
    let came = match part.content() {
        Content::Address(_) => Came::AsFile,
        Content::Inline(_) => Came::AsWords,
    };
    let draft = look_as(came, &rooms.sandbox, &rooms.clock, profile, part.claim(), uri, fetched).await;
    let took = began.elapsed();
    // A shelf that is slow stops the children, not the memory's end.
    let room = rooms.slots.room(part.job.lane, draft.made_bytes()).await;
    (draft.in_room(room), took)
}

/// The same of a file for whoever has no queue: `inspect`.
pub async fn look_with(
    sandbox: &Sandbox,
    clock: &SharedClock,
    profile: &Profile,
    claim: Option<MediaType>,
    uri: String,
    fetched: Fetched,
) -> Draft {
    look_as(Came::AsFile, sandbox, clock, profile, claim, uri, fetched).await
}

/// How bytes came.
#[derive(Debug, Clone, Copy)]
enum Came {
    /// From somewhere: they may be anything.
    AsFile,
    /// In a message, as text.
    AsWords,
}

async fn look_as(
    came: Came,
    sandbox: &Sandbox,
    clock: &SharedClock,
    profile: &Profile,
    claim: Option<MediaType>,
    uri: String,
    fetched: Fetched,
) -> Draft {
    let Fetched { spool, seen, head } = fetched;
    let asked = Asked { content_length: seen.content_length, head: &head, claim, profile };
    let shared = Arc::new(Held(RwLock::new(Some(spool))));
    let examined = match shared.source() {
        Ok(source) => match came {
            Came::AsFile => examine(sandbox, asked, source).await,
            Came::AsWords => examine_words(sandbox, asked, source).await,
        },
        Err(error) => {
            tracing::error!(%error, "the spool could not be handed to a child");
            let failure = assay_contract::Failure::new(assay_contract::Code::Internal);
            assay_probe::Examined { failure: Some(failure), ..Default::default() }
        }
    };
    let erased = shared.take().map(|spool| spool.erase(clock.now()));
    match erased {
        Some(erased) => Draft::of(examined, uri, seen, &erased, sandbox.posture()),
        None => Draft::without_bytes(assay_contract::Failure::new(assay_contract::Code::Internal), uri, seen.bytes_fetched, seen.requests),
    }
}

/// A spool that a child reads by blocks, and that can be taken away from it.
#[derive(Debug)]
struct Held(RwLock<Option<Spool>>);

impl Held {
    /// The spool as the sandbox wants it: its memfd, or blocks that are decrypted as they are asked for.
    fn source(self: &Arc<Self>) -> io::Result<Source> {
        let spool = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        match spool.as_ref().and_then(Spool::memory_fd) {
            Some(fd) => Ok(Source::Memory { fd: fd.try_clone_to_owned()? }),
            None => Ok(Source::Blocks(Arc::clone(self) as Arc<dyn Blocks>)),
        }
    }

    fn take(&self) -> Option<Spool> {
        self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }
}

impl Blocks for Held {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        match self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).as_ref() {
            Some(spool) => spool.read_at(offset, into),
            None => Err(io::Error::new(io::ErrorKind::NotFound, "the spool is erased")),
        }
    }
}
