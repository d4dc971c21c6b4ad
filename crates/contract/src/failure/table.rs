//! The failure table: the one place that says what a code means, who can mend it, and whether trying again may help.

use super::{Blame, Code, Stage};

/// Whether a failure goes back to the queue; never decided at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It is the answer: stored, published, acknowledged.
    Never,
    /// Tried once more, for the case that the machine was at fault, then it is the answer.
    Once,
    /// Tried until the job's attempts are used up.
    Transient,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The code.
    pub code: Code,
    /// As written in records: kebab-case.
    pub name: &'static str,
    /// Where it usually happens.
    pub stage: Stage,
    /// Who can mend it.
    pub blame: Blame,
    /// Whether trying again may help.
    pub retry: Retry,
    /// What happened and what to do about it, for the asset's owner. It stands in records, so it never speaks of attempts to come: the
    /// record of a transient failure is that of the last one.
    pub sentence: &'static str,
}

/// Every code, in the order of the road from intake to publish.
pub const TABLE: &[Row] = &[
    Row {
        code: Code::JobUnreadable,
        name: "job-unreadable",
        stage: Stage::Intake,
        blame: Blame::Sender,
        retry: Retry::Never,
        sentence: "The job could not be read as `assay.job/1`. Compare it with the JSON Schema that `assay schema job` prints, and send it again.",
    },
    Row {
        code: Code::JobExpired,
        name: "job-expired",
        stage: Stage::Intake,
        blame: Blame::Sender,
        retry: Retry::Never,
        sentence: "The job's `expires_at` passed before it was processed. Send it again with a later time, or add workers to its lane.",
    },
    Row {
        code: Code::ProfileUnknown,
        name: "profile-unknown",
        stage: Stage::Intake,
        blame: Blame::Sender,
        retry: Retry::Never,
        sentence: "The job names a profile that this installation does not have. Use `default`, or add the profile to the configuration.",
    },
    Row {
        code: Code::IntegrationUnknown,
        name: "integration-unknown",
        stage: Stage::Access,
        blame: Blame::Integration,
        retry: Retry::Never,
        sentence: "No integration of this organisation has that name. Register it with `assay integration add`, or correct the job.",
    },
    Row {
        code: Code::IntegrationSuspended,
        name: "integration-suspended",
        stage: Stage::Access,
        blame: Blame::Integration,
        retry: Retry::Never,
        sentence: "The integration was suspended after repeated refusals. Mend the role, then run `assay integration check`, which lifts the suspension.",
    },
    Row {
        code: Code::RoleRefused,
        name: "role-refused",
        stage: Stage::Access,
        blame: Blame::Integration,
        retry: Retry::Never,
        sentence: "The cloud refused to let us assume the integration's role: it is gone, or its trust policy or external id does not match. `assay integration check` finds out which.",
    },
    Row {
        code: Code::SecretExpired,
        name: "secret-expired",
        stage: Stage::Access,
        blame: Blame::Integration,
        retry: Retry::Never,
        sentence: "The secret or certificate of this integration has expired. Give the integration a new one.",
    },
    Row {
        code: Code::OutsideIntegrationScope,
        name: "outside-integration-scope",
        stage: Stage::Access,
        blame: Blame::Sender,
        retry: Retry::Never,
        sentence: "The asset lies outside the buckets and prefixes that the integration covers. Widen the integration, or correct the job.",
    },
    Row {
        code: Code::AddressRefused,
        name: "address-refused",
        stage: Stage::Fetch,
        blame: Blame::Sender,
        retry: Retry::Never,
        sentence: "The address leads to a host that Assay must not contact: a private, local or metadata address, or not https. Give a public https address or a bucket URI.",
    },
    Row {
        code: Code::AddressUnreadable,
        name: "address-unreadable",
        stage: Stage::Access,
        blame: Blame::Sender,
        retry: Retry::Never,
        sentence: "The asset's address could not be understood. `s3://bucket/key`, `gs://bucket/key`, `az://account/container/blob` and https addresses are accepted.",
    },
    Row {
        code: Code::Forbidden,
        name: "forbidden",
        stage: Stage::Fetch,
        blame: Blame::Integration,
        retry: Retry::Never,
        sentence: "The cloud refused to hand out the object: the role may not read it. Allow `s3:GetObject` (or the provider's equal) on this bucket and prefix.",
    },
    Row {
        code: Code::KeyDenied,
        name: "key-denied",
        stage: Stage::Fetch,
        blame: Blame::Integration,
        retry: Retry::Never,
        sentence: "The object is encrypted with a key that the role may not use. Allow `kms:Decrypt` on the object's key for the role.",
    },
    Row {
        code: Code::ArchivedAsset,
        name: "archived-asset",
        stage: Stage::Fetch,
        blame: Blame::Asset,
        retry: Retry::Never,
        sentence: "The object lies in an archive tier and can not be read now. Restore it in its bucket, then reprocess the row.",
    },
    Row {
        code: Code::NotFound,
        name: "not-found",
        stage: Stage::Fetch,
        blame: Blame::Asset,
        retry: Retry::Never,
        sentence: "There is no object at this address. Check the key and that the upload finished, then reprocess the row.",
    },
    Row {
        code: Code::MissingOrForbidden,
        name: "missing-or-forbidden",
        stage: Stage::Fetch,
        blame: Blame::Asset,
        retry: Retry::Never,
        sentence: "The object is missing, or the role may not read it: without permission to list the bucket, the cloud does not say which. Check the key, then the role's policy.",
    },
    Row {
        code: Code::ExpiredUrl,
        name: "expired-url",
        stage: Stage::Fetch,
        blame: Blame::Sender,
        retry: Retry::Never,
        sentence: "The signed URL in the job has expired or was altered. Sign a new one and send the job again.",
    },
    Row {
        code: Code::WorkerUnidentified,
        name: "worker-unidentified",
        stage: Stage::Access,
        blame: Blame::Service,
        retry: Retry::Transient,
        sentence: "The worker has no AWS identity of its own, or AWS does not accept it, so it can't assume anybody's role. Give it one: a role of its machine, pod or task, a profile, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in its environment, or `access.access_key_id` and `access.secret_access_key`; `assay integration check` shows whether it is accepted.",
    },
    Row {
        code: Code::AccessThrottled,
        name: "access-throttled",
        stage: Stage::Access,
        blame: Blame::Service,
        retry: Retry::Transient,
        sentence: "The cloud's identity service asked us to slow down. Try again later; if it goes on, run fewer workers or have its quota raised.",
    },
    Row {
        code: Code::ClockSkew,
        name: "clock-skew",
        stage: Stage::Fetch,
        blame: Blame::Service,
        retry: Retry::Transient,
        sentence: "The cloud says that this worker's clock is wrong. Set the worker's clock (NTP), then try again.",
    },
    Row {
        code: Code::TooManyRequests,
        name: "too-many-requests",
        stage: Stage::Fetch,
        blame: Blame::Service,
        retry: Retry::Transient,
        sentence: "The object store asked us to slow down. Try again later; if it goes on, lower `worker.fetches`.",
    },
    Row {
        code: Code::FetchTimeout,
        name: "fetch-timeout",
        stage: Stage::Fetch,
        blame: Blame::Service,
        retry: Retry::Transient,
        sentence: "The download did not finish in time. Try again; if it stays slow, raise `fetch.total_ms` of the profile.",
    },
    Row {
        code: Code::FetchInterrupted,
        name: "fetch-interrupted",
        stage: Stage::Fetch,
        blame: Blame::Service,
        retry: Retry::Transient,
        sentence: "The connection broke in the middle of the download, more than once. Try again; if it goes on, look at the network between the worker and the asset.",
    },
    Row {
        code: Code::ProviderUnavailable,
        name: "provider-unavailable",
        stage: Stage::Fetch,
        blame: Blame::Service,
        retry: Retry::Transient,
        sentence: "The cloud or the host of the asset could not be reached or answered with an error of its own. Try again when it is well.",
    },
    Row {
        code: Code::AssetChanged,
        name: "asset-changed",
        stage: Stage::Fetch,
        blame: Blame::Asset,
        retry: Retry::Transient,
        sentence: "The object changed while it was read, or is not the version that the job expects. Stop writing to it, or correct what the job expects, then try again.",
    },
    Row {
        code: Code::TooLarge,
        name: "too-large",
        stage: Stage::Fetch,
        blame: Blame::Asset,
        retry: Retry::Never,
        sentence: "The asset is larger than its kind may be. Make it smaller, or raise the limit in the profile.",
    },
    Row {
        code: Code::LimitExceeded,
        name: "limit-exceeded",
        stage: Stage::Probe,
        blame: Blame::Asset,
        retry: Retry::Never,
        sentence: "The asset asked for more than a limit allows. Simplify the file, or raise the limit in the profile.",
    },
    Row {
        code: Code::Cancelled,
        name: "cancelled",
        stage: Stage::Intake,
        blame: Blame::Sender,
        retry: Retry::Never,
        sentence: "The job was cancelled by its sender.",
    },
    Row {
        code: Code::MediaTypeMismatch,
        name: "media-type-mismatch",
        stage: Stage::Probe,
        blame: Blame::Asset,
        retry: Retry::Never,
        sentence: "The asset is not what the job says it is. Correct the row's media type, or replace the file.",
    },
    Row {
        code: Code::UnsupportedFormat,
        name: "unsupported-format",
        stage: Stage::Probe,
        blame: Blame::Asset,
        retry: Retry::Never,
        sentence: "Assay does not read this format. The formats it reads are listed in the README; convert the file to one of them.",
    },
    Row {
        code: Code::EmptyAsset,
        name: "empty-asset",
        stage: Stage::Probe,
        blame: Blame::Asset,
        retry: Retry::Never,
        sentence: "The asset has no bytes. Upload it again.",
    },
    Row {
        code: Code::CorruptAsset,
        name: "corrupt-asset",
        stage: Stage::Probe,
        blame: Blame::Asset,
        retry: Retry::Never,
        sentence: "The file is damaged or incomplete, and nothing useful could be read. Upload it again from its source.",
    },
    Row {
        code: Code::EncryptedAsset,
        name: "encrypted-asset",
        stage: Stage::Probe,
        blame: Blame::Asset,
        retry: Retry::Never,
        sentence: "The file is encrypted or protected by a password. Upload an unprotected copy.",
    },
    Row {
        code: Code::TooManyPixels,
        name: "too-many-pixels",
        stage: Stage::Probe,
        blame: Blame::Asset,
        retry: Retry::Never,
        sentence: "The picture has more pixels than a thumbnail may be made from. Its facts are kept; make it smaller, or raise `decode.pixels` of the profile.",
    },
    Row {
        code: Code::InvalidEpsg,
        name: "invalid-epsg",
        stage: Stage::Probe,
        blame: Blame::Asset,
        retry: Retry::Never,
        sentence: "The imagery's coordinate system has no EPSG code that can be used. Reproject it to EPSG:3857 or EPSG:4326.",
    },
    Row {
        code: Code::TooManyBands,
        name: "too-many-bands",
        stage: Stage::Probe,
        blame: Blame::Asset,
        retry: Retry::Never,
        sentence: "The imagery has more bands than can be shown. Keep the bands you need in a smaller file.",
    },
    Row {
        code: Code::DecoderCrashed,
        name: "decoder-crashed",
        stage: Stage::Probe,
        blame: Blame::Asset,
        retry: Retry::Once,
        sentence: "The file made its decoder crash. Nothing else was harmed. Re-encode the file; and please tell us: it is ours to mend.",
    },
    Row {
        code: Code::DecoderTimeout,
        name: "decoder-timeout",
        stage: Stage::Probe,
        blame: Blame::Asset,
        retry: Retry::Once,
        sentence: "Decoding the file took longer than allowed and was stopped. Re-encode the file, or raise `decode.total_ms` of the profile.",
    },
    Row {
        code: Code::DecoderOutOfMemory,
        name: "decoder-out-of-memory",
        stage: Stage::Probe,
        blame: Blame::Asset,
        retry: Retry::Once,
        sentence: "Decoding the file needed more memory than allowed and was stopped. Make the file smaller, or raise `decode.memory_bytes` of the profile.",
    },
    Row {
        code: Code::SpoolFull,
        name: "spool-full",
        stage: Stage::Fetch,
        blame: Blame::Service,
        retry: Retry::Transient,
        sentence: "The worker had no room for the asset. Try again; if this goes on, give the worker more memory or spill space.",
    },
    Row {
        code: Code::StoreUnavailable,
        name: "store-unavailable",
        stage: Stage::Store,
        blame: Blame::Service,
        retry: Retry::Transient,
        sentence: "The record could not be written. Try again when the store answers.",
    },
    Row {
        code: Code::PublishUnconfirmed,
        name: "publish-unconfirmed",
        stage: Stage::Publish,
        blame: Blame::Service,
        retry: Retry::Transient,
        sentence: "The broker did not confirm the record. Try again when the broker answers.",
    },
    Row {
        code: Code::Internal,
        name: "internal",
        stage: Stage::Probe,
        blame: Blame::Service,
        retry: Retry::Transient,
        sentence: "Something went wrong on our side. The worker's log has the cause; try again when it is mended.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_finds_its_own_row() {
        for (place, row) in TABLE.iter().enumerate() {
            assert_eq!(row.code as usize, place, "{} is out of order", row.name);
            assert_eq!(row.code.row().name, row.name);
            assert_eq!(row.name.parse::<Code>(), Ok(row.code));
            assert_eq!(serde_json::to_value(row.code).unwrap(), row.name);
        }
    }

    #[test]
    fn every_sentence_says_what_happened_and_what_to_do() {
        for row in TABLE {
            assert!(row.sentence.ends_with('.'), "{}: {}", row.name, row.sentence);
            assert!(
                row.sentence.matches(". ").count() + row.sentence.matches(": ").count() >= 1 || row.code == Code::Cancelled,
                "{} has one clause only",
                row.name
            );
        }
    }

    #[test]
    fn no_sentence_promises_an_attempt_that_may_never_come() {
        for row in TABLE {
            for promise in ["by itself", "tried again", "published again"] {
                assert!(!row.sentence.contains(promise), "{}: {}", row.name, row.sentence);
            }
        }
    }
}
