//! What is found in text, in a web page, in a conversation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `details` of plain text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TextDetails {
    /// The encoding's name (<https://encoding.spec.whatwg.org/#names-and-labels>), lower case: `utf-8`, `windows-1252`.
    pub encoding: String,
    /// Whether a byte order mark stands before it.
    pub has_bom: bool,
    /// `lf`, `crlf`, `cr` or `mixed`; absent where there is one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newline: Option<String>,
    /// Unicode scalar values, without the byte order mark.
    pub characters: u64,
    /// Words (Unicode Standard Annex 29); absent where counting them would take too long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<u64>,
    /// Lines; a last one without an end counts.
    pub lines: u64,
    /// ISO 639-3, where it is sure enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// `details` of a web page.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct HtmlDetails {
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What its root says (BCP 47), else what its text is in (ISO 639-3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The encoding's name, lower case.
    pub encoding: String,
    /// Characters of the text that a reader sees, with white space as one space.
    pub characters: u64,
    /// Images in it.
    pub images: u64,
    /// Links in it.
    pub links: u64,
    /// Scripts in it; none is run.
    pub scripts: u64,
}

/// `details` of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ConversationDetails {
    /// The version that it says, `1` where it says none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Messages.
    pub message_count: u64,
    /// Who speaks, in the order of their first message; names of 16 KiB in all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub participants: Vec<String>,
    /// Ids of the messages that say that they may be labelled; of 16 KiB of them the rest is left out, and the issue
    /// `labelable-ids-left-out` says how many. The form with branches does not say which.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labelable_ids: Vec<String>,
    /// The earliest, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_timestamp: Option<String>,
    /// The latest, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_timestamp: Option<String>,
    /// Characters of the longest message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_message_characters: Option<u64>,
}
