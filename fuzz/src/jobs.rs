//! Messages of a queue and lines of a manifest.

use crate::SIGNATURE;
use assay_contract::Job;
use assay_contract::job::{JobAsset, Lane, MAX_JOB_BYTES};
use assay_contract::manifest::{Defaults, Line, next_line, of_line};
use serde_json::Value;

/// A message is a job that survives being written again, or it is refused without a word of the secrets in it.
pub fn job(message: &[u8]) {
    match Job::read(message) {
        Ok(job) => survives(&job),
        Err(refused) => assert!(!refused.to_string().contains(SIGNATURE), "{refused}"),
    }
}

/// Every line has a bounded length and is refused, or is a job that a worker reads as what was submitted.
pub fn manifest(bytes: &[u8]) {
    let defaults = Defaults {
        organization: "org_acme".parse().expect("an id"),
        task: "task".parse().expect("an id"),
        integration: None,
        lane: Lane::Batch,
        profile: "default".to_owned(),
    };
    let mut rest = bytes;
    while let Some(line) = next_line(&mut rest).expect("memory can be read") {
        assert!(line.len() <= MAX_JOB_BYTES + 1, "{} bytes are one line", line.len());
        if let Ok(Line { job, .. }) = of_line(&line, &defaults) {
            assert_eq!(job.organization_id, defaults.organization);
            assert!(job.task_id.is_some());
            survives(&job);
        }
    }
}

fn survives(job: &Job) {
    let written = serde_json::to_vec(job).expect("a job can be written");
    let again = Job::read(&written).expect("what was written can be read");
    assert!(without_numbers(again) == without_numbers(job.clone()), "{}", String::from_utf8_lossy(&written));
}

/// serde_json reads a fraction with seventeen digits to its last bit but one: of an inline object only its presence is compared.
fn without_numbers(mut job: Job) -> Job {
    if matches!(job.asset, JobAsset::Inline(Value::Object(_))) {
        job.asset = JobAsset::Inline(Value::Null);
    }
    job
}
