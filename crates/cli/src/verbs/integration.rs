//! `assay integration`: registers and checks customers' delegations.

mod asked;
mod policies;

use crate::args::{AddIntegration, Integration as Arguments, IntegrationVerb, SettingsArguments};
use crate::assemble;
use crate::config::{self, Config};
use crate::exit::{Exit, complain, say};
use anyhow::Context;
use assay_access::{Outcome, new_external_id};
use assay_contract::address::Reading;
use assay_contract::integration::DelegationSettings;
use assay_contract::{AssetAddress, Integration, IntegrationId, OrganizationId};
use assay_store::Store;
use jiff::Timestamp;
use policies::Policies;
use serde_json::json;

/// Adds, lists, shows, checks, makes default or removes.
pub async fn run(settings: &SettingsArguments, arguments: Arguments) -> anyhow::Result<Exit> {
    let config = config::read(settings)?;
    let store = match &arguments.verb {
        IntegrationVerb::Add(add) => {
            // What is mistyped makes no store.
            asked::sound(add, &config)?;
            assemble::store(&config).await?
        }
        _ => assemble::existing_store(&config).await?,
    };
    let organization = &settings.organization;
    match arguments.verb {
        IntegrationVerb::Add(add) => self::add(&config, &store, organization, add).await,
        IntegrationVerb::List { json } => list(&store, organization, json).await,
        IntegrationVerb::Show { id, worker_role, json } => {
            worker_role.as_deref().map(|arn| asked::role_arn("--worker-role", arn)).transpose()?;
            let integration = store.integration(organization, &id).await?.with_context(|| no_integration(organization, &id))?;
            let policies = Policies::of(&integration, &config, worker_role).await;
            if json { policies.say_json(&integration) } else { show(&integration, &policies) }
        }
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
    let scope = asked::scope(&add.covers)?;
    for note in asked::wider_than_a_folder(&scope) {
        complain(&note);
    }
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
    let policies = Policies::of(&integration, config, add.worker_role).await;
    if add.json {
        return policies.say_json(&integration);
    }
    say(&format!("Integration {} of {organization} is {word}. Its external id is {external_id}", integration.id))?;
    policies.say(&integration)?;
    say(&format!("\nWhen the customer has pasted both: assay --organization {organization} integration check {}", integration.id))?;
    Ok(Exit::Complete)
}

fn show(integration: &Integration, policies: &Policies) -> anyhow::Result<Exit> {
    let DelegationSettings::Aws { role_arn, external_id, region, bucket_owner } = &integration.delegation;
    let or = |value: &Option<String>, otherwise: &str| value.clone().unwrap_or_else(|| otherwise.to_owned());
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    for (name, value) in [
        ("integration", integration.id.to_string()),
        ("organisation", integration.organization_id.to_string()),
        ("role", role_arn.clone()),
        ("external id", external_id.clone()),
        ("covers", asked::covered(integration).join(" ")),
        ("may list", yes(integration.may_list)),
        ("region", or(region, "learnt from the bucket")),
        ("bucket owner", or(bucket_owner, "not checked")),
        ("default", yes(integration.is_default)),
        ("suspended", integration.suspended_since.map_or_else(|| yes(false), |since| format!("since {since:.0}"))),
        ("registered", format!("{:.0}", integration.created_at)),
    ] {
        say(&format!("{name:<13} {value}"))?;
    }
    policies.say(integration)?;
    Ok(Exit::Complete)
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
        let state = if integration.suspended_since.is_some() { " · suspended" } else { "" };
        let default = if integration.is_default { " · default" } else { "" };
        say(&format!("{:<24} {}{default}{state}", integration.id, asked::covered(&integration).join(" ")))?;
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
