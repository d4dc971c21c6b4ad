//! `assay bench`: how many assets a second this machine, this network and this bucket give, through the whole road.

mod figures;
mod sample;

use crate::args::{Bench, SettingsArguments};
use crate::assemble;
use crate::config;
use crate::exit::{Exit, complain, say};
use anyhow::Context;
use assay_contract::job::Lane;
use assay_contract::manifest::{self, Defaults};
use assay_contract::record::Record;
use assay_contract::{Job, OrganizationId, TaskId};
use assay_store::NewTask;
use assay_worker::{Crew, Rooms};
use figures::{Machine, Report};
use futures::{StreamExt, TryStreamExt};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often it is asked whether all are done: a hundredth of the shortest run that says anything.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Jobs that are queued at once.
const IN_FLIGHT: usize = 200;

/// Looks at each asset of the sample once, which warms everything and tells the kinds; then measures kind by kind.
///
/// Queue, store and shelf are embedded ones in a folder that is gone afterwards: nothing of the installation is touched.
pub async fn run(settings: &SettingsArguments, arguments: Bench) -> anyhow::Result<Exit> {
    let sample = sample::draw(settings, &arguments).await?;
    let folder = tempfile::Builder::new().prefix("assay-bench-").tempdir().context("a folder for the bench can't be made")?;
    let config = config::read_apart(settings, folder.path())?;
    anyhow::ensure!(config.profiles.contains_key(&arguments.profile), "there is no profile {:?}", arguments.profile);
    let plan = assemble::plan(&config)?;
    let rooms = Arc::new(assemble::rooms(config, &plan).await?);
    if let Some(integration) = &sample.integration {
        rooms.store.put_integration(integration).await.context("the integration can't be used")?;
    }
    let crew = Crew::new(Arc::clone(&rooms));
    let working = crew.clone();
    let working = tokio::spawn(async move { working.work().await });
    let report = measure(&rooms, settings, &arguments, &sample).await;
    crew.drain();
    working.await.context("the worker panicked")??;
    let report = report?;
    if arguments.json {
        say(&serde_json::to_string(&report)?)?;
    } else {
        say(&report.to_string())?;
    }
    Ok(if report.failures.is_empty() { Exit::Complete } else { Exit::Failed })
}

async fn measure(rooms: &Rooms, settings: &SettingsArguments, arguments: &Bench, sample: &sample::Sample) -> anyhow::Result<Report> {
    let phase = async |addresses: &[String]| {
        let task = NewTask { organization: settings.organization.clone(), name: "bench".to_owned(), expected_rows: None };
        let task = rooms.store.create_task(task).await?.id;
        let defaults = Defaults {
            organization: settings.organization.clone(),
            task: task.clone(),
            integration: arguments.integration.clone(),
            lane: Lane::Batch,
            profile: arguments.profile.clone(),
        };
        let began = Instant::now();
        let jobs: Vec<Job> = addresses.iter().map(|uri| manifest::of_address(uri, &defaults)).collect();
        let records = through(rooms, &settings.organization, &task, jobs).await?;
        anyhow::Ok((began.elapsed(), records))
    };
    told(&format!("looking at {} assets once", sample.addresses.len()));
    let (_, first) = phase(&sample.addresses).await?;
    let mut kinds: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for record in first.iter().filter(|record| record.failure.is_none()) {
        if let Some(details) = &record.details {
            kinds.entry(details.kind().as_str()).or_default().push(record.asset.uri.clone());
        }
    }
    let mut report = Report::new(Machine::of_this_process(rooms.slots.counts()), arguments.seed, sample.found, &first);
    for (kind, addresses) in kinds {
        // The signatures of addresses that were given as signed are not in records: such assets come from the sample itself.
        let addresses: Vec<String> = addresses.iter().filter_map(|public| sample.signed(public)).collect();
        let jobs: Vec<String> = addresses.iter().cycle().take(arguments.jobs).cloned().collect();
        told(&format!("measuring {} × {kind}", jobs.len()));
        let (wall, records) = phase(&jobs).await?;
        report.add(kind, wall, &records);
    }
    report.finish();
    Ok(report)
}

/// Queues the jobs and waits for their records.
async fn through(rooms: &Rooms, organization: &OrganizationId, task: &TaskId, jobs: Vec<Job>) -> anyhow::Result<Vec<Record>> {
    let count = jobs.len() as u64;
    for some in jobs.chunks(500) {
        rooms.store.enqueue_rows(some).await?;
    }
    futures::stream::iter(jobs)
        .map(|job| async move { rooms.broker.submit(&job).await })
        .buffer_unordered(IN_FLIGHT)
        .try_collect::<Vec<()>>()
        .await?;
    rooms.store.expect_rows(organization, task, count).await?;
    loop {
        let state = rooms.store.task(organization, task).await?.context("the bench's own task is gone")?;
        if state.state.is_final() {
            break;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let (mut records, mut page) = (Vec::new(), None);
    loop {
        let some = rooms.store.records(organization, task, page.as_ref(), 500).await?;
        records.extend(some.items.iter().map(|stored| stored.record().clone()));
        page = some.next;
        if page.is_none() {
            return Ok(records);
        }
    }
}

fn told(text: &str) {
    complain(text);
}
