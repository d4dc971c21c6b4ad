//! The room's door: which delegation signs an asset, and what is learnt from the provider's answers.

use crate::aws::{AwsDelegation, Cloud};
use crate::check::CheckLine;
use crate::config::AccessConfig;
use crate::credentials::{Credentials, TokenRejection};
use crate::delegation::{Delegation, Purpose};
use crate::error::AccessError;
use crate::listing::ListedPage;
use crate::partition::Partition;
use crate::presigned::Presigned;
use crate::regions::Regions;
use crate::sts::Sts;
use assay_contract::{AssetAddress, Integration, SignedUrl};
use std::sync::Arc;
use std::time::Duration;

/// Signs assets for every integration of an installation. Cheap to clone; clones share their credentials.
#[derive(Debug, Clone)]
pub struct Access {
    cloud: Arc<Cloud>,
}

impl Access {
    /// Finds the worker's identity. It calls no provider: a missing identity shows at the first signature.
    pub async fn new(config: AccessConfig) -> Self {
        let sts = Sts::new(&config).await;
        let credentials = Credentials::new(config.clock.clone());
        Self { cloud: Arc::new(Cloud { config, sts, credentials, regions: Regions::default() }) }
    }

    /// One URL that can be read for `lifetime` at most.
    ///
    /// Without an integration only an https address is signed, which is to say handed on as it is.
    pub async fn sign(
        &self,
        integration: Option<&Integration>,
        asset: &AssetAddress,
        lifetime: Duration,
        purpose: &Purpose,
    ) -> Result<SignedUrl, AccessError> {
        match integration {
            None => Presigned.sign(asset, lifetime, purpose).await,
            Some(integration) => AwsDelegation::new(&self.cloud, integration)?.sign(asset, lifetime, purpose).await,
        }
    }

    /// Keeps the region that a bucket's provider answered (`x-amz-bucket-region` of a 301 or 400); the next signature uses it.
    pub fn region_learned(&self, bucket: &str, region: &str) {
        self.cloud.regions.learn(bucket, region);
    }

    /// To be called when a provider answered a *token* error (`ExpiredToken`, `InvalidToken`), never for a plain refusal.
    pub fn token_rejected(&self, integration: &Integration) -> TokenRejection {
        AwsDelegation::new(&self.cloud, integration)
            .map_or(TokenRejection::TooSoon, |delegation| self.cloud.credentials.token_rejected(&delegation.owner()))
    }

    /// The principal to put into a trust policy: the worker's own ARN, the role's where the worker runs as one.
    pub async fn our_principal(&self) -> Result<String, AccessError> {
        let region = self.cloud.config.region.as_deref();
        let partition = region.map_or(Partition::Aws, Partition::of_region);
        self.cloud.sts.caller(&partition.sts_region(region)).await.map(|arn| principal(&arn))
    }

    /// One page of the keys below `prefix`; `after` is the page before's [`ListedPage::next`].
    ///
    /// Needs an integration that may list, and a prefix inside its scope.
    pub async fn list(
        &self,
        integration: &Integration,
        bucket: &str,
        prefix: &str,
        after: Option<&str>,
    ) -> Result<ListedPage, AccessError> {
        crate::listing::page(&AwsDelegation::new(&self.cloud, integration)?, bucket, prefix, after).await
    }

    /// Tries an integration for real, one line a check, with what to do where one fails.
    ///
    /// `sample` is the object to read one byte of; without one the first listed object is read, where listing is granted.
    /// A passed check forgets this process's refusals; the caller clears `suspended_since`.
    pub async fn check(&self, integration: &Integration, sample: Option<&AssetAddress>) -> Vec<CheckLine> {
        crate::check::check(&self.cloud, integration, sample).await
    }
}

/// `arn:aws:sts::1:assumed-role/worker/i-0` is the session; trust policies name the role, `arn:aws:iam::1:role/worker`.
fn principal(arn: &str) -> String {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, "sts", _, account, resource] => match resource.split('/').collect::<Vec<_>>().as_slice() {
            ["assumed-role", role, _session] => format!("arn:{partition}:iam::{account}:role/{role}"),
            _ => arn.to_owned(),
        },
        _ => arn.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_trusted_by_its_role() {
        assert_eq!(principal("arn:aws:sts::1:assumed-role/worker/i-0"), "arn:aws:iam::1:role/worker");
        assert_eq!(principal("arn:aws:iam::1:user/worker"), "arn:aws:iam::1:user/worker");
    }
}
