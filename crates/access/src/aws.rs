//! Delegation by AWS: the customer's role is assumed with our external id, and its temporary credentials sign the URL.

use crate::config::AccessConfig;
use crate::credentials::{Credentials, Owner, SessionKey};
use crate::delegation::{Delegation, Purpose};
use crate::error::AccessError;
use crate::partition::{Partition, is_region};
use crate::policy::session_policy;
use crate::presign::{Request, presign};
use crate::regions::Regions;
use crate::scope::covered;
use crate::sts::{Assumption, Session, Sts};
use assay_contract::integration::DelegationSettings;
use assay_contract::signed_url::Origin;
use assay_contract::{AssetAddress, Integration, Secret, SignedUrl};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// The URL ends this long before the credentials do: the provider's clock is not ours.
const BEFORE_CREDENTIALS: SignedDuration = SignedDuration::from_secs(5);
/// Longest session name and source identity (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
const MAX_SESSION_NAME: usize = 64;

/// What all delegations of one process share.
#[derive(Debug)]
pub struct Cloud {
    pub(crate) config: AccessConfig,
    pub(crate) sts: Sts,
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) regions: Regions,
}

/// One integration's delegation.
#[derive(Debug)]
pub struct AwsDelegation<'a> {
    pub(crate) cloud: &'a Cloud,
    pub(crate) integration: &'a Integration,
    pub(crate) settings: Settings<'a>,
}

/// The integration's settings, checked.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    pub(crate) role_arn: &'a str,
    pub(crate) external_id: &'a str,
    pub(crate) region: Option<&'a str>,
    pub(crate) bucket_owner: Option<&'a str>,
    pub(crate) partition: Partition,
}

impl<'a> AwsDelegation<'a> {
    /// The delegation of an integration whose settings can be used.
    pub fn new(cloud: &'a Cloud, integration: &'a Integration) -> Result<Self, AccessError> {
        let DelegationSettings::Aws { role_arn, external_id, region, bucket_owner } = &integration.delegation;
        let unusable = |field, reason| AccessError::Settings { field, reason };
        let partition = Partition::of_arn(role_arn).ok_or(unusable("role_arn", "it is no ARN of aws, aws-cn or aws-us-gov"))?;
        if external_id.is_empty() {
            return Err(unusable("external_id", "it is empty"));
        }
        if region.as_deref().is_some_and(|region| !is_region(region)) {
            return Err(unusable("region", "it is no region's name"));
        }
        let settings = Settings { role_arn, external_id, region: region.as_deref(), bucket_owner: bucket_owner.as_deref(), partition };
        Ok(Self { cloud, integration, settings })
    }

    pub(crate) fn owner(&self) -> Owner {
        Owner {
            organization: self.integration.organization_id.to_string(),
            integration: self.integration.id.to_string(),
            role_arn: self.settings.role_arn.to_owned(),
            external_id: self.settings.external_id.to_owned(),
        }
    }

    /// Credentials that can read `key` in `bucket`, and little else.
    pub(crate) async fn session(&self, bucket: &str, key: &str, wish: Duration) -> Result<Session, AccessError> {
        let policy = session_policy(self.integration, bucket, key).ok_or(AccessError::Settings {
            field: "scope",
            reason: "one of its prefixes is too long for a session policy; give a shorter one",
        })?;
        let sts = self.cloud.sts.clone();
        let role_arn = self.settings.role_arn.to_owned();
        let external_id = self.settings.external_id.to_owned();
        let (session_name, source_identity) = self.names();
        let region = self.sts_region();
        let key = SessionKey { owner: self.owner(), policy: policy.clone() };
        let assume = async move {
            sts.assume(&Assumption {
                role_arn: &role_arn,
                external_id: Some(&external_id),
                policy: Some(&policy),
                session_name: &session_name,
                source_identity: Some(&source_identity),
                region: &region,
            })
            .await
        };
        self.cloud.credentials.session(key, wish, assume).await
    }

