//! The JSON Schemas of both messages, generated from the types; `crates/contract/schemas/` holds them, a test keeps them current.

use crate::job::Job;
use crate::record::Record;
use schemars::{Schema, schema_for};

/// JSON Schema of `assay.job/1`.
pub fn job() -> Schema {
    schema_for!(Job)
}

/// JSON Schema of `assay.record/1`.
pub fn record() -> Schema {
    schema_for!(Record)
}
