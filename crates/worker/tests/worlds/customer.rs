//! The customer's side: a bucket behind roles on the stand-in cloud, and integrations that name them.

use assay_contract::integration::{DelegationSettings, ScopeEntry};
use assay_contract::{Integration, Job};
use assay_testkit::cloud::{Encryption, ObjectOptions, Role, StandInCloud, Storage};
use serde_json::{Value, json};
use std::path::PathBuf;

pub(crate) const BUCKET: &str = "acme-raw";
/// No role may read it.
pub(crate) const OTHER_BUCKET: &str = "acme-private";
pub(crate) const ORGANIZATION: &str = "org_acme";

/// Everything that a customer has.
pub(crate) struct Customer {
    pub(crate) cloud: StandInCloud,
    pub(crate) integrations: Vec<Integration>,
}

impl Customer {
    /// `int_acme` may read, list and decrypt; each other integration lacks what its name says. `int_beyond_its_role` covers both buckets.
    pub(crate) async fn new() -> Self {
        let cloud = StandInCloud::start().await;
        cloud.add_bucket(BUCKET, None, None);
        cloud.add_bucket(OTHER_BUCKET, None, None);
        let acme = integration("int_acme");
        let without_list = Integration { may_list: false, ..integration("int_without_list") };
        let others = ["int_revoked", "int_wrong_external_id", "int_without_kms", "int_without_read"].map(integration);
        let narrow =
            Integration { scope: vec![ScopeEntry { bucket: BUCKET.to_owned(), prefix: "2026/".to_owned() }], ..integration("int_narrow") };
        let both = [BUCKET, OTHER_BUCKET].map(|bucket| ScopeEntry { bucket: bucket.to_owned(), prefix: String::new() });
        let beyond = Integration { scope: both.to_vec(), ..integration("int_beyond_its_role") };
        let integrations: Vec<Integration> = [acme, without_list, narrow, beyond].into_iter().chain(others).collect();
        for integration in &integrations {
            cloud.add_role(role(integration));
        }
        let without = |action: &str| {
            let statements: Vec<Value> = [
                json!({ "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": format!("arn:aws:s3:::{BUCKET}/*") }),
                json!({ "Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": format!("arn:aws:s3:::{BUCKET}") }),
                json!({ "Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": "*" }),
            ]
            .into_iter()
            .filter(|statement| statement["Action"][0] != action)
            .collect();
            json!({ "Version": "2012-10-17", "Statement": statements })
        };
        cloud.set_permissions(&arn("int_without_list"), without("s3:ListBucket"));
        cloud.set_permissions(&arn("int_without_kms"), without("kms:Decrypt"));
        cloud.set_permissions(&arn("int_without_read"), without("s3:GetObject"));
        cloud.add_role(Role::reading(arn("int_wrong_external_id"), "an id that we did not make", BUCKET));
        cloud.revoke(&arn("int_revoked"));
        Self { cloud, integrations }
    }

    /// Puts bytes and says where they are.
    pub(crate) fn put(&self, key: &str, bytes: impl Into<bytes::Bytes>) -> String {
        self.cloud.put_object(BUCKET, key, bytes, ObjectOptions::default());
        uri(key)
    }

    /// Puts a file of `fixtures/`, `media/flac.flac`, under its name.
    pub(crate) fn fixture(&self, name: &str) -> String {
        self.put(name, fixture(name))
    }

    /// The same in the bucket that no role may read.
    pub(crate) fn put_elsewhere(&self, key: &str, bytes: impl Into<bytes::Bytes>) -> String {
        self.cloud.put_object(OTHER_BUCKET, key, bytes, ObjectOptions::default());
        format!("s3://{OTHER_BUCKET}/{key}")
    }

    pub(crate) fn put_archived(&self, key: &str) -> String {
        let options = ObjectOptions { storage: Storage::Archived, ..ObjectOptions::default() };
        self.cloud.put_object(BUCKET, key, fixture("media/png-gray.png"), options);
        uri(key)
    }

    pub(crate) fn put_under_customer_key(&self, key: &str) -> String {
        let options = ObjectOptions { encryption: Encryption::CustomerKey, ..ObjectOptions::default() };
        self.cloud.put_object(BUCKET, key, fixture("media/png-gray.png"), options);
        uri(key)
    }

    pub(crate) fn integration(&self, id: &str) -> &Integration {
        self.integrations.iter().find(|one| one.id.as_str() == id).unwrap()
    }

    /// How often an object was asked for.
    pub(crate) fn reads(&self, key: &str) -> usize {
        self.cloud.requests().iter().filter(|request| request.operation == "GetObject" && request.key == key).count()
    }
}

pub(crate) fn uri(key: &str) -> String {
    format!("s3://{BUCKET}/{key}")
}

pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; type: make fixtures", path.display()))
}

/// A job as its sender writes it.
pub(crate) fn job(id: &str, asset: impl Into<Value>) -> Value {
    json!({ "schema": "assay.job/1", "job_id": id, "organization_id": ORGANIZATION, "data_row_id": format!("row-{id}"), "integration": "int_acme",
        "asset": asset.into(), "submitted_at": "2026-11-21T20:00:00Z" })
}

/// A job with other fields.
pub(crate) fn with(mut job: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else { panic!("fields are an object") };
    job.as_object_mut().unwrap().extend(fields);
    job
}

/// As it goes onto the queue. Not [`Job::read`]: some of the tests' senders make mistakes that it would refuse.
pub(crate) fn message(job: &Value) -> Job {
    serde_json::from_value(job.clone()).unwrap()
}

fn integration(id: &str) -> Integration {
    Integration {
        organization_id: ORGANIZATION.parse().unwrap(),
        id: id.parse().unwrap(),
        delegation: DelegationSettings::Aws {
            role_arn: arn(id),
            external_id: assay_access::new_external_id(),
            region: Some("us-east-1".to_owned()),
            bucket_owner: None,
        },
        scope: vec![ScopeEntry { bucket: BUCKET.to_owned(), prefix: String::new() }],
        may_list: true,
        is_default: id == "int_acme",
        suspended_since: None,
        created_at: "2026-11-21T20:00:00Z".parse().unwrap(),
    }
}

fn role(integration: &Integration) -> Role {
    let DelegationSettings::Aws { role_arn, external_id, .. } = &integration.delegation;
    Role::reading(role_arn, external_id, BUCKET)
}

fn arn(id: &str) -> String {
    format!("arn:aws:iam::222222222222:role/{id}")
}
