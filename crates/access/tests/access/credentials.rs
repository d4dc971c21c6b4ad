//! Credentials: fetched once, renewed in time, never another tenant's, and no storms when STS refuses.

use crate::scene::*;
use assay_access::{AccessError, Outcome, TokenRejection};
use assay_contract::clock::SystemClock;
use assay_contract::integration::{DelegationSettings, ScopeEntry};
use assay_contract::{Code, Integration};
use assay_testkit::cloud::{ObjectOptions, StsFault};
use std::time::Duration;

const OBJECT: &str = "s3://acme-raw/2026/street.jpg";
const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_hundred_signatures_at_once_assume_the_role_once() {
    let scene = Scene::new().await;
    let signed = futures::future::join_all((0..100).map(|_| scene.sign(OBJECT))).await;
    assert!(signed.iter().all(Result::is_ok));
    assert_eq!(scene.assumptions(), 1);
}

#[tokio::test]
async fn credentials_are_renewed_before_they_end() {
    let clock = Turned::new();
    let scene = Scene::at(clock.clone(), |_| {}).await;
    scene.sign(OBJECT).await.unwrap();
    // A quarter of an hour is wanted, and five minutes of slack: at 39 of 60 minutes there is enough, at 41 there is not.
    clock.turn(39 * MINUTE);
    scene.sign(OBJECT).await.unwrap();
    assert_eq!(scene.assumptions(), 1);
    clock.turn(2 * MINUTE);
    scene.sign(OBJECT).await.unwrap();
    assert_eq!(scene.assumptions(), 2);
}

#[tokio::test]
async fn while_sts_is_away_credentials_serve_to_their_end() {
    let clock = Turned::new();
    let scene = Scene::at(clock.clone(), |_| {}).await;
    scene.sign(OBJECT).await.unwrap();
    clock.turn(55 * MINUTE);
    scene.cloud.fail_sts(StsFault::Unavailable, 2);
    let signed = scene.sign(OBJECT).await.unwrap();
    assert!(signed.expires_at.unwrap() <= assay_contract::clock::Clock::now(&*clock) + jiff::SignedDuration::from_mins(5));
}

#[tokio::test]
async fn one_tenant_never_gets_anothers_credentials() {
    let scene = Scene::new().await;
    // The same role, named by another organisation: it knows the ARN, not the external id that trusts it.
    let mut other = integration("org_other", "int_acme");
    let sign = async |integration: &Integration, organization: &str| {
        scene.access.sign(Some(integration), &address(OBJECT), QUARTER_HOUR, &purpose(organization)).await
    };
    sign(&scene.integration, "org_acme").await.unwrap();
    assert!(matches!(sign(&other, "org_other").await, Err(AccessError::RoleRefused { .. })));

    // Even with the same external id, which can't be: two organisations are two assumptions.
    other.delegation = scene.integration.delegation.clone();
    sign(&other, "org_other").await.unwrap();
    sign(&scene.integration, "org_acme").await.unwrap();
    assert_eq!(scene.assumptions(), 3);
}

#[tokio::test]
async fn wrong_and_missing_external_ids_and_lost_trust_are_refused_roles() {
    let scene = Scene::new().await;
    let failing = async |external_id: &str| {
        let mut integration = scene.integration.clone();
        let DelegationSettings::Aws { external_id: id, .. } = &mut integration.delegation;
        external_id.clone_into(id);
        let signed = scene.access.sign(Some(&integration), &address(OBJECT), QUARTER_HOUR, &purpose("org_acme")).await;
        signed.unwrap_err()
    };
    let failure = failing("assay-wrong").await.failure();
    assert_eq!(failure.code, Code::RoleRefused);
    assert!(!failure.retryable);
    let answer = failure.provider.unwrap();
    assert_eq!((answer.status, answer.code.as_deref()), (Some(403), Some("AccessDenied")));
    assert!(answer.request_id.is_some());
    assert!(matches!(failing("").await, AccessError::Settings { field: "external_id", .. }), "never asked without one");

    scene.cloud.distrust(ROLE);
    assert!(matches!(scene.sign(OBJECT).await, Err(AccessError::RoleRefused { .. })));
}

