//! What `integration add` was asked for: a slip here would be noticed only when the first job fails.

use crate::args::AddIntegration;
use crate::config::Config;
use assay_access::partition::{Partition, is_account, is_aws_region, is_bucket, is_region};
use assay_contract::Integration;
use assay_contract::integration::ScopeEntry;

/// Refuses what can't be so.
pub(super) fn sound(add: &AddIntegration, config: &Config) -> anyhow::Result<()> {
    role_arn("--role-arn", &add.role_arn)?;
    add.worker_role.as_deref().map(|arn| role_arn("--worker-role", arn)).transpose()?;
    scope(&add.covers)?;
    if let Some(owner) = &add.bucket_owner {
        anyhow::ensure!(is_account(owner), "--bucket-owner {owner}: the number of an AWS account has twelve digits");
    }
    if let Some(region) = &add.region {
        // Another store than AWS's own may call its regions as it likes.
        let known = if config.access.s3_endpoint.is_some() { is_region(region) } else { is_aws_region(region) };
        anyhow::ensure!(known, "--region {region}: no region has such a name; the form is eu-central-1");
        let elsewhere = Partition::of_arn(&add.role_arn).filter(|partition| *partition != Partition::of_region(region));
        if let Some(partition) = elsewhere {
            anyhow::bail!("--region {region}: it is not in the partition {} of the role", partition.name());
        }
    }
    Ok(())
}

/// Refuses what is no role's ARN.
pub(super) fn role_arn(argument: &str, text: &str) -> anyhow::Result<()> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let sound = Partition::of_arn(text).is_some()
        && matches!(parts.as_slice(), [_, _, "iam", "", account, role]
            if is_account(account) && role.len() > "role/".len() && role.starts_with("role/"));
    anyhow::ensure!(sound, "{argument} {text}: the form is arn:aws:iam::ACCOUNT:role/NAME");
    Ok(())
}

/// The buckets and prefixes.
pub(super) fn scope(covers: &[String]) -> anyhow::Result<Vec<ScopeEntry>> {
    covers.iter().map(|text| scope_entry(text)).collect()
}

fn scope_entry(text: &str) -> anyhow::Result<ScopeEntry> {
    let rest =
        text.strip_prefix("s3://").ok_or_else(|| anyhow::anyhow!("--covers {text}: the form is s3://BUCKET or s3://BUCKET/PREFIX"))?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    anyhow::ensure!(!bucket.is_empty(), "--covers {text}: the bucket is missing");
    anyhow::ensure!(is_bucket(bucket), "--covers {text}: no bucket can be called {bucket:?}");
    Ok(ScopeEntry { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
}

/// A sentence for each prefix that covers more than the folder that was probably meant.
pub(super) fn wider_than_a_folder(scope: &[ScopeEntry]) -> Vec<String> {
    let wide = scope.iter().filter(|entry| !entry.prefix.is_empty() && !entry.prefix.ends_with('/'));
    let note = |ScopeEntry { bucket, prefix }: &ScopeEntry| {
        format!(
            "note: s3://{bucket}/{prefix} covers every key that begins so, {prefix}-old/a.jpg too; for the folder alone: --covers s3://{bucket}/{prefix}/"
        )
    };
    wide.map(note).collect()
}

/// The buckets and prefixes as they are written.
pub(super) fn covered(integration: &Integration) -> Vec<String> {
    integration.scope.iter().map(|entry| format!("s3://{}/{}", entry.bucket, entry.prefix)).collect()
}
