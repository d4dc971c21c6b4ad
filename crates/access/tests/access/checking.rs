//! `integration check`: each misconfiguration has its own line, with what to do.

use crate::scene::*;
use assay_access::check::name;
use assay_access::{CheckLine, Outcome, permission_policy, trust_policy};
use assay_contract::integration::DelegationSettings;
use assay_testkit::cloud::{Encryption, ObjectOptions, Role, Storage, WORKER_PRINCIPAL};
use serde_json::{Value, json};

const OBJECT: &str = "s3://acme-raw/2026/street.jpg";

async fn listing() -> Scene {
    Scene::with(|integration| integration.may_list = true).await
}

async fn checked(scene: &Scene, sample: Option<&str>) -> Vec<CheckLine> {
    let sample = sample.map(address);
    scene.access.check(&scene.integration, sample.as_ref()).await
}

fn line<'a>(lines: &'a [CheckLine], name: &str) -> &'a CheckLine {
    lines.iter().find(|line| line.name == name).unwrap_or_else(|| panic!("no line {name}: {lines:?}"))
}

/// Asserts a failed line, and that its advice says the word.
fn assert_failed(lines: &[CheckLine], name: &str, advice: &str) {
    let line = line(lines, name);
    assert_eq!(line.outcome, Outcome::Failed, "{line:?}");
    assert!(line.advice.as_ref().unwrap().contains(advice), "{line:?}");
}

fn retrust(scene: &Scene, trust: Value) {
    scene.cloud.add_role(Role::new(ROLE, trust, permission_policy(&scene.integration)));
}

#[tokio::test]
async fn a_right_integration_passes_every_check() {
    let lines = checked(&listing().await, None).await;
    assert!(lines.iter().all(|line| line.outcome == Outcome::Passed && line.advice.is_none()), "{lines:#?}");
    assert_eq!(
        lines.iter().map(|line| line.name).collect::<Vec<_>>(),
        [name::SETTINGS, name::WORKER, name::ROLE, name::WITHOUT_ID, name::WRONG_ID, name::LISTING, name::READING]
    );
    assert_eq!(line(&lines, name::WORKER).found, WORKER_PRINCIPAL);
}

#[tokio::test]
async fn one_byte_is_read_and_no_more() {
    let scene = Scene::new().await;
    let lines = checked(&scene, Some(OBJECT)).await;
    assert_eq!(line(&lines, name::READING).outcome, Outcome::Passed);
    assert_eq!(line(&lines, name::LISTING).outcome, Outcome::Skipped);
    let read: u64 = scene.cloud.requests().iter().filter(|request| request.operation == "GetObject").map(|request| request.bytes).sum();
    assert_eq!(read, 1);
}

#[tokio::test]
async fn without_a_sample_or_listing_the_reading_is_skipped_with_advice() {
    let lines = checked(&Scene::new().await, None).await;
    let reading = line(&lines, name::READING);
    assert_eq!(reading.outcome, Outcome::Skipped);
    assert!(reading.advice.as_ref().unwrap().contains("--sample"));
}

#[tokio::test]
async fn a_trust_policy_without_the_external_id_is_found() {
    let scene = listing().await;
    let mut trust = trust_policy(&scene.integration, WORKER_PRINCIPAL);
    trust["Statement"][0].as_object_mut().unwrap().remove("Condition");
    retrust(&scene, trust);
    let lines = checked(&scene, None).await;
    assert_eq!(line(&lines, name::ROLE).outcome, Outcome::Passed);
    assert_failed(&lines, name::WITHOUT_ID, "sts:ExternalId");
    assert_failed(&lines, name::WRONG_ID, "sts:ExternalId");
}

#[tokio::test]
async fn a_pattern_for_the_external_id_is_found() {
    let scene = listing().await;
    let mut trust = trust_policy(&scene.integration, WORKER_PRINCIPAL);
    trust["Statement"][0]["Condition"] = json!({ "StringLike": { "sts:ExternalId": "assay-*" } });
    retrust(&scene, trust);
    let lines = checked(&scene, None).await;
    assert_eq!(line(&lines, name::WITHOUT_ID).outcome, Outcome::Passed);
    assert_failed(&lines, name::WRONG_ID, "sts:ExternalId");
}

#[tokio::test]
async fn a_refused_role_proves_nothing_about_the_external_id() {
    let scene = listing().await;
    scene.cloud.distrust(ROLE);
    let lines = checked(&scene, None).await;
    assert_failed(&lines, name::ROLE, "trust policy");
    for skipped in [name::WITHOUT_ID, name::WRONG_ID, name::LISTING, name::READING] {
        assert_eq!(line(&lines, skipped).outcome, Outcome::Skipped);
    }
}

