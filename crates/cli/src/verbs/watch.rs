//! `assay watch`: follows a task until it is done.

use crate::args::{SettingsArguments, Watch};
use crate::assemble;
use crate::config;
use crate::exit::{Exit, complain, say, say_beside};
use crate::gallery::{Gallery, Order, shelved};
use crate::output;
use crate::progress::{Progress, outcomes};
use assay_contract::record::Status;
use assay_contract::{OrganizationId, TaskId};
use assay_store::{Shelf, Store, TaskProgress, TaskState};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often it is asked what the rows wait for that are to be tried again.
const ASK_WHY_EVERY: Duration = Duration::from_secs(2);
/// Asking takes at most this part of the time: a task may have a million rows.
const ASK_WHY_SHARE: u32 = 20;
/// Rows that are asked for.
const ROWS: u32 = 10;
/// After so long without anybody at work it is said that nobody is.
const LONELY: Duration = Duration::from_secs(5);

/// Follows the task and prints how it ended.
pub async fn run(settings: &SettingsArguments, arguments: Watch) -> anyhow::Result<Exit> {
    let page = arguments.html.as_deref().map(output::page).transpose()?;
    let config = config::read(settings)?;
    let store = assemble::existing_store(&config).await?;
    let page = match &page {
        Some(path) => Some(Page { gallery: Gallery::create(path, Order::Name)?, shelf: assemble::shelf(&config)? }),
        None => None,
    };
    follow(&store, &settings.organization, &arguments.task, arguments.json.into(), page).await
}

/// A gallery of a task, and where its pictures lie.
pub struct Page {
    gallery: Gallery,
    shelf: Arc<dyn Shelf>,
}

/// How the end of a task is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For a person: progress, then what is not complete.
    Words,
    /// For a machine: each record on a line.
    Json,
}

impl From<bool> for Form {
    /// What the flag `--json` asks for.
    fn from(json: bool) -> Self {
        if json { Self::Json } else { Self::Words }
    }
}

/// Follows until the task is done; the failed rows are printed with their sentences.
pub async fn follow(
    store: &Store,
    organization: &OrganizationId,
    task: &TaskId,
    form: Form,
    mut page: Option<Page>,
) -> anyhow::Result<Exit> {
    let mut progress = Progress::new();
    let (mut waiting, mut ask_at, mut lonely_since) = (Vec::new(), Instant::now(), Some(Instant::now()));
    let last = loop {
        let Some(state) = store.task(organization, task).await? else {
            anyhow::bail!("organisation {organization} has no task {task}");
        };
        if form == Form::Words {
            let asked = Instant::now();
            if asked >= ask_at {
                waiting = store.waiting(organization, task, ROWS).await?;
                ask_at = Instant::now() + ASK_WHY_EVERY.max(asked.elapsed() * ASK_WHY_SHARE);
            }
            progress.show(&state, &waiting);
            if state.state != TaskState::Queued {
                lonely_since = None;
            } else if lonely_since.is_some_and(|since| since.elapsed() > LONELY) {
                lonely_since = None;
                complain("nobody has begun with it: is `assay up` or `assay worker` running, with this folder or configuration?");
            }
        }
        if state.state.is_final() {
            break state;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    progress.finish();
    let tell = if page.is_some() { say_beside } else { say };
    let mut after = None;
    loop {
        let records = store.records(organization, task, after.as_ref(), 500).await?;
        for stored in &records.items {
            if let Some(Page { gallery, shelf }) = &mut page {
                gallery.add(stored.record(), &shelved::made(shelf.as_ref(), stored.record()).await)?;
            }
            if form == Form::Json {
                tell(stored.json())?;
            } else if stored.record().status != Status::Complete {
                tell(&told(stored.record()))?;
            }
        }
        after = records.next;
        if after.is_none() {
            break;
        }
    }
    page.map_or(Ok(()), |page| page.gallery.finish())?;
    if form == Form::Words {
        say(&format!("task {task} {}: {}", last.state.as_str(), outcomes(&last.rows)))?;
    }
    Ok(exit(&last))
}

fn told(record: &assay_contract::Record) -> String {
    let name =
        record.global_key.as_deref().or(record.data_row_id.as_ref().map(assay_contract::DataRowId::as_str)).unwrap_or(&record.asset.uri);
    let why = match &record.failure {
        Some(failure) => format!("{} · {}", failure.code, failure.message),
        None => record.issues.iter().map(|issue| format!("{} · {}", issue.code, issue.message)).collect::<Vec<_>>().join("; "),
    };
    let part = record.attachment.as_ref().map_or_else(String::new, |part| {
        let called = part.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        format!(", attachment {}{called}", part.index)
    });
    format!("{:<8} {}: {}", record.status.as_str(), crate::card::plain(&format!("{name}{part}")), crate::card::plain(&why))
}

fn exit(task: &TaskProgress) -> Exit {
    if task.rows.failed + task.rows.cancelled > 0 {
        Exit::Failed
    } else if task.rows.partial > 0 {
        Exit::Partial
    } else {
        Exit::Complete
    }
}
