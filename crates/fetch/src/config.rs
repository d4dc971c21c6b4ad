//! What the operator decides about downloads.

use crate::guard::{Resolver, SystemResolver};
use assay_contract::Secret;
use assay_contract::clock::{SharedClock, SystemClock};
use ipnet::IpNet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Settings of a [`Fetcher`](crate::Fetcher).
#[derive(Debug, Clone)]
pub struct FetchConfig {
    /// Assets larger than this go to an encrypted temporary file instead of memory, bytes.
    pub spill_above: u64,
    /// Folder of the encrypted temporary files; it must support `O_TMPFILE` or unlinking an open file.
    pub spill_folder: PathBuf,
    /// Most bytes of assets in memory at once.
    pub memory_budget: u64,
    /// Most bytes of assets in temporary files at once.
    pub spill_budget: u64,
    /// Part of `memory_budget` that only the interactive lane may use, bytes.
    pub interactive_reserve: u64,
    /// Private networks into which hosts that we build from a bucket may resolve (private endpoints). A URL from a job never may.
    pub private_ranges: Vec<IpNet>,
    /// Endpoint of a stand-in or S3-compatible store, `http://10.1.2.3:9000`: the only host where http is let through, for buckets only.
    pub bucket_endpoint: Option<String>,
    /// `http://[user:password@]host:port` of an egress proxy that understands CONNECT. Proxies named by the environment are ignored.
    ///
    /// Behind a proxy the proxy resolves names; it must refuse private addresses itself. What this machine can resolve is checked here too.
    pub proxy: Option<Secret<String>>,
    /// PEM certificates trusted beside the system's.
    pub extra_root_certificates: Vec<u8>,
    /// Most redirects that are followed, each on the same host and through the guard.
    pub max_redirects: u32,
    /// How often and how patiently a broken download is taken up again.
    pub retries: Retries,
    /// How names become addresses; the guard judges every answer.
    pub resolver: Arc<dyn Resolver>,
    /// Tells whether a signed URL has expired.
    pub clock: SharedClock,
}

impl Default for FetchConfig {
    fn default() -> Self {
        const MB: u64 = 1 << 20;
        Self {
            spill_above: 256 * MB,
            spill_folder: PathBuf::from("/var/tmp"),
            memory_budget: 1024 * MB,
            spill_budget: 32 * 1024 * MB,
            interactive_reserve: 128 * MB,
            private_ranges: Vec::new(),
            bucket_endpoint: None,
            proxy: None,
            extra_root_certificates: Vec::new(),
            max_redirects: 3,
            retries: Retries::default(),
            resolver: Arc::new(SystemResolver),
            clock: SystemClock::shared(),
        }
    }
}

/// Bounds of trying again within one download; the time bound is the download's deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Most attempts in a row that bring nothing new.
    pub fruitless: u32,
    /// Most requests for one asset, all together.
    pub requests: u32,
    /// First pause; it doubles, and half of it is random.
    pub first_pause: Duration,
    /// Longest pause. A store that asks for a longer one (`Retry-After`) gets its job back.
    pub longest_pause: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { fruitless: 4, requests: 64, first_pause: Duration::from_millis(200), longest_pause: Duration::from_secs(10) }
    }
}

/// Why a [`Fetcher`](crate::Fetcher) can't be built.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The bucket endpoint is no address.
    #[error("bucket_endpoint must be http(s)://host[:port] and nothing more")]
    BucketEndpoint,
    /// The proxy is no address.
    #[error("proxy must be http://[user:password@]host:port")]
    Proxy,
    /// The extra certificates are not PEM.
    #[error("extra_root_certificates hold no readable PEM certificate")]
    Certificates,
    /// TLS could not be set up.
    #[error("TLS could not be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// Nothing would be left for batch jobs.
    #[error("interactive_reserve ({reserve}) must be smaller than memory_budget ({budget})")]
    Reserve {
        /// Bytes reserved.
        reserve: u64,
        /// Bytes in all.
        budget: u64,
    },
    /// No unnamed file can be made in the spill folder.
    #[error("no temporary file can be made in the spill folder {folder:?}: {source}")]
    SpillFolder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
