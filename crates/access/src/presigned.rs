//! Delegation by whoever sent the job: an https address that already carries its signature, or needs none.

use crate::delegation::{Delegation, Purpose};
use crate::error::AccessError;
use crate::scope::without_dot_segments;
use assay_contract::signed_url::Origin;
use assay_contract::{AssetAddress, Secret, SignedUrl};
use async_trait::async_trait;
use std::time::Duration;

/// Hands on the https address as it is; the guard in `fetch` decides whether its host may be contacted.
#[derive(Debug, Clone, Copy)]
pub struct Presigned;

#[async_trait]
impl Delegation for Presigned {
    async fn sign(&self, asset: &AssetAddress, _lifetime: Duration, _purpose: &Purpose) -> Result<SignedUrl, AccessError> {
        let AssetAddress::Https(url) = asset else {
            return Err(AccessError::Address("a bucket's address needs an integration; name one, or give a signed https URL"));
        };
        without_dot_segments(url)?;
        Ok(SignedUrl { url: Secret::new(url.clone()), expires_at: None, origin: Origin::Job })
    }
}
