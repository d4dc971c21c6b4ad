//! `assay integration`: registers and checks customers' delegations.

use crate::args::{AddIntegration, Integration as Arguments, IntegrationVerb, SettingsArguments};
use crate::assemble;
use crate::config::{self, Config};
use crate::exit::{Exit, say};
use assay_access::partition::Partition;
use assay_access::{Outcome, new_external_id, permission_policy, trust_policy};
use assay_contract::address::Reading;
use assay_contract::integration::{DelegationSettings, ScopeEntry};
use assay_contract::{AssetAddress, Integration, IntegrationId, OrganizationId};
use assay_store::Store;
use jiff::Timestamp;
use serde_json::json;

/// Adds, lists, checks, makes default or removes.
pub async fn run(settings: &SettingsArguments, arguments: Arguments) -> anyhow::Result<Exit> {
    let config = config::read(settings)?;
    let store = match &arguments.verb {
        IntegrationVerb::Add(add) => {
            // What is mistyped makes no store.
            role_arn(&add.role_arn)?;
            scope(&add.covers)?;
            assemble::store(&config).await?
        }
        _ => assemble::existing_store(&config).await?,
    };
    let organization = &settings.organization;
    match arguments.verb {
        IntegrationVerb::Add(add) => self::add(&config, &store, organization, add).await,
        IntegrationVerb::List { json } => list(&store, organization, json).await,
        IntegrationVerb::Check { id, sample, json } => check(&config, &store, organization, &id, sample.as_deref(), json).await,
        IntegrationVerb::Default { id } => {
            store.set_default_integration(organization, &id).await?;
            say(&format!("{id} is now the default of {organization}"))?;
            Ok(Exit::Complete)
        }
        IntegrationVerb::Remove { id } => {
            anyhow::ensure!(store.remove_integration(organization, &id).await?, "{}", no_integration(organization, &id));
            say(&format!("{id} is removed"))?;
            Ok(Exit::Complete)
        }
    }
}

/// The sentence for whoever names one that is not there.
pub fn no_integration(organization: &OrganizationId, id: &IntegrationId) -> String {
    format!("organisation {organization} has no integration {id}; `assay integration list` shows those it has, `add` registers one")
}

async fn add(config: &Config, store: &Store, organization: &OrganizationId, add: AddIntegration) -> anyhow::Result<Exit> {
    let scope = scope(&add.covers)?;
    let before = store.integration(organization, &add.id).await?;
    // The external id stays when an integration is registered again: the customer's trust policy names it.
    let external_id = before.as_ref().map_or_else(new_external_id, |integration| match &integration.delegation {
        DelegationSettings::Aws { external_id, .. } => external_id.clone(),
    });
    let word = if before.is_some() { "changed" } else { "registered" };
    let integration = Integration {
        organization_id: organization.clone(),
        id: add.id,
        delegation: DelegationSettings::Aws {
            role_arn: add.role_arn,
            external_id: external_id.clone(),
            region: add.region,
            bucket_owner: add.bucket_owner,
        },
        scope,
        may_list: add.may_list,
        is_default: before.as_ref().is_some_and(|before| before.is_default),
        suspended_since: before.as_ref().and_then(|before| before.suspended_since),
        created_at: before.map_or_else(Timestamp::now, |before| before.created_at),
    };
    store.put_integration(&integration).await?;
    let principal = assemble::access(config).await.our_principal().await;
    let ours = principal.as_deref().unwrap_or("arn:aws:iam::YOUR-ACCOUNT:role/THE-WORKER-S-ROLE");
    let (trust, permission) = (trust_policy(&integration, ours), permission_policy(&integration));
    if add.json {
        say(&json!({ "integration": integration, "external_id": external_id, "trust_policy": trust, "permission_policy": permission })
            .to_string())?;
        return Ok(Exit::Complete);
    }
    say(&format!("Integration {} of {organization} is {word}. Its external id is {external_id}", integration.id))?;
    say("\nTrust policy of the customer's role (who may assume it):\n")?;
    say(&serde_json::to_string_pretty(&trust)?)?;
    say("\nPermission policy of the customer's role (what it may read):\n")?;
    say(&serde_json::to_string_pretty(&permission)?)?;
    if principal.is_err() {
        say("\nThis machine has no AWS identity, so the trust policy names a placeholder: put the ARN of the workers' role there.")?;
    }
    say(&format!("\nWhen the customer has pasted both: assay --organization {organization} integration check {}", integration.id))?;
    Ok(Exit::Complete)
}

