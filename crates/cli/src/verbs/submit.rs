//! `assay submit`: queues assets as one task.

use crate::args::{LaneArgument, SettingsArguments, Submit};
use crate::assemble;
use crate::config::{self, Config};
use crate::exit::{Exit, complain, say};
use crate::verbs::integration::no_integration;
use crate::verbs::watch::follow;
use anyhow::Context;
use assay_broker::Broker;
use assay_contract::job::Lane;
use assay_contract::manifest::{self, Defaults};
use assay_contract::{Integration, Job};
use assay_store::{NewTask, Store};
use futures::{StreamExt, TryStreamExt};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Rows stored in one transaction, and held until their messages are confirmed.
const AT_ONCE: usize = 500;
/// Bytes of manifest in one transaction: jobs may carry their text.
const BYTES_AT_ONCE: usize = 8 << 20;
/// Publishes that wait for their confirm at once: 12,900 a second instead of 1,280 (measured).
const IN_FLIGHT: usize = 200;

/// Queues everything, prints the task, follows it where asked.
pub async fn run(settings: &SettingsArguments, arguments: Submit) -> anyhow::Result<Exit> {
    let config = config::read(settings)?;
    let organization = &settings.organization;
    // What was mistyped is told before there is a task.
    config.profile(&arguments.profile)?;
    let sources = opened(&arguments.what)?;
    let places = arguments.prefixes.iter().map(|place| prefix(place)).collect::<anyhow::Result<Vec<_>>>()?;
    let store = assemble::store(&config).await?;
    let integration = match &arguments.integration {
        Some(id) => Some(store.integration(organization, id).await?.with_context(|| no_integration(organization, id))?),
        None => None,
    };
    let broker = assemble::broker(&config).await?;
    let task = store.create_task(NewTask { organization: organization.clone(), name: arguments.name.clone(), expected_rows: None }).await?;
    let defaults = Defaults {
        organization: organization.clone(),
        task: task.id.clone(),
        integration: arguments.integration.clone(),
        lane: match arguments.lane {
            LaneArgument::Interactive => Lane::Interactive,
            LaneArgument::Batch => Lane::Batch,
        },
        profile: arguments.profile.clone(),
    };
    let (mut queued, mut refused, mut batch) = (0u64, 0u64, Batch::default());
    for (what, source) in sources {
        let mut file = match source {
            Source::Manifest(file) => file,
            Source::Address => {
                batch.push(manifest::of_address(what, &defaults), what.len());
                queued += batch.queue_if_full(&store, broker.as_ref()).await?;
                continue;
            }
            Source::Neither => {
                refused += 1;
                complain(&format!("{what} is neither a manifest (*.jsonl) nor an address (s3://…, https://…)"));
                continue;
            }
        };
        let mut passed_by = BTreeMap::new();
        for number in 1u64.. {
            let Some(line) = manifest::next_line(&mut file).with_context(|| format!("{what} line {number} can't be read"))? else { break };
            if line.trim_ascii().is_empty() {
                continue;
            }
            match manifest::of_line(&line, &defaults) {
                Ok(read) => {
                    read.passed_by.iter().for_each(|name| *passed_by.entry(*name).or_insert(0u64) += 1);
                    batch.push(read.job, line.len());
                }
                Err(error) => {
                    refused += 1;
                    complain(&format!("{what} line {number}: {error}"));
                }
            }
            queued += batch.queue_if_full(&store, broker.as_ref()).await?;
        }
        for (name, rows) in passed_by {
            complain(&format!("{what}: `{name}` of {rows} rows is passed by: it is no part of an asset, and in no record"));
        }
    }
    queued += queue(&store, broker.as_ref(), batch.jobs).await?;
    for (place, integration) in places.iter().zip(integration.iter().cycle()) {
        queued += list(&config, &store, broker.as_ref(), integration, *place, &defaults).await?;
    }
    store.expect_rows(organization, &task.id, queued).await?;
    if arguments.json {
        say(&json!({ "task_id": task.id, "queued": queued, "refused": refused }).to_string())?;
    } else {
        say(&format!("task {}: {queued} queued{}", task.id, if refused > 0 { format!(", {refused} refused") } else { String::new() }))?;
    }
    if queued == 0 {
        return Ok(Exit::Usage);
    }
    let watched = if arguments.watch { follow(&store, organization, &task.id, arguments.json.into(), None).await? } else { Exit::Complete };
    Ok(if refused > 0 { watched.max(Exit::Failed) } else { watched })
}

