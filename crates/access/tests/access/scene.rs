//! A customer's bucket behind a role on the stand-in cloud, and an integration that may use it.

use assay_access::{Access, AccessConfig, AccessError, Purpose, WorkerIdentity, permission_policy, trust_policy};
use assay_contract::address::Reading;
use assay_contract::clock::{Clock, SharedClock, SystemClock};
use assay_contract::integration::{DelegationSettings, ScopeEntry};
use assay_contract::{AssetAddress, Integration, SignedUrl};
use assay_testkit::cloud::{ObjectOptions, Role, StandInCloud, WORKER_PRINCIPAL};
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) const ROLE: &str = "arn:aws:iam::222222222222:role/assay-reader";
pub(crate) const BUCKET: &str = "acme-raw";
pub(crate) const QUARTER_HOUR: Duration = Duration::from_mins(15);

/// A cloud with one bucket of one object, and an access to it.
pub(crate) struct Scene {
    pub(crate) cloud: StandInCloud,
    pub(crate) access: Access,
    pub(crate) integration: Integration,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A scene whose integration is changed before the customer pastes its policies.
    pub(crate) async fn with(change: impl FnOnce(&mut Integration)) -> Self {
        Self::at(SystemClock::shared(), change).await
    }

    pub(crate) async fn at(clock: SharedClock, change: impl FnOnce(&mut Integration)) -> Self {
        let cloud = StandInCloud::start().await;
        cloud.add_bucket(BUCKET, None, None);
        cloud.put_object(BUCKET, "2026/street.jpg", &b"street"[..], ObjectOptions::default());
        let mut integration = integration("org_acme", "int_acme");
        change(&mut integration);
        paste(&cloud, &integration);
        let access = access(&cloud, clock).await;
        Self { cloud, access, integration }
    }

    pub(crate) async fn sign(&self, uri: &str) -> Result<SignedUrl, AccessError> {
        self.access.sign(Some(&self.integration), &address(uri), QUARTER_HOUR, &purpose("org_acme")).await
    }

    /// Status and body of the object behind an address.
    pub(crate) async fn read(&self, uri: &str) -> (u16, Vec<u8>) {
        get(&self.sign(uri).await.unwrap()).await
    }

    pub(crate) fn assumptions(&self) -> usize {
        self.cloud.counts().get("AssumeRole").copied().unwrap_or_default()
    }
}

/// What the customer does: the role gets the policies that we print.
pub(crate) fn paste(cloud: &StandInCloud, integration: &Integration) {
    let DelegationSettings::Aws { role_arn, .. } = &integration.delegation;
    cloud.add_role(Role::new(role_arn, trust_policy(integration, WORKER_PRINCIPAL), permission_policy(integration)));
}

pub(crate) fn integration(organization: &str, id: &str) -> Integration {
    Integration {
        organization_id: organization.parse().unwrap(),
        id: id.parse().unwrap(),
        delegation: DelegationSettings::Aws {
            role_arn: ROLE.to_owned(),
            external_id: assay_access::new_external_id(),
            region: None,
            bucket_owner: None,
        },
        scope: vec![ScopeEntry { bucket: BUCKET.to_owned(), prefix: String::new() }],
        may_list: false,
        is_default: false,
        suspended_since: None,
        created_at: "2026-11-21T20:00:00Z".parse().unwrap(),
    }
}

pub(crate) async fn access(cloud: &StandInCloud, clock: SharedClock) -> Access {
    let (access_key_id, secret_access_key) = cloud.worker_identity();
    Access::new(AccessConfig {
        identity: WorkerIdentity::Static { access_key_id, secret_access_key },
        sts_endpoint: Some(cloud.endpoint().to_owned()),
        s3_endpoint: Some(cloud.endpoint().to_owned()),
        clock,
        ..AccessConfig::default()
    })
    .await
}

pub(crate) fn address(uri: &str) -> AssetAddress {
    AssetAddress::parse(uri, Reading::Delegated).unwrap()
}

pub(crate) fn purpose(organization: &str) -> Purpose {
    Purpose { job_id: "job-1".parse().unwrap(), organization_id: organization.parse().unwrap() }
}

pub(crate) async fn get(url: &SignedUrl) -> (u16, Vec<u8>) {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let response = client.get(url.url.expose()).send().await.unwrap();
    (response.status().as_u16(), response.bytes().await.unwrap().to_vec())
}

/// A clock that a test turns.
#[derive(Debug)]
pub(crate) struct Turned(Mutex<Timestamp>);

impl Turned {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Timestamp::now())))
    }

    pub(crate) fn turn(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        *now += SignedDuration::try_from(by).unwrap();
    }
}

impl Clock for Turned {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}
