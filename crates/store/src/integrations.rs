//! Integrations: registered, made default, suspended, removed; each within its organisation.

use crate::error::StoreError;
use crate::sql::{Line, values};
use crate::store::{Store, moment, tenant};
use assay_contract::{Integration, IntegrationId, OrganizationId};
use jiff::Timestamp;

impl Store {
    /// Registers an integration, or replaces the one of this name as a whole.
    pub async fn put_integration(&self, integration: &Integration) -> Result<(), StoreError> {
        let organization = &integration.organization_id;
        let settings = serde_json::to_string(integration).map_err(StoreError::unreadable("integration"))?;
        let mut work = self.pools.begin().await?;
        if integration.is_default {
            work.write(
                "UPDATE integrations SET is_default = 0 WHERE organization_id = $1 AND is_default = 1",
                values![tenant(organization)],
            )
            .await?;
        }
        work.write(
            "INSERT INTO integrations (organization_id, id, settings, is_default, suspended_since_us) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (organization_id, id) DO UPDATE SET settings = excluded.settings, is_default = excluded.is_default, \
             suspended_since_us = excluded.suspended_since_us",
            values![
                tenant(organization),
                integration.id.as_str(),
                settings,
                i64::from(integration.is_default),
                integration.suspended_since.map(Timestamp::as_microsecond),
            ],
        )
        .await?;
        work.commit().await
    }

    /// An integration; `None` where this organisation has none of that name.
    pub async fn integration(&self, organization: &OrganizationId, id: &IntegrationId) -> Result<Option<Integration>, StoreError> {
        let line = self
            .pools
            .read_one(
                "SELECT settings, is_default, suspended_since_us FROM integrations WHERE organization_id = $1 AND id = $2",
                values![tenant(organization), id.as_str()],
            )
            .await?;
        line.as_ref().map(integration).transpose()
    }

    /// An organisation's integrations, by name.
    pub async fn integrations(&self, organization: &OrganizationId) -> Result<Vec<Integration>, StoreError> {
        let found = self
            .pools
            .read(
                "SELECT settings, is_default, suspended_since_us FROM integrations WHERE organization_id = $1 ORDER BY id",
                values![tenant(organization)],
            )
            .await?;
        found.iter().map(integration).collect()
    }

    /// The integration that an organisation's jobs use when they name none.
    pub async fn default_integration(&self, organization: &OrganizationId) -> Result<Option<Integration>, StoreError> {
        let line = self
            .pools
            .read_one(
                "SELECT settings, is_default, suspended_since_us FROM integrations WHERE organization_id = $1 AND is_default = 1",
                values![tenant(organization)],
            )
            .await?;
        line.as_ref().map(integration).transpose()
    }

    /// Makes an integration the default, in place of the one that was.
    pub async fn set_default_integration(&self, organization: &OrganizationId, id: &IntegrationId) -> Result<(), StoreError> {
        let mut work = self.pools.begin().await?;
        work.write("UPDATE integrations SET is_default = 0 WHERE organization_id = $1 AND is_default = 1", values![tenant(organization)])
            .await?;
        let found = work
            .write(
                "UPDATE integrations SET is_default = 1 WHERE organization_id = $1 AND id = $2",
                values![tenant(organization), id.as_str()],
            )
            .await?;
        if found == 0 {
            return Err(StoreError::IntegrationUnknown(id.clone()));
        }
        work.commit().await
    }

    /// Suspends an integration after repeated refusals; a suspension that began earlier stays as it is.
    pub async fn suspend_integration(&self, organization: &OrganizationId, id: &IntegrationId, since: Timestamp) -> Result<(), StoreError> {
        let found = self
            .pools
            .write(
                "UPDATE integrations SET suspended_since_us = COALESCE(suspended_since_us, $3) WHERE organization_id = $1 AND id = $2",
                values![tenant(organization), id.as_str(), since.as_microsecond()],
            )
            .await?;
        if found == 0 { Err(StoreError::IntegrationUnknown(id.clone())) } else { Ok(()) }
    }

    /// Ends a suspension and queues the rows that were held for it; how many those were.
    pub async fn lift_suspension(&self, organization: &OrganizationId, id: &IntegrationId) -> Result<u64, StoreError> {
        let mut work = self.pools.begin().await?;
        let found = work
            .write(
                "UPDATE integrations SET suspended_since_us = NULL WHERE organization_id = $1 AND id = $2",
                values![tenant(organization), id.as_str()],
            )
            .await?;
        if found == 0 {
            return Err(StoreError::IntegrationUnknown(id.clone()));
        }
        let rows = work
            .write(
                "UPDATE data_rows SET state = 'queued', changed_at_us = $3 \
                 WHERE organization_id = $1 AND integration = $2 AND state = 'held'",
                values![tenant(organization), id.as_str(), self.now_us()],
            )
            .await?;
        work.commit().await?;
        Ok(rows)
    }

    /// Removes an integration; whether there was one. Its records stay.
    pub async fn remove_integration(&self, organization: &OrganizationId, id: &IntegrationId) -> Result<bool, StoreError> {
        let removed = self
            .pools
            .write("DELETE FROM integrations WHERE organization_id = $1 AND id = $2", values![tenant(organization), id.as_str()])
            .await?;
        Ok(removed > 0)
    }
}

fn integration(line: &Line) -> Result<Integration, StoreError> {
    let settings: Integration = serde_json::from_str(&line.text("settings")?).map_err(StoreError::unreadable("integration"))?;
    Ok(Integration {
        is_default: line.number("is_default")? == 1,
        suspended_since: line.maybe_number("suspended_since_us")?.map(moment),
        ..settings
    })
}
