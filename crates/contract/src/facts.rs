//! What a decoder says of an asset: believed only after `probe` has checked it.

use crate::details::Details;
use crate::media_attributes::MediaAttributes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Both views of an asset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    /// The flat view.
    pub media_attributes: MediaAttributes,
    /// The whole view.
    pub details: Details,
}
