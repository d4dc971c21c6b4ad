//! What a job asks to look at: the row's own asset, then each attachment; each gets a record of its own.

use assay_contract::job::{Attachment, JobAsset};
use assay_contract::record::AttachmentRef;
use assay_contract::{Job, MediaType};
use serde_json::Value;

/// One asset of a job.
#[derive(Debug, Clone, Copy)]
pub struct Part<'j> {
    /// The job.
    pub job: &'j Job,
    /// Its place among the attachments; `None` for the row's own asset.
    pub attachment: Option<(u32, &'j Attachment)>,
}

/// What a part is made of.
#[derive(Debug)]
pub enum Content<'j> {
    /// Something to fetch.
    Address(&'j str),
    /// Text or a conversation that came with the job.
    Inline(&'j Value),
}

impl<'j> Part<'j> {
    /// All parts of a job, its own asset first.
    pub fn all(job: &'j Job) -> impl Iterator<Item = Self> {
        let attachments = (0u32..).zip(&job.attachments).map(move |attachment| Self { job, attachment: Some(attachment) });
        std::iter::once(Self { job, attachment: None }).chain(attachments)
    }

    /// What it is made of.
    pub fn content(&self) -> Content<'j> {
        match (self.attachment, &self.job.asset) {
            (Some((_, attachment)), _) => Content::Address(&attachment.uri),
            (None, JobAsset::Inline(inline)) => Content::Inline(inline),
            (None, JobAsset::Uri(uri)) => Content::Address(uri),
            (None, JobAsset::TileLayer { tile_layer_url, .. }) => Content::Address(tile_layer_url),
            (None, JobAsset::Pdf { pdf_url, .. }) => Content::Address(pdf_url),
        }
    }

    /// Its place among the attachments.
    pub fn index(&self) -> Option<u32> {
        self.attachment.map(|(index, _)| index)
    }

    /// What its sender says it is.
    pub fn claim(&self) -> Option<MediaType> {
        let Some((_, attachment)) = self.attachment else { return self.job.media_type };
        match attachment.attachment_type.as_str() {
            "IMAGE" | "IMAGE_OVERLAY" => Some(MediaType::Image),
            "VIDEO" => Some(MediaType::Video),
            "AUDIO" => Some(MediaType::Audio),
            "PDF_URL" => Some(MediaType::Pdf),
            "HTML" => Some(MediaType::Html),
            "TEXT_URL" | "RAW_TEXT" => Some(MediaType::Text),
            _ => None,
        }
    }

    /// How its record names it.
    pub fn reference(&self) -> Option<AttachmentRef> {
        self.attachment.map(|(index, attachment)| AttachmentRef {
            index,
            name: attachment.name.clone(),
            attachment_type: attachment.attachment_type.clone(),
        })
    }
}
