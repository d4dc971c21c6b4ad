//! The policies around a delegation: what the customer pastes, and what we give up of it again for each session.

use crate::partition::Partition;
use assay_contract::Integration;
use assay_contract::integration::{DelegationSettings, ScopeEntry};
use serde_json::{Value, json};

/// Longest session policy that STS takes, in characters
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
pub const MAX_SESSION_POLICY: usize = 2048;

/// The trust policy that the customer puts on the role: our principal, and only with this integration's external id.
///
/// `sts:SetSourceIdentity` lets our sessions carry the organisation's name into the customer's CloudTrail.
pub fn trust_policy(integration: &Integration, our_principal: &str) -> Value {
    let DelegationSettings::Aws { external_id, .. } = &integration.delegation;
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": { "AWS": our_principal },
                "Action": "sts:AssumeRole",
                "Condition": { "StringEquals": { "sts:ExternalId": external_id } },
            },
            { "Effect": "Allow", "Principal": { "AWS": our_principal }, "Action": "sts:SetSourceIdentity" },
        ],
    })
}

/// The permission policy that the customer puts on the role: reading the scope, and nothing else.
pub fn permission_policy(integration: &Integration) -> Value {
    let partition = partition(integration);
    let entries: Vec<&ScopeEntry> = integration.scope.iter().collect();
    let mut buckets: Vec<&str> = entries.iter().map(|entry| entry.bucket.as_str()).collect();
    buckets.sort_unstable();
    buckets.dedup();
    let mut statements = vec![read_statement(partition, &entries)];
    if integration.may_list {
        for bucket in buckets {
            let of_bucket: Vec<&ScopeEntry> = entries.iter().copied().filter(|entry| entry.bucket == bucket).collect();
            statements.push(list_statement(partition, bucket, &of_bucket));
        }
    }
    statements.push(decrypt_statement(partition));
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// What one session may do: read the integration's prefixes in `bucket`; `None` when even one prefix does not fit.
///
/// Where all prefixes of the bucket do not fit [`MAX_SESSION_POLICY`], the session is for the one that covers `key`.
pub fn session_policy(integration: &Integration, bucket: &str, key: &str) -> Option<String> {
    let of_bucket: Vec<&ScopeEntry> = integration.scope.iter().filter(|entry| entry.bucket == bucket).collect();
    let covering = of_bucket.iter().copied().find(|entry| key.starts_with(&entry.prefix))?;
    [of_bucket.as_slice(), &[covering]]
        .into_iter()
        .map(|entries| session_text(integration, bucket, entries))
        .find(|text| text.len() <= MAX_SESSION_POLICY)
}

fn session_text(integration: &Integration, bucket: &str, entries: &[&ScopeEntry]) -> String {
    let partition = partition(integration);
    let mut statements = vec![read_statement(partition, entries), decrypt_statement(partition)];
    if integration.may_list {
        statements.push(list_statement(partition, bucket, entries));
    }
    ascii(&json!({ "Version": "2012-10-17", "Statement": statements }).to_string())
}

fn read_statement(partition: Partition, entries: &[&ScopeEntry]) -> Value {
    let resources: Vec<String> =
        entries.iter().map(|entry| format!("arn:{}:s3:::{}/{}*", partition.name(), entry.bucket, literal(&entry.prefix))).collect();
    json!({ "Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": resources })
}

/// Listing below the prefixes. `IfExists`, because S3 asks for `s3:ListBucket` without any `s3:prefix`
/// when it decides whether a missing key is a 404 or a 403.
fn list_statement(partition: Partition, bucket: &str, entries: &[&ScopeEntry]) -> Value {
    let mut statement =
        json!({ "Effect": "Allow", "Action": "s3:ListBucket", "Resource": format!("arn:{}:s3:::{bucket}", partition.name()) });
    if entries.iter().all(|entry| !entry.prefix.is_empty()) {
        let prefixes: Vec<String> = entries.iter().map(|entry| format!("{}*", literal(&entry.prefix))).collect();
        if let Some(object) = statement.as_object_mut() {
            object.insert("Condition".to_owned(), json!({ "StringLikeIfExists": { "s3:prefix": prefixes } }));
        }
    }
    statement
}

/// Decryption, but only by S3 on the reader's behalf (<https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html>).
fn decrypt_statement(partition: Partition) -> Value {
    json!({
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": { "StringLike": { "kms:ViaService": format!("s3.*.{}", partition.dns_suffix()) } },
    })
}

/// A prefix that matches only itself: policy patterns would read `*`, `?` and `$` as their own
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>, "special characters").
fn literal(prefix: &str) -> String {
    prefix.chars().fold(String::with_capacity(prefix.len()), |mut text, c| {
        match c {
            '*' | '?' | '$' => text.extend(['$', '{', c, '}']),
            _ => text.push(c),
        }
        text
    })
}

/// JSON with every character over U+007E escaped: STS takes none over U+00FF in a session policy.
fn ascii(json: &str) -> String {
    let mut units = [0; 2];
    json.chars().fold(String::with_capacity(json.len()), |mut text, c| {
        if c.is_ascii() {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut units) {
                text.extend(format!("\\u{unit:04x}").chars());
            }
        }
        text
    })
}

fn partition(integration: &Integration) -> Partition {
    let DelegationSettings::Aws { role_arn, .. } = &integration.delegation;
    Partition::of_arn(role_arn).unwrap_or(Partition::Aws)
}

#[cfg(test)]
mod tests;
