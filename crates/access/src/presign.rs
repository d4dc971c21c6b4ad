//! SigV4 in the query: one URL for one GET of one object, worth no more than the credentials behind it.

use crate::error::AccessError;
use assay_contract::Secret;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningParams, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::time::{Duration, SystemTime};

/// What may stand unencoded in a query value or a path segment: RFC 3986's unreserved characters, as SigV4 wants it.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// A key's slashes separate path segments.
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// One object's GET, before it is signed. No `Debug`: keys are not printed.
pub struct Request<'a> {
    /// `https://host`, and for path-style addressing `/bucket` after it.
    pub base: &'a str,
    /// The key, not encoded; empty for a request on the bucket.
    pub key: &'a str,
    /// Query parameters that are signed with it, not encoded.
    pub query: &'a [(&'a str, &'a str)],
    /// Region whose S3 is asked.
    pub region: &'a str,
    /// How long the URL lives, at most 7 days.
    pub lifetime: Duration,
    /// When it begins to.
    pub at: Timestamp,
}

/// The URL, with its signature.
pub fn presign(credentials: &Credentials, request: &Request<'_>) -> Result<Secret<String>, AccessError> {
    let query: Vec<String> = request
        .query
        .iter()
        .map(|(name, value)| format!("{}={}", utf8_percent_encode(name, QUERY), utf8_percent_encode(value, QUERY)))
        .collect();
    let path = format!("{}/{}", request.base, utf8_percent_encode(request.key, PATH));
    let unsigned = if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) };

    let mut settings = SigningSettings::default();
    // S3 signs the path as it is sent: encoded once, never normalised.
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(request.lifetime);
    let identity = credentials.clone().into();
    let params: SigningParams<'_> = v4::SigningParams::builder()
        .identity(&identity)
        .region(request.region)
        .name("s3")
        .time(SystemTime::from(request.at))
        .settings(settings)
        .build()
        .map_err(|_| AccessError::Signing("a parameter is missing"))?
        .into();
    let host = request.base.split('/').nth(2).ok_or(AccessError::Signing("the host is missing"))?;
    let signable = SignableRequest::new("GET", unsigned.as_str(), [("host", host)].into_iter(), SignableBody::UnsignedPayload)
        .map_err(|_| AccessError::Signing("the address is no URI"))?;
    let (instructions, _) = sign(signable, &params).map_err(|_| AccessError::Signing("SigV4 failed"))?.into_parts();
    let (_, signature) = instructions.into_parts();

    let mut url = unsigned;
    for (name, value) in &signature {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(name);
        url.push('=');
        url.extend(utf8_percent_encode(value, QUERY));
    }
    Ok(Secret::new(url))
}
