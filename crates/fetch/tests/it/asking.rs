//! What every test asks with: a fetcher that may reach loopback, a signer that counts, a want with defaults.

use crate::store::Store;
use assay_contract::failure::Failure;
use assay_contract::job::{Expected, Lane};
use assay_contract::limits::FetchLimits;
use assay_contract::signed_url::Origin;
use assay_contract::{AssetKind, Code, Secret, SignedUrl};
use assay_fetch::{CancellationToken, FetchConfig, FetchError, Fetched, Fetcher, Lesson, Retries, Signer, Want};
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use std::sync::Mutex;
use std::time::{Duration, Instant};

pub(crate) fn config(store: &Store) -> FetchConfig {
    FetchConfig {
        private_ranges: vec!["127.0.0.0/8".parse().unwrap()],
        bucket_endpoint: Some(format!("http://{}", store.address)),
        spill_folder: std::env::temp_dir(),
        memory_budget: 64 << 20,
        interactive_reserve: 1 << 20,
        spill_budget: 256 << 20,
        spill_above: 16 << 20,
        retries: Retries { first_pause: Duration::from_millis(2), longest_pause: Duration::from_secs(2), ..Retries::default() },
        ..FetchConfig::default()
    }
}

pub(crate) fn fetcher(store: &Store) -> Fetcher {
    Fetcher::new(config(store)).unwrap()
}

pub(crate) fn want() -> Want {
    Want {
        limits: FetchLimits { stall_ms: 5_000, ..FetchLimits::default() },
        kind: Some(AssetKind::Image),
        expected: Expected::default(),
        lane: Lane::Batch,
        may_list: false,
        deadline: Instant::now() + Duration::from_secs(30),
        cancel: CancellationToken::new(),
    }
}

/// Hands out its URLs in turn, the last one for ever.
pub(crate) struct Urls {
    urls: Vec<SignedUrl>,
    log: Mutex<(usize, Vec<Lesson>)>,
}

impl Urls {
    pub(crate) fn new(urls: Vec<SignedUrl>) -> Self {
        Self { urls, log: Mutex::default() }
    }

    pub(crate) fn bucket(store: &Store, path: &str) -> Self {
        Self::new(vec![bucket_url(&store.url(path))])
    }

    pub(crate) fn job(url: &str) -> Self {
        Self::new(vec![SignedUrl { url: Secret::new(url.to_owned()), expires_at: None, origin: Origin::Job }])
    }

    pub(crate) fn signed(&self) -> usize {
        self.log.lock().unwrap().0
    }

    pub(crate) fn lessons(&self) -> Vec<Lesson> {
        self.log.lock().unwrap().1.clone()
    }
}

pub(crate) fn bucket_url(url: &str) -> SignedUrl {
    SignedUrl { url: Secret::new(url.to_owned()), expires_at: None, origin: Origin::Bucket }
}

#[async_trait]
impl Signer for Urls {
    async fn sign(&self) -> Result<SignedUrl, Failure> {
        let mut log = self.log.lock().unwrap();
        log.0 += 1;
        Ok(self.urls[(log.0 - 1).min(self.urls.len() - 1)].clone())
    }

    async fn learn(&self, lesson: &Lesson) {
        self.log.lock().unwrap().1.push(lesson.clone());
    }
}

/// Fetches `/bucket/key` with default wants.
pub(crate) async fn fetch(store: &Store) -> Result<Fetched, FetchError> {
    fetcher(store).fetch(&Urls::bucket(store, "/bucket/key"), want()).await
}

pub(crate) fn code(outcome: Result<Fetched, FetchError>) -> Code {
    outcome.expect_err("the fetch should have been refused").failure().code
}

pub(crate) fn bytes_of(fetched: &Fetched) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(fetched.spool.len()).unwrap() + 10];
    let count = fetched.spool.read_at(0, &mut bytes).unwrap();
    bytes.truncate(count);
    bytes
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// Bytes that differ everywhere, so that a mixture or a shift shows.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    (0..length as u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}