/// Jobs that are queued together.
#[derive(Default)]
struct Batch {
    jobs: Vec<Job>,
    /// What they came from, bytes.
    bytes: usize,
}

impl Batch {
    fn push(&mut self, job: Job, bytes: usize) {
        self.jobs.push(job);
        self.bytes += bytes;
    }

    /// Queues the jobs where one more could be too many; how many that were.
    async fn queue_if_full(&mut self, store: &Store, broker: &dyn Broker) -> anyhow::Result<u64> {
        if !self.is_full() {
            return Ok(0);
        }
        queue(store, broker, std::mem::take(self).jobs).await
    }

    fn is_full(&self) -> bool {
        self.jobs.len() >= AT_ONCE || self.bytes >= BYTES_AT_ONCE
    }
}

/// What an argument of `submit` is.
enum Source {
    Manifest(BufReader<File>),
    Address,
    Neither,
}

/// Opens every manifest; the first that can't be opened is an error.
fn opened(arguments: &[String]) -> anyhow::Result<Vec<(&str, Source)>> {
    let source = |what: &String| -> anyhow::Result<Source> {
        Ok(if Path::new(what).extension().is_some_and(|extension| extension == "jsonl") {
            Source::Manifest(BufReader::new(File::open(what).with_context(|| format!("{what} can't be opened"))?))
        } else if what.contains("://") {
            Source::Address
        } else {
            Source::Neither
        })
    };
    arguments.iter().map(|what| Ok((what.as_str(), source(what)?))).collect()
}

/// `(bucket, prefix)`
fn prefix(place: &str) -> anyhow::Result<(&str, &str)> {
    let rest = place.strip_prefix("s3://").with_context(|| format!("--prefix {place}: the form is s3://BUCKET/PREFIX"))?;
    Ok(rest.split_once('/').unwrap_or((rest, "")))
}

/// Queues everything below a prefix, a page at a time.
async fn list(
    config: &Config,
    store: &Store,
    broker: &dyn Broker,
    integration: &Integration,
    (bucket, prefix): (&str, &str),
    defaults: &Defaults,
) -> anyhow::Result<u64> {
    let access = assemble::access(config).await;
    let (mut queued, mut after) = (0, None);
    loop {
        let page = access.list(integration, bucket, prefix, after.as_deref()).await.map_err(|error| error.failure())?;
        let jobs = page.keys.iter().map(|key| manifest::of_address(&format!("s3://{bucket}/{key}"), defaults)).collect();
        queued += queue(store, broker, jobs).await?;
        after = page.next;
        if after.is_none() {
            return Ok(queued);
        }
    }
}

/// Rows first, messages after: a crash in between leaves rows that `queued` shows, never messages nobody knows.
async fn queue(store: &Store, broker: &dyn Broker, jobs: Vec<Job>) -> anyhow::Result<u64> {
    store.enqueue_rows(&jobs).await?;
    let count = jobs.len() as u64;
    futures::stream::iter(jobs)
        .map(|job| async move { broker.submit(&job).await })
        .buffer_unordered(IN_FLIGHT)
        .try_collect::<Vec<()>>()
        .await
        .context("a job could not be queued; submit the rest again")?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_full_by_rows_or_by_bytes() {
        let defaults = Defaults {
            organization: "org".parse().unwrap(),
            task: "t".parse().unwrap(),
            integration: None,
            lane: Lane::Batch,
            profile: "default".into(),
        };
        for (bytes, jobs) in [(10, AT_ONCE), (1 << 20, 8), (4 << 20, 2)] {
            let mut batch = Batch::default();
            while !batch.is_full() {
                batch.push(manifest::of_address("s3://b/k", &defaults), bytes);
            }
            assert_eq!(batch.jobs.len(), jobs);
        }
    }
}
