//! The objects: that the scope can be listed where that is granted, and that one byte of one object can be read.

use super::{CheckLine, general_advice, name};
use crate::aws::AwsDelegation;
use crate::error::AccessError;
use crate::scope::covered;
use assay_contract::AssetAddress;
use percent_encoding::percent_decode_str;
use reqwest::{Client, Response, redirect};
use std::time::Duration;

/// How long a check's URL lives.
const LIFETIME: Duration = Duration::from_mins(1);
/// How long the object store may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest answer that is looked at: an error, or a page of ten keys.
const MAX_ANSWER: usize = 64 * 1024;

const GRANT: &str = "Compare the role's permission policy with the one that `assay integration add` printed, and look for a bucket policy that denies; without permission to list, a missing object looks the same.";
const GRANT_LISTING: &str = "Allow s3:ListBucket in the role's permission policy, as `assay integration add` prints it, or register the integration without listing.";
const GRANT_KEY: &str = "Allow kms:Decrypt on the bucket's key to the role: in its permission policy, and in the key's own policy where the key is another account's.";
const NAME_ONE: &str = "Name an object inside the scope to read one byte of, with --sample s3://BUCKET/KEY.";

/// An object to read: bucket, key, version, region.
type Sample = (String, String, Option<String>, Option<String>);

/// What the object store said.
struct Said {
    status: u16,
    body: String,
}

pub(super) async fn check(delegation: &AwsDelegation<'_>, sample: Option<&AssetAddress>, lines: &mut Vec<CheckLine>) {
    let Ok(client) = Client::builder().no_proxy().redirect(redirect::Policy::none()).timeout(TIMEOUT).build() else {
        return lines.push(CheckLine::failed(name::READING, "no HTTP client could be made", "Report this: it is a fault of Assay."));
    };
    let listed = list(delegation, &client, lines).await;
    let wanted = match sample {
        Some(AssetAddress::S3 { bucket, key, version_id, region }) => (bucket.clone(), key.clone(), version_id.clone(), region.clone()),
        Some(_) => return lines.push(CheckLine::failed(name::READING, "the sample is no object in S3", NAME_ONE)),
        None => match listed {
            Some((bucket, key)) => (bucket, key, None, None),
            None => return lines.push(CheckLine::skipped(name::READING, "there is no object to try", Some(NAME_ONE))),
        },
    };
    lines.push(match read(delegation, &client, &wanted).await {
        Ok(said) => judged(&said),
        Err(error) => CheckLine::failed(name::READING, error.to_string(), general_advice(&error)),
    });
}

/// The first object of the scope, with a line on whether listing works.
async fn list(delegation: &AwsDelegation<'_>, client: &Client, lines: &mut Vec<CheckLine>) -> Option<(String, String)> {
    if !delegation.integration.may_list {
        lines.push(CheckLine::skipped(name::LISTING, "the integration does not ask for it", None));
        return None;
    }
    let (mut first, mut places) = (None, 0);
    for entry in &delegation.integration.scope {
        let query = [("list-type", "2"), ("encoding-type", "url"), ("max-keys", "10"), ("prefix", entry.prefix.as_str())];
        match ask(delegation, client, (&entry.bucket, ""), &entry.prefix, (None, &query)).await {
            Ok(said) if said.status == 200 => {
                places += 1;
                let key = keys(&said.body).find(|key| covered(delegation.integration, &entry.bucket, key).is_ok());
                first = first.or(key.map(|key| (entry.bucket.clone(), key)));
            }
            Ok(said) => {
                let found = format!("{} (HTTP {})", code(&said.body).unwrap_or("no code"), said.status);
                lines.push(CheckLine::failed(name::LISTING, found, GRANT_LISTING));
                return first;
            }
            Err(error) => {
                lines.push(CheckLine::failed(name::LISTING, error.to_string(), general_advice(&error)));
                return first;
            }
        }
    }
    let found = if first.is_some() { "objects were found" } else { "there are no objects yet" };
    lines.push(CheckLine::passed(name::LISTING, format!("{places} of {places} entries listed; {found}")));
    first
}

