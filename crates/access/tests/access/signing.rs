//! Signed URLs against the stand-in cloud: what can be read with them, and what can not.

use crate::scene::*;
use assay_access::AccessError;
use assay_contract::signed_url::Origin;
use assay_contract::{AssetAddress, Code};
use assay_testkit::cloud::{Encryption, ObjectOptions, Role, Storage};
use serde_json::json;

fn set_prefix(prefix: &str) -> impl FnOnce(&mut assay_contract::Integration) {
    let prefix = prefix.to_owned();
    move |integration| integration.scope[0].prefix = prefix
}

/// A role that may do more than the integration: the session policy must take it away again.
fn generous(scene: &Scene) {
    let trust = assay_access::trust_policy(&scene.integration, assay_testkit::cloud::WORKER_PRINCIPAL);
    let everything = json!({ "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    scene.cloud.add_role(Role::new(ROLE, trust, everything));
}

#[tokio::test]
async fn the_policies_we_print_let_an_object_be_read() {
    let scene = Scene::new().await;
    let signed = scene.sign("s3://acme-raw/2026/street.jpg").await.unwrap();
    assert_eq!(signed.origin, Origin::Bucket);
    assert!(signed.expires_at.is_some());
    assert_eq!(get(&signed).await, (200, b"street".to_vec()));
    let read = scene.cloud.requests().pop().unwrap();
    assert_eq!((read.operation.as_str(), read.job.as_deref(), read.bytes), ("GetObject", Some("job-1"), 6));
}

#[tokio::test]
async fn a_signature_holds_for_its_own_object_only() {
    let scene = Scene::new().await;
    scene.cloud.put_object(BUCKET, "2026/other.jpg", &b"other"[..], ObjectOptions::default());
    let signed = scene.sign("s3://acme-raw/2026/street.jpg").await.unwrap();
    let other = signed.url.expose().replace("street.jpg", "other.jpg");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(other).send().await.unwrap();
    assert_eq!(answer.status(), 403);
    assert!(answer.text().await.unwrap().contains("SignatureDoesNotMatch"));
    let head = client.head(signed.url.expose()).send().await.unwrap();
    assert_eq!(head.status(), 403);
    let without_job = signed.url.expose().replace("x-assay-job=job-1", "x-assay-job=job-2");
    assert_eq!(client.get(without_job).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn keys_with_any_bytes_read_back_right() {
    let scene = Scene::new().await;
    for key in [
        "a b.jpg",
        "a+b.jpg",
        "a#b.jpg",
        "a%41b.jpg",
        "a%2fb",
        "é.jpg",
        "e\u{301}.jpg",
        "a//b.jpg",
        "/lead.jpg",
        "tail/",
        "日本/東京 🗼.tif",
        "a&b=c?d.jpg",
        "a'(b)!*~.jpg",
        "...",
        "a/.hidden",
        "\\back",
        "a:b;c,d@e$f",
        "\"<>[]{}|^`",
    ] {
        let bytes = format!("bytes of {key}");
        scene.cloud.put_object(BUCKET, key, bytes.clone(), ObjectOptions::default());
        let (status, read) = scene.read(&format!("s3://{BUCKET}/{key}")).await;
        assert_eq!((status, String::from_utf8(read).unwrap()), (200, bytes), "{key}");
    }
}

#[tokio::test]
async fn a_key_that_url_parsers_rewrite_is_refused_with_a_sentence() {
    let scene = Scene::new().await;
    for key in ["./a", "../a", "a/../b", "a/./b", "a/.."] {
        let error = scene.sign(&format!("s3://{BUCKET}/{key}")).await.unwrap_err();
        let failure = error.failure();
        assert_eq!(failure.code, Code::AddressUnreadable, "{key}");
        assert!(failure.message.contains("rename the object") && !failure.message.contains(key), "{}", failure.message);
    }
}

#[tokio::test]
async fn an_object_outside_the_scope_is_never_signed() {
    let scene = Scene::with(set_prefix("2026/")).await;
    for uri in ["s3://acme-raw/2025/street.jpg", "s3://other/2026/street.jpg", "s3://acme-raw/2026"] {
        assert_eq!(scene.sign(uri).await.unwrap_err(), AccessError::OutsideScope, "{uri}");
    }
    assert_eq!(scene.assumptions(), 0);
}

#[tokio::test]
async fn a_session_reads_no_other_prefix_though_the_role_could() {
    let scene = Scene::with(set_prefix("2026/")).await;
    generous(&scene);
    scene.cloud.put_object(BUCKET, "2025/secret.jpg", &b"secret"[..], ObjectOptions::default());
    assert_eq!(scene.read("s3://acme-raw/2026/street.jpg").await.0, 200);

    // The same session, as a wider scope would sign it: the credentials are the first one's only if the policy is, so it is narrowed by hand.
    let mut wider = scene.integration.clone();
    wider.scope[0].prefix = String::new();
    let signed =
        scene.access.sign(Some(&wider), &address("s3://acme-raw/2025/secret.jpg"), QUARTER_HOUR, &purpose("org_acme")).await.unwrap();
    assert_eq!(get(&signed).await.0, 200, "the role itself allows it");
    assert_eq!(scene.assumptions(), 2, "a wider scope is another session");
    let narrow = assay_access::policy::session_policy(&scene.integration, BUCKET, "2026/street.jpg").unwrap();
    assert_eq!(session_status(&scene, &narrow, "2025/secret.jpg").await, 403);
    assert_eq!(session_status(&scene, &narrow, "2026/street.jpg").await, 200);
}

/// Reads a key with a session that has just this policy.
async fn session_status(scene: &Scene, policy: &str, key: &str) -> u16 {
    let config = worker(scene);
    let sts = assay_access::sts::Sts::new(&config).await;
    let assay_contract::integration::DelegationSettings::Aws { external_id, .. } = &scene.integration.delegation;
    let session = sts
        .assume(&assay_access::sts::Assumption {
            role_arn: ROLE,
            external_id: Some(external_id),
            policy: Some(policy),
            session_name: "test",
            source_identity: None,
            region: "us-east-1",
        })
        .await
        .unwrap();
    let base = format!("{}/{BUCKET}", scene.cloud.endpoint());
    let request = assay_access::presign::Request {
        base: &base,
        key,
        query: &[],
        region: "us-east-1",
        lifetime: QUARTER_HOUR,
        at: jiff::Timestamp::now(),
    };
    let url = assay_access::presign::presign(&session.credentials, &request).unwrap();
    get(&assay_contract::SignedUrl { url, expires_at: None, origin: Origin::Bucket }).await.0
}

fn worker(scene: &Scene) -> assay_access::AccessConfig {
    let (access_key_id, secret_access_key) = scene.cloud.worker_identity();
    assay_access::AccessConfig {
        identity: assay_access::WorkerIdentity::Static { access_key_id, secret_access_key },
        sts_endpoint: Some(scene.cloud.endpoint().to_owned()),
        ..assay_access::AccessConfig::default()
    }
}

#[tokio::test]
async fn a_prefix_with_pattern_characters_means_itself() {
    let scene = Scene::with(set_prefix("a*?$/é日/")).await;
    generous(&scene);
    let policy = assay_access::policy::session_policy(&scene.integration, BUCKET, "a*?$/é日/x").unwrap();
    for (key, want) in [("a*?$/é日/x", 200), ("abc$/é日/x", 403)] {
        scene.cloud.put_object(BUCKET, key, &b"x"[..], ObjectOptions::default());
        assert_eq!(session_status(&scene, &policy, key).await, want, "{key}");
    }
}

#[tokio::test]
async fn a_version_is_signed_and_read() {
    let scene = Scene::new().await;
    let first = scene.cloud.put_object(BUCKET, "k", &b"first"[..], ObjectOptions::default());
    scene.cloud.put_object(BUCKET, "k", &b"second"[..], ObjectOptions::default());
    assert_eq!(scene.read("s3://acme-raw/k").await, (200, b"second".to_vec()));
    assert_eq!(scene.read(&format!("s3://acme-raw/k?versionId={first}")).await, (200, b"first".to_vec()));
}

#[tokio::test]
async fn a_missing_key_is_told_from_a_forbidden_one_only_where_listing_is_granted() {
    let scene = Scene::with(set_prefix("2026/")).await;
    assert_eq!(scene.read("s3://acme-raw/2026/none.jpg").await.0, 403);
    let listing = Scene::with(|integration| {
        integration.scope[0].prefix = "2026/".to_owned();
        integration.may_list = true;
    })
    .await;
    assert_eq!(listing.read("s3://acme-raw/2026/none.jpg").await.0, 404);
}

#[tokio::test]
async fn encrypted_objects_are_read_through_s3_and_archived_ones_are_refused() {
    let scene = Scene::new().await;
    scene.cloud.put_object(BUCKET, "kms", &b"kms"[..], ObjectOptions { encryption: Encryption::CustomerKey, ..Default::default() });
    scene.cloud.put_object(BUCKET, "cold", &b"cold"[..], ObjectOptions { storage: Storage::Archived, ..Default::default() });
    assert_eq!(scene.read("s3://acme-raw/kms").await.0, 200);
    let (status, body) = scene.read("s3://acme-raw/cold").await;
    assert_eq!(status, 403);
    assert!(String::from_utf8(body).unwrap().contains("InvalidObjectState"));
    let mut permissions = assay_access::permission_policy(&scene.integration);
    permissions["Statement"].as_array_mut().unwrap().retain(|statement| statement["Action"] != "kms:Decrypt");
    scene.cloud.set_permissions(ROLE, permissions);
    let (status, body) = scene.read("s3://acme-raw/kms").await;
    assert_eq!(status, 403);
    assert!(String::from_utf8(body).unwrap().contains("kms:Decrypt"));
}

#[tokio::test]
async fn a_bucket_of_another_account_is_refused_where_the_owner_is_known() {
    let owned = |owner: &str| {
        let owner = owner.to_owned();
        move |integration: &mut assay_contract::Integration| {
            let assay_contract::integration::DelegationSettings::Aws { bucket_owner, .. } = &mut integration.delegation;
            *bucket_owner = Some(owner);
        }
    };
    for (owner, want) in [("222222222222", 200), ("333333333333", 403)] {
        let scene = Scene::with(owned(owner)).await;
        scene.cloud.add_bucket(BUCKET, None, Some("222222222222"));
        assert_eq!(scene.read("s3://acme-raw/2026/street.jpg").await.0, want);
    }
}

#[tokio::test]
async fn a_learnt_region_is_signed_for_from_then_on() {
    let scene = Scene::new().await;
    scene.cloud.add_bucket(BUCKET, Some("eu-west-1"), None);
    let signed = scene.sign("s3://acme-raw/2026/street.jpg").await.unwrap();
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = client.get(signed.url.expose()).send().await.unwrap();
    assert_eq!(answer.status(), 301);
    scene.access.region_learned(BUCKET, answer.headers()["x-amz-bucket-region"].to_str().unwrap());
    assert_eq!(scene.read("s3://acme-raw/2026/street.jpg").await.0, 200);
    scene.access.region_learned(BUCKET, "evil.example/");
    assert_eq!(scene.read("s3://acme-raw/2026/street.jpg").await.0, 200);
}

#[tokio::test]
async fn without_an_integration_only_an_https_address_is_handed_on() {
    let scene = Scene::new().await;
    let url = "https://cdn.example/a.jpg?sig=1";
    let sign = |asset: AssetAddress| {
        let access = scene.access.clone();
        async move { access.sign(None, &asset, QUARTER_HOUR, &purpose("org_acme")).await }
    };
    let signed = sign(AssetAddress::Https(url.to_owned())).await.unwrap();
    assert_eq!((signed.url.expose().as_str(), signed.expires_at, signed.origin), (url, None, Origin::Job));
    assert!(matches!(sign(address("s3://acme-raw/k")).await, Err(AccessError::Address(_))));
    for bad in ["https://cdn.example/a/../b", "https://cdn.example/%2E%2e/b", "https://cdn.example/a/.%2e?x=1"] {
        assert!(matches!(sign(AssetAddress::Https(bad.to_owned())).await, Err(AccessError::Address(_))), "{bad}");
    }
    assert!(sign(AssetAddress::Https("https://cdn.example/a?path=../b".to_owned())).await.is_ok());
}

#[tokio::test]
async fn an_integration_of_another_organisation_does_not_exist() {
    let scene = Scene::new().await;
    let asset = address("s3://acme-raw/2026/street.jpg");
    let error = scene.access.sign(Some(&scene.integration), &asset, QUARTER_HOUR, &purpose("org_other")).await.unwrap_err();
    assert_eq!(error.failure().code, Code::IntegrationUnknown);
    assert_eq!(scene.assumptions(), 0);
}
