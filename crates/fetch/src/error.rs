//! Everything that can end a download, and the row of the failure table that each becomes.

use crate::guard::Refusal;
use crate::want::Lesson;
use assay_contract::AssetKind;
use assay_contract::failure::{Code, Failure, ProviderAnswer, Stage};
use assay_contract::limits::{FetchLimits, LimitHit};
use std::io;

/// A download that ended without an asset, and what it cost until then.
#[derive(Debug, thiserror::Error)]
#[error("{cause}")]
pub struct FetchError {
    #[source]
    pub(crate) cause: Cause,
    pub(crate) bytes_fetched: u64,
    pub(crate) requests: u32,
}

/// Why. No variant holds a URL, a key or content.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cause {
    #[error("no URL could be signed: {0}")]
    Signing(Box<Failure>),
    #[error("the guard refused the address: {0}")]
    Refused(#[from] Refusal),
    #[error("the URL can't be requested: {0}")]
    Unreadable(&'static str),
    #[error("the store answered {} {}", .0.provider.status.unwrap_or_default(), .0.provider.code.as_deref().unwrap_or("without a code"))]
    Answered(Box<Answered>),
    #[error("the store could not be reached: {0}")]
    Unreachable(String),
    #[error("the asset is too large: {} of {} allowed", .0.asked, .0.allowed)]
    TooLarge(LimitHit),
    #[error("the object changed: {0}")]
    Changed(&'static str),
    #[error("the download broke off: {0}")]
    Interrupted(&'static str),
    #[error("no byte came for the stall limit")]
    Stalled,
    #[error("the deadline passed")]
    DeadlinePassed,
    #[error("there is no room: {0}")]
    Full(&'static str),
    #[error("the spool failed: {0}")]
    Spool(#[source] io::Error),
    #[error("the file can't be read: {0}")]
    Local(#[source] io::Error),
    #[error("cancelled")]
    Cancelled,
}

/// A store's refusal, judged.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) code: Code,
    pub(crate) provider: ProviderAnswer,
    pub(crate) lesson: Option<Lesson>,
}

impl FetchError {
    pub(crate) fn new(cause: Cause) -> Self {
        Self { cause, bytes_fetched: 0, requests: 0 }
    }

    /// The row of the failure table, with what the provider answered and which limit was passed.
    pub fn failure(&self) -> Failure {
        match &self.cause {
            Cause::Signing(failure) => failure.as_ref().clone(),
            Cause::Refused(refusal) => Failure::new(Code::AddressRefused).because(refusal),
            Cause::Unreadable(why) => Failure::new(Code::AddressUnreadable).because(why),
            Cause::Answered(answer) => Failure::new(answer.code).answered(answer.provider.clone()),
            Cause::Unreachable(_) => Failure::new(Code::ProviderUnavailable),
            Cause::TooLarge(hit) => Failure::limit(Code::TooLarge, hit.clone()),
            Cause::Changed(why) => Failure::new(Code::AssetChanged).because(why),
            Cause::Interrupted(why) => Failure::new(Code::FetchInterrupted).because(why),
            Cause::Stalled => Failure::new(Code::FetchTimeout).because("no byte came for the stall limit"),
            Cause::DeadlinePassed => Failure::new(Code::FetchTimeout),
            Cause::Full(why) => Failure::new(Code::SpoolFull).because(why),
            Cause::Spool(_) => Failure::new(Code::Internal).at(Stage::Fetch).because("the spool failed"),
            Cause::Local(error) if error.kind() == io::ErrorKind::NotFound => Failure::new(Code::NotFound),
            Cause::Local(error) if error.kind() == io::ErrorKind::PermissionDenied => Failure::new(Code::Forbidden),
            Cause::Local(error) => Failure::new(Code::AddressUnreadable).because(error),
            Cause::Cancelled => Failure::new(Code::Cancelled).at(Stage::Fetch),
        }
    }

    /// Whether the store no longer takes the credentials behind the signature, even after a fresh one: drop them.
    pub fn token_rejected(&self) -> bool {
        matches!(&self.cause, Cause::Answered(answer) if answer.lesson == Some(Lesson::TokenRejected))
    }

    /// The region where the store says the bucket lies, where the URL was signed for another.
    pub fn wrong_region(&self) -> Option<&str> {
        let Cause::Answered(answer) = &self.cause else { return None };
        let Some(Lesson::Region(region)) = &answer.lesson else { return None };
        Some(region)
    }

    /// Bytes of bodies that came over the network before it ended.
    pub fn bytes_fetched(&self) -> u64 {
        self.bytes_fetched
    }

    /// HTTP requests that were made before it ended.
    pub fn requests(&self) -> u32 {
        self.requests
    }
}

/// The limit that `bytes` pass, if any.
pub(crate) fn too_large(limits: &FetchLimits, kind: Option<AssetKind>, bytes: u64) -> Option<LimitHit> {
    let allowed = limits.bytes_for(kind);
    (bytes > allowed).then(|| LimitHit::new(FetchLimits::name_for(kind), bytes, allowed))
}
