//! What a job asks to look at: the row's own asset, then each attachment; each gets a record of its own.

use assay_contract::failure::Issue;
use assay_contract::job::{Attachment, AttachmentType, JobAsset};
use assay_contract::record::AttachmentRef;
use assay_contract::{Job, MediaType};
use serde_json::Value;
use std::borrow::Cow;

/// One asset of a job.
#[derive(Debug, Clone, Copy)]
pub struct Part<'j> {
    /// The job.
    pub job: &'j Job,
    /// Its place among the attachments; `None` for the row's own asset.
    pub attachment: Option<(u32, &'j Attachment)>,
}

/// What a part is made of.
pub enum Content<'j> {
    /// Something to fetch.
    Address(&'j str),
    /// What came with the job.
    Inline(Words<'j>),
}

/// Content that came with a job.
#[derive(Clone, Copy)]
pub enum Words<'j> {
    /// A text or a web page.
    Text(&'j str),
    /// A conversation.
    Object(&'j Value),
}

impl<'j> Words<'j> {
    /// As a file would hold it.
    pub fn bytes(self) -> Cow<'j, [u8]> {
        match self {
            Self::Text(text) => Cow::Borrowed(text.as_bytes()),
            Self::Object(object) => Cow::Owned(object.to_string().into_bytes()),
        }
    }
}

impl<'j> Part<'j> {
    /// All parts of a job, its own asset first.
    pub fn all(job: &'j Job) -> impl Iterator<Item = Self> {
        let attachments = (0u32..).zip(&job.attachments).map(move |attachment| Self { job, attachment: Some(attachment) });
        std::iter::once(Self { job, attachment: None }).chain(attachments)
    }

    /// What it is made of.
    pub fn content(&self) -> Content<'j> {
        if let Some((_, attachment)) = self.attachment {
            return attachment.words().map_or(Content::Address(&attachment.uri), |words| Content::Inline(Words::Text(words)));
        }
        match &self.job.asset {
            JobAsset::Inline(Value::String(text)) => Content::Inline(Words::Text(text)),
            JobAsset::Inline(object) => Content::Inline(Words::Object(object)),
            JobAsset::Uri(uri) => Content::Address(uri),
            JobAsset::TileLayer { tile_layer_url, .. } => Content::Address(tile_layer_url),
            JobAsset::Pdf { pdf_url, .. } => Content::Address(pdf_url),
        }
    }

    /// Where the text layer is that its sender has of it.
    pub fn text_layer(&self) -> Option<&'j str> {
        match (self.attachment, &self.job.asset) {
            (None, JobAsset::Pdf { text_layer_url, .. }) => text_layer_url.as_deref(),
            (None, JobAsset::Uri(_) | JobAsset::Inline(_) | JobAsset::TileLayer { .. }) | (Some(_), _) => None,
        }
    }

    /// Its place among the attachments.
    pub fn index(&self) -> Option<u32> {
        self.attachment.map(|(index, _)| index)
    }

    /// What its sender says it is; a `pdf_url` says so by its name.
    pub fn claim(&self) -> Option<MediaType> {
        match (self.attachment, &self.job.asset) {
            (Some((_, attachment)), _) => attachment.attachment_type.claim(),
            (None, JobAsset::Pdf { .. }) => self.job.media_type.or(Some(MediaType::Pdf)),
            (None, JobAsset::Uri(_) | JobAsset::Inline(_) | JobAsset::TileLayer { .. }) => self.job.media_type,
        }
    }

    /// What its owner should know of how it was asked for.
    pub fn issue(&self) -> Option<Issue> {
        let (_, Attachment { attachment_type: AttachmentType::Other(_), .. }) = self.attachment? else { return None };
        let message = format!(
            "The attachment's type is none of {}. It was taken for an address, and its content for what it is.",
            AttachmentType::KNOWN.replace(' ', ", ")
        );
        Some(Issue::warning("attachment-type-unknown", message))
    }

    /// How its record names it.
    pub fn reference(&self) -> Option<AttachmentRef> {
        self.attachment.map(|(index, attachment)| AttachmentRef {
            index,
            name: attachment.name.clone(),
            attachment_type: attachment.attachment_type.as_str().to_owned(),
        })
    }
}
