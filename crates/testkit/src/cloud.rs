//! The stand-in cloud: STS and S3 in one process, objects in memory, which really judges who may read what.
//!
//! Signatures are checked by s3s; trust policies, permission policies, session policies, tokens, expiry, versions,
//! archives and KMS here. What it does not model: bucket policies, multipart uploads, checksums, requester pays.

mod admin;
mod answer;
mod door;
mod iam;
mod identity;
mod judge;
mod listing;
mod log;
mod misbehaviour;
mod objects;
mod ranges;
mod router;
mod state;
mod sts;
mod writes;

pub use log::{LoggedRequest, Service};
pub use misbehaviour::{Fault, Misbehaviour, When};
pub use state::{Encryption, ObjectOptions, Role, Storage, StsFault};

use assay_contract::Secret;
use bytes::Bytes;
use serde_json::Value;
use state::State;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The ARN that the stand-in knows the worker by; what trust policies name.
pub const WORKER_PRINCIPAL: &str = "arn:aws:iam::111111111111:user/assay-worker";
const WORKER_KEY: &str = "AKIASTANDINWORKER";
const OPERATOR_KEY: &str = "AKIASTANDINOPERATOR";

pub(crate) type Shared = Arc<Mutex<State>>;

pub(crate) fn locked(state: &Shared) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running stand-in; it ends when this is dropped.
#[derive(Debug)]
pub struct StandInCloud {
    endpoint: String,
    admin_token: Secret<String>,
    state: Shared,
    serving: JoinHandle<()>,
}

impl StandInCloud {
    /// Starts one on a free port of loopback.
    ///
    /// # Panics
    /// When loopback has no free port: no test can go on without it.
    #[allow(clippy::expect_used, reason = "a test can't go on without a port on loopback")]
    pub async fn start() -> Self {
        Self::start_on(0).await.expect("a free port on loopback")
    }

