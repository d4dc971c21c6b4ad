//! The two policies that a customer pastes into the role, as they are printed.

use crate::assemble;
use crate::config::Config;
use crate::exit::{Exit, say};
use assay_access::{permission_policy, trust_policy};
use assay_contract::Integration;
use assay_contract::integration::DelegationSettings;
use serde_json::{Value, json};

/// Stands in the trust policy where nobody knows the workers' role.
const PLACEHOLDER: &str = "arn:aws:iam::YOUR-ACCOUNT:role/THE-WORKER-S-ROLE";

/// Both policies of an integration.
pub(super) struct Policies {
    trust: Value,
    permission: Value,
    principal: Principal,
}

/// Whom the trust policy names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Principal {
    Known,
    Placeholder,
}

impl Policies {
    /// The policies for a worker's role, for whoever this machine is where none is named.
    pub(super) async fn of(integration: &Integration, config: &Config, worker_role: Option<String>) -> Self {
        let ours = match worker_role {
            Some(arn) => Some(arn),
            None => assemble::access(config).await.our_principal().await.ok(),
        };
        let principal = if ours.is_some() { Principal::Known } else { Principal::Placeholder };
        let trust = trust_policy(integration, ours.as_deref().unwrap_or(PLACEHOLDER));
        Self { trust, permission: permission_policy(integration), principal }
    }

    /// For a person.
    pub(super) fn say(&self, integration: &Integration) -> anyhow::Result<()> {
        say("\nTrust policy of the customer's role (who may assume it):\n")?;
        say(&serde_json::to_string_pretty(&self.trust)?)?;
        say("\nPermission policy of the customer's role (what it may read):\n")?;
        say(&serde_json::to_string_pretty(&self.permission)?)?;
        if self.principal == Principal::Placeholder {
            say(&format!(
                "\nThis machine has no AWS identity, so the trust policy names a placeholder, {PLACEHOLDER}. To have it filled in: \
                 assay --organization {} integration show {} --worker-role ARN, with the ARN of the role that the workers run as.",
                integration.organization_id, integration.id
            ))?;
        }
        Ok(())
    }

    /// For a machine.
    pub(super) fn say_json(&self, integration: &Integration) -> anyhow::Result<Exit> {
        let DelegationSettings::Aws { external_id, .. } = &integration.delegation;
        let said = json!({ "integration": integration, "external_id": external_id, "trust_policy": self.trust, "permission_policy": self.permission });
        say(&said.to_string())?;
        Ok(Exit::Complete)
    }
}
