//! What can go wrong with one job: each with the job, and the code that its record must have.

use crate::customer::{BUCKET, Customer, job, uri, with};
use assay_contract::Code;
use assay_testkit::cloud::Fault;
use serde_json::{Value, json};

/// One job that can't end well.
pub(crate) struct Mishap {
    pub(crate) job: Value,
    pub(crate) code: Code,
    /// In which attempt it ends; those that use up both go to the dead letter as well.
    pub(crate) attempts: u32,
    /// The limit that its failure names.
    pub(crate) limit: Option<&'static str>,
}

/// Sets a mishap up.
pub(crate) type SetUp = fn(&Customer) -> Mishap;

/// Every mishap of this file.
pub(crate) const ALL: [SetUp; 24] = [
    revoked_role,
    wrong_external_id,
    missing,
    missing_without_list,
    forbidden,
    key_denied,
    archived,
    cut_for_ever,
    stalled,
    longer_than_announced,
    announced_beyond_the_limit,
    changed_object,
    image_too_large,
    video_too_large,
    audio_too_large,
    unclaimed_too_large,
    unknown_integration,
    unknown_profile,
    expired,
    outside_scope,
    mismatched,
    broken_file,
    throttled_for_ever,
    plain_http,
];

fn last(job: Value, code: Code) -> Mishap {
    Mishap { job, code, attempts: 1, limit: None }
}

fn in_the_end(job: Value, code: Code) -> Mishap {
    Mishap { attempts: 2, ..last(job, code) }
}

pub(crate) fn revoked_role(customer: &Customer) -> Mishap {
    last(with(job("revoked-role", customer.fixture("media/png-gray.png")), json!({ "integration": "int_revoked" })), Code::RoleRefused)
}

pub(crate) fn wrong_external_id(customer: &Customer) -> Mishap {
    let job = job("wrong-external-id", customer.fixture("media/png-gray.png"));
    last(with(job, json!({ "integration": "int_wrong_external_id" })), Code::RoleRefused)
}

pub(crate) fn missing(_: &Customer) -> Mishap {
    last(job("missing", uri("nothing-here.jpg")), Code::NotFound)
}

pub(crate) fn missing_without_list(_: &Customer) -> Mishap {
    let job = job("missing-without-list", uri("nothing-here.jpg"));
    last(with(job, json!({ "integration": "int_without_list" })), Code::MissingOrForbidden)
}

pub(crate) fn forbidden(customer: &Customer) -> Mishap {
    let job = job("forbidden", customer.fixture("media/png-gray.png"));
    last(with(job, json!({ "integration": "int_without_read" })), Code::Forbidden)
}

pub(crate) fn key_denied(customer: &Customer) -> Mishap {
    let job = job("key-denied", customer.put_under_customer_key("encrypted.png"));
    last(with(job, json!({ "integration": "int_without_kms" })), Code::KeyDenied)
}

pub(crate) fn archived(customer: &Customer) -> Mishap {
    last(job("archived", customer.put_archived("archived.png")), Code::ArchivedAsset)
}

/// A fixture under a name of its own, whose reads go wrong.
fn faulty(customer: &Customer, key: &str, fault: Fault) -> String {
    let uri = customer.put(key, crate::customer::fixture("media/png-rgb.png"));
    customer.cloud.misbehave(BUCKET, key, fault.always());
    uri
}

pub(crate) fn cut_for_ever(customer: &Customer) -> Mishap {
    in_the_end(job("cut-for-ever", faulty(customer, "cut.png", Fault::CutAfter(100))), Code::FetchInterrupted)
}

pub(crate) fn stalled(customer: &Customer) -> Mishap {
    in_the_end(
        with(job("stalled", faulty(customer, "stalled.png", Fault::StallAfter(0))), json!({ "profile": "hasty" })),
        Code::FetchTimeout,
    )
}

pub(crate) fn longer_than_announced(customer: &Customer) -> Mishap {
    in_the_end(job("lying-length", faulty(customer, "lying.png", Fault::ContentLength(20_000))), Code::FetchInterrupted)
}

