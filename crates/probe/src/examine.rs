//! From bytes to believed facts: sniff, hold the claim against it, let a confined child look, distrust what it says.

use crate::claim::{self, Verdict};
use crate::distrust;
use crate::sniff::{Family, Sniffed, is_archive, sniff};
use assay_contract::digest::hex;
use assay_contract::exchange::{InputKind, Task};
use assay_contract::failure::{Issue, Severity, Stage};
use assay_contract::limits::{FetchLimits, LimitHit};
use assay_contract::profile::{DerivativeName, Profile, ThumbnailFormat};
use assay_contract::record::Status;
use assay_contract::{AssetKind, Code, Facts, Failure, MediaType};
use assay_sandbox::{Answered, ChildDeath, Ended, Sandbox, Source};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What is to be looked at.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Bytes of the asset, as counted by whoever fetched it.
    pub content_length: u64,
    /// Its first bytes, up to [`crate::sniff::HEAD_BYTES`].
    pub head: &'a [u8],
    /// What its sender says it is.
    pub claim: Option<MediaType>,
    /// Outputs and limits.
    pub profile: &'a Profile,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Examined {
    /// MIME type, from the content.
    pub detected_type: Option<String>,
    /// Believed facts.
    pub facts: Option<Facts>,
    /// What the owner should know.
    pub issues: Vec<Issue>,
    /// Pictures and other things made.
    pub made: Vec<Made>,
    /// Why it failed, or what was stopped on the way.
    pub failure: Option<Failure>,
    /// Which decoder looked; `None` where none was reached.
    pub decoder: Option<&'static str>,
    /// Its libraries.
    pub libraries: BTreeMap<String, String>,
    /// CPU time of the child.
    pub cpu: Duration,
    /// Largest resident size of the child, bytes.
    pub peak_memory_bytes: u64,
}

/// One thing made from an asset, checked.
#[derive(Debug, Clone)]
pub struct Made {
    /// What it is.
    pub what: What,
    /// Its type.
    pub mime_type: &'static str,
    /// Its bytes.
    pub bytes: Bytes,
    /// Hex digits.
    pub sha256: String,
}

/// What a made thing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A picture.
    Thumbnail {
        /// As the profile names it.
        name: String,
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// How it is encoded.
        format: ThumbnailFormat,
    },
    /// Anything else.
    Derivative(DerivativeName),
}

impl Examined {
    /// How it went: a failure beside facts is an issue, and the record partial.
    pub fn status(&self) -> Status {
        match (&self.failure, &self.facts) {
            (Some(_) | None, None) => Status::Failed,
            (Some(_), Some(_)) => Status::Partial,
            (None, Some(_)) if self.issues.iter().any(|issue| issue.severity == Severity::Error) => Status::Partial,
            (None, Some(_)) => Status::Complete,
        }
    }

    fn failed(detected_type: Option<&str>, failure: Failure) -> Self {
        Self { detected_type: detected_type.map(str::to_owned), failure: Some(failure), ..Self::default() }
    }
}

/// Looks at an asset. Every outcome is in the answer: nothing here is an error of ours but a broken sandbox.
pub async fn examine(sandbox: &Sandbox, asked: Asked<'_>, source: Source) -> Examined {
    sniffed(sandbox, asked, source, sniff(asked.head)).await
}

/// Looks at words that came as such, in a message: they are text, or what is written in text, whatever a file would be that begins so.
pub async fn examine_words(sandbox: &Sandbox, asked: Asked<'_>, source: Source) -> Examined {
    const PLAIN: Sniffed = Sniffed { mime_type: "text/plain", kind: Some(AssetKind::Text), family: Some(Family::Text) };
    let found = sniff(asked.head);
    let is_claimed_otherwise = asked.claim.is_some_and(|claim| !Family::Text.knows(claim.kind()));
    let found = if is_claimed_otherwise { found } else { found.filter(|found| found.family == Some(Family::Text)).or(Some(PLAIN)) };
    sniffed(sandbox, asked, source, found).await
}

async fn sniffed(sandbox: &Sandbox, asked: Asked<'_>, source: Source, found: Option<Sniffed>) -> Examined {
    let (sniffed, family) = match accept(asked, found) {
        Ok(accepted) => accepted,
        Err(refused) => return *refused,
    };
    let input = match &source {
        Source::Memory { .. } => InputKind::Memory,
        Source::Blocks(_) => InputKind::Blocks,
    };
    let task = Task {
        mime_type: sniffed.mime_type.to_owned(),
        kind: sniffed.kind,
        content_length: asked.content_length,
        input,
        thumbnails: asked.profile.thumbnails.clone(),
        derivatives: asked.profile.derivatives.clone(),
        identifiers: asked.profile.identifiers,
        limits: asked.profile.decode.clone(),
    };
    let again = same_bytes(&source);
    let mut examined = look(sandbox, family, &task, asked, source).await;
    if let (Err(belongs_to), Some(again)) = (&examined, again) {
        let (other, first) = *belongs_to;
        examined = look(sandbox, other, &task, asked, again).await.map(|examined| Examined { cpu: examined.cpu + first, ..examined });
    }
    examined.unwrap_or_else(|_| Examined::failed(Some(sniffed.mime_type), Failure::new(Code::UnsupportedFormat)))
}

