//! A shelf with two doors: what is put there, and who looked what lies there, can be watched, made to wait, or refused.

use assay_contract::{JobId, OrganizationId};
use assay_fetch::BudgetUse;

use assay_store::{Part, Place, Shelf, ShelfError, ShelfUri};
use assay_worker::Rooms;
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Instant;
use tokio::sync::watch;

/// Stands before a real shelf.
#[derive(Debug)]
pub(crate) struct Door {
    inner: Arc<dyn Shelf>,
    open: watch::Sender<bool>,
    arrivals: watch::Sender<usize>,
    /// Whether those may go that looked what lies there, and how many have looked.
    lets_go: watch::Sender<bool>,
    looks: watch::Sender<usize>,
    /// Whether the shelf behind it answers.
    pub(crate) down: AtomicBool,
    /// Whether it answers no put that it has done.
    pub(crate) silent: AtomicBool,
    /// Whose budget is looked at when something arrives.
    pub(crate) rooms: OnceLock<Weak<Rooms>>,
    /// What was held, and of whom the place speaks, at each arrival.
    pub(crate) seen: Mutex<Vec<(String, BudgetUse)>>,
}

impl Door {
    /// An open door.
    pub(crate) fn before(inner: Arc<dyn Shelf>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            open: watch::Sender::new(true),
            arrivals: watch::Sender::new(0),
            lets_go: watch::Sender::new(true),
            looks: watch::Sender::new(0),
            down: AtomicBool::new(false),
            silent: AtomicBool::new(false),
            rooms: OnceLock::new(),
            seen: Mutex::default(),
        })
    }

    /// Whoever comes from now on waits.
    pub(crate) fn close(&self) {
        self.open.send_replace(false);
    }

    /// Nobody waits any more.
    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }

    /// Returns when so many have come.
    pub(crate) async fn arrived(&self, count: usize) {
        reached(&self.arrivals, count).await;
    }

    /// Whoever looks from now on what lies there waits with what it saw.
    pub(crate) fn keep_who_looks(&self) {
        self.lets_go.send_replace(false);
    }

    /// Returns when so many have looked.
    pub(crate) async fn looked(&self, count: usize) {
        reached(&self.looks, count).await;
    }

    /// Nobody waits with it any more.
    pub(crate) fn let_go(&self) {
        self.lets_go.send_replace(true);
    }
}

async fn reached(seen: &watch::Sender<usize>, count: usize) {
    let wait = async { seen.subscribe().wait_for(|seen| *seen >= count).await.map(drop) };
    tokio::time::timeout(crate::world::SOON, wait).await.expect("somebody comes to the shelf").unwrap();
}

#[async_trait]
impl Shelf for Door {
    async fn put(&self, place: &Place, bytes: Bytes, mime_type: &str, _until: Instant) -> Result<ShelfUri, ShelfError> {
        if let Some(rooms) = self.rooms.get().and_then(Weak::upgrade) {
            self.seen.lock().unwrap().push((place.as_str().to_owned(), rooms.fetcher.budget()));
        }
        self.arrivals.send_modify(|arrivals| *arrivals += 1);
        let _ = self.open.subscribe().wait_for(|open| *open).await;
        if self.down.load(Ordering::SeqCst) {
            return Err(ShelfError::Unavailable);
        }
        // What was on its way to a bucket arrives, however late.
        let put = self.inner.put(place, bytes, mime_type, Instant::now() + crate::world::SOON).await;
        if self.silent.load(Ordering::SeqCst) { Err(ShelfError::Slow { seconds: 30 }) } else { put }
    }

    async fn get(&self, uri: &str) -> Result<Bytes, ShelfError> {
        self.inner.get(uri).await
    }

    async fn remove_job(&self, organization: &OrganizationId, job: &JobId) -> Result<u64, ShelfError> {
        self.inner.remove_job(organization, job).await
    }

    async fn unnamed(&self, organization: &OrganizationId, job: &JobId, part: Part, named: &[&str]) -> Result<Vec<ShelfUri>, ShelfError> {
        let unnamed = self.inner.unnamed(organization, job, part, named).await;
        self.looks.send_modify(|looks| *looks += 1);
        let _ = self.lets_go.subscribe().wait_for(|may_go| *may_go).await;
        unnamed
    }

    async fn remove(&self, unnamed: &[ShelfUri]) -> Result<u64, ShelfError> {
        self.inner.remove(unnamed).await
    }

    async fn healthy(&self) -> Result<(), ShelfError> {
        if self.down.load(Ordering::SeqCst) { Err(ShelfError::Unavailable) } else { self.inner.healthy().await }
    }
}
