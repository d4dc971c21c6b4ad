//! What the stand-in cloud holds: users, roles, sessions, buckets with their objects' versions, and faults to come.

use super::log::Log;
use super::misbehaviour::Armed;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Write;
use std::time::Duration;

/// A customer's role.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// Its trust policy, as one pastes it into IAM.
    pub trust: Value,
    /// Its permission policy, likewise.
    pub permissions: Value,
    /// Longest session, 1 to 12 hours in AWS.
    pub max_session: Duration,
}

impl Role {
    /// A role with the policies that a customer pastes and sessions of an hour.
    pub fn new(arn: impl Into<String>, trust: Value, permissions: Value) -> Self {
        Self { arn: arn.into(), trust, permissions, max_session: Duration::from_hours(1) }
    }

    /// A role that trusts the worker with this external id, and may read and list `bucket`, and decrypt.
    pub fn reading(arn: impl Into<String>, external_id: &str, bucket: &str) -> Self {
        let principal = serde_json::json!({ "AWS": super::WORKER_PRINCIPAL });
        let trust = serde_json::json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole",
              "Condition": { "StringEquals": { "sts:ExternalId": external_id } } },
            { "Effect": "Allow", "Principal": principal, "Action": "sts:SetSourceIdentity" },
        ]});
        let permissions = serde_json::json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": format!("arn:aws:s3:::{bucket}/*") },
            { "Effect": "Allow", "Action": "s3:ListBucket", "Resource": format!("arn:aws:s3:::{bucket}") },
            { "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*" },
        ]});
        Self::new(arn, trust, permissions)
    }
}

/// How an object is kept.
#[derive(Debug, Clone, Default)]
pub struct ObjectOptions {
    /// Its `content-type`; `binary/octet-stream` where there is none.
    pub content_type: Option<String>,
    /// Its storage class.
    pub storage: Storage,
    /// Its encryption at rest.
    pub encryption: Encryption,
}

/// A storage class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Storage {
    /// Readable at once.
    #[default]
    Standard,
    /// In an archive: reads are answered 403 `InvalidObjectState`.
    Archived,
}

/// Encryption at rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encryption {
    /// The provider's own key: nobody needs a permission for it.
    #[default]
    Provider,
    /// A customer's KMS key: a reader needs `kms:Decrypt`.
    CustomerKey,
}

/// What STS answers instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StsFault {
    /// 400 `Throttling`.
    Throttling,
    /// 503 `ServiceUnavailable`.
    Unavailable,
    /// As if the caller's clock were wrong: 403 `SignatureDoesNotMatch`, "Signature expired".
    ClockSkew,
}

#[derive(Debug)]
pub(crate) struct User {
    pub(crate) secret: String,
    pub(crate) arn: String,
    pub(crate) permissions: Option<Value>,
}

#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) secret: String,
    pub(crate) token: String,
    pub(crate) expires_at: Timestamp,
    pub(crate) role_arn: String,
    pub(crate) policy: Option<Value>,
}

#[derive(Debug, Default)]
pub(crate) struct Bucket {
    pub(crate) region: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) objects: BTreeMap<String, Vec<Version>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) bytes: Bytes,
    pub(crate) etag: String,
    pub(crate) modified: Timestamp,
    pub(crate) options: ObjectOptions,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) users: HashMap<String, User>,
    pub(crate) roles: HashMap<String, Role>,
    pub(crate) sessions: HashMap<String, Session>,
    pub(crate) buckets: HashMap<String, Bucket>,
    pub(crate) misbehaviours: HashMap<(String, String), Armed>,
    pub(crate) sts_faults: VecDeque<StsFault>,
    pub(crate) log: Log,
    counter: u64,
}

impl State {
    pub(crate) fn add_user(&mut self, key: &str, secret: String, arn: &str, permissions: Option<Value>) {
        self.users.insert(key.to_owned(), User { secret, arn: arn.to_owned(), permissions });
    }

    pub(crate) fn secret_of(&self, key: &str) -> String {
        self.users.get(key).map(|user| user.secret.clone()).unwrap_or_default()
    }

    /// A word that nobody guesses; good enough for a stand-in on loopback.
    pub(crate) fn new_word(&mut self, salt: &str) -> String {
        self.counter += 1;
        // The standard library's hasher keys are random for each process and each call.
        let random = std::hash::BuildHasher::hash_one(&std::collections::hash_map::RandomState::new(), self.counter);
        hex(&Sha256::digest(format!("{salt}/{}/{random}/{}", self.counter, Timestamp::now().as_nanosecond())))
    }

    pub(crate) fn put(&mut self, bucket: &str, key: &str, bytes: Bytes, options: ObjectOptions) -> String {
        let id: String = self.new_word("version").chars().take(32).collect();
        let etag = format!("\"{}\"", hex(&Sha256::digest(&bytes)).chars().take(32).collect::<String>());
        let version = Version { id: id.clone(), bytes, etag, modified: Timestamp::now(), options };
        self.buckets.entry(bucket.to_owned()).or_default().objects.entry(key.to_owned()).or_default().push(version);
        id
    }

    pub(crate) fn newest(&self, bucket: &str, key: &str) -> Option<&Version> {
        self.buckets.get(bucket)?.objects.get(key)?.last()
    }

    pub(crate) fn expire_sessions(&mut self, role_arn: &str) {
        let past = Timestamp::now() - SignedDuration::from_secs(1);
        for session in self.sessions.values_mut().filter(|session| session.role_arn == role_arn) {
            session.expires_at = past;
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
