//! `assay integration check`: the integration tried for real, one line a check, with what to do where one fails.

mod reading;
mod role;

use crate::aws::{AwsDelegation, Cloud};
use crate::error::AccessError;
use assay_contract::{AssetAddress, Integration};

/// One check and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckLine {
    /// What was checked; one of the constants of [`name`].
    pub name: &'static str,
    /// How it went.
    pub outcome: Outcome,
    /// What was found; holds no key, URL or credential.
    pub found: String,
    /// What to do where it failed.
    pub advice: Option<String>,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// Not as it should be; the line's advice says what to do.
    Failed,
    /// Could not be tried, because of an earlier line or of what the integration grants.
    Skipped,
}

/// The checks, in their order.
pub mod name {
    /// The integration's own settings.
    pub const SETTINGS: &str = "settings";
    /// The worker has an identity that STS accepts.
    pub const WORKER: &str = "worker identity";
    /// The role can be assumed as jobs assume it.
    pub const ROLE: &str = "role can be assumed";
    /// The role is refused to whoever gives no external id.
    pub const WITHOUT_ID: &str = "refused without external id";
    /// The role is refused to whoever gives another external id.
    pub const WRONG_ID: &str = "refused with a wrong external id";
    /// The scope can be listed, where the integration says so.
    pub const LISTING: &str = "scope can be listed";
    /// One byte of one object was read through a signed URL.
    pub const READING: &str = "object can be read";
}

impl CheckLine {
    fn passed(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Passed, found: found.into(), advice: None }
    }

    fn failed(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Failed, found: found.into(), advice: Some(advice.into()) }
    }

    fn skipped(name: &'static str, found: impl Into<String>, advice: Option<&str>) -> Self {
        Self { name, outcome: Outcome::Skipped, found: found.into(), advice: advice.map(str::to_owned) }
    }
}

/// Runs every check. What can not be tried is skipped, never left out.
pub(crate) async fn check(cloud: &Cloud, integration: &Integration, sample: Option<&AssetAddress>) -> Vec<CheckLine> {
    let delegation = match AwsDelegation::new(cloud, integration) {
        Ok(delegation) if integration.scope.is_empty() => {
            let _ = delegation;
            let advice = "Register the integration again with at least one bucket.";
            return vec![CheckLine::failed(name::SETTINGS, "its scope is empty: it may read nothing", advice)];
        }
        Ok(delegation) => delegation,
        Err(error) => {
            return vec![CheckLine::failed(name::SETTINGS, error.to_string(), "Register the integration again with this corrected.")];
        }
    };
    let mut lines = vec![CheckLine::passed(name::SETTINGS, format!("partition {}", delegation.settings.partition.name()))];
    let assumed = role::check(&delegation, &mut lines).await;
    if assumed {
        cloud.credentials.absolve(&delegation.owner());
        reading::check(&delegation, sample, &mut lines).await;
    } else {
        let reason = "the role could not be assumed";
        lines.push(CheckLine::skipped(name::LISTING, reason, None));
        lines.push(CheckLine::skipped(name::READING, reason, None));
    }
    lines
}

/// What to do about an error that is not the integration's.
fn general_advice(error: &AccessError) -> &'static str {
    match error {
        AccessError::Throttled { .. } => "The identity service is throttling: try again in a minute.",
        AccessError::ClockSkew { .. } => "Set this machine's clock (NTP).",
        AccessError::Unavailable { .. } => {
            "Check that this machine can reach the identity service (network, proxy, `sts_endpoint`), and try again."
        }
        AccessError::NoIdentity | AccessError::WorkerIdentity { .. } => {
            "Give the worker an AWS identity of its own: a role of its pod, task or instance, a profile, keys in its environment, or `access.access_key_id` and `access.secret_access_key`."
        }
        AccessError::RoleRefused { .. } => {
            "Compare the role's ARN with the integration's, and its trust policy with the one that `assay integration add` printed: principal, action and external id."
        }
        AccessError::Settings { .. } => "Register the integration again with this corrected.",
        AccessError::OutsideScope => "Give an object inside the integration's buckets and prefixes.",
        AccessError::Address(_) => "Give another object.",
        AccessError::ListingRefused { .. } => {
            "Allow s3:ListBucket in the role's permission policy, and register the integration with `--may-list`."
        }
        AccessError::IntegrationSuspended { .. } | AccessError::ForeignIntegration | AccessError::Signing(_) => {
            "Report this: it is a fault of Assay."
        }
    }
}
