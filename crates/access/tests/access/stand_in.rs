//! The stand-in cloud keeps its own promises: every other test leans on them.

use crate::scene::*;
use assay_access::sts::{Assumption, Sts};
use assay_access::{AccessConfig, AccessError, WorkerIdentity};
use assay_contract::Secret;
use assay_testkit::cloud::{Fault, Misbehaviour, ObjectOptions, When};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::time::{Duration, Instant};

const OBJECT: &str = "s3://acme-raw/2026/street.jpg";
const KEY: &str = "2026/street.jpg";

/// Status, headers and body of a read with these headers; an error where the body breaks off.
async fn read(scene: &Scene, headers: &[(&str, &str)]) -> (u16, HeaderMap, Result<Vec<u8>, reqwest::Error>) {
    let signed = scene.sign(OBJECT).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let pairs = headers.iter().map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap()));
    let answer = client.get(signed.url.expose()).headers(pairs.collect()).send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, headers, answer.bytes().await.map(|bytes| bytes.to_vec()))
}

#[tokio::test]
async fn ranges_and_conditions_are_s3s() {
    let scene = Scene::new().await;
    let (status, headers, body) = read(&scene, &[]).await;
    assert_eq!((status, body.unwrap()), (200, b"street".to_vec()));
    assert_eq!(
        (&headers["accept-ranges"], &headers["content-length"]),
        (&HeaderValue::from_static("bytes"), &HeaderValue::from_static("6"))
    );
    let etag = headers["etag"].to_str().unwrap();
    let modified = headers["last-modified"].to_str().unwrap();
    for (asked, want) in [
        (vec![("range", "bytes=1-2")], (206, &b"tr"[..])),
        (vec![("range", "bytes=1-2"), ("if-range", etag)], (206, &b"tr"[..])),
        (vec![("range", "bytes=1-2"), ("if-range", modified)], (206, &b"tr"[..])),
        (vec![("range", "bytes=1-2"), ("if-range", "\"other\"")], (200, &b"street"[..])),
        (vec![("range", "bytes=1-2"), ("if-match", etag)], (206, &b"tr"[..])),
        (vec![("if-none-match", etag)], (304, &b""[..])),
    ] {
        let (status, _, body) = read(&scene, &asked).await;
        assert_eq!((status, body.unwrap().as_slice()), want, "{asked:?}");
    }
    assert_eq!(read(&scene, &[("if-match", "\"other\"")]).await.0, 412);
    let (status, headers, _) = read(&scene, &[("range", "bytes=6-")]).await;
    assert_eq!((status, &headers["content-range"]), (416, &HeaderValue::from_static("bytes */6")));
}

#[tokio::test]
async fn faults_hit_the_reads_that_they_are_asked_for() {
    let scene = Scene::new().await;
    for (fault, status) in [(Fault::SlowDown, 503), (Fault::InternalError, 500)] {
        scene.cloud.misbehave(BUCKET, KEY, fault.clone().nth(2));
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(read(&scene, &[]).await.0);
        }
        assert_eq!(statuses, [200, status, 200]);
        scene.cloud.misbehave(BUCKET, KEY, fault.clone().first(1));
        assert_eq!((read(&scene, &[]).await.0, read(&scene, &[]).await.0), (status, 200));
        scene.cloud.misbehave(BUCKET, KEY, Misbehaviour { fault, when: When::From(2) });
        assert_eq!((read(&scene, &[]).await.0, read(&scene, &[]).await.0, read(&scene, &[]).await.0), (200, status, status));
        scene.cloud.behave(BUCKET, KEY);
        assert_eq!(read(&scene, &[]).await.0, 200);
    }
}

#[tokio::test]
async fn a_cut_body_and_a_lying_length_reach_the_client_as_such() {
    let scene = Scene::new().await;
    scene.cloud.put_object(BUCKET, KEY, vec![7; 300_000], ObjectOptions::default());
    scene.cloud.misbehave(BUCKET, KEY, Fault::CutAfter(100_000).always());
    let (status, headers, body) = read(&scene, &[]).await;
    assert_eq!((status, headers["content-length"].to_str().unwrap()), (200, "300000"));
    assert!(body.is_err());
    assert_eq!(scene.cloud.requests().last().unwrap().bytes, 100_000);

    scene.cloud.misbehave(BUCKET, KEY, Fault::ContentLength(300_001).always());
    assert!(read(&scene, &[]).await.2.is_err(), "one byte too few");
    scene.cloud.misbehave(BUCKET, KEY, Fault::ContentLength(299_999).always());
    assert_eq!(read(&scene, &[]).await.2.unwrap().len(), 299_999);
}