    /// A signed GET on the bucket, or on one key in it.
    pub(crate) fn presigned(
        &self,
        session: &Session,
        place: (&str, &str),
        region: Option<&str>,
        query: &[(&str, &str)],
        lifetime: Duration,
    ) -> Result<SignedUrl, AccessError> {
        let (bucket, key) = place;
        let now = self.cloud.config.clock.now();
        let left = session.expires_at.duration_since(now) - BEFORE_CREDENTIALS;
        let left = Duration::try_from(left).map_err(|_| AccessError::Signing("the credentials have ended"))?;
        let lifetime = Duration::from_secs(lifetime.min(left).as_secs().max(1));
        let region = self.region(bucket, region);
        let base = self.base(bucket, &region);
        let mut query = query.to_vec();
        if let Some(owner) = self.settings.bucket_owner {
            // S3 enforces it in the query only when it is written in lower case (aws/aws-sdk-go-v2 issue 2508).
            query.push(("x-amz-expected-bucket-owner", owner));
        }
        let request = Request { base: &base, key, query: &query, region: &region, lifetime, at: now };
        let url: Secret<String> = presign(&session.credentials, &request)?;
        Ok(SignedUrl { url, expires_at: now.checked_add(lifetime).ok(), origin: Origin::Bucket })
    }

    /// Where to ask STS for this role.
    pub(crate) fn sts_region(&self) -> String {
        self.settings.partition.sts_region(self.cloud.config.region.as_deref())
    }

    /// Session name and source identity: what the customer's CloudTrail shows beside each read.
    pub(crate) fn names(&self) -> (String, String) {
        let organization = self.integration.organization_id.as_str();
        (session_name(&format!("assay={organization}={}", self.integration.id)), session_name(&format!("assay={organization}")))
    }

    /// What the bucket itself answered beats what an address or a setting says.
    fn region(&self, bucket: &str, of_address: Option<&str>) -> String {
        let partition = self.settings.partition;
        let config = self.cloud.config.region.as_deref();
        self.cloud.regions.of(partition, bucket).unwrap_or_else(|| {
            let known = of_address.filter(|region| is_region(region)).or(self.settings.region).or(config);
            partition.sts_region(known)
        })
    }

    fn base(&self, bucket: &str, region: &str) -> String {
        let suffix = self.settings.partition.dns_suffix();
        match &self.cloud.config.s3_endpoint {
            Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
            None if virtual_hostable(bucket) => format!("https://{bucket}.s3.{region}.{suffix}"),
            None => format!("https://s3.{region}.{suffix}/{bucket}"),
        }
    }
}

#[async_trait]
impl Delegation for AwsDelegation<'_> {
    async fn sign(&self, asset: &AssetAddress, lifetime: Duration, purpose: &Purpose) -> Result<SignedUrl, AccessError> {
        if purpose.organization_id != self.integration.organization_id {
            return Err(AccessError::ForeignIntegration);
        }
        if let Some(since) = self.integration.suspended_since {
            return Err(AccessError::IntegrationSuspended { since });
        }
        let AssetAddress::S3 { bucket, key, version_id, region } = asset else {
            return Err(AccessError::Address("this integration reads S3; give an s3:// address or an S3 https URL"));
        };
        covered(self.integration, bucket, key)?;
        let session = self.session(bucket, key, lifetime).await?;
        // S3's access log keeps query parameters that begin with `x-`
        // (https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html).
        let mut query = vec![("x-assay-job", purpose.job_id.as_str())];
        query.extend(version_id.as_deref().map(|version| ("versionId", version)));
        self.presigned(&session, (bucket, key), region.as_deref(), &query, lifetime)
    }
}

/// Whether TLS's wildcard certificate covers the bucket as a host label: no dots, and a DNS label.
fn virtual_hostable(bucket: &str) -> bool {
    (3..=63).contains(&bucket.len()) && bucket.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A text in the characters that STS takes for names, `[\w+=,.@-]`; a long one is cut and kept apart by a digest.
fn session_name(text: &str) -> String {
    let name: String = text.chars().map(|c| if c.is_ascii_alphanumeric() || "_+=,.@-".contains(c) { c } else { '-' }).collect();
    if name.len() <= MAX_SESSION_NAME {
        return name;
    }
    let digest: String = URL_SAFE_NO_PAD.encode(Sha256::digest(text)).chars().take(10).collect();
    let kept: String = name.chars().take(MAX_SESSION_NAME - digest.len() - 1).collect();
    format!("{kept}.{digest}")
}

#[cfg(test)]
mod tests;
