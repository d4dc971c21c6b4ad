//! Which rows can't succeed: told at once, rather than by a failed record of each.

use crate::config::Config;
use crate::verbs::integration::no_integration;
use assay_access::scope::covered;
use assay_contract::address::Reading;
use assay_contract::{AssetAddress, Integration, IntegrationId, Job, OrganizationId};
use assay_store::{Store, StoreError};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Looks at one row after the other, as a worker will.
pub(super) struct Vetting<'a> {
    store: &'a Store,
    config: &'a Config,
    organization: &'a OrganizationId,
    /// What was asked of the store so far; `None` is the organisation's default.
    integrations: HashMap<Option<IntegrationId>, Option<Integration>>,
    /// Half a digest of each name that was seen, and where: a manifest may have millions.
    names: HashMap<[u8; 16], String>,
}

impl<'a> Vetting<'a> {
    pub(super) fn new(store: &'a Store, config: &'a Config, organization: &'a OrganizationId) -> Self {
        Self { store, config, organization, integrations: HashMap::new(), names: HashMap::new() }
    }

    /// Why a row can't succeed, `None` where nothing is known against it. `place` is where it stands.
    pub(super) async fn objection(&mut self, job: &Job, place: &str) -> Result<Option<String>, StoreError> {
        if let Err(unknown) = self.config.profile(&job.profile) {
            return Ok(Some(unknown.to_string()));
        }
        if let Some(objection) = self.of_address(job).await? {
            return Ok(Some(objection));
        }
        Ok(job.global_key.as_deref().and_then(|name| self.of_name(name, place)))
    }

    async fn of_address(&mut self, job: &Job) -> Result<Option<String>, StoreError> {
        let Some(uri) = job.asset.uri() else { return Ok(None) };
        let told = |error: String| Ok(Some(format!("its address can't be read: {error}")));
        // Without an integration an https address is taken as signed; a bucket's is read with the organisation's default.
        let scheme = uri.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        if job.integration.is_none() && matches!(scheme.as_deref(), Some("https" | "http")) {
            return AssetAddress::parse(uri, Reading::AsSigned).map_or_else(|error| told(error.to_string()), |_| Ok(None));
        }
        let address = match AssetAddress::parse(uri, Reading::Delegated) {
            Ok(address) => address,
            Err(error) => return told(error.to_string()),
        };
        let organization = self.organization;
        let Some(integration) = self.integration(job.integration.as_ref()).await? else {
            let none =
                || format!("it names no integration, and the organisation {organization} has no default: name one with --integration");
            return Ok(Some(job.integration.as_ref().map_or_else(none, |id| no_integration(organization, id))));
        };
        let AssetAddress::S3 { bucket, key, .. } = &address else {
            return Ok(Some(format!(
                "the integration {} reads S3: its address must be s3://BUCKET/KEY, or S3's own https form",
                integration.id
            )));
        };
        let refused = covered(integration, bucket, key).err();
        Ok(refused.map(|error| format!("{error} ({}; `assay integration list` shows what it covers)", integration.id)))
    }

    async fn integration(&mut self, id: Option<&IntegrationId>) -> Result<Option<&Integration>, StoreError> {
        let found = match self.integrations.entry(id.cloned()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unasked) => unasked.insert(match id {
                Some(id) => self.store.integration(self.organization, id).await?,
                None => self.store.default_integration(self.organization).await?,
            }),
        };
        Ok(found.as_ref())
    }

    /// Two rows of one name would replace each other's facts.
    fn of_name(&mut self, name: &str, place: &str) -> Option<String> {
        let digest = Sha256::digest(name);
        let (half, _) = digest.split_first_chunk::<16>()?;
        match self.names.entry(*half) {
            Entry::Occupied(before) => Some(format!("its global_key is that of {} already", before.get())),
            Entry::Vacant(new) => {
                new.insert(place.to_owned());
                None
            }
        }
    }
}
