//! ListObjectsV2, a page at a time.

use super::answer::{Answer, Refusal, escape, xml};
use super::iam::Question;
use super::judge::Caller;
use super::router::Asked;
use super::{Shared, locked};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeSet;
use std::fmt::Write;

/// What `encoding-type=url` leaves alone.
const URL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/');
/// Most keys of a page.
const PAGE: usize = 1000;

/// Lists a bucket.
pub(crate) fn list(state: &Shared, caller: &Caller, asked: &Asked<'_>) -> Result<Answer, Refusal> {
    let state = locked(state);
    let prefix = asked.query("prefix").unwrap_or_default();
    let context: Vec<(&str, &str)> = asked.query("prefix").map(|prefix| ("s3:prefix", prefix)).into_iter().collect();
    let resource = format!("arn:aws:s3:::{}", asked.bucket);
    if !caller.may(&state, Question { action: "s3:ListBucket", resource: Some(&resource), principal: None, context: &context }) {
        return Err(Refusal::denied("no policy of the caller allows the s3:ListBucket action"));
    }
    let delimiter = asked.query("delimiter").filter(|delimiter| !delimiter.is_empty());
    let after = asked.query("continuation-token").or(asked.query("start-after")).unwrap_or_default();
    let page = asked.query("max-keys").and_then(|count| count.parse().ok()).unwrap_or(PAGE).min(PAGE);
    let write = |key: &str| match asked.query("encoding-type") {
        // S3 writes a space as `+` here.
        Some("url") => utf8_percent_encode(key, URL).to_string().replace("%20", "+"),
        _ => escape(key),
    };

    let (mut contents, mut folders, mut last, mut more) = (String::new(), BTreeSet::new(), String::new(), false);
    let mut count = 0;
    let objects = state.buckets.get(&asked.bucket).map(|bucket| &bucket.objects);
    let listed = objects.into_iter().flatten().filter(|(key, _)| key.starts_with(prefix) && key.as_str() > after);
    for (key, versions) in listed {
        let folder = delimiter.and_then(|delimiter| {
            let rest = key.get(prefix.len()..)?;
            let end = rest.find(delimiter)? + delimiter.len();
            Some(format!("{prefix}{}", rest.get(..end)?))
        });
        if folder.as_ref().is_some_and(|folder| folders.contains(folder) || (!after.is_empty() && after.starts_with(folder))) {
            last.clone_from(key);
            continue;
        }
        if count == page {
            more = true;
            break;
        }
        count += 1;
        last.clone_from(key);
        match (folder, versions.last()) {
            (Some(folder), _) => {
                folders.insert(folder);
            }
            (None, Some(version)) => {
                let _ = write!(
                    contents,
                    "<Contents><Key>{}</Key><LastModified>{:.3}</LastModified><ETag>{}</ETag><Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
                    write(key),
                    version.modified,
                    escape(&version.etag),
                    version.bytes.len()
                );
            }
            (None, None) => {}
        }
    }
    let mut body =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    let _ = write!(
        body,
        "<Name>{}</Name><Prefix>{}</Prefix><KeyCount>{count}</KeyCount><MaxKeys>{page}</MaxKeys><IsTruncated>{more}</IsTruncated>",
        asked.bucket,
        write(prefix)
    );
    if more {
        let _ = write!(body, "<NextContinuationToken>{}</NextContinuationToken>", escape(&last));
    }
    body.push_str(&contents);
    for folder in &folders {
        let _ = write!(body, "<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>", write(folder));
    }
    body.push_str("</ListBucketResult>");
    Ok(xml(body, "application/xml"))
}