#[tokio::test]
async fn a_trust_policy_without_source_identity_is_told_apart() {
    let scene = listing().await;
    let mut trust = trust_policy(&scene.integration, WORKER_PRINCIPAL);
    trust["Statement"].as_array_mut().unwrap().pop();
    retrust(&scene, trust);
    assert_failed(&checked(&scene, None).await, name::ROLE, "sts:SetSourceIdentity");
}

#[tokio::test]
async fn a_role_that_may_not_read_list_or_decrypt_is_told_what_it_lacks() {
    let scene = listing().await;
    scene.cloud.put_object(BUCKET, "kms", &b"k"[..], ObjectOptions { encryption: Encryption::CustomerKey, ..Default::default() });
    let without = |action: &str| {
        let mut permissions = permission_policy(&scene.integration);
        permissions["Statement"].as_array_mut().unwrap().retain(|statement| !statement["Action"].to_string().contains(action));
        scene.cloud.set_permissions(ROLE, permissions);
    };
    without("s3:GetObject");
    assert_failed(&checked(&scene, Some(OBJECT)).await, name::READING, "permission policy");
    without("s3:ListBucket");
    let lines = checked(&scene, Some(OBJECT)).await;
    assert_failed(&lines, name::LISTING, "s3:ListBucket");
    assert_eq!(line(&lines, name::READING).outcome, Outcome::Passed);
    without("kms:Decrypt");
    assert_failed(&checked(&scene, Some("s3://acme-raw/kms")).await, name::READING, "kms:Decrypt");
}

#[tokio::test]
async fn a_sample_that_can_not_be_read_says_why() {
    let scene = listing().await;
    scene.cloud.put_object(BUCKET, "cold", &b"c"[..], ObjectOptions { storage: Storage::Archived, ..Default::default() });
    assert_failed(&checked(&scene, Some("s3://acme-raw/cold")).await, name::READING, "archive");
    assert_failed(&checked(&scene, Some("s3://acme-raw/none")).await, name::READING, "exists");
    assert_failed(&checked(&scene, Some("s3://other/k")).await, name::READING, "inside");
    assert_failed(&checked(&scene, Some("s3://acme-raw/a/../b")).await, name::READING, "another object");
}

#[tokio::test]
async fn an_empty_object_is_reached_and_a_region_is_learnt() {
    let scene = Scene::new().await;
    scene.cloud.add_bucket(BUCKET, Some("eu-west-1"), None);
    scene.cloud.put_object(BUCKET, "empty", &b""[..], ObjectOptions::default());
    let lines = checked(&scene, Some("s3://acme-raw/empty")).await;
    assert_eq!(line(&lines, name::READING).outcome, Outcome::Passed);
    assert_eq!(scene.read(OBJECT).await.0, 200, "the region stays learnt");
}

#[tokio::test]
async fn listed_keys_are_read_whatever_their_bytes() {
    let scene = Scene::with(|integration| {
        integration.may_list = true;
        integration.scope[0].prefix = "é +&/".to_owned();
    })
    .await;
    scene.cloud.put_object(BUCKET, "é +&/a b+c%41<d>.jpg", &b"x"[..], ObjectOptions::default());
    let lines = checked(&scene, None).await;
    assert!(lines.iter().all(|line| line.outcome == Outcome::Passed), "{lines:#?}");
}

#[tokio::test]
async fn settings_that_can_not_work_are_the_only_line() {
    let mut scene = listing().await;
    scene.integration.scope.clear();
    assert_failed(&checked(&scene, None).await, name::SETTINGS, "at least one bucket");
    let DelegationSettings::Aws { role_arn, .. } = &mut scene.integration.delegation;
    "assay-reader".clone_into(role_arn);
    assert_failed(&checked(&scene, None).await, name::SETTINGS, "corrected");
}

#[tokio::test]
async fn a_passed_check_lifts_the_memory_of_a_refusal() {
    let scene = Scene::new().await;
    scene.cloud.distrust(ROLE);
    assert!(scene.sign(OBJECT).await.is_err());
    paste(&scene.cloud, &scene.integration);
    assert!(scene.sign(OBJECT).await.is_err(), "remembered for a minute");
    checked(&scene, Some(OBJECT)).await;
    scene.sign(OBJECT).await.unwrap();
}