#[tokio::test]
async fn a_slow_body_is_slow_and_a_stalled_one_never_ends() {
    let scene = Scene::new().await;
    scene.cloud.put_object(BUCKET, KEY, vec![7; 1000], ObjectOptions::default());
    scene.cloud.misbehave(BUCKET, KEY, Fault::Slow { bytes_per_second: 2000 }.always());
    let begun = Instant::now();
    assert_eq!(read(&scene, &[]).await.2.unwrap().len(), 1000);
    assert!(begun.elapsed() >= Duration::from_millis(400));

    scene.cloud.misbehave(BUCKET, KEY, Fault::StallAfter(500).always());
    let stalled = tokio::time::timeout(Duration::from_millis(300), read(&scene, &[])).await;
    assert!(stalled.is_err());
    scene.cloud.misbehave(BUCKET, KEY, Fault::Silent.always());
    assert!(tokio::time::timeout(Duration::from_millis(300), read(&scene, &[])).await.is_err());
}

#[tokio::test]
async fn a_changed_object_has_another_etag_and_ranges_can_be_ignored() {
    let scene = Scene::new().await;
    let etag = read(&scene, &[]).await.1["etag"].clone();
    scene.cloud.misbehave(BUCKET, KEY, Fault::ReplacedBy((&b"replaced"[..]).into()).first(1));
    let (_, headers, body) = read(&scene, &[("range", "bytes=0-1"), ("if-range", etag.to_str().unwrap())]).await;
    assert_ne!(headers["etag"], etag);
    assert_eq!(body.unwrap(), b"replaced");
    scene.cloud.misbehave(BUCKET, KEY, Fault::IgnoreRange.always());
    assert_eq!(read(&scene, &[("range", "bytes=0-1")]).await.0, 200);
}

#[tokio::test]
async fn a_token_must_be_the_sessions_and_a_url_ends_when_it_says() {
    let scene = Scene::new().await;
    let signed = scene.access.sign(Some(&scene.integration), &address(OBJECT), Duration::from_secs(1), &purpose("org_acme")).await.unwrap();
    assert_eq!(get(&signed).await.0, 200);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let without = signed.url.expose().split('&').filter(|pair| !pair.starts_with("X-Amz-Security-Token")).collect::<Vec<_>>().join("&");
    assert_eq!(client.get(without).send().await.unwrap().status(), 403, "the token is signed too");
    let ends = signed.expires_at.unwrap() + jiff::SignedDuration::from_secs(2);
    // The stand-in judges by the machine's own clock: there is nothing to turn.
    while jiff::Timestamp::now() < ends {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (status, body) = get(&signed).await;
    assert_eq!(status, 403);
    assert!(String::from_utf8(body).unwrap().contains("Request has expired"));
}

#[tokio::test]
async fn an_sts_signature_that_is_wrong_is_refused_in_stss_words() {
    let scene = Scene::new().await;
    let (access_key_id, _) = scene.cloud.worker_identity();
    let sts = Sts::new(&AccessConfig {
        identity: WorkerIdentity::Static { access_key_id, secret_access_key: Secret::new("wrong".to_owned()) },
        sts_endpoint: Some(scene.cloud.endpoint().to_owned()),
        ..AccessConfig::default()
    })
    .await;
    let AccessError::WorkerIdentity { answer } = sts.caller("us-east-1").await.unwrap_err() else { panic!("another error") };
    assert_eq!((answer.status, answer.code.as_deref()), (Some(403), Some("SignatureDoesNotMatch")));
}

#[tokio::test]
async fn sts_refuses_policies_and_names_that_aws_refuses() {
    let scene = Scene::new().await;
    let (access_key_id, secret_access_key) = scene.cloud.worker_identity();
    let sts = Sts::new(&AccessConfig {
        identity: WorkerIdentity::Static { access_key_id, secret_access_key },
        sts_endpoint: Some(scene.cloud.endpoint().to_owned()),
        ..AccessConfig::default()
    })
    .await;
    let assay_contract::integration::DelegationSettings::Aws { external_id, .. } = &scene.integration.delegation;
    let assume = async |policy: &str, session_name: &str| {
        let wanted = Assumption {
            role_arn: ROLE,
            external_id: Some(external_id),
            policy: Some(policy),
            session_name,
            source_identity: None,
            region: "us-east-1",
        };
        sts.assume(&wanted).await
    };
    let padded = |length: usize| format!("{{\"Statement\":[]{}}}", " ".repeat(length - 16));
    assert!(assume(&padded(2047), "job").await.is_ok());
    assert!(assume(&padded(2048), "job").await.is_ok());
    assert!(matches!(assume(&padded(2049), "job").await, Err(AccessError::Settings { field: "scope", .. })));
    assert!(matches!(assume("{", "job").await, Err(AccessError::Settings { field: "scope", .. })));
    assert!(matches!(assume("{\"a\":\"日\"}", "job").await, Err(AccessError::RoleRefused { .. })));
    assert!(matches!(assume("{}", "a/b").await, Err(AccessError::RoleRefused { .. })));
}
