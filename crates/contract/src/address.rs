//! Where an asset lies: every way users write it, read once into a type that keeps each byte of the key.

use percent_encoding::percent_decode_str;
use std::fmt;

/// Whether a cloud host's https address is delegated (an integration signs it) or taken as already signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The job names an integration.
    Delegated,
    /// The job names none: the address carries its own signature, or needs none.
    AsSigned,
}

/// An asset's address.
#[derive(Clone, PartialEq, Eq)]
pub enum AssetAddress {
    /// An object in S3 or a store that speaks S3.
    S3 {
        /// Bucket name.
        bucket: String,
        /// Key, every byte kept, not percent-encoded.
        key: String,
        /// Version, where the address names one.
        version_id: Option<String>,
        /// Region, where the address names one.
        region: Option<String>,
    },
    /// An object in Google Cloud Storage.
    Gcs {
        /// Bucket name.
        bucket: String,
        /// Object name, not percent-encoded.
        key: String,
    },
    /// A blob in Azure Storage.
    Azure {
        /// Storage account.
        account: String,
        /// Container.
        container: String,
        /// Blob name, not percent-encoded.
        blob: String,
    },
    /// Any https address, taken as it is. It may hold a signature: never printed with its query.
    Https(String),
}

/// Why a string is no address. It never repeats the string: it may hold a signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No scheme that we know.
    #[error("the scheme is none of s3, gs, az, https")]
    Scheme,
    /// http without s.
    #[error("the scheme is http; only https is contacted")]
    NotHttps,
    /// A part is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// The percent-encoding is not UTF-8.
    #[error("the percent-encoded path is not UTF-8")]
    NotUtf8,
    /// A bucket, account or container name with characters that none may have.
    #[error("{0} holds characters that no such name may have")]
    Name(&'static str),
    /// Longer than any provider allows.
    #[error("the key has {0} bytes; {MAX_KEY_BYTES} are allowed")]
    KeyTooLong(usize),
    /// A tile template.
    #[error("a {{z}}/{{x}}/{{y}} tile template is not a file; give the address of the COG, GeoTIFF or NITF itself")]
    TileTemplate,
    /// Control characters or spaces in an https address.
    #[error("the address holds characters that must be percent-encoded")]
    Unencoded,
}

/// Longest key: 1,024 bytes in S3, GCS and Azure alike
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>).
pub const MAX_KEY_BYTES: usize = 1024;

impl AssetAddress {
    /// Reads an address.
    pub fn parse(uri: &str, reading: Reading) -> Result<Self, AddressError> {
        if uri.contains("{z}") && uri.contains("{x}") {
            return Err(AddressError::TileTemplate);
        }
        let (scheme, rest) = uri.split_once("://").ok_or(AddressError::Scheme)?;
        match scheme.to_ascii_lowercase().as_str() {
            "s3" => s3_uri(rest),
            "gs" => {
                let (bucket, key) = split(rest, "the key")?;
                Ok(Self::Gcs { bucket: name(bucket, "the bucket")?, key: whole_key(key)? })
            }
            "az" => {
                let (account, path) = split(rest, "the container")?;
                let (container, blob) = split(path, "the blob")?;
                Ok(Self::Azure {
                    account: name(account, "the account")?,
                    container: name(container, "the container")?,
                    blob: whole_key(blob)?,
                })
            }
            "https" => https(uri, rest, reading),
            "http" => Err(AddressError::NotHttps),
            _ => Err(AddressError::Scheme),
        }
    }

    /// The address for records and dead letters, as [`without_secrets`] shows it.
    pub fn public(&self) -> String {
        match self {
            Self::S3 { bucket, key, version_id: Some(version), .. } => without_secrets(&format!("s3://{bucket}/{key}?versionId={version}")),
            Self::S3 { bucket, key, version_id: None, .. } => without_secrets(&format!("s3://{bucket}/{key}")),
            Self::Gcs { bucket, key } => without_secrets(&format!("gs://{bucket}/{key}")),
            Self::Azure { account, container, blob } => without_secrets(&format!("az://{account}/{container}/{blob}")),
            Self::Https(url) => without_secrets(url),
        }
    }
}

/// Any text that was given as an address, as it may be stored or shown: without user information, without query and fragment.
///
/// Keys in a bucket may hold `?` and `#`: there only what follows a first `?` and has a `=` is taken for a query, and its `versionId` is kept.
pub fn without_secrets(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else {
        return without_scheme(address.split(['?', '#']).next().unwrap_or_default());
    };
    let scheme = scheme.to_ascii_lowercase();
    let (bare, version) = match scheme.as_str() {
        "s3" | "gs" | "az" => match rest.split_once('?') {
            Some((bare, query)) if query.contains('=') => (bare, query.split(['&', '?']).find(|pair| pair.starts_with("versionId="))),
            _ => (rest, None),
        },
        _ => (rest.split(['?', '#']).next().unwrap_or_default(), None),
    };
    let [host, path] = host_and_path(bare);
    let version = version.map(|pair| format!("?{pair}")).unwrap_or_default();
    format!("{scheme}://{host}{path}{version}")
}

/// Whether a scheme may be written so (RFC 3986, section 3.1): `://` may also stand in a query.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// What may be shown of a text that is no address: nobody can say where a password in it begins, so only what stands behind it.
fn without_scheme(bare: &str) -> String {
    match bare.rsplit_once('@') {
        Some((before, rest)) if before.contains(':') => rest.to_owned(),
        _ => host_and_path(bare).concat(),
    }
}

