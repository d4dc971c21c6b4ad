//! `assay submit`: queues assets as one task; where one can't succeed, none.

mod sources;
mod vetting;

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
use assay_contract::{Integration, Job, TaskId};
use assay_store::{NewTask, Store};
use futures::{StreamExt, TryStreamExt};
use serde_json::json;
use sources::{Line, opened};
use vetting::Vetting;

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
    let mut sources = opened(&arguments.what)?;
    let places = arguments.prefixes.iter().map(|place| prefix(place)).collect::<anyhow::Result<Vec<_>>>()?;
    let store = assemble::store(&config).await?;
    let integration = match &arguments.integration {
        Some(id) => Some(store.integration(organization, id).await?.with_context(|| no_integration(organization, id))?),
        None => None,
    };
    for (place, integration) in places.iter().zip(integration.iter().cycle()) {
        listable(integration, *place)?;
    }
    let broker = assemble::broker(&config).await?;
    let mut defaults = Defaults {
        organization: organization.clone(),
        task: TaskId::generate(),
        integration: arguments.integration.clone(),
        lane: match arguments.lane {
            LaneArgument::Interactive => Lane::Interactive,
            LaneArgument::Batch => Lane::Batch,
        },
        profile: arguments.profile.clone(),
    };
    let (mut vetting, mut refused) = (Vetting::new(&store, &config, &defaults), 0u64);
    for source in &mut sources {
        source.vet(&mut vetting, &defaults, &mut refused).await?;
    }
    if refused > 0 && !arguments.skip_refused {
        complain(&format!("nothing is queued: {refused} refused; mend them, or queue the rest with --skip-refused"));
        if arguments.json {
            say(&json!({ "task_id": null, "queued": 0, "refused": refused }).to_string())?;
        }
        return Ok(Exit::Usage);
    }
    let task = store.create_task(NewTask { organization: organization.clone(), name: arguments.name.clone(), expected_rows: None }).await?;
    defaults.task = task.id.clone();
    let (mut queued, mut batch) = (0u64, Batch::default());
    for source in &mut sources {
        for number in 1u64.. {
            match source.next(number, &defaults)? {
                Line::End => break,
                Line::Empty | Line::Refused => continue,
                Line::Row(job, bytes, _) => batch.push(*job, bytes),
            }
            queued += batch.queue_if_full(&store, broker.as_ref()).await?;
        }
        source.tell_what_is_passed_by();
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

/// `(bucket, prefix)`
fn prefix(place: &str) -> anyhow::Result<(&str, &str)> {
    let rest = place.strip_prefix("s3://").with_context(|| format!("--prefix {place}: the form is s3://BUCKET/PREFIX"))?;
    Ok(rest.split_once('/').unwrap_or((rest, "")))
}

/// Refuses what no listing could give, before the cloud is asked.
fn listable(integration: &Integration, (bucket, prefix): (&str, &str)) -> anyhow::Result<()> {
    let id = &integration.id;
    anyhow::ensure!(
        integration.may_list,
        "--prefix s3://{bucket}/{prefix}: the integration {id} is registered without listing; have the customer grant s3:ListBucket, and register it again with --may-list"
    );
    anyhow::ensure!(
        integration.covers(bucket, prefix),
        "--prefix s3://{bucket}/{prefix}: this lies outside of what the integration {id} covers; `assay integration list` shows that"
    );
    Ok(())
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

/// Rows first, messages after: a crash in between leaves rows that `queued` shows, never messages nobody knows. How many the task has now.
async fn queue(store: &Store, broker: &dyn Broker, jobs: Vec<Job>) -> anyhow::Result<u64> {
    let new = store.enqueue_rows(&jobs).await?;
    let known = (jobs.len() as u64).saturating_sub(new);
    if known > 0 {
        complain(&format!("{known} jobs were submitted elsewhere meanwhile: they are in another task, and not counted in this one"));
    }
    futures::stream::iter(jobs)
        .map(|job| async move { broker.submit(&job).await })
        .buffer_unordered(IN_FLIGHT)
        .try_collect::<Vec<()>>()
        .await
        .context("a job could not be queued; submit the rest again, whole jobs with ids of their own")?;
    Ok(new)
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
