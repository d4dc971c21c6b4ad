//! The issues that a record may tell beside the codes of the failure table: what each means.

use super::Severity;

/// What an issue's word means.
#[derive(Debug, Clone, Copy)]
pub struct IssueRow {
    /// As written in records: kebab-case.
    pub name: &'static str,
    /// How much it may matter: a record with an error is partial, one with warnings alone is complete.
    pub severities: &'static [Severity],
    /// What it means and what to do about it, for the asset's owner.
    pub sentence: &'static str,
}

const WARNING: &[Severity] = &[Severity::Warning];
const ERROR: &[Severity] = &[Severity::Error];
const EITHER: &[Severity] = &[Severity::Warning, Severity::Error];

/// Every issue, errors first. A failure code may be an issue as well, where an output was refused and the rest stands.
pub const ISSUES: &[IssueRow] = &[
    row(
        "damaged-stream",
        ERROR,
        "Some of the file could not be read; what is told is of what could. Make the file anew from its source, if all of it is needed.",
    ),
    row("truncated-asset", ERROR, "The file ends early; what could be read was kept. Upload it again, whole."),
    row(
        "thumbnail-refused",
        ERROR,
        "What the decoder gave as a thumbnail was not believable and was dropped; the facts stand. Report the file, if it may be shared.",
    ),
    row(
        "derivative-refused",
        ERROR,
        "What the decoder gave as a derivative was not believable and was dropped; the facts stand. Report the file, if it may be shared.",
    ),
    row(
        "burned-in-annotation",
        ERROR,
        "The pixels may show who the patient is, so there are no thumbnails. An instance whose `BurnedInAnnotation` says NO is shown.",
    ),
    row(
        "text-layer-unreadable",
        ERROR,
        "The text layer that came with the document could not be had or read; the document's own record stands. Correct `text_layer_url`, or the layer.",
    ),
    row(
        "text-layer-mismatch",
        EITHER,
        "The text layer that came with the document is of other pages; where only its words differ, this is a warning. Make the layer anew from this document.",
    ),
    row("pages-missing", EITHER, "The document says it has more pages than can be found, or a count that can't be."),
    row(
        "conversation-fault",
        EITHER,
        "Something in the conversation is not as its format says; the message begins with the place, as a JSON pointer.",
    ),
    row(
        "attachment-type-unknown",
        WARNING,
        "The attachment's type is none that is known, so its content decided. The README lists the types.",
    ),
    row("exif-unreadable", WARNING, "A part of the EXIF metadata is damaged and left out."),
    row("color-profile-unusable", WARNING, "The embedded colour profile can't be used, so thumbnails may show other colours."),
    row("text-not-drawn", WARNING, "The drawing's text is left out of its thumbnails: no fonts are at hand."),
    row("external-references-ignored", WARNING, "The drawing refers to files outside itself, which are never loaded."),
    row(
        "embedded-picture-not-drawn",
        WARNING,
        "A picture inside the drawing is of a kind, or so large, that it is left out of the thumbnails.",
    ),
    row("frames-not-counted", WARNING, "There may be more frames than are told: the file ends early, or has more than are counted."),
    row("frame-index-left-out", WARNING, "There is no index of frames: not all of them have a time of their own."),
    row("waveform-cut-short", WARNING, "The waveform, and the loudness with it, is of the sound's beginning only."),
    row("storyboard-cut-short", WARNING, "The storyboard ends before the video does: time or room for it was used up."),
    row("storyboard-left-out", WARNING, "There is no storyboard: no frame could be decoded whose time is known."),
    row("fallback-font", WARNING, "A font is not in the document, so the thumbnail shows its text in another."),
    row("text-layer-cut-short", WARNING, "The text layer is of the first pages only: time or room for it was used up."),
    row("text-without-meaning", WARNING, "The fonts of a page do not say what its text means: it can be seen, but not be told."),
    row("attribute-unreadable", WARNING, "An attribute of the DICOM instance can't be read and is left out."),
    row("no-pixel-data", WARNING, "The DICOM instance has no pixels, so there are no thumbnails."),
    row(
        "media-type-mismatch",
        WARNING,
        "The row claims another kind than the content is; where the kinds can't stand for one another it is a failure.",
    ),
    row("nothing-to-show", WARNING, "There is no image in the file, so there are no thumbnails."),
    row("entries-left-out", WARNING, "There are more entries (bands, overviews, segments) than a record holds; the first are told."),
    row("labelable-ids-left-out", WARNING, "There are more labelable ids than a record holds; the first are told."),
    row("words-not-counted", WARNING, "Counting the words would have taken too long."),
    row("decoder-note", WARNING, "A note of the decoder, of none of the other kinds."),
    row("issues-left-out", WARNING, "There were more issues than a record holds."),
];

const fn row(name: &'static str, severities: &'static [Severity], sentence: &'static str) -> IssueRow {
    IssueRow { name, severities, sentence }
}