/// What is mistyped here would be noticed only when the first job fails.
fn role_arn(text: &str) -> anyhow::Result<()> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let sound = Partition::of_arn(text).is_some()
        && matches!(parts.as_slice(), [_, _, "iam", "", account, role]
            if account.len() == 12 && account.bytes().all(|digit| digit.is_ascii_digit()) && role.len() > "role/".len() && role.starts_with("role/"));
    anyhow::ensure!(sound, "--role-arn {text}: the form is arn:aws:iam::ACCOUNT:role/NAME");
    Ok(())
}

fn scope(covers: &[String]) -> anyhow::Result<Vec<ScopeEntry>> {
    covers.iter().map(|text| scope_entry(text)).collect()
}

fn scope_entry(text: &str) -> anyhow::Result<ScopeEntry> {
    let rest =
        text.strip_prefix("s3://").ok_or_else(|| anyhow::anyhow!("--covers {text}: the form is s3://BUCKET or s3://BUCKET/PREFIX"))?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    anyhow::ensure!(!bucket.is_empty(), "--covers {text}: the bucket is missing");
    Ok(ScopeEntry { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
}

async fn list(store: &Store, organization: &OrganizationId, json: bool) -> anyhow::Result<Exit> {
    let integrations = store.integrations(organization).await?;
    if integrations.is_empty() && !json {
        say(&format!("organisation {organization} has no integrations; `assay integration add` registers one"))?;
    }
    for integration in integrations {
        if json {
            say(&serde_json::to_string(&integration)?)?;
            continue;
        }
        let scope: Vec<String> = integration.scope.iter().map(|entry| format!("s3://{}/{}", entry.bucket, entry.prefix)).collect();
        let state = if integration.suspended_since.is_some() { " · suspended" } else { "" };
        let default = if integration.is_default { " · default" } else { "" };
        say(&format!("{:<24} {}{default}{state}", integration.id, scope.join(" ")))?;
    }
    Ok(Exit::Complete)
}

async fn check(
    config: &Config,
    store: &Store,
    organization: &OrganizationId,
    id: &IntegrationId,
    sample: Option<&str>,
    json: bool,
) -> anyhow::Result<Exit> {
    let Some(integration) = store.integration(organization, id).await? else {
        anyhow::bail!(no_integration(organization, id));
    };
    let sample = sample.map(|uri| AssetAddress::parse(uri, Reading::Delegated)).transpose()?;
    let lines = assemble::access(config).await.check(&integration, sample.as_ref()).await;
    for line in &lines {
        let (mark, word) = match line.outcome {
            Outcome::Passed => ("✓", "passed"),
            Outcome::Failed => ("✗", "failed"),
            Outcome::Skipped => ("–", "skipped"),
        };
        if json {
            say(&json!({ "check": line.name, "outcome": word, "found": line.found, "advice": line.advice }).to_string())?;
            continue;
        }
        say(&format!("{mark} {:<34} {}", line.name, line.found))?;
        if let Some(advice) = &line.advice {
            say(&format!("  → {advice}"))?;
        }
    }
    let failed = lines.iter().any(|line| line.outcome == Outcome::Failed);
    if !failed {
        store.lift_suspension(organization, id).await?;
    }
    Ok(if failed { Exit::Failed } else { Exit::Complete })
}