#[tokio::test]
async fn a_refused_role_is_asked_for_once_a_minute_and_then_suspended() {
    let clock = Turned::new();
    let scene = Scene::at(clock.clone(), |_| {}).await;
    scene.cloud.distrust(ROLE);
    for minute in 1..=4 {
        for _ in 0..50 {
            assert!(matches!(scene.sign(OBJECT).await, Err(AccessError::RoleRefused { .. })));
        }
        assert_eq!(scene.assumptions(), minute);
        clock.turn(MINUTE);
    }
    let AccessError::IntegrationSuspended { since } = scene.sign(OBJECT).await.unwrap_err() else { panic!("not suspended") };
    clock.turn(MINUTE / 2);
    assert_eq!(scene.sign(OBJECT).await.unwrap_err(), AccessError::IntegrationSuspended { since }, "remembered, with its time");
    assert_eq!(scene.assumptions(), 5);
    clock.turn(MINUTE / 2);
    let again = AccessError::IntegrationSuspended { since: since + MINUTE };
    assert_eq!(scene.sign(OBJECT).await.unwrap_err(), again, "found anew");
    assert_eq!(scene.assumptions(), 6);

    // Persisted, it is not even tried.
    let mut parked = scene.integration.clone();
    parked.suspended_since = Some(since);
    clock.turn(MINUTE);
    let error = scene.access.sign(Some(&parked), &address(OBJECT), QUARTER_HOUR, &purpose("org_acme")).await.unwrap_err();
    assert_eq!(error.failure().code, Code::IntegrationSuspended);
    assert_eq!(scene.assumptions(), 6);

    // Mended, the next try lifts it.
    paste(&scene.cloud, &scene.integration);
    scene.sign(OBJECT).await.unwrap();
}

#[tokio::test]
async fn refusals_of_many_buckets_at_once_are_one() {
    let scene = Scene::with(|integration| {
        integration.scope = (0..10).map(|n| ScopeEntry { bucket: format!("bucket-{n}"), prefix: String::new() }).collect();
    })
    .await;
    scene.cloud.distrust(ROLE);
    let signed = futures::future::join_all((0..10).map(|n| {
        let (access, integration) = (&scene.access, &scene.integration);
        async move { access.sign(Some(integration), &address(&format!("s3://bucket-{n}/k")), QUARTER_HOUR, &purpose("org_acme")).await }
    }))
    .await;
    assert!(signed.iter().all(|answer| matches!(answer, Err(AccessError::RoleRefused { .. }))));
}

#[tokio::test]
async fn a_throttled_sts_is_left_alone_and_tried_again() {
    let clock = Turned::new();
    let scene = Scene::at(clock.clone(), |_| {}).await;
    scene.cloud.fail_sts(StsFault::Throttling, 2);
    let error = scene.sign(OBJECT).await.unwrap_err();
    assert_eq!(error.failure().code, Code::AccessThrottled);
    assert!(error.is_transient());
    let asked = scene.assumptions();
    assert!(scene.sign(OBJECT).await.is_err());
    assert_eq!(scene.assumptions(), asked, "not asked again at once");
    clock.turn(Duration::from_secs(5));
    scene.sign(OBJECT).await.unwrap();
}

#[tokio::test]
async fn what_sts_says_becomes_its_own_code() {
    for (fault, code) in [(StsFault::ClockSkew, Code::ClockSkew), (StsFault::Unavailable, Code::ProviderUnavailable)] {
        let scene = Scene::new().await;
        scene.cloud.fail_sts(fault, 4);
        let failure = scene.sign(OBJECT).await.unwrap_err().failure();
        assert_eq!((failure.code, failure.retryable), (code, true));
    }
}

