//! Access: an address and an integration become a lease, which signs URLs for one asset until the job is over.

use crate::part::Part;
use crate::rooms::Rooms;
use assay_access::{AccessError, Purpose};
use assay_contract::address::{AddressError, Reading};
use assay_contract::{AssetAddress, Code, Failure, Integration, SignedUrl};
use assay_fetch::{Lesson, Signer};
use assay_store::StoreError;
use async_trait::async_trait;
use jiff::Timestamp;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// The right to read one asset, held by `access`; signs again when a signature runs out.
pub struct Lease<'r> {
    rooms: &'r Rooms,
    integration: Option<Integration>,
    address: AssetAddress,
    purpose: Purpose,
    spent: Mutex<Duration>,
}

/// Why there is no lease.
#[derive(Debug)]
pub enum NoLease {
    /// An answer for the record.
    Refused(Box<Failure>),
    /// The store did not answer.
    Outage(StoreError),
}

/// Finds the integration and reads the address. Nothing is signed yet.
pub async fn lease<'r>(rooms: &'r Rooms, part: &Part<'_>, uri: &str) -> Result<Lease<'r>, NoLease> {
    let job = part.job;
    let integration = integration(rooms, part, uri).await?;
    let reading = if integration.is_some() { Reading::Delegated } else { Reading::AsSigned };
    let address = AssetAddress::parse(uri, reading).map_err(unreadable)?;
    if integration.is_none() && !matches!(address, AssetAddress::Https(_)) {
        let failure = Failure::new(Code::IntegrationUnknown).because("the job names none, and the organisation has no default");
        return Err(NoLease::Refused(Box::new(failure)));
    }
    let purpose = Purpose { job_id: job.job_id.clone(), organization_id: job.organization_id.clone() };
    Ok(Lease { rooms, integration, address, purpose, spent: Mutex::new(Duration::ZERO) })
}

/// The integration that a job names; for a bucket's address without one, the organisation's default.
async fn integration(rooms: &Rooms, part: &Part<'_>, uri: &str) -> Result<Option<Integration>, NoLease> {
    let organization = &part.job.organization_id;
    match &part.job.integration {
        Some(id) => match rooms.store.integration(organization, id).await {
            Ok(Some(integration)) => Ok(Some(integration)),
            Ok(None) => Err(NoLease::Refused(Box::new(Failure::new(Code::IntegrationUnknown)))),
            Err(error) => Err(NoLease::Outage(error)),
        },
        None if uri.starts_with("https://") || uri.starts_with("http://") => Ok(None),
        None => rooms.store.default_integration(organization).await.map_err(NoLease::Outage),
    }
}

fn unreadable(error: AddressError) -> NoLease {
    let code = match error {
        AddressError::NotHttps => Code::AddressRefused,
        _ => Code::AddressUnreadable,
    };
    NoLease::Refused(Box::new(Failure::new(code).because(error)))
}

impl Lease<'_> {
    /// The asset's address without any secret.
    pub fn public(&self) -> String {
        self.address.public()
    }

    /// Whether a missing key can be told from a forbidden one.
    pub fn may_list(&self) -> bool {
        self.integration.as_ref().is_some_and(|integration| integration.may_list)
    }

    /// Time spent on roles and signatures so far.
    pub async fn spent(&self) -> Duration {
        *self.spent.lock().await
    }

    /// A suspension that `access` found for this signature must outlive this worker.
    ///
    /// One that it only remembers, from before `asked`, may have been lifted since. STS is asked again within a minute, and where it
    /// still refuses, the suspension is found anew.
    async fn keep_suspension(&self, error: &AccessError, asked: Timestamp) {
        let (AccessError::IntegrationSuspended { since }, Some(integration)) = (error, &self.integration) else { return };
        if *since >= asked
            && let Err(error) = self.rooms.store.suspend_integration(&integration.organization_id, &integration.id, *since).await
        {
            tracing::warn!(%error, integration = %integration.id, "a suspension could not be stored");
        }
    }
}

#[async_trait]
impl Signer for Lease<'_> {
    async fn sign(&self) -> Result<SignedUrl, Failure> {
        let (asked, began) = (self.rooms.clock.now(), Instant::now());
        let signed =
            self.rooms.access.sign(self.integration.as_ref(), &self.address, self.rooms.settings.url_lifetime, &self.purpose).await;
        *self.spent.lock().await += began.elapsed();
        if let Err(error) = &signed {
            self.keep_suspension(error, asked).await;
        }
        signed.map_err(|error| error.failure())
    }

    async fn learn(&self, lesson: &Lesson) {
        match (lesson, &self.address, &self.integration) {
            (Lesson::Region(region), AssetAddress::S3 { bucket, .. }, _) => self.rooms.access.region_learned(bucket, region),
            (Lesson::TokenRejected, _, Some(integration)) => {
                let _ = self.rooms.access.token_rejected(integration);
            }
            (Lesson::Region(_) | Lesson::TokenRejected, _, _) => {}
        }
    }
}
