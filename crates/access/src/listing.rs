//! Lists a part of a customer's bucket, a page at a time, with the same delegation that reads it.

use crate::aws::AwsDelegation;
use crate::error::AccessError;
use assay_contract::failure::ProviderAnswer;
use percent_encoding::percent_decode_str;
use reqwest::{Client, redirect};
use std::time::Duration;

/// How long a page's URL lives.
const LIFETIME: Duration = Duration::from_mins(1);
/// How long the object store may take for one page.
const TIMEOUT: Duration = Duration::from_secs(30);
/// A page has at most 1,000 keys of at most 1,024 bytes, each byte percent-encoded, and some 300 bytes around each
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>).
const MAX_PAGE: usize = 1000 * (3 * 1024 + 1024);

/// One page of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListedPage {
    /// Keys in the store's order; markers of folders (a trailing `/`) are left out.
    pub keys: Vec<String>,
    /// Where the next page begins; `None` for the last one.
    pub next: Option<String>,
}

/// One page of what lies below a prefix, which must lie in the integration's scope.
pub(crate) async fn page(
    delegation: &AwsDelegation<'_>,
    bucket: &str,
    prefix: &str,
    after: Option<&str>,
) -> Result<ListedPage, AccessError> {
    if !delegation.integration.may_list {
        return Err(AccessError::ListingRefused { answer: ProviderAnswer::default() });
    }
    if !delegation.integration.covers(bucket, prefix) {
        return Err(AccessError::OutsideScope);
    }
    let mut query = vec![("list-type", "2"), ("encoding-type", "url"), ("prefix", prefix)];
    query.extend(after.map(|token| ("continuation-token", token)));
    let session = delegation.session(bucket, prefix, LIFETIME).await?;
    let client = Client::builder().no_proxy().redirect(redirect::Policy::none()).timeout(TIMEOUT).build().map_err(|_| unreachable())?;
    let mut learnt = false;
    loop {
        let signed = delegation.presigned(&session, (bucket, ""), None, &query, LIFETIME)?;
        // The error holds the URL: it is dropped here.
        let mut answer = client.get(signed.url.expose().as_str()).send().await.map_err(|_| unreachable())?;
        let status = answer.status().as_u16();
        let region = answer.headers().get("x-amz-bucket-region").and_then(|value| value.to_str().ok()).map(str::to_owned);
        if let (301 | 307 | 400, Some(region), false) = (status, region, learnt) {
            delegation.cloud.regions.learn(bucket, &region);
            learnt = true;
            continue;
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| unreachable())? {
            if body.len() + chunk.len() > MAX_PAGE {
                return Err(unreachable());
            }
            body.extend_from_slice(&chunk);
        }
        let body = String::from_utf8_lossy(&body);
        return match status {
            200 => Ok(parsed(&body)),
            403 => Err(AccessError::ListingRefused { answer: said(status, &body) }),
            _ => Err(AccessError::Unavailable { answer: said(status, &body) }),
        };
    }
}

fn parsed(body: &str) -> ListedPage {
    let keys = texts(body, "Key").filter_map(decoded).filter(|key| !key.ends_with('/')).collect();
    let truncated = texts(body, "IsTruncated").any(|text| text == "true");
    let next = truncated.then(|| texts(body, "NextContinuationToken").next().map(unescaped)).flatten();
    ListedPage { keys, next }
}

/// The texts of all elements of a name; keys are percent-encoded, so none can hold markup.
fn texts<'b>(body: &'b str, name: &str) -> impl Iterator<Item = &'b str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut rest = body;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once(&open)?;
        let (text, later) = after.split_once(&close)?;
        rest = later;
        Some(text)
    })
}

/// `encoding-type=url` writes a space as `+`.
fn decoded(key: &str) -> Option<String> {
    percent_decode_str(&key.replace('+', " ")).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

fn said(status: u16, body: &str) -> ProviderAnswer {
    ProviderAnswer { status: Some(status), code: texts(body, "Code").next().map(|code| code.chars().take(80).collect()), request_id: None }
}

fn unreachable() -> AccessError {
    AccessError::Unavailable { answer: ProviderAnswer::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_with_its_keys_decoded_and_its_token() {
        let body = "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a+b/%C3%A9%2B.jpg</Key></Contents>\
                    <Contents><Key>folder/</Key></Contents><NextContinuationToken>1&amp;2=</NextContinuationToken></ListBucketResult>";
        assert_eq!(parsed(body), ListedPage { keys: vec!["a b/é+.jpg".into()], next: Some("1&2=".into()) });
        assert_eq!(parsed("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"), ListedPage::default());
    }
}
