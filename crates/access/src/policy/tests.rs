//! The policies, as IAM would read them, and within STS's limits.

use super::*;

fn integration(scope: &[(&str, &str)], role: &str) -> Integration {
    Integration {
        organization_id: "org_acme".parse().unwrap(),
        id: "int_acme".parse().unwrap(),
        delegation: DelegationSettings::Aws { role_arn: role.into(), external_id: "assay-1".into(), region: None, bucket_owner: None },
        scope: scope.iter().map(|(bucket, prefix)| ScopeEntry { bucket: (*bucket).into(), prefix: (*prefix).into() }).collect(),
        may_list: true,
        is_default: false,
        suspended_since: None,
        created_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

const ROLE: &str = "arn:aws:iam::2:role/r";

#[test]
fn a_session_is_for_one_bucket_of_the_scope() {
    let policy = session_policy(&integration(&[("a", "x/"), ("b", "y/")], ROLE), "a", "x/1").unwrap();
    assert!(policy.contains("arn:aws:s3:::a/x/*") && !policy.contains(":::b"), "{policy}");
    assert!(session_policy(&integration(&[("a", "x/")], ROLE), "c", "x/1").is_none());
}

#[test]
fn many_prefixes_are_narrowed_to_the_one_that_covers_the_key() {
    let prefixes: Vec<String> = (0..100).map(|n| format!("projects/{n:03}/raw/")).collect();
    let scope: Vec<(&str, &str)> = prefixes.iter().map(|prefix| ("acme", prefix.as_str())).collect();
    let policy = session_policy(&integration(&scope, ROLE), "acme", "projects/042/raw/a.jpg").unwrap();
    assert!(policy.len() <= MAX_SESSION_POLICY);
    assert!(policy.contains("projects/042/raw/*") && !policy.contains("projects/041"), "{policy}");
}

#[test]
fn a_session_policy_never_passes_stss_limit() {
    let fits = |bytes: usize| {
        let prefix = "p".repeat(bytes);
        let mut integration = integration(&[("acme", prefix.as_str())], ROLE);
        integration.may_list = false;
        session_policy(&integration, "acme", &format!("{prefix}k")).map(|policy| policy.len())
    };
    let room = MAX_SESSION_POLICY - fits(0).unwrap();
    assert_eq!(fits(room - 1), Some(MAX_SESSION_POLICY - 1));
    assert_eq!(fits(room), Some(MAX_SESSION_POLICY));
    assert_eq!(fits(room + 1), None);
}

#[test]
fn a_session_policy_is_ascii_and_says_the_same() {
    let policy = session_policy(&integration(&[("acme", "日本/🗼/")], ROLE), "acme", "日本/🗼/1").unwrap();
    assert!(policy.is_ascii());
    let read: Value = serde_json::from_str(&policy).unwrap();
    assert_eq!(read["Statement"][0]["Resource"][0], "arn:aws:s3:::acme/日本/🗼/*");
}

#[test]
fn every_partition_has_its_own_arns_and_hosts() {
    for (name, host) in [("aws", "s3.*.amazonaws.com"), ("aws-cn", "s3.*.amazonaws.com.cn"), ("aws-us-gov", "s3.*.amazonaws.com")] {
        let policy = permission_policy(&integration(&[("acme", "")], &format!("arn:{name}:iam::2:role/r")));
        assert_eq!(policy["Statement"][0]["Resource"][0], format!("arn:{name}:s3:::acme/*"));
        assert_eq!(policy["Statement"][1]["Resource"], format!("arn:{name}:s3:::acme"));
        assert_eq!(policy["Statement"][2]["Condition"]["StringLike"]["kms:ViaService"], host);
    }
}

#[test]
fn listing_is_asked_for_only_where_the_integration_opts_in() {
    let mut integration = integration(&[("acme", "x/")], ROLE);
    assert!(permission_policy(&integration).to_string().contains("s3:ListBucket"));
    integration.may_list = false;
    assert!(!permission_policy(&integration).to_string().contains("s3:ListBucket"));
    assert!(!session_policy(&integration, "acme", "x/1").unwrap().contains("s3:ListBucket"));
}

#[test]
fn the_trust_policy_asks_for_the_external_id() {
    let policy = trust_policy(&integration(&[], ROLE), "arn:aws:iam::1:role/worker");
    assert_eq!(policy["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"], "assay-1");
    assert_eq!(policy["Statement"][0]["Principal"]["AWS"], "arn:aws:iam::1:role/worker");
}
