//! What is found in a document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `details` of a document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DocumentDetails {
    /// The version in the file's head, or in its catalogue where that is later: `1.7` (ISO 32000-1, 7.5.2 and 7.7.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pdf_version: Option<String>,
    /// Pages; absent where a password hides them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_count: Option<u64>,
    /// The first pages, at most [`DocumentDetails::MOST_PAGES`]; the text layer has them all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<PageSize>,
    /// From the document information dictionary (ISO 32000-1, 14.3.3), as are the next five.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Author.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The program in which it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creator: Option<String>,
    /// The program that made it a PDF.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub producer: Option<String>,
    /// ISO 8601; with an offset only where the file gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// ISO 8601; with an offset only where the file gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_at: Option<String>,
    /// Whether it is encrypted; one that the empty password opens is read all the same.
    pub encrypted: bool,
    /// Whether any page has text that can be selected; a scan has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_text: Option<bool>,
    /// Characters of text on all pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_characters: Option<u64>,
    /// Whether it says that its structure is tagged (ISO 32000-1, 14.8).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_tagged: Option<bool>,
    /// `acroform` or `xfa`; absent where there is no form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
}

impl DocumentDetails {
    /// Most pages whose size is told in a record.
    pub const MOST_PAGES: usize = 500;
}

/// The size of a page as it is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageSize {
    /// Points (1/72 inch), of the crop box, after rotation.
    pub width_pt: f64,
    /// Points, of the crop box, after rotation.
    pub height_pt: f64,
    /// 0, 90, 180 or 270, clockwise.
    pub rotation_deg: u16,
}
