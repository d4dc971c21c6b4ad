//! The forms in which a job may name its asset.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The asset of a job.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Value", into = "Value")]
#[schemars(with = "AssetSchema")]
pub enum JobAsset {
    /// An address: see [`crate::AssetAddress`].
    Uri(String),
    /// A text, as long as a message may be, or a conversation object of at most [`super::MAX_INLINE_OBJECT_BYTES`], in the job itself.
    Inline(Value),
    /// Tiled imagery as labelling platforms write it.
    TileLayer {
        /// Address of the file.
        tile_layer_url: String,
        /// `EPSG3857`, `EPSG4326` or `Simple`.
        epsg: Option<String>,
    },
    /// A document with the text layer that its sender has.
    Pdf {
        /// Address of the document.
        pdf_url: String,
        /// Address of the layer.
        text_layer_url: Option<String>,
    },
}

/// A well-formed job that asks for what can't be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// No form, or a mixture.
    #[error(
        "asset: {0}; give a string, {{\"uri\"}}, {{\"inline\"}}, {{\"tile_layer_url\", \"epsg\"}} or {{\"pdf_url\", \"text_layer_url\"}}"
    )]
    Asset(String),
    /// Over 200 characters.
    #[error("global_key has over 200 characters")]
    GlobalKeyTooLong,
    /// Over the limit.
    #[error("attachments: there are {0}; {max} are allowed", max = super::MAX_ATTACHMENTS)]
    TooManyAttachments(usize),
    /// Over the limit.
    #[error("labels have {0} bytes together; {max} are allowed", max = super::MAX_LABEL_BYTES)]
    LabelsTooLong(usize),
    /// Over the limit.
    #[error("asset: the inline object has {0} bytes as JSON; {max} are allowed: put it into a bucket", max = super::MAX_INLINE_OBJECT_BYTES)]
    InlineTooLong(usize),
    /// Not a digest.
    #[error("expected.sha256 is not 64 lower-case hex digits")]
    Sha256,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read by serde and described by schemars only")]
struct Fields {
    uri: Option<String>,
    inline: Option<Value>,
    tile_layer_url: Option<String>,
    epsg: Option<String>,
    pdf_url: Option<String>,
    text_layer_url: Option<String>,
}

/// For the JSON Schema only.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "described by schemars only")]
enum AssetSchema {
    Address(String),
    Fields(Fields),
}

impl TryFrom<Value> for JobAsset {
    type Error = Unusable;

    fn try_from(value: Value) -> Result<Self, Unusable> {
        let fields: Fields = match value {
            Value::String(uri) => return Ok(Self::Uri(uri)),
            object => serde_json::from_value(object).map_err(|e| Unusable::Asset(e.to_string()))?,
        };
        match fields {
            Fields { uri: Some(uri), inline: None, tile_layer_url: None, epsg: None, pdf_url: None, text_layer_url: None } => {
                Ok(Self::Uri(uri))
            }
            Fields { uri: None, inline: Some(inline), tile_layer_url: None, epsg: None, pdf_url: None, text_layer_url: None } => {
                match inline {
                    Value::String(_) | Value::Object(_) => Ok(Self::Inline(inline)),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                        Err(Unusable::Asset("inline is neither text nor an object".to_owned()))
                    }
                }
            }
            Fields { uri: None, inline: None, tile_layer_url: Some(tile_layer_url), epsg, pdf_url: None, text_layer_url: None } => {
                Ok(Self::TileLayer { tile_layer_url, epsg })
            }
            Fields { uri: None, inline: None, tile_layer_url: None, epsg: None, pdf_url: Some(pdf_url), text_layer_url } => {
                Ok(Self::Pdf { pdf_url, text_layer_url })
            }
            _ => Err(Unusable::Asset("no form, or a mixture of forms".to_owned())),
        }
    }
}

impl From<JobAsset> for Value {
    fn from(asset: JobAsset) -> Value {
        match asset {
            JobAsset::Uri(uri) => serde_json::json!({"uri": uri}),
            JobAsset::Inline(inline) => serde_json::json!({"inline": inline}),
            JobAsset::TileLayer { tile_layer_url, epsg } => serde_json::json!({"tile_layer_url": tile_layer_url, "epsg": epsg}),
            JobAsset::Pdf { pdf_url, text_layer_url } => serde_json::json!({"pdf_url": pdf_url, "text_layer_url": text_layer_url}),
        }
    }
}

impl JobAsset {
    /// The address to fetch; none for an inline asset.
    pub fn uri(&self) -> Option<&str> {
        match self {
            Self::Uri(uri) => Some(uri),
            Self::TileLayer { tile_layer_url, .. } => Some(tile_layer_url),
            Self::Pdf { pdf_url, .. } => Some(pdf_url),
            Self::Inline(_) => None,
        }
    }
}

impl std::fmt::Debug for JobAsset {
    /// Only the form: addresses may hold signatures, inline text is content.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Uri(_) => "JobAsset::Uri(..)",
            Self::Inline(_) => "JobAsset::Inline(..)",
            Self::TileLayer { .. } => "JobAsset::TileLayer(..)",
            Self::Pdf { .. } => "JobAsset::Pdf(..)",
        })
    }
}
