//! What is known of an asset once its bytes are gone. A draft is only made from a proof that they are, or that none came.

use crate::part::Part;
use crate::slots::Room;
use assay_contract::Failure;
use assay_contract::failure::Issue;
use assay_contract::record::{AssetSeen, Cost, Derivative, Erasure, Extractor, Posture, Record, SCHEMA, Status, Thumbnail, WorkerRef};
use assay_fetch::{Erased, Seen};
use assay_probe::examine::{Examined, What};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// A record in the making, and the things to be put on the shelf.
#[derive(Debug)]
pub struct Draft {
    examined: Examined,
    seen: Seen,
    came: bool,
    uri: String,
    erasure: Option<Erasure>,
    posture: Posture,
    cost: Cost,
    started_at: Timestamp,
    layer_failure: Option<Failure>,
    /// Held until the draft is a record: then what was made is on the shelf.
    _room: Option<Room>,
}

/// Milliseconds that each stage took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    /// From submission to intake.
    pub queue: Duration,
    /// Assuming the role and signing.
    pub access: Duration,
    /// Download.
    pub fetch: Duration,
    /// Sniffing, the child's life, checking.
    pub decode: Duration,
    /// From intake to now.
    pub total: Duration,
}

impl Draft {
    /// After the asset was looked at and erased.
    pub fn of(examined: Examined, uri: String, seen: Seen, erased: &Erased, posture: Posture) -> Self {
        let posture = if examined.decoder.is_some() { posture } else { Posture::Unused };
        Self {
            examined,
            seen,
            came: true,
            uri,
            erasure: Some(erased.erasure().clone()),
            posture,
            cost: Cost::default(),
            started_at: Timestamp::UNIX_EPOCH,
            layer_failure: None,
            _room: None,
        }
    }

    /// No byte of the asset is held: it never came, or went when the download failed.
    pub fn without_bytes(failure: Failure, uri: String, bytes_fetched: u64, requests: u32) -> Self {
        Self {
            examined: Examined { failure: Some(failure), ..Examined::default() },
            seen: Seen { bytes_fetched, requests, ..Seen::default() },
            came: false,
            uri,
            erasure: None,
            posture: Posture::Unused,
            cost: Cost::default(),
            started_at: Timestamp::UNIX_EPOCH,
            layer_failure: None,
            _room: None,
        }
    }

    /// Bytes of the thumbnails and derivatives that wait for the shelf.
    pub fn made_bytes(&self) -> u64 {
        self.examined.made.iter().map(|made| made.bytes.len() as u64).sum()
    }

    /// What was made has found room in memory.
    #[must_use]
    pub fn in_room(self, room: Room) -> Self {
        Self { _room: Some(room), ..self }
    }

    /// After the text layer that came with a document was held against its pages, and erased like the document.
    #[must_use]
    pub fn with_layer(mut self, differences: Vec<Issue>, seen: &Seen, _: &Erased) -> Self {
        self.examined.issues.extend(differences);
        self.also_fetched(seen.bytes_fetched, seen.requests)
    }

    /// The text layer that came with a document could not be had: no byte of it is held.
    #[must_use]
    pub fn without_layer(mut self, failure: Failure, bytes_fetched: u64, requests: u32) -> Self {
        let message = format!("The text layer that came with the document was not compared with its pages. {}", failure.message);
        self.examined.issues.push(Issue::error(failure.code.as_str(), message));
        self.layer_failure = Some(failure);
        self.also_fetched(bytes_fetched, requests)
    }

    fn also_fetched(mut self, bytes: u64, requests: u32) -> Self {
        self.seen.bytes_fetched = self.seen.bytes_fetched.saturating_add(bytes);
        self.seen.requests = self.seen.requests.saturating_add(requests);
        self
    }

    /// Adds when it began and what each stage took.
    #[must_use]
    pub fn timed(mut self, started_at: Timestamp, times: Times) -> Self {
        self.started_at = started_at;
        self.cost = Cost {
            bytes_fetched: self.seen.bytes_fetched,
            requests: self.seen.requests,
            queue_ms: millis(times.queue),
            access_ms: millis(times.access),
            fetch_ms: millis(times.fetch),
            decode_ms: millis(times.decode),
            total_ms: millis(times.total),
            cpu_ms: millis(self.examined.cpu),
            peak_memory_bytes: self.examined.peak_memory_bytes,
        };
        self
    }