async fn read(delegation: &AwsDelegation<'_>, client: &Client, sample: &Sample) -> Result<Said, AccessError> {
    let (bucket, key, version, region) = sample;
    covered(delegation.integration, bucket, key)?;
    let mut query = vec![("x-assay-job", "integration-check")];
    query.extend(version.as_deref().map(|version| ("versionId", version)));
    ask(delegation, client, (bucket, key), key, (region.as_deref(), &query)).await
}

/// Asks once, and once more where the store answers that the bucket lies in another region.
async fn ask(
    delegation: &AwsDelegation<'_>,
    client: &Client,
    place: (&str, &str),
    below: &str,
    (region, query): (Option<&str>, &[(&str, &str)]),
) -> Result<Said, AccessError> {
    let session = delegation.session(place.0, below, LIFETIME).await?;
    let mut answer = send(delegation, client, &session, place, (region, query)).await?;
    if matches!(answer.status().as_u16(), 301 | 307 | 400)
        && let Some(region) = answer.headers().get("x-amz-bucket-region").and_then(|value| value.to_str().ok())
    {
        delegation.cloud.regions.learn(place.0, region);
        answer = send(delegation, client, &session, place, (None, query)).await?;
    }
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    while body.len() < MAX_ANSWER {
        match answer.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(_) => return Err(AccessError::Unavailable { answer: assay_contract::failure::ProviderAnswer::default() }),
        }
    }
    Ok(Said { status, body: String::from_utf8_lossy(&body).into_owned() })
}

async fn send(
    delegation: &AwsDelegation<'_>,
    client: &Client,
    session: &crate::sts::Session,
    place: (&str, &str),
    (region, query): (Option<&str>, &[(&str, &str)]),
) -> Result<Response, AccessError> {
    let signed = delegation.presigned(session, place, region, query, LIFETIME)?;
    // The error holds the URL: it is dropped here.
    let nothing = |_| AccessError::Unavailable { answer: assay_contract::failure::ProviderAnswer::default() };
    client.get(signed.url.expose().as_str()).header("range", "bytes=0-0").send().await.map_err(nothing)
}

fn judged(said: &Said) -> CheckLine {
    let code = code(&said.body).unwrap_or("no code");
    let found = format!("{code} (HTTP {})", said.status);
    match (said.status, code) {
        (206, _) => CheckLine::passed(name::READING, "one byte was read through a signed URL"),
        (200, _) => CheckLine::passed(name::READING, "an object was read through a signed URL; the store ignored the range"),
        (416, _) => CheckLine::passed(name::READING, "an empty object was reached through a signed URL"),
        (404, "NoSuchBucket") => CheckLine::failed(name::READING, found, "Correct the bucket's name in the integration's scope."),
        (404, _) => CheckLine::failed(name::READING, found, "Name an object that exists, with --sample s3://BUCKET/KEY."),
        (403, "InvalidObjectState") => {
            CheckLine::failed(name::READING, found, "The object lies in an archive: name another, or restore it.")
        }
        (403, "RequestTimeTooSkewed") => CheckLine::failed(name::READING, found, "Set this machine's clock (NTP)."),
        (403, _) if said.body.contains("kms:Decrypt") => CheckLine::failed(name::READING, found, GRANT_KEY),
        (403, _) => CheckLine::failed(name::READING, found, GRANT),
        _ => CheckLine::failed(name::READING, found, "Try again in a minute; if it stays so, look at the provider's status page."),
    }
}

/// The `Code` of an error in S3's XML.
fn code(body: &str) -> Option<&str> {
    body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code)
}

/// The keys of a listing with `encoding-type=url`, in which `+` is a space.
fn keys(body: &str) -> impl Iterator<Item = String> {
    body.split("<Key>").skip(1).filter_map(|rest| {
        let (key, _) = rest.split_once("</Key>")?;
        percent_decode_str(&key.replace('+', " ")).decode_utf8().ok().map(std::borrow::Cow::into_owned)
    })
}
