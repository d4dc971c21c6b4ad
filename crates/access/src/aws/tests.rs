//! Names, hosts and regions that follow from an integration, without any call.

use super::*;
use assay_contract::Integration;
use assay_contract::integration::{DelegationSettings, ScopeEntry};
use aws_credential_types::Credentials as Keys;
use jiff::Timestamp;

fn integration(role: &str, region: Option<&str>) -> Integration {
    Integration {
        organization_id: "org:acme@eu".parse().unwrap(),
        id: "int_acme".parse().unwrap(),
        delegation: DelegationSettings::Aws {
            role_arn: role.into(),
            external_id: "assay-1".into(),
            region: region.map(str::to_owned),
            bucket_owner: None,
        },
        scope: vec![ScopeEntry { bucket: "acme-raw".into(), prefix: String::new() }],
        may_list: false,
        is_default: false,
        suspended_since: None,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

async fn cloud(region: Option<&str>) -> Cloud {
    let identity = crate::WorkerIdentity::Static { access_key_id: "AKIA".into(), secret_access_key: Secret::new("s".into()) };
    let config = AccessConfig { identity, region: region.map(str::to_owned), ..AccessConfig::default() };
    let sts = Sts::new(&config).await;
    let credentials = Credentials::new(config.clock.clone());
    Cloud { config, sts, credentials, regions: Regions::default() }
}

fn session(ends_in: SignedDuration) -> Session {
    let credentials = Keys::new("ASIA", "secret", Some("token".into()), None, "test");
    Session { credentials, expires_at: Timestamp::now() + ends_in }
}

fn url(delegation: &AwsDelegation<'_>, bucket: &str, of_address: Option<&str>) -> String {
    let signed = delegation.presigned(&session(SignedDuration::from_hours(1)), (bucket, "k"), of_address, &[], Duration::from_mins(1));
    signed.unwrap().url.expose().clone()
}

#[tokio::test]
async fn the_host_follows_partition_region_and_bucket() {
    for (role, config, setting, of_address, bucket, want) in [
        ("arn:aws:iam::2:role/r", None, None, None, "acme-raw", "https://acme-raw.s3.us-east-1.amazonaws.com/k?"),
        ("arn:aws:iam::2:role/r", Some("eu-west-1"), None, None, "acme-raw", "https://acme-raw.s3.eu-west-1.amazonaws.com/k?"),
        (
            "arn:aws:iam::2:role/r",
            Some("eu-west-1"),
            Some("eu-north-1"),
            None,
            "acme-raw",
            "https://acme-raw.s3.eu-north-1.amazonaws.com/k?",
        ),
        (
            "arn:aws:iam::2:role/r",
            None,
            Some("eu-north-1"),
            Some("sa-east-1"),
            "acme-raw",
            "https://acme-raw.s3.sa-east-1.amazonaws.com/k?",
        ),
        ("arn:aws:iam::2:role/r", None, None, None, "media.acme.org", "https://s3.us-east-1.amazonaws.com/media.acme.org/k?"),
        ("arn:aws-cn:iam::2:role/r", Some("eu-west-1"), None, None, "acme-raw", "https://acme-raw.s3.cn-north-1.amazonaws.com.cn/k?"),
        (
            "arn:aws-us-gov:iam::2:role/r",
            None,
            Some("us-gov-east-1"),
            None,
            "acme-raw",
            "https://acme-raw.s3.us-gov-east-1.amazonaws.com/k?",
        ),
    ] {
        let (cloud, integration) = (cloud(config).await, integration(role, setting));
        let delegation = AwsDelegation::new(&cloud, &integration).unwrap();
        let url = url(&delegation, bucket, of_address);
        assert!(url.starts_with(want), "{want}: {url}");
        let region = want.split("s3.").nth(1).unwrap().split('.').next().unwrap();
        assert!(url.contains(&format!("%2F{region}%2Fs3%2Faws4_request")), "{url}");
    }
}

#[tokio::test]
async fn what_a_bucket_answered_beats_what_an_address_says() {
    let (cloud, integration) = (cloud(None).await, integration("arn:aws:iam::2:role/r", None));
    let delegation = AwsDelegation::new(&cloud, &integration).unwrap();
    cloud.regions.learn("acme-raw", "eu-west-3");
    assert!(url(&delegation, "acme-raw", Some("us-west-2")).contains(".s3.eu-west-3."));
    assert!(url(&delegation, "acme-raw2", Some("evil.example/")).contains(".s3.us-east-1."));
}

#[tokio::test]
async fn a_url_ends_before_its_credentials_do() {
    let (cloud, integration) = (cloud(None).await, integration("arn:aws:iam::2:role/r", None));
    let delegation = AwsDelegation::new(&cloud, &integration).unwrap();
    let session = session(SignedDuration::from_secs(100));
    let signed = delegation.presigned(&session, ("acme-raw", "k"), None, &[], Duration::from_mins(15)).unwrap();
    assert!(signed.expires_at.unwrap() < session.expires_at);
    let expires = signed.url.expose().split("X-Amz-Expires=").nth(1).unwrap().split('&').next().unwrap().parse::<u64>().unwrap();
    assert!((80..95).contains(&expires), "100 s less 5 s of slack, in whole seconds: {expires}");
}

#[tokio::test]
async fn settings_that_would_leave_the_host_are_refused() {
    let cloud = cloud(None).await;
    for (role, region) in [("r", None), ("arn:aws-x:iam::2:role/r", None), ("arn:aws:iam::2:role/r", Some("evil.example/"))] {
        let integration = integration(role, region);
        assert!(matches!(AwsDelegation::new(&cloud, &integration), Err(AccessError::Settings { .. })), "{role}");
    }
}

#[test]
fn session_names_stay_in_stss_characters_and_apart() {
    assert_eq!(session_name("assay=org:acme@eu=int"), "assay=org-acme@eu=int");
    let long = |end: &str| session_name(&format!("assay={}{end}", "o".repeat(200)));
    assert_eq!(long("a").len(), MAX_SESSION_NAME);
    assert_ne!(long("a"), long("b"));
    assert_eq!(session_name(&"o".repeat(64)).len(), 64);
}
