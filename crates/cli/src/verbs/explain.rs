//! `assay explain`: what a failure code means and what to do about it.

use crate::args::Explain;
use crate::exit::{Exit, say};
use assay_contract::Code;
use assay_contract::failure::{Blame, Retry, Row, TABLE};

/// Prints one row of the failure table, or all.
pub fn run(arguments: &Explain) -> anyhow::Result<Exit> {
    match &arguments.code {
        Some(name) => say(&explained(name.parse::<Code>()?.row()))?,
        None => TABLE.iter().try_for_each(|row| say(&format!("{:<26} {}", row.name, row.sentence)))?,
    }
    Ok(Exit::Complete)
}

fn explained(row: &Row) -> String {
    let blame = match row.blame {
        Blame::Sender => "whoever sent the job",
        Blame::Integration => "whoever set up the integration",
        Blame::Asset => "the file's owner",
        Blame::Service => "us, or a service between us and the asset",
    };
    let retry = match row.retry {
        Retry::Never => "no: it is the answer",
        Retry::Once => "once, then it is the answer",
        Retry::Transient => "yes, until the job's attempts are used up",
    };
    format!(
        "{}\n\n  {}\n\n  stage            {}\n  to be mended by  {blame}\n  tried again      {retry}",
        row.name,
        row.sentence,
        row.stage.as_str()
    )
}
