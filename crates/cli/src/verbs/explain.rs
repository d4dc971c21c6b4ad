//! `assay explain`: what a failure code or an issue of a record means, and what to do about it.

use crate::args::Explain;
use crate::exit::{Exit, say};
use assay_contract::Code;
use assay_contract::failure::{Blame, ISSUES, IssueRow, Retry, Row, Severity, TABLE};

/// Prints what one word means, or all.
pub fn run(arguments: &Explain) -> anyhow::Result<Exit> {
    let Some(name) = &arguments.code else {
        TABLE.iter().try_for_each(|row| say(&format!("{:<26} {}", row.name, row.sentence)))?;
        say("")?;
        ISSUES.iter().try_for_each(|row| say(&format!("{:<26} {}", row.name, row.sentence)))?;
        return Ok(Exit::Complete);
    };
    // A word may be both: as an issue it leaves the rest of the record standing.
    let issue = ISSUES.iter().find(|row| row.name == name);
    match (name.parse::<Code>(), issue) {
        (Ok(code), issue) => {
            say(&failure(code.row()))?;
            issue.map_or(Ok(()), |row| say(&format!("\n{}", told(row))))?;
        }
        (Err(_), Some(row)) => say(&told(row))?,
        (Err(unknown), None) => return Err(unknown.into()),
    }
    Ok(Exit::Complete)
}

fn failure(row: &Row) -> String {
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

fn told(row: &IssueRow) -> String {
    let record = match row.severities {
        [Severity::Warning] => "complete: it is a warning",
        [Severity::Error] => "partial: some output was refused, the rest stands",
        _ => "partial where it is an error, complete where it is a warning",
    };
    format!(
        "{}\n\n  {}\n\n  an issue         the record is {record}\n  tried again      no: it is a part of the answer",
        row.name, row.sentence
    )
}