/// Steps from one family to another that a refusal may ask for: a TIFF is a picture until its directory gives it a place, and a
/// JPEG 2000 with a box for one is imagery until the box turns out to hold none. One step is gone, never back.
const HAND_OVERS: [(Family, Family); 2] = [(Family::Image, Family::Geo), (Family::Geo, Family::Image)];

/// Lets a child of one family look. `Err` is the family that the asset belongs to, and the CPU time that it took to see that.
async fn look(sandbox: &Sandbox, family: Family, task: &Task, asked: Asked<'_>, source: Source) -> Result<Examined, (Family, Duration)> {
    match sandbox.decode(family.as_str(), task.clone(), source).await {
        Ok(answered) => {
            if let Some(other) = handed_over(&answered, family) {
                return Err((other, answered.cost.cpu));
            }
            let examined = believed(answered, family, task, asked).await;
            Ok(Examined { libraries: sandbox.libraries(family.as_str()), ..examined })
        }
        Err(error) => {
            tracing::warn!(%error, family = family.as_str(), "no child could be started");
            Ok(Examined::failed(Some(&task.mime_type), Failure::new(Code::Internal)))
        }
    }
}

/// Whether a child that said nothing else sends the asset on, by a step that is known.
fn handed_over(answered: &Answered, family: Family) -> Option<Family> {
    let wanted =
        answered.refusal.as_ref().filter(|_| answered.ended == Ended::Refused && answered.facts.is_none())?.belongs_to.as_deref()?;
    HAND_OVERS.into_iter().find(|(from, to)| *from == family && to.as_str() == wanted).map(|(_, to)| to)
}

/// A second hold on an asset's bytes.
fn same_bytes(source: &Source) -> Option<Source> {
    match source {
        Source::Memory { fd } => fd.try_clone().ok().map(|fd| Source::Memory { fd }),
        Source::Blocks(blocks) => Some(Source::Blocks(Arc::clone(blocks))),
    }
}

/// Everything that can be refused before a child is started.
fn accept(asked: Asked<'_>, found: Option<Sniffed>) -> Result<(Sniffed, Family), Box<Examined>> {
    let refuse = |detected: Option<&str>, failure: Failure| Err(Box::new(Examined::failed(detected, failure)));
    if asked.content_length == 0 {
        return refuse(None, Failure::new(Code::EmptyAsset));
    }
    let Some(sniffed) = found else {
        let failure = match asked.claim {
            Some(claim) => claim::refused(claim.kind(), "application/octet-stream"),
            None => Failure::new(Code::UnsupportedFormat).because("the content is of no known format"),
        };
        return refuse(Some("application/octet-stream"), failure);
    };
    let found = Some(sniffed.mime_type);
    match (asked.claim, sniffed.kind) {
        (claim, Some(kind)) => {
            if let Verdict::Refused(failure) = claim::judge(claim, kind, sniffed.mime_type) {
                return refuse(found, *failure);
            }
        }
        (Some(claim), None) if !sniffed.may_be(claim.kind()) => {
            return refuse(found, claim::refused(claim.kind(), sniffed.mime_type));
        }
        (_, None) => {}
    }
    let Some(family) = sniffed.family else {
        let what = if is_archive(sniffed.mime_type) { ", an archive: submit its members" } else { "" };
        return refuse(found, Failure::new(Code::UnsupportedFormat).because(format_args!("detected {}{what}", sniffed.mime_type)));
    };
    let allowed = asked.profile.fetch.bytes_for(sniffed.kind);
    if asked.content_length > allowed {
        let hit = LimitHit::new(FetchLimits::name_for(sniffed.kind), asked.content_length, allowed);
        return refuse(found, Failure::limit(Code::TooLarge, hit));
    }
    Ok((sniffed, family))
}

/// What an answer is held against.
struct Measure {
    task: Task,
    claim: Option<MediaType>,
    limits: FetchLimits,
}

/// Believes an answer, or parts of it, off the async threads: a text layer of 32 MB is read and hashed, and other jobs wait there.
async fn believed(answered: Answered, family: Family, task: &Task, asked: Asked<'_>) -> Examined {
    let measure = Measure { task: task.clone(), claim: asked.claim, limits: asked.profile.fetch.clone() };
    let judging = tokio::task::spawn_blocking(move || believe(answered, family, &measure));
    judging.await.unwrap_or_else(|stopped| {
        tracing::error!(%stopped, family = family.as_str(), "judging an answer was stopped");
        Examined::failed(Some(&task.mime_type), Failure::new(Code::Internal))
    })
}

