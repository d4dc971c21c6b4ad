//! `assay submit`: queues assets as one task; where one can't succeed, none.

mod queue;
mod sources;
mod vetting;

use crate::args::{LaneArgument, SettingsArguments, Submit};
use crate::assemble;
use crate::config::{self, Config};
use crate::exit::{Exit, complain, say};
use crate::verbs::integration::no_integration;
use crate::verbs::watch::follow;
use crate::verbs::worker::{ONE_SIGNAL, Signals};
use anyhow::Context;
use assay_contract::job::Lane;
use assay_contract::manifest::{self, Defaults};
use assay_contract::{Integration, Job, TaskId};
use assay_store::NewTask;
use queue::{Known, Queue};
use serde_json::json;
use sources::{Line, Source, opened};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use vetting::{Named, Vetting};

/// Rows stored in one transaction, and held until their messages are confirmed.
const AT_ONCE: usize = 500;
/// Bytes of manifest in one transaction: jobs may carry their text.
const BYTES_AT_ONCE: usize = 8 << 20;
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
    let defaults = Defaults {
        organization: organization.clone(),
        task: TaskId::generate(),
        integration: arguments.integration.clone(),
        lane: match arguments.lane {
            LaneArgument::Interactive => Lane::Interactive,
            LaneArgument::Batch => Lane::Batch,
        },
        profile: arguments.profile.clone(),
    };
    let known = if arguments.again { Known::SentAgain } else { Known::Refused };
    let (mut vetting, mut refused) = (Vetting::new(&store, &config, &defaults, known), 0u64);
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
    let defaults = Defaults { task: task.id.clone(), ..defaults };
    let mut queue = Queue::new(&store, broker.as_ref(), organization, known);
    let places = places.into_iter().zip(integration.iter().cycle());
    let ended = until_a_signal(|stop| fill(&mut queue, &mut sources, places, &config, &defaults, stop)).await;
    let counted = store.expect_rows(organization, &task.id, queue.queued).await;
    if ended.is_err() && queue.queued > 0 {
        complain(&format!("task {} has the {} rows that were queued before", task.id, queue.queued));
    }
    ended?;
    counted?;
    tell(&queue, &task.id, refused, arguments.json)?;
    if queue.queued == 0 {
        return Ok(if queue.sent_again > 0 && refused == 0 { Exit::Complete } else { Exit::Usage });
    }
    let watched = if arguments.watch { follow(&store, organization, &task.id, arguments.json.into(), None).await? } else { Exit::Complete };
    Ok(if refused > 0 { watched.max(Exit::Failed) } else { watched })
}

fn tell(queue: &Queue<'_>, task: &TaskId, refused: u64, as_json: bool) -> anyhow::Result<()> {
    let Queue { queued, sent_again, passed_over, .. } = *queue;
    if as_json {
        return say(&json!({ "task_id": task, "queued": queued, "refused": refused, "sent_again": sent_again }).to_string());
    }
    if passed_over > 0 {
        complain(&format!("{passed_over} jobs are known, and no more to be queued: they are in another task, and not counted in this one"));
    }
    let more = [(sent_again, "of earlier tasks sent again"), (refused, "refused")];
    let mut told = vec![format!("task {task}: {queued} queued")];
    told.extend(more.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
    say(&told.join(", "))
}

/// Runs what queues rows. A signal ends it when the rows in hand have their messages, a second one at once.
async fn until_a_signal<F: Future<Output = anyhow::Result<()>>>(work: impl FnOnce(Arc<AtomicBool>) -> F) -> anyhow::Result<()> {
    let mut signals = Signals::heard()?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut work = std::pin::pin!(work(Arc::clone(&stop)));
    let mut asked: Option<Instant> = None;
    loop {
        tokio::select! {
            ended = &mut work => return ended,
            () = signals.next() => {}
        }
        match asked {
            Some(first) if first.elapsed() < ONE_SIGNAL => {}
            Some(_) => {
                anyhow::bail!("ended by a second signal; whole jobs may wait for messages that never come: give them again with --again")
            }
            None => {
                asked = Some(Instant::now());
                stop.store(true, Ordering::Relaxed);
                complain("ending when the rows in hand are queued; a second signal ends at once");
            }
        }
    }
}

/// Queues every row of the sources, then what lies in the places.
async fn fill(
    queue: &mut Queue<'_>,
    sources: &mut [Source<'_>],
    places: impl Iterator<Item = ((&str, &str), &Integration)>,
    config: &Config,
    defaults: &Defaults,
    stop: Arc<AtomicBool>,
) -> anyhow::Result<()> {
    let go_on = || if stop.load(Ordering::Relaxed) { Err(anyhow::anyhow!("ended by a signal; submit the rest again")) } else { Ok(()) };
    let mut batch = Batch::default();
    for source in sources {
        for number in 1u64.. {
            match source.next(number, defaults)? {
                Line::End => break,
                Line::Empty | Line::Refused => continue,
                Line::Row(job, bytes, named) => batch.push(*job, named, bytes),
            }
            if batch.is_full() {
                go_on()?;
                queue.take(std::mem::take(&mut batch).jobs).await?;
            }
        }
        source.tell_what_is_passed_by();
    }
    go_on()?;
    queue.take(batch.jobs).await?;
    for ((bucket, prefix), integration) in places {
        let access = assemble::access(config).await;
        let mut after = None;
        loop {
            let page = access.list(integration, bucket, prefix, after.as_deref()).await.map_err(|error| error.failure())?;
            go_on()?;
            let job = |key: &String| (manifest::of_address(&format!("s3://{bucket}/{key}"), defaults), Named::ByUs);
            queue.take(page.keys.iter().map(job).collect()).await?;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(())
}

/// Jobs that are queued together.
#[derive(Default)]
struct Batch {
    jobs: Vec<(Job, Named)>,
    /// What they came from, bytes.
    bytes: usize,
}

impl Batch {
    fn push(&mut self, job: Job, named: Named, bytes: usize) {
        self.jobs.push((job, named));
        self.bytes += bytes;
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
                batch.push(manifest::of_address("s3://b/k", &defaults), Named::ByUs, bytes);
            }
            assert_eq!(batch.jobs.len(), jobs);
        }
    }
}
