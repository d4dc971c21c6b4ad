//! The calls to AWS STS, each bounded in time, and what each of its answers means.

use crate::config::{AccessConfig, WorkerIdentity};
use crate::error::AccessError;
use assay_contract::failure::ProviderAnswer;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::Client;
use aws_sdk_sts::config::http::HttpResponse;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_sdk_sts::config::{BehaviorVersion, Region, SharedHttpClient};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::RequestId;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// How long to wait for STS's TCP and TLS.
const CONNECT: Duration = Duration::from_secs(3);
/// How long one try may take; STS answers in well under a second.
const ATTEMPT: Duration = Duration::from_secs(5);
/// Longest session: an hour, which every role allows and which role chaining is held to.
const SESSION_SECONDS: i32 = 3600;

/// One `AssumeRole`.
#[derive(Debug)]
pub struct Assumption<'a> {
    /// The customer's role.
    pub role_arn: &'a str,
    /// The external id, or none where it is to be proven that the role is refused without it.
    pub external_id: Option<&'a str>,
    /// What to give up of the role's rights.
    pub policy: Option<&'a str>,
    /// Names the session in the customer's logs, 2 to 64 of `[\w+=,.@-]`.
    pub session_name: &'a str,
    /// Names the organisation there, the same characters; `None` asks for no source identity.
    pub source_identity: Option<&'a str>,
    /// Region whose STS is asked.
    pub region: &'a str,
}

/// Temporary credentials and when they end.
#[derive(Debug, Clone)]
pub struct Session {
    /// They print themselves redacted.
    pub credentials: Credentials,
    /// From then on STS's answer is worth nothing.
    pub expires_at: Timestamp,
}

/// STS, as the worker.
#[derive(Debug, Clone)]
pub struct Sts {
    config: aws_sdk_sts::Config,
    /// One a region, so that the worker's own credentials are cached: at most one region a partition is ever asked.
    clients: Arc<Mutex<HashMap<String, Client>>>,
}

impl Sts {
    /// Finds the worker's identity; does not call STS.
    pub async fn new(config: &AccessConfig) -> Self {
        let http = http_client();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(config.call_timeout)
            .build();
        let mut sts = aws_sdk_sts::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(2))
            .timeout_config(timeouts.clone())
            .credentials_provider(identity(config, http, timeouts).await);
        sts.set_endpoint_url(config.sts_endpoint.clone());
        Self { config: sts.region(Region::from_static("us-east-1")).build(), clients: Arc::default() }
    }

    /// Assumes a role for an hour.
    pub async fn assume(&self, wanted: &Assumption<'_>) -> Result<Session, AccessError> {
        let answer = self
            .client(wanted.region)
            .assume_role()
            .role_arn(wanted.role_arn)
            .role_session_name(wanted.session_name)
            .set_external_id(wanted.external_id.map(str::to_owned))
            .set_policy(wanted.policy.map(str::to_owned))
            .set_source_identity(wanted.source_identity.map(str::to_owned))
            .duration_seconds(SESSION_SECONDS)
            .send()
            .await
            .map_err(|error| meaning(&error))?;
        let given = answer.credentials().ok_or(AccessError::Unavailable { answer: ProviderAnswer::default() })?;
        let expires_at =
            Timestamp::new(given.expiration().secs(), 0).map_err(|_| AccessError::Signing("the credentials' expiry is out of range"))?;
        let credentials = Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            Some(given.session_token().to_owned()),
            Some(SystemTime::from(expires_at)),
            "assay-delegation",
        );
        Ok(Session { credentials, expires_at })
    }

    /// The ARN that STS knows the worker by.
    pub async fn caller(&self, region: &str) -> Result<String, AccessError> {
        let answer = self.client(region).get_caller_identity().send().await.map_err(|error| meaning(&error))?;
        answer.arn().map(str::to_owned).ok_or(AccessError::Unavailable { answer: ProviderAnswer::default() })
    }

    fn client(&self, region: &str) -> Client {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Client::from_conf(self.config.to_builder().region(Region::new(region.to_owned())).build());
        clients.entry(region.to_owned()).or_insert_with(new).clone()
    }
}

/// The SDK's default client takes proxies from the environment; ours takes none.
fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https()
}

async fn identity(config: &AccessConfig, http: SharedHttpClient, timeouts: TimeoutConfig) -> SharedCredentialsProvider {
    match &config.identity {
        WorkerIdentity::Static { access_key_id, secret_access_key } => {
            SharedCredentialsProvider::new(Credentials::new(access_key_id, secret_access_key.expose().as_str(), None, None, "assay-static"))
        }
        WorkerIdentity::Ambient => {
            let mut chain = aws_config::defaults(BehaviorVersion::latest()).http_client(http).timeout_config(timeouts);
            if let Some(region) = &config.region {
                chain = chain.region(Region::new(region.clone()));
            }
            // `defaults` always has a provider; without one the SDK says so at the first call.
            chain.load().await.credentials_provider().unwrap_or_else(|| SharedCredentialsProvider::new(Nobody))
        }
    }
}

/// What a failed call means (<https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>).
fn meaning<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> AccessError {
    let status = error.raw_response().map(|response| response.status().as_u16());
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).map(str::to_owned);
    let message = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default();
    let answer = ProviderAnswer { status, code: code.clone(), request_id: error.request_id().map(str::to_owned) };
    if matches!(error, SdkError::DispatchFailure(failure) if failure.is_user() || failure.is_other())
        || matches!(error, SdkError::ConstructionFailure(_))
    {
        return AccessError::NoIdentity;
    }
    match code.as_deref() {
        Some("AccessDenied" | "AccessDeniedException" | "ValidationError" | "NoSuchEntity") => AccessError::RoleRefused { answer },
        Some("Throttling" | "ThrottlingException" | "RequestLimitExceeded" | "TooManyRequestsException") => {
            AccessError::Throttled { answer }
        }
        Some("RequestExpired" | "RequestTimeTooSkewed") => AccessError::ClockSkew { answer },
        Some("SignatureDoesNotMatch") if message.starts_with("Signature expired") || message.starts_with("Signature not yet current") => {
            AccessError::ClockSkew { answer }
        }
        Some(
            "InvalidClientTokenId" | "ExpiredToken" | "ExpiredTokenException" | "SignatureDoesNotMatch" | "UnrecognizedClientException",
        ) => AccessError::WorkerIdentity { answer },
        Some("PackedPolicyTooLarge" | "MalformedPolicyDocument") => {
            AccessError::Settings { field: "scope", reason: "its session policy is too large; give fewer or shorter prefixes" }
        }
        _ if status == Some(429) => AccessError::Throttled { answer },
        _ => AccessError::Unavailable { answer },
    }
}

/// No identity at all: the chain found none.
#[derive(Debug)]
struct Nobody;

impl aws_credential_types::provider::ProvideCredentials for Nobody {
    fn provide_credentials<'a>(&'a self) -> aws_credential_types::provider::future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        aws_credential_types::provider::future::ProvideCredentials::ready(Err(
            aws_credential_types::provider::error::CredentialsError::not_loaded("the worker has no cloud identity"),
        ))
    }
}