    /// Starts one on a port of loopback; 0 takes a free one.
    pub async fn start_on(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let mut state = State::default();
        let worker_secret = format!("planted-secret-{}", state.new_word("worker"));
        let operator_secret = format!("planted-secret-{}", state.new_word("operator"));
        let admin_token = state.new_word("admin");
        state.add_user(WORKER_KEY, worker_secret, WORKER_PRINCIPAL, None);
        let everything = serde_json::json!({ "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
        state.add_user(OPERATOR_KEY, operator_secret, "arn:aws:iam::111111111111:user/operator", Some(everything));
        let state: Shared = Arc::new(Mutex::new(state));
        let serving = tokio::spawn(door::serve(listener, state.clone(), admin_token.clone()));
        Ok(Self { endpoint, admin_token: Secret::new(admin_token), state, serving })
    }

    /// `http://127.0.0.1:port`: STS's and S3's endpoint alike. Buckets are addressed in the path.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What the admin door asks for: `authorization: Bearer TOKEN` on `POST /_admin`.
    pub fn admin_token(&self) -> &Secret<String> {
        &self.admin_token
    }

    /// The worker's access key id and secret: it may assume roles that trust [`WORKER_PRINCIPAL`], and nothing else.
    pub fn worker_identity(&self) -> (String, Secret<String>) {
        (WORKER_KEY.to_owned(), Secret::new(locked(&self.state).secret_of(WORKER_KEY)))
    }

    /// Keys that may do everything with every bucket, as the operator's own shelf needs.
    pub fn operator_identity(&self) -> (String, Secret<String>) {
        (OPERATOR_KEY.to_owned(), Secret::new(locked(&self.state).secret_of(OPERATOR_KEY)))
    }

    /// Every word that nobody but its owner may see: the users' secrets, each session's secret and token, the admin door's word.
    pub fn secrets(&self) -> Vec<Secret<String>> {
        let state = locked(&self.state);
        let users = state.users.values().map(|user| user.secret.clone());
        let sessions = state.sessions.values().flat_map(|session| [session.secret.clone(), session.token.clone()]);
        users.chain(sessions).map(Secret::new).chain([self.admin_token.clone()]).collect()
    }

    /// Adds a role, or replaces it: running sessions are judged by the new one.
    pub fn add_role(&self, role: Role) {
        locked(&self.state).roles.insert(role.arn.clone(), role);
    }

    /// Takes away a role's trust and its permissions: new sessions are refused, running ones can do nothing.
    pub fn revoke(&self, role_arn: &str) {
        self.distrust(role_arn);
        self.set_permissions(role_arn, Value::Null);
    }

    /// Takes away a role's trust only: new sessions are refused, running ones go on.
    pub fn distrust(&self, role_arn: &str) {
        if let Some(role) = locked(&self.state).roles.get_mut(role_arn) {
            role.trust = Value::Null;
        }
    }

    /// Replaces a role's permission policy; `Value::Null` grants nothing.
    pub fn set_permissions(&self, role_arn: &str, permissions: Value) {
        if let Some(role) = locked(&self.state).roles.get_mut(role_arn) {
            role.permissions = permissions;
        }
    }

    /// Ends every running session of a role: its tokens are answered `ExpiredToken`.
    pub fn expire_sessions(&self, role_arn: &str) {
        locked(&self.state).expire_sessions(role_arn);
    }

    /// The next `times` calls to STS are answered with `fault`.
    pub fn fail_sts(&self, fault: StsFault, times: u32) {
        locked(&self.state).sts_faults.extend((0..times).map(|_| fault));
    }

    /// Creates a bucket. With a region, requests signed for another are answered 301 with `x-amz-bucket-region`;
    /// with an owner, `x-amz-expected-bucket-owner` must name it.
    pub fn add_bucket(&self, bucket: &str, region: Option<&str>, owner: Option<&str>) {
        let mut state = locked(&self.state);
        let bucket = state.buckets.entry(bucket.to_owned()).or_default();
        bucket.region = region.map(str::to_owned);
        bucket.owner = owner.map(str::to_owned);
    }

    /// Puts an object, as a new version where there is one already, and creates its bucket; gives the version's id.
    pub fn put_object(&self, bucket: &str, key: &str, bytes: impl Into<Bytes>, options: ObjectOptions) -> String {
        locked(&self.state).put(bucket, key, bytes.into(), options)
    }

    /// The newest bytes of an object.
    pub fn object(&self, bucket: &str, key: &str) -> Option<Bytes> {
        locked(&self.state).newest(bucket, key).map(|version| version.bytes.clone())
    }

    /// Every key of a bucket, in order.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        locked(&self.state).buckets.get(bucket).map(|bucket| bucket.objects.keys().cloned().collect()).unwrap_or_default()
    }

    /// Removes an object with all its versions.
    pub fn remove_object(&self, bucket: &str, key: &str) {
        if let Some(bucket) = locked(&self.state).buckets.get_mut(bucket) {
            bucket.objects.remove(key);
        }
    }

    /// From now on, reads of this object go wrong in this way.
    pub fn misbehave(&self, bucket: &str, key: &str, misbehaviour: Misbehaviour) {
        locked(&self.state).misbehaviours.insert((bucket.to_owned(), key.to_owned()), misbehaviour.armed());
    }

    /// Ends an object's misbehaviour.
    pub fn behave(&self, bucket: &str, key: &str) {
        locked(&self.state).misbehaviours.remove(&(bucket.to_owned(), key.to_owned()));
    }

    /// Every request so far, oldest first, but for the admin door's; the last 100,000 are kept.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        locked(&self.state).log.entries()
    }

    /// How often each operation was asked for: `AssumeRole`, `GetObject`, `ListObjectsV2`, …
    pub fn counts(&self) -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for request in self.requests() {
            *counts.entry(request.operation).or_insert(0) += 1;
        }
        counts
    }
}

impl Drop for StandInCloud {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
