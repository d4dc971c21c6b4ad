//! `assay integration check`: the integration tried for real, one line a check.

use crate::aws::Cloud;
use assay_contract::{AssetAddress, Integration};

/// One check and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckLine {
    /// What was checked.
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

/// Runs every check.
pub(crate) async fn check(cloud: &Cloud, integration: &Integration, sample: Option<&AssetAddress>) -> Vec<CheckLine> {
    let _ = (cloud, integration, sample);
    Vec::new()
}
