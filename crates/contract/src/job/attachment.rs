//! Files and texts that belong to a row, as labelling platforms write them.

use crate::kind::MediaType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A file or a text that belongs to a row.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(with = "AttachmentSchema")]
pub struct Attachment {
    /// What it is, and whether an address or the words themselves follow.
    #[serde(rename = "type")]
    pub attachment_type: AttachmentType,
    /// Where it is, or the words; the row's integration is used. Rows of labelling platforms call it `value`.
    #[serde(alias = "value")]
    pub uri: String,
    /// Shown to labellers.
    #[serde(default)]
    pub name: Option<String>,
}

/// For the JSON Schema only: under which of two names the address comes.
#[derive(JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
#[allow(dead_code, reason = "described by schemars only")]
enum AttachmentSchema {
    /// As jobs have it.
    Uri {
        #[serde(rename = "type")]
        attachment_type: AttachmentType,
        /// Where it is; the text itself for `RAW_TEXT`, the page itself for `HTML` where it begins with `<`.
        uri: String,
        #[serde(default)]
        name: Option<String>,
    },
    /// As rows of labelling platforms have it.
    Value {
        #[serde(rename = "type")]
        attachment_type: AttachmentType,
        /// As `uri`.
        value: String,
        #[serde(default)]
        name: Option<String>,
    },
}

/// Labelbox's words (<https://docs.labelbox.com/reference/attachments>): `IMAGE VIDEO AUDIO RAW_TEXT TEXT_URL HTML IMAGE_OVERLAY PDF_URL
/// CAMERA_IMAGE`; `TEXT` is an old word for `RAW_TEXT`. An attachment of another type is taken for an address, with a warning.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String", into = "String")]
#[schemars(with = "String")]
pub enum AttachmentType {
    /// A picture.
    Image,
    /// A picture that is laid over the row's own.
    ImageOverlay,
    /// A camera's picture beside a point cloud.
    CameraImage,
    /// Moving pictures.
    Video,
    /// Sound.
    Audio,
    /// A text, or a link to be shown: never fetched.
    RawText,
    /// A text at an address.
    TextUrl,
    /// A web page at an address, or the page itself.
    Html,
    /// A document.
    PdfUrl,
    /// A word that this version does not know. New ones come with time, and a row is more than one of its attachments.
    Other(String),
}

impl Attachment {
    /// The words, where they are the attachment themselves; `None` where they are an address.
    ///
    /// Labelbox documents an address for `HTML` and takes any string. No address begins with `<`, and every page does but for white space.
    pub fn words(&self) -> Option<&str> {
        let is_inline = match self.attachment_type {
            AttachmentType::RawText => true,
            AttachmentType::Html => self.uri.trim_start_matches('\u{feff}').trim_start().starts_with('<'),
            AttachmentType::Image
            | AttachmentType::ImageOverlay
            | AttachmentType::CameraImage
            | AttachmentType::Video
            | AttachmentType::Audio
            | AttachmentType::TextUrl
            | AttachmentType::PdfUrl
            | AttachmentType::Other(_) => false,
        };
        is_inline.then_some(self.uri.as_str())
    }
}

impl AttachmentType {
    /// All the words that are known, for a sentence.
    pub const KNOWN: &str = "IMAGE VIDEO AUDIO RAW_TEXT TEXT_URL HTML IMAGE_OVERLAY PDF_URL CAMERA_IMAGE";

    /// As jobs and records write it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Image => "IMAGE",
            Self::ImageOverlay => "IMAGE_OVERLAY",
            Self::CameraImage => "CAMERA_IMAGE",
            Self::Video => "VIDEO",
            Self::Audio => "AUDIO",
            Self::RawText => "RAW_TEXT",
            Self::TextUrl => "TEXT_URL",
            Self::Html => "HTML",
            Self::PdfUrl => "PDF_URL",
            Self::Other(word) => word,
        }
    }

    /// What it claims its content to be; nothing where the type is unknown.
    pub const fn claim(&self) -> Option<MediaType> {
        match self {
            Self::Image | Self::ImageOverlay | Self::CameraImage => Some(MediaType::Image),
            Self::Video => Some(MediaType::Video),
            Self::Audio => Some(MediaType::Audio),
            Self::RawText | Self::TextUrl => Some(MediaType::Text),
            Self::Html => Some(MediaType::Html),
            Self::PdfUrl => Some(MediaType::Pdf),
            Self::Other(_) => None,
        }
    }
}