#[tokio::test]
async fn an_unreachable_sts_is_an_outage_within_the_time_given() {
    let scene = Scene::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}", listener.local_addr().unwrap());
    let (access_key_id, secret_access_key) = scene.cloud.worker_identity();
    let access = assay_access::Access::new(assay_access::AccessConfig {
        identity: assay_access::WorkerIdentity::Static { access_key_id, secret_access_key },
        sts_endpoint: Some(silent),
        call_timeout: Duration::from_millis(300),
        ..assay_access::AccessConfig::default()
    })
    .await;
    let begun = std::time::Instant::now();
    let error = access.sign(Some(&scene.integration), &address(OBJECT), QUARTER_HOUR, &purpose("org_acme")).await.unwrap_err();
    assert_eq!(error.failure().code, Code::ProviderUnavailable);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_rejected_token_costs_one_assumption_a_minute() {
    let clock = Turned::new();
    let scene = Scene::at(clock.clone(), |_| {}).await;
    scene.sign(OBJECT).await.unwrap();
    assert_eq!(scene.access.token_rejected(&scene.integration), TokenRejection::TooSoon, "the token is younger than a minute");
    clock.turn(2 * MINUTE);
    assert_eq!(scene.access.token_rejected(&scene.integration), TokenRejection::Dropped);
    scene.sign(OBJECT).await.unwrap();
    for _ in 0..100 {
        assert_eq!(scene.access.token_rejected(&scene.integration), TokenRejection::TooSoon);
        scene.sign(OBJECT).await.unwrap();
    }
    assert_eq!(scene.assumptions(), 2);
    clock.turn(MINUTE);
    assert_eq!(scene.access.token_rejected(&scene.integration), TokenRejection::Dropped);
}

#[tokio::test]
async fn ended_sessions_and_lost_permissions_show_at_the_object() {
    let scene = Scene::new().await;
    assert_eq!(scene.read(OBJECT).await.0, 200);
    scene.cloud.expire_sessions(ROLE);
    let (status, body) = scene.read(OBJECT).await;
    assert_eq!(status, 400);
    assert!(String::from_utf8(body).unwrap().contains("ExpiredToken"));

    let scene = Scene::new().await;
    scene.sign(OBJECT).await.unwrap();
    scene.cloud.revoke(ROLE);
    assert_eq!(scene.read(OBJECT).await.0, 403);
}

#[tokio::test]
async fn a_cancelled_wait_leaves_the_next_one_to_succeed() {
    let scene = Scene::new().await;
    {
        let mut signing = Box::pin(scene.sign(OBJECT));
        assert!(futures::poll!(&mut signing).is_pending());
    }
    scene.sign(OBJECT).await.unwrap();
}

#[tokio::test]
async fn an_unknown_worker_is_our_own_fault() {
    let scene = Scene::new().await;
    let access = assay_access::Access::new(assay_access::AccessConfig {
        identity: assay_access::WorkerIdentity::Static {
            access_key_id: "AKIANOBODY".to_owned(),
            secret_access_key: assay_contract::Secret::new("x".to_owned()),
        },
        sts_endpoint: Some(scene.cloud.endpoint().to_owned()),
        clock: SystemClock::shared(),
        ..assay_access::AccessConfig::default()
    })
    .await;
    let error = access.sign(Some(&scene.integration), &address(OBJECT), QUARTER_HOUR, &purpose("org_acme")).await.unwrap_err();
    assert!(matches!(error, AccessError::WorkerIdentity { .. }), "{error}");
    assert_eq!(error.failure().code, Code::WorkerUnidentified);
    let lines = access.check(&scene.integration, None).await;
    let outcomes: Vec<Outcome> = lines.iter().map(|line| line.outcome).collect();
    let (passed, failed, skipped) = (Outcome::Passed, Outcome::Failed, Outcome::Skipped);
    assert_eq!(outcomes, [passed, failed, skipped, skipped, skipped, skipped, skipped], "nothing is said of the role: {lines:#?}");
}

#[tokio::test]
async fn each_bucket_has_a_session_of_its_own() {
    let scene =
        Scene::with(|integration| integration.scope.push(ScopeEntry { bucket: "acme-more".to_owned(), prefix: String::new() })).await;
    scene.cloud.put_object("acme-more", "k", &b"k"[..], ObjectOptions::default());
    assert_eq!(scene.read(OBJECT).await.0, 200);
    assert_eq!(scene.read("s3://acme-more/k").await.0, 200);
    assert_eq!(scene.assumptions(), 2);
}
