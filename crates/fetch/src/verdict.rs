//! What a store's refusal means: the one place that maps statuses and provider codes to the failure table.
//!
//! Sources: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>,
//! <https://cloud.google.com/storage/docs/xml-api/reference-status>,
//! <https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes>.

use crate::answer::Answer;
use crate::want::Lesson;
use assay_contract::Code;
use assay_contract::signed_url::Origin;

/// What to do about a refusal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the answer.
    Final(Code),
    /// It may pass.
    Again(Code),
    /// A fresh signature may help, after the signer was told the lesson.
    Resign(Code, Option<Lesson>),
}

/// Judges a refusal. `may_list` tells a missing key from a forbidden one.
pub(crate) fn judge(answer: &Answer, origin: Origin, may_list: bool) -> Verdict {
    use Verdict::{Again, Final};
    match answer.code.as_str() {
        "AccessDenied" => access_denied(answer, origin, may_list),
        "InvalidObjectState" | "BlobArchived" | "BlobBeingRehydrated" => Final(Code::ArchivedAsset),
        "NoSuchKey" | "NoSuchVersion" | "NoSuchBucket" | "NoSuchUpload" | "BlobNotFound" | "ContainerNotFound" | "ResourceNotFound" => {
            Final(Code::NotFound)
        }
        "RequestTimeTooSkewed" | "RequestNotYetValid" => Final(Code::ClockSkew),
        "SlowDown" | "ServerBusy" | "TooManyRequests" | "Throttling" | "RequestLimitExceeded" => Again(Code::TooManyRequests),
        "RequestTimeout" | "InternalError" | "OperationTimedOut" => Again(Code::ProviderUnavailable),
        "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired" | "InvalidAccessKeyId" => {
            resign(origin, Code::Forbidden, Some(Lesson::TokenRejected))
        }
        "SignatureDoesNotMatch" | "AuthenticationFailed" => resign(origin, Code::Internal, None),
        "PermanentRedirect"
        | "TemporaryRedirect"
        | "AuthorizationHeaderMalformed"
        | "AuthorizationQueryParametersError"
        | "IllegalLocationConstraintException"
            if !answer.region.is_empty() =>
        {
            resign(origin, Code::ProviderUnavailable, Some(Lesson::Region(answer.region.clone())))
        }
        "AuthorizationFailure" | "AuthorizationPermissionMismatch" | "InsufficientAccountPermissions" | "AllAccessDisabled" => {
            Final(Code::Forbidden)
        }
        code if code.starts_with("KMS.") => Final(Code::KeyDenied),
        _ => by_status(answer, origin),
    }
}

fn access_denied(answer: &Answer, origin: Origin, may_list: bool) -> Verdict {
    let says = |words: &str| answer.message.to_ascii_lowercase().contains(words);
    if says("expired") {
        return resign(origin, Code::Forbidden, None);
    }
    if says("not yet valid") || says("not valid yet") {
        return Verdict::Final(Code::ClockSkew);
    }
    if says("kms:") || says("kms key") || says("the ciphertext refers to a customer master key") {
        return Verdict::Final(Code::KeyDenied);
    }
    // A message that names s3:GetObject speaks of reading itself; any other AccessDenied is also what a missing key looks like to
    // somebody who may not list (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Permissions").
    if may_list || says("s3:getobject") { Verdict::Final(Code::Forbidden) } else { Verdict::Final(Code::MissingOrForbidden) }
}

fn by_status(answer: &Answer, origin: Origin) -> Verdict {
    use Verdict::{Again, Final};
    match answer.status {
        300..=399 if !answer.region.is_empty() => resign(origin, Code::ProviderUnavailable, Some(Lesson::Region(answer.region.clone()))),
        401 | 403 | 407 => Final(Code::Forbidden),
        // 405 is what S3 answers for a version that is a delete marker.
        404 | 405 | 410 => Final(Code::NotFound),
        412 => Final(Code::AssetChanged),
        429 | 503 => Again(Code::TooManyRequests),
        408 | 425 | 500..=599 => Again(Code::ProviderUnavailable),
        _ => Final(Code::ProviderUnavailable),
    }
}

/// We can sign our own URLs again; a URL that a job brought is what it is.
fn resign(origin: Origin, code: Code, lesson: Option<Lesson>) -> Verdict {
    match origin {
        Origin::Bucket => Verdict::Resign(code, lesson),
        Origin::Job => Verdict::Final(Code::ExpiredUrl),
    }
}

#[cfg(test)]
mod tests;
