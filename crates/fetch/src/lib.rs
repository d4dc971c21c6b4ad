//! One guarded, bounded, hashed stream from a signed URL into a spool nobody else can see.

mod answer;
mod budget;
mod config;
mod connect;
mod download;
mod error;
mod fetcher;
mod guard;
mod local;
mod progress;
mod receive;
mod request;
mod spool;
mod verdict;
mod want;

pub use budget::BudgetUse;
pub use config::{ConfigError, FetchConfig, Retries};
pub use error::FetchError;
pub use fetcher::Fetcher;
pub use guard::{Refusal, Resolver, SystemResolver};
pub use spool::{Erased, Spool};
pub use want::{Fetched, Lesson, Seen, Signer, Want};

/// An IP network in CIDR form; [`FetchConfig::private_ranges`] holds these.
pub use ipnet::IpNet;
/// How a caller gives up: cancelling the token ends the download at its next wait.
pub use tokio_util::sync::CancellationToken;
