//! `assay schema`: the JSON Schema of jobs or records.

use crate::args::{Schema, SchemaArgument};
use crate::exit::{Exit, say};

/// Prints the schema.
pub fn run(arguments: &Schema) -> anyhow::Result<Exit> {
    let schema = match arguments.which {
        SchemaArgument::Job => assay_contract::schema::job(),
        SchemaArgument::Record => assay_contract::schema::record(),
    };
    say(&serde_json::to_string_pretty(&schema)?)?;
    Ok(Exit::Complete)
}
