//! Which rows can't succeed: told at once, rather than by a failed record of each.

use super::queue::Known;
use crate::config::Config;
use crate::verbs::integration::no_integration;
use assay_access::scope::covered;
use assay_contract::address::Reading;
use assay_contract::job::AttachmentType;
use assay_contract::manifest::Defaults;
use assay_contract::{AssetAddress, Integration, IntegrationId, Job, JobId};
use assay_store::{RowState, Store, StoreError};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Looks at one row after the other, as a worker will.
pub(super) struct Vetting<'a> {
    store: &'a Store,
    config: &'a Config,
    defaults: &'a Defaults,
    /// What was asked of the store so far; `None` is the organisation's default.
    integrations: HashMap<Option<IntegrationId>, Option<Integration>>,
    /// Half a digest of each name that was seen, and where: a manifest may have millions.
    names: HashMap<[u8; 16], String>,
    /// The same of each id that was given.
    ids: HashMap<[u8; 16], String>,
    known: Known,
    /// Of the jobs that are looked at next, what was submitted before.
    submitted: HashMap<JobId, RowState>,
}

/// Who named a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// Its sender: the id may be known.
    BySender,
    /// We did, just now.
    ByUs,
}

impl<'a> Vetting<'a> {
    pub(super) fn new(store: &'a Store, config: &'a Config, defaults: &'a Defaults, known: Known) -> Self {
        Self {
            store,
            config,
            defaults,
            integrations: HashMap::new(),
            names: HashMap::new(),
            ids: HashMap::new(),
            known,
            submitted: HashMap::new(),
        }
    }

    /// Asks at once what is known of jobs that are looked at next, and forgets those before.
    pub(super) async fn expect(&mut self, jobs: &[JobId]) -> Result<(), StoreError> {
        if self.known == Known::Refused {
            let rows = self.store.rows_of(&self.defaults.organization, jobs).await?;
            self.submitted = rows.into_iter().map(|row| (row.job_id, row.state)).collect();
        }
        Ok(())
    }

    /// Why a row can't succeed, `None` where nothing is known against it. `place` is where it stands.
    /// Of one that its sender named, [`Vetting::expect`] was told before.
    pub(super) async fn objection(&mut self, job: &Job, named: Named, place: &str) -> Result<Option<String>, StoreError> {
        if job.task_id.as_ref() != Some(&self.defaults.task) {
            return Ok(Some("it names a task: each submission is a task of its own; leave `task_id` out".to_owned()));
        }
        if let Err(unknown) = self.config.profile(&job.profile) {
            return Ok(Some(unknown.to_string()));
        }
        if let Some(expired) = job.expires_at.filter(|end| *end <= Timestamp::now()) {
            return Ok(Some(format!("it expired at {expired}: give it a later `expires_at`, or none")));
        }
        if let Some(uri) = job.asset.uri()
            && let Some(objection) = self.of_address(job, uri).await?
        {
            return Ok(Some(objection));
        }
        if let Some(objection) = self.of_attachments(job).await? {
            return Ok(Some(objection));
        }
        if named == Named::BySender
            && let Some(objection) = self.of_id(&job.job_id, place)
        {
            return Ok(Some(objection));
        }
        // Last: the name of a row that is refused is free.
        Ok(job.global_key.as_deref().and_then(|name| seen(&mut self.names, name, place, "global_key")))
    }

    /// A job is done once: a second of its id would be passed over, whatever its asset is.
    fn of_id(&mut self, id: &JobId, place: &str) -> Option<String> {
        let twice = seen(&mut self.ids, id.as_str(), place, "job_id");
        twice.or_else(|| {
            let state = self.submitted.get(id)?;
            let said =
                format!("a job of its job_id was submitted before ({}): a job is done once; give it an id of its own", state.as_str());
            let hint = ", or go on with a submission that broke off by --again";
            Some(if *state == RowState::Queued { said + hint } else { said })
        })
    }

    async fn of_address(&mut self, job: &Job, uri: &str) -> Result<Option<String>, StoreError> {
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
        let organization = &self.defaults.organization;
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

    /// They are read as the row's own asset is. What one of an unknown type holds is not known either: it costs no row.
    async fn of_attachments(&mut self, job: &Job) -> Result<Option<String>, StoreError> {
        for (index, attachment) in job.attachments.iter().enumerate() {
            if attachment.words().is_some() || matches!(attachment.attachment_type, AttachmentType::Other(_)) {
                continue;
            }
            if let Some(objection) = self.of_address(job, &attachment.uri).await? {
                return Ok(Some(format!("attachments[{index}]: {objection}")));
            }
        }
        Ok(None)
    }

    async fn integration(&mut self, id: Option<&IntegrationId>) -> Result<Option<&Integration>, StoreError> {
        let found = match self.integrations.entry(id.cloned()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unasked) => unasked.insert(match id {
                Some(id) => self.store.integration(&self.defaults.organization, id).await?,
                None => self.store.default_integration(&self.defaults.organization).await?,
            }),
        };
        Ok(found.as_ref())
    }
}

/// Two rows of one name would replace each other's facts.
fn seen(before: &mut HashMap<[u8; 16], String>, name: &str, place: &str, what: &str) -> Option<String> {
    let digest = Sha256::digest(name);
    let (half, _) = digest.split_first_chunk::<16>()?;
    match before.entry(*half) {
        Entry::Occupied(before) => Some(format!("its {what} is that of {} already", before.get())),
        Entry::Vacant(new) => {
            new.insert(place.to_owned());
            None
        }
    }
}