    /// What was found.
    pub fn examined(&self) -> &Examined {
        &self.examined
    }

    /// Why it failed, or what was stopped on the way.
    pub fn failure(&self) -> Option<&Failure> {
        self.examined.failure.as_ref()
    }

    /// Why the text layer that came with a document could not be had.
    pub fn layer_failure(&self) -> Option<&Failure> {
        self.layer_failure.as_ref()
    }

    /// The record, with the places on the shelf that things were put at (by name; none from `inspect` without a folder).
    pub fn into_record(
        self,
        part: Option<&Part<'_>>,
        profile: &str,
        worker: WorkerRef,
        attempt: u32,
        places: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Record {
        let status = self.examined.status();
        let (failure, mut issues) = match (status, self.examined.failure) {
            (Status::Failed, failure) => (failure, self.examined.issues),
            (Status::Complete | Status::Partial, Some(failure)) => (None, with(self.examined.issues, failure.into())),
            (Status::Complete | Status::Partial, None) => (None, self.examined.issues),
        };
        issues.extend(part.and_then(Part::issue));
        issues.dedup();
        let (media_attributes, details) = self.examined.facts.map(|facts| (facts.media_attributes, facts.details)).unzip();
        let mut thumbnails = Vec::new();
        let mut derivatives = Vec::new();
        for made in &self.examined.made {
            let bytes = made.bytes.len() as u64;
            match &made.what {
                What::Thumbnail { name, width, height, .. } => thumbnails.push(Thumbnail {
                    uri: places.get(name).cloned(),
                    name: name.clone(),
                    mime_type: made.mime_type.to_owned(),
                    width: *width,
                    height: *height,
                    bytes,
                    sha256: made.sha256.clone(),
                }),
                What::Derivative(name) => {
                    let name = derivative_name(*name);
                    derivatives.push(Derivative {
                        uri: places.get(&name).cloned(),
                        name,
                        mime_type: made.mime_type.to_owned(),
                        bytes,
                        sha256: made.sha256.clone(),
                    });
                }
            }
        }
        let job = part.map(|part| part.job);
        Record {
            schema: SCHEMA.to_owned(),
            job_id: job.map(|job| job.job_id.clone()),
            organization_id: job.map(|job| job.organization_id.clone()),
            task_id: job.and_then(|job| job.task_id.clone()),
            data_row_id: job.and_then(|job| job.data_row_id.clone()),
            global_key: job.and_then(|job| job.global_key.clone()),
            dataset_id: job.and_then(|job| job.dataset_id.clone()),
            integration: job.and_then(|job| job.integration.clone()),
            attachment: part.and_then(Part::reference),
            labels: job.map(|job| job.labels.clone()).unwrap_or_default(),
            generation: 0,
            status,
            failure,
            issues,
            asset: AssetSeen {
                uri: self.uri,
                content_length: self.came.then_some(self.seen.content_length),
                etag: self.seen.etag,
                last_modified: self.seen.last_modified,
                sha256: self.came.then_some(self.seen.sha256),
                detected_type: self.examined.detected_type,
            },
            media_attributes,
            details,
            thumbnails,
            derivatives,
            cost: self.cost,
            erasure: self.erasure,
            extractor: Extractor {
                assay: env!("CARGO_PKG_VERSION").to_owned(),
                decoder: self.examined.decoder.map(str::to_owned),
                libraries: self.examined.libraries,
            },
            profile: profile.to_owned(),
            sandbox: self.posture,
            worker,
            attempt,
            started_at: self.started_at,
            finished_at: now,
        }
    }
}

/// As records and shelves write a derivative's name: `frame-index`.
pub fn derivative_name(name: assay_contract::profile::DerivativeName) -> String {
    use assay_contract::profile::DerivativeName::{FrameIndex, Storyboard, StoryboardCues, TextLayer, Waveform};
    match name {
        Waveform => "waveform",
        FrameIndex => "frame-index",
        TextLayer => "text-layer",
        Storyboard => "storyboard",
        StoryboardCues => "storyboard-cues",
    }
    .to_owned()
}

fn with(mut issues: Vec<Issue>, one: Issue) -> Vec<Issue> {
    issues.push(one);
    issues
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
