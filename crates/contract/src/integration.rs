//! A customer's delegation: which role to assume, and what it may reach. Holds no secret.

use crate::id::{IntegrationId, OrganizationId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An integration as it is registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Integration {
    /// Whose it is; a job of another organisation may not use it.
    pub organization_id: OrganizationId,
    /// Its name.
    pub id: IntegrationId,
    /// How access is delegated.
    pub delegation: DelegationSettings,
    /// What it may reach; empty is nothing.
    pub scope: Vec<ScopeEntry>,
    /// Whether the customer also grants listing, so that a missing key can be told from a forbidden one.
    #[serde(default)]
    pub may_list: bool,
    /// Whether it is the organisation's default.
    #[serde(default)]
    pub is_default: bool,
    /// Set while its jobs are parked.
    #[serde(default)]
    pub suspended_since: Option<Timestamp>,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// How access is delegated; a closed list, so that a typo is no provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "provider", rename_all = "lowercase", deny_unknown_fields)]
pub enum DelegationSettings {
    /// `sts:AssumeRole` with an external id that we made.
    Aws {
        /// ARN of the customer's role.
        role_arn: String,
        /// Made by us, one for each integration, never chosen by the customer.
        external_id: String,
        /// Region of the buckets where it is known; learnt otherwise.
        #[serde(default)]
        region: Option<String>,
        /// Account that must own the buckets, where it is known.
        #[serde(default)]
        bucket_owner: Option<String>,
    },
}

/// A part of a customer's storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeEntry {
    /// Bucket name.
    pub bucket: String,
    /// Keys that begin so; empty is the whole bucket.
    #[serde(default)]
    pub prefix: String,
}

impl Integration {
    /// Whether an object lies inside the integration's scope.
    pub fn covers(&self, bucket: &str, key: &str) -> bool {
        self.scope.iter().any(|entry| entry.bucket == bucket && key.starts_with(&entry.prefix))
    }
}