pub(crate) fn announced_beyond_the_limit(customer: &Customer) -> Mishap {
    let job = job("huge-length", faulty(customer, "huge.png", Fault::ContentLength(1 << 40)));
    Mishap { limit: Some("image_bytes"), ..last(with(job, json!({ "media_type": "IMAGE" })), Code::TooLarge) }
}

/// The sender saw one version, another lies there now.
pub(crate) fn changed_object(customer: &Customer) -> Mishap {
    let job = job("changed", customer.put("changed.png", crate::customer::fixture("media/png-rgb.png")));
    in_the_end(with(job, json!({ "expected": { "etag": "\"0123456789abcdef0123456789abcdef\"" } })), Code::AssetChanged)
}

fn too_large(customer: &Customer, id: &str, fixture: &str, claim: Option<&str>, limit: &'static str) -> Mishap {
    let job = with(job(id, customer.fixture(fixture)), json!({ "profile": "small", "media_type": claim }));
    Mishap { limit: Some(limit), ..last(job, Code::TooLarge) }
}

pub(crate) fn image_too_large(customer: &Customer) -> Mishap {
    too_large(customer, "large-image", "media/png-rgb.png", Some("IMAGE"), "image_bytes")
}

pub(crate) fn video_too_large(customer: &Customer) -> Mishap {
    too_large(customer, "large-video", "media/mp4-rotated-90.mp4", Some("VIDEO"), "video_bytes")
}

pub(crate) fn audio_too_large(customer: &Customer) -> Mishap {
    too_large(customer, "large-audio", "media/mp3-variable-rate.mp3", Some("AUDIO"), "audio_bytes")
}

/// Nobody said that it is a picture: the content does, and its kind's limit holds.
pub(crate) fn unclaimed_too_large(customer: &Customer) -> Mishap {
    too_large(customer, "large-unclaimed", "media/png-rgb.png", None, "image_bytes")
}

pub(crate) fn unknown_integration(customer: &Customer) -> Mishap {
    let job = job("unknown-integration", customer.fixture("media/png-gray.png"));
    last(with(job, json!({ "integration": "int_nobody" })), Code::IntegrationUnknown)
}

pub(crate) fn unknown_profile(customer: &Customer) -> Mishap {
    last(with(job("unknown-profile", customer.fixture("media/png-gray.png")), json!({ "profile": "nobodys" })), Code::ProfileUnknown)
}

pub(crate) fn expired(customer: &Customer) -> Mishap {
    let job = job("expired", customer.fixture("media/png-gray.png"));
    last(with(job, json!({ "expires_at": "2026-11-21T20:00:01Z" })), Code::JobExpired)
}

pub(crate) fn outside_scope(customer: &Customer) -> Mishap {
    let job = job("outside-scope", customer.put("2025/old.png", crate::customer::fixture("media/png-gray.png")));
    last(with(job, json!({ "integration": "int_narrow" })), Code::OutsideIntegrationScope)
}

pub(crate) fn mismatched(customer: &Customer) -> Mishap {
    let job = job("mismatched", customer.fixture("media/mp4-rotated-90.mp4"));
    last(with(job, json!({ "media_type": "IMAGE" })), Code::MediaTypeMismatch)
}

pub(crate) fn broken_file(customer: &Customer) -> Mishap {
    last(job("broken-file", customer.fixture("hostile/truncated-no-moov.mp4")), Code::CorruptAsset)
}

pub(crate) fn throttled_for_ever(customer: &Customer) -> Mishap {
    in_the_end(job("throttled", faulty(customer, "busy.png", Fault::SlowDown)), Code::TooManyRequests)
}

pub(crate) fn plain_http(_: &Customer) -> Mishap {
    let job = job("plain-http", "http://169.254.169.254/latest/meta-data/");
    last(with(job, json!({ "integration": null })), Code::AddressRefused)
}