fn believe(answered: Answered, family: Family, measure: &Measure) -> Examined {
    let Measure { task, claim, limits } = measure;
    let mut examined = Examined {
        detected_type: Some(task.mime_type.clone()),
        issues: distrust::issues(answered.issues),
        decoder: Some(family.as_str()),
        cpu: answered.cost.cpu,
        peak_memory_bytes: answered.cost.peak_bytes,
        ..Examined::default()
    };
    examined.failure = match (answered.ended, answered.refusal) {
        (Ended::Died(death), _) => Some(died(&death, family)),
        (Ended::Done | Ended::Refused, Some(refusal)) => Some(from_child(refusal)),
        (Ended::Done | Ended::Refused, None) => None,
    };
    match answered.facts.map(|said| distrust::facts(&said, family, task.content_length)) {
        Some(Ok(facts)) => {
            match claim::judge(*claim, facts.details.kind(), &facts.media_attributes.mime_type) {
                Verdict::Holds => {}
                Verdict::Warns(issue) => examined.issues.push(issue),
                Verdict::Refused(failure) => {
                    return Examined { facts: None, made: Vec::new(), issues: Vec::new(), failure: Some(*failure), ..examined };
                }
            }
            examined.detected_type = Some(facts.media_attributes.mime_type.clone());
            // The head alone did not say which limit holds.
            let (kind, bytes) = (facts.details.kind(), task.content_length);
            let allowed = limits.bytes_for(Some(kind));
            if bytes > allowed {
                let hit = LimitHit::new(FetchLimits::name_for(Some(kind)), bytes, allowed);
                return Examined { issues: Vec::new(), failure: Some(Failure::limit(Code::TooLarge, hit)), ..examined };
            }
            examined.facts = Some(facts);
        }
        Some(Err(lie)) => {
            tracing::warn!(family = family.as_str(), %lie, "a decoder's facts were not believed");
            examined.failure = Some(Failure::new(Code::DecoderCrashed).because("its answer was not believable"));
            return examined;
        }
        None if examined.failure.is_none() => {
            examined.failure = Some(Failure::new(Code::DecoderCrashed).because("it ended without an answer"));
        }
        None => {}
    }
    keep(&mut examined, answered.thumbnails, answered.derivatives, task);
    examined
}

fn keep(
    examined: &mut Examined,
    thumbnails: Vec<(assay_contract::exchange::ThumbnailHead, Bytes)>,
    derivatives: Vec<(assay_contract::exchange::DerivativeHead, Bytes)>,
    task: &Task,
) {
    let Some(facts) = &examined.facts else { return };
    for (head, bytes) in thumbnails {
        match distrust::thumbnail(&head, &bytes, task) {
            Ok(spec) => {
                let what = What::Thumbnail { name: spec.name.clone(), width: head.width, height: head.height, format: spec.format };
                let taken = examined.made.iter().any(|made| matches!(&made.what, What::Thumbnail { name, .. } if *name == spec.name));
                if !taken {
                    examined.made.push(Made { what, mime_type: spec.format.mime_type(), sha256: hex(&Sha256::digest(&bytes)), bytes });
                }
            }
            Err(lie) => {
                tracing::warn!(%lie, "a decoder's picture was not believed");
                examined.issues.push(Issue::error("thumbnail-refused", "A thumbnail was not believable and was dropped."));
            }
        }
    }
    let agreement = distrust::agreement(&derivatives);
    for (head, bytes) in derivatives {
        let is_storyboard = matches!(head.name, DerivativeName::Storyboard | DerivativeName::StoryboardCues);
        let believed = distrust::derivative(&head, &bytes, task)
            .and_then(|()| distrust::accord(&head, &bytes, facts))
            .and(if is_storyboard { agreement.clone() } else { Ok(()) });
        match believed {
            Ok(()) => examined.made.push(Made {
                what: What::Derivative(head.name),
                mime_type: distrust::mime_type(head.name),
                sha256: hex(&Sha256::digest(&bytes)),
                bytes,
            }),
            Err(lie) => {
                tracing::warn!(%lie, "a decoder's derivative was not believed");
                examined.issues.push(Issue::error("derivative-refused", "A derivative was not believable and was dropped."));
            }
        }
    }
}

fn died(death: &ChildDeath, family: Family) -> Failure {
    tracing::warn!(family = family.as_str(), %death, "a decoder died");
    let mut failure = Failure::new(death.code()).because(death.public_reason());
    failure.limit = death.limit();
    failure
}

/// A child may only refuse with a code of the probe stage; anything else it says is our failure, not its word.
fn from_child(refusal: assay_contract::exchange::Refusal) -> Failure {
    if refusal.code.row().stage != Stage::Probe || refusal.code == Code::Internal {
        tracing::warn!(code = %refusal.code, "a decoder refused with a code that is not its own");
        return Failure::new(Code::DecoderCrashed).because("it gave up");
    }
    let reason: String = refusal.reason.chars().filter(|c| !c.is_control() && !distrust::unwelcome(*c)).take(300).collect();
    let mut failure = Failure::new(refusal.code).because(reason);
    failure.limit = refusal.limit;
    failure
}