/// The host or bucket without user information, and what follows it.
fn host_and_path(rest: &str) -> [&str; 2] {
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if let Some((_, host)) = authority.rsplit_once('@') {
        return [host, path];
    }
    let port = authority.split_once(':').map_or("", |(_, port)| port);
    if authority.starts_with('[') || port.bytes().all(|b| b.is_ascii_digit()) {
        return [authority, path];
    }
    // No port, so a password; secrets often hold a `/`, and then the host comes after it, or nowhere.
    rest.rsplit_once('@').map_or(["", ""], |(_, rest)| host_and_path(rest))
}

impl fmt::Debug for AssetAddress {
    /// Only the kind: keys and URLs are not logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::S3 { .. } => "AssetAddress::S3(..)",
            Self::Gcs { .. } => "AssetAddress::Gcs(..)",
            Self::Azure { .. } => "AssetAddress::Azure(..)",
            Self::Https(_) => "AssetAddress::Https(..)",
        })
    }
}

fn s3_uri(rest: &str) -> Result<AssetAddress, AddressError> {
    let (bucket, key) = split(rest, "the key")?;
    // A key may hold `?`: only a last `?versionId=` with a version in it is taken as one.
    let (key, version_id) = match key.rsplit_once("?versionId=") {
        Some((key, version)) if !version.is_empty() && !version.contains(['?', '/', '&']) => (key, Some(version.to_owned())),
        _ => (key, None),
    };
    Ok(AssetAddress::S3 { bucket: name(bucket, "the bucket")?, key: whole_key(key)?, version_id, region: None })
}

fn https(uri: &str, rest: &str, reading: Reading) -> Result<AssetAddress, AddressError> {
    if uri.chars().any(|c| c.is_control() || c == ' ') {
        return Err(AddressError::Unencoded);
    }
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if authority.is_empty() {
        return Err(AddressError::Missing("the host"));
    }
    if reading == Reading::AsSigned {
        return Ok(AssetAddress::Https(uri.to_owned()));
    }
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
    let path = path.split('#').next().unwrap_or_default().strip_prefix('/').unwrap_or_default();
    let host = authority.to_ascii_lowercase();
    if let Some((bucket, region)) = s3_host(&host) {
        let (bucket, key) = match bucket {
            Some(bucket) => (bucket, path),
            None => split(path, "the key")?,
        };
        let version_id = query.split('&').find_map(|pair| pair.strip_prefix("versionId=")).map(decoded).transpose()?;
        return Ok(AssetAddress::S3 {
            bucket: name(&decoded(bucket)?, "the bucket")?,
            key: whole_key(&decoded(key)?)?,
            version_id,
            region,
        });
    }
    if host == "storage.googleapis.com" || host == "storage.cloud.google.com" {
        let (bucket, key) = split(path, "the key")?;
        return Ok(AssetAddress::Gcs { bucket: name(&decoded(bucket)?, "the bucket")?, key: whole_key(&decoded(key)?)? });
    }
    if let Some(bucket) = host.strip_suffix(".storage.googleapis.com") {
        return Ok(AssetAddress::Gcs { bucket: name(bucket, "the bucket")?, key: whole_key(&decoded(path)?)? });
    }
    if let Some(account) = host.strip_suffix(".blob.core.windows.net") {
        let (container, blob) = split(path, "the blob")?;
        return Ok(AssetAddress::Azure {
            account: name(account, "the account")?,
            container: name(&decoded(container)?, "the container")?,
            blob: whole_key(&decoded(blob)?)?,
        });
    }
    Ok(AssetAddress::Https(uri.to_owned()))
}

/// `(bucket, region)` of an S3 host: virtual-hosted has a bucket, path-style has none
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>).
fn s3_host(host: &str) -> Option<(Option<&str>, Option<String>)> {
    let host = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
    let labels: Vec<&str> = host.split('.').collect();
    let place = labels.iter().rposition(|label| *label == "s3" || label.starts_with("s3-"))?;
    let (service, after) = (labels.get(place)?, labels.get(place + 1..)?);
    let region = match (service.strip_prefix("s3-"), after) {
        (Some(region), []) => Some(region.to_owned()),
        (None, []) => None,
        (None, [region] | ["dualstack", region]) => Some((*region).to_owned()),
        _ => return None,
    };
    let bucket_bytes: usize = labels.get(..place)?.iter().map(|label| label.len() + 1).sum();
    let bucket = (place > 0).then(|| host.get(..bucket_bytes - 1)).flatten();
    Some((bucket, region))
}

fn split<'a>(text: &'a str, second: &'static str) -> Result<(&'a str, &'a str), AddressError> {
    match text.split_once('/') {
        Some((first, rest)) if !rest.is_empty() => Ok((first, rest)),
        _ => Err(AddressError::Missing(second)),
    }
}

fn name(text: &str, what: &'static str) -> Result<String, AddressError> {
    if text.is_empty() {
        return Err(AddressError::Missing(what));
    }
    // `$` for Azure's $web and $root containers.
    if text.len() > 255 || !text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.$".contains(c)) {
        return Err(AddressError::Name(what));
    }
    Ok(text.to_owned())
}

fn whole_key(key: &str) -> Result<String, AddressError> {
    match key.len() {
        0 => Err(AddressError::Missing("the key")),
        1..=MAX_KEY_BYTES => Ok(key.to_owned()),
        n => Err(AddressError::KeyTooLong(n)),
    }
}

fn decoded(text: &str) -> Result<String, AddressError> {
    percent_decode_str(text).decode_utf8().map(std::borrow::Cow::into_owned).map_err(|_| AddressError::NotUtf8)
}

#[cfg(test)]
mod tests;
