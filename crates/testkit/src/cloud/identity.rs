//! Whose key signed a request, for s3s, which checks the signature.

use super::{Shared, locked};
use jiff::Timestamp;
use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3Result, s3_error};

/// Knows every user's and every running session's secret.
pub(crate) struct Identities(pub(crate) Shared);

#[async_trait::async_trait]
impl S3Auth for Identities {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        let state = locked(&self.0);
        if let Some(user) = state.users.get(access_key) {
            return Ok(SecretKey::from(user.secret.clone()));
        }
        match state.sessions.get(access_key) {
            Some(session) if session.expires_at > Timestamp::now() => Ok(SecretKey::from(session.secret.clone())),
            Some(_) => Err(s3_error!(ExpiredToken, "The provided token has expired.")),
            None => Err(s3_error!(InvalidAccessKeyId, "The AWS Access Key Id you provided does not exist in our records.")),
        }
    }
}