impl From<String> for AttachmentType {
    fn from(word: String) -> Self {
        match word.as_str() {
            "IMAGE" => Self::Image,
            "IMAGE_OVERLAY" => Self::ImageOverlay,
            "CAMERA_IMAGE" => Self::CameraImage,
            "VIDEO" => Self::Video,
            "AUDIO" => Self::Audio,
            "RAW_TEXT" | "TEXT" => Self::RawText,
            "TEXT_URL" => Self::TextUrl,
            "HTML" => Self::Html,
            "PDF_URL" => Self::PdfUrl,
            _ => Self::Other(word),
        }
    }
}

impl From<AttachmentType> for String {
    fn from(word: AttachmentType) -> Self {
        match word {
            AttachmentType::Other(word) => word,
            known => known.as_str().to_owned(),
        }
    }
}

impl fmt::Debug for Attachment {
    /// Only the type: an address may hold a signature, words are content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attachment({:?}, ..)", self.attachment_type)
    }
}

impl fmt::Debug for AttachmentType {
    /// Not the sender's own word: it may be anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::Other(_)) { "other" } else { self.as_str() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn attachment(json: serde_json::Value) -> Attachment {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn every_known_type_is_read_and_written_back() {
        for word in AttachmentType::KNOWN.split(' ') {
            let read = AttachmentType::from(word.to_owned());
            assert!(!matches!(read, AttachmentType::Other(_)) && read.claim().is_some(), "{word}");
            assert_eq!(String::from(read), word);
        }
        assert_eq!(AttachmentType::from("TEXT".to_owned()), AttachmentType::RawText);
        let other = AttachmentType::from("LIDAR".to_owned());
        assert_eq!((other.as_str(), other.claim()), ("LIDAR", None));
    }

    #[test]
    fn the_address_comes_as_uri_or_as_value_and_not_as_both() {
        let by_uri = attachment(json!({ "type": "IMAGE", "uri": "s3://b/k", "name": "mask" }));
        assert_eq!(by_uri, attachment(json!({ "type": "IMAGE", "value": "s3://b/k", "name": "mask" })));
        assert_eq!(serde_json::to_value(&by_uri).unwrap()["uri"], "s3://b/k");
        for bad in [
            json!({ "type": "IMAGE" }),
            json!({ "type": "IMAGE", "uri": "s3://b/k", "value": "s3://b/k" }),
            json!({ "type": "IMAGE", "uri": "s3://b/k", "size": 1 }),
            json!({ "type": 3, "uri": "s3://b/k" }),
            json!({ "uri": "s3://b/k" }),
        ] {
            assert!(serde_json::from_value::<Attachment>(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn raw_text_is_words_and_html_is_where_it_begins_as_a_page() {
        for (word, value, is_words) in [
            ("RAW_TEXT", "https://example.org/a.txt", true),
            ("RAW_TEXT", "", true),
            ("TEXT_URL", "s3://b/k.txt", false),
            ("HTML", "https://example.org/a.html", false),
            ("HTML", "s3://b/<k>.html", false),
            ("HTML", "\u{feff} \n<p>words", true),
            ("HTML", "", false),
            ("IMAGE", "<svg/>", false),
            ("LIDAR", "<p>", false),
        ] {
            let one = attachment(json!({ "type": word, "value": value }));
            assert_eq!(one.words(), is_words.then_some(value), "{word} {value}");
        }
    }

    #[test]
    fn neither_address_nor_words_nor_an_unknown_type_is_printed() {
        let secret = attachment(json!({ "type": "s3cret", "value": "s3cret", "name": "s3cret" }));
        assert!(!format!("{secret:?}").contains("s3cret"));
    }
}
