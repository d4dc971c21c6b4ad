//! `assay dead`: looks at jobs that were given up, and queues them again.

use crate::args::{Dead, DeadVerb, SettingsArguments};
use crate::assemble;
use crate::card::plain;
use crate::config;
use crate::exit::{Exit, complain, say};
use assay_broker::{Broker, BrokerError, DeadLetter, DeadLetterId, DeadOrigin};
use assay_contract::address::without_secrets;
use assay_store::Store;
use serde_json::json;

/// Lists, shows or requeues.
pub async fn run(settings: &SettingsArguments, arguments: Dead) -> anyhow::Result<Exit> {
    let config = config::read(settings)?;
    let broker = assemble::existing_broker(&config).await?;
    match arguments.verb {
        DeadVerb::List { limit, json } => {
            let letters = broker.dead(limit).await?;
            if letters.is_empty() && !json {
                say("there are no dead letters")?;
            }
            for letter in &letters {
                say(&if json { seen(letter).to_string() } else { line(letter) })?;
            }
        }
        DeadVerb::Show { id } => {
            let Some(letter) = broker.dead_letter(&DeadLetterId::new(&id)).await? else {
                complain(&format!("there is no dead letter {id}; `assay dead list` shows them"));
                return Ok(Exit::Failed);
            };
            say(&serde_json::to_string_pretty(&seen(&letter))?)?;
        }
        DeadVerb::Requeue { ids } => {
            let store = assemble::existing_store(&config).await?;
            let mut exit = Exit::Complete;
            for id in ids {
                if let Some(refused) = requeue(&store, broker.as_ref(), &DeadLetterId::new(&id)).await? {
                    complain(&refused);
                    exit = Exit::Failed;
                } else {
                    say(&format!("{id} is queued again"))?;
                }
            }
            return Ok(exit);
        }
    }
    Ok(Exit::Complete)
}

/// Queues one again, or says why that can't be.
async fn requeue(store: &Store, broker: &dyn Broker, id: &DeadLetterId) -> anyhow::Result<Option<String>> {
    let none = || Ok(Some(format!("there is no dead letter {id}; `assay dead list` shows them")));
    let Some(found) = broker.dead_letter(id).await? else { return none() };
    // Its failed record stands; without being opened again the job would only find that record. What is refused is not opened: a worker
    // may just be giving it its record.
    let opening = async {
        if let Ok(job) = found.job() {
            store.reopen_job(&job.organization_id, &job.job_id).await?;
        }
        Ok(())
    };
    match broker.requeue_opened(id, Box::pin(opening)).await {
        Ok(()) => Ok(None),
        Err(BrokerError::NoSuchDeadLetter(_)) => none(),
        Err(held @ BrokerError::DeadLetterHeld(_)) => Ok(Some(held.to_string())),
        Err(error) => Err(error.into()),
    }
}

fn line(letter: &DeadLetter) -> String {
    format!(
        "{}  {}  {:<11} {}  {}",
        letter.id,
        letter.died_at.map_or_else(|| "-".to_owned(), |at| format!("{at:.0}")),
        letter.lane,
        plain(&asset(letter)),
        plain(&cause(letter))
    )
}

/// The asset's address without any query; `-` where the message is no job.
fn asset(letter: &DeadLetter) -> String {
    let Ok(job) = letter.job() else { return "-".to_owned() };
    let Some(uri) = job.asset.uri().map(without_secrets) else { return "inline".to_owned() };
    uri.split("?versionId=").next().unwrap_or_default().to_owned()
}

fn cause(letter: &DeadLetter) -> String {
    match &letter.origin {
        DeadOrigin::Worker(cause) => format!("{} · {}", cause.code, cause.sentence),
        DeadOrigin::Broker => "delivered too often without an outcome".to_owned(),
    }
}

/// What may be shown: the job without any signature.
fn seen(letter: &DeadLetter) -> serde_json::Value {
    let job = match letter.job() {
        Ok(job) => json!({
            "job_id": job.job_id, "organization_id": job.organization_id, "data_row_id": job.data_row_id, "global_key": job.global_key,
            "integration": job.integration, "asset": job.asset.uri().map(without_secrets), "profile": job.profile, "submitted_at": job.submitted_at,
        }),
        Err(unreadable) => json!({ "unreadable": unreadable.to_string() }),
    };
    json!({
        "id": letter.id.as_str(), "message_id": letter.message_id, "lane": letter.lane, "attempts": letter.attempts, "bytes": letter.bytes(),
        "died_at": letter.died_at, "cause": cause(letter), "job": job,
    })
}
