//! What `submit` was given: manifests, read twice, and addresses.

use super::BYTES_AT_ONCE;
use super::vetting::{Named, Vetting};
use crate::exit::complain;
use anyhow::Context;
use assay_contract::Job;
use assay_contract::manifest::{self, Defaults};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufReader, Seek};
use std::ops::RangeFrom;
use std::path::Path;

/// Lines that are looked at together, so that the store is not asked for each.
const LINES_AT_ONCE: usize = 1_000;

/// Most refused rows that are told one by one.
const TOLD: u64 = 1000;

/// One argument.
pub(super) struct Source<'a> {
    what: &'a str,
    kind: Kind,
    /// Lines that are not queued, from 1; of an address its one.
    refused: HashSet<u64>,
    /// Keys that are no part of an asset, and of how many rows, in this reading.
    passed_by: BTreeMap<&'static str, u64>,
}

enum Kind {
    Manifest(BufReader<File>),
    Address,
    Neither,
}

/// What a line is.
pub(super) enum Line {
    /// A row, the bytes that it was written in, and who gave it its id.
    Row(Box<Job>, usize, Named),
    /// One that is not queued.
    Refused,
    Empty,
    /// There is no further one.
    End,
}

/// Opens every manifest; the first that can't be opened is an error.
pub(super) fn opened(arguments: &[String]) -> anyhow::Result<Vec<Source<'_>>> {
    let kind = |what: &String| -> anyhow::Result<Kind> {
        Ok(if Path::new(what).extension().is_some_and(|extension| extension == "jsonl") {
            Kind::Manifest(BufReader::new(File::open(what).with_context(|| format!("{what} can't be opened"))?))
        } else if what.contains("://") {
            Kind::Address
        } else {
            Kind::Neither
        })
    };
    arguments.iter().map(|what| Ok(Source { what, kind: kind(what)?, refused: HashSet::new(), passed_by: BTreeMap::new() })).collect()
}

impl Source<'_> {
    /// Looks at every line, and tells each that can't be queued; `told` counts them over all sources.
    pub(super) async fn vet(&mut self, vetting: &mut Vetting<'_>, defaults: &Defaults, told: &mut u64) -> anyhow::Result<()> {
        let mut numbers = 1u64..;
        loop {
            let lines = self.some(&mut numbers, defaults)?;
            if lines.is_empty() {
                break;
            }
            let named = lines.iter().filter_map(|(_, line)| match line {
                Ok(Line::Row(job, _, Named::BySender)) => Some(job.job_id.clone()),
                Ok(Line::Row(_, _, Named::ByUs) | Line::Refused | Line::Empty | Line::End) | Err(_) => None,
            });
            vetting.expect(&named.collect::<Vec<_>>()).await?;
            for (number, line) in lines {
                let place = self.place(number);
                let objection = match line {
                    Ok(Line::Empty | Line::Refused | Line::End) => None,
                    Ok(Line::Row(job, _, named)) => vetting.objection(&job, named, &place).await?,
                    Err(unreadable) => Some(unreadable),
                };
                let Some(objection) = objection else { continue };
                self.refused.insert(number);
                *told += 1;
                if *told <= TOLD {
                    complain(&format!("{place}: {objection}"));
                } else if *told == TOLD + 1 {
                    complain("… and more");
                }
            }
        }
        if let Kind::Manifest(file) = &mut self.kind {
            file.rewind().with_context(|| format!("{} can't be read a second time", self.what))?;
            self.passed_by.clear();
        }
        Ok(())
    }

    /// The next line, after [`Source::vet`].
    pub(super) fn next(&mut self, number: u64, defaults: &Defaults) -> anyhow::Result<Line> {
        let line = self.read(number, defaults)?;
        if self.refused.contains(&number) {
            return Ok(Line::Refused);
        }
        // It was sound when it was vetted: somebody writes to the manifest.
        line.map_err(|_| anyhow::anyhow!("{} was changed while it was read; submit the rest again", self.place(number)))
    }

    /// Tells once for each key what of the rows is not kept.
    pub(super) fn tell_what_is_passed_by(&self) {
        for (name, rows) in &self.passed_by {
            complain(&format!("{}: `{name}` is passed by (rows: {rows}): it is no part of an asset, and in no record", self.what));
        }
    }

    /// The next lines, or what is wrong with each; none at the end.
    fn some(&mut self, numbers: &mut RangeFrom<u64>, defaults: &Defaults) -> anyhow::Result<Vec<(u64, Result<Line, String>)>> {
        let (mut lines, mut bytes) = (Vec::new(), 0);
        for number in numbers {
            let line = self.read(number, defaults)?;
            match &line {
                Ok(Line::End) => break,
                Ok(Line::Row(_, long, _)) => bytes += long,
                Ok(Line::Refused | Line::Empty) | Err(_) => {}
            }
            lines.push((number, line));
            if lines.len() >= LINES_AT_ONCE || bytes >= BYTES_AT_ONCE {
                break;
            }
        }
        Ok(lines)
    }

    /// A line, or what is wrong with it.
    fn read(&mut self, number: u64, defaults: &Defaults) -> anyhow::Result<Result<Line, String>> {
        let what = self.what;
        let file = match &mut self.kind {
            Kind::Manifest(file) => file,
            _ if number > 1 => return Ok(Ok(Line::End)),
            Kind::Address => {
                return Ok(Ok(Line::Row(Box::new(manifest::of_address(what, defaults)), what.len(), Named::ByUs)));
            }
            Kind::Neither => return Ok(Err("this is neither a manifest (*.jsonl) nor an address (s3://…, https://…)".to_owned())),
        };
        let line = manifest::next_line(file).with_context(|| format!("{what} line {number} can't be read"))?;
        Ok(match line {
            None => Ok(Line::End),
            Some(line) if line.trim_ascii().is_empty() => Ok(Line::Empty),
            Some(line) => match manifest::of_line(&line, defaults) {
                Ok(read) => {
                    read.passed_by.iter().for_each(|name| *self.passed_by.entry(*name).or_insert(0) += 1);
                    Ok(Line::Row(Box::new(read.job), line.len(), named(&line)))
                }
                Err(error) => Err(error.to_string()),
            },
        })
    }

    fn place(&self, number: u64) -> String {
        match self.kind {
            Kind::Manifest(_) => format!("{} line {number}", self.what),
            // It may carry a signature.
            Kind::Address | Kind::Neither => assay_contract::address::without_secrets(self.what),
        }
    }
}

/// Who gave the job of a line its id: a row has none.
fn named(line: &[u8]) -> Named {
    #[derive(Deserialize)]
    struct Given {
        job_id: Option<IgnoredAny>,
    }
    let is_row = serde_json::from_slice::<Given>(line).is_ok_and(|given| given.job_id.is_none());
    if is_row { Named::ByUs } else { Named::BySender }
}
