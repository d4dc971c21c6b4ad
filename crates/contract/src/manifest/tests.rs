//! Lines that must become jobs, and lines that must be refused with a reason their sender can act on.

use super::*;

fn defaults() -> Defaults {
    Defaults {
        organization: "org".parse().unwrap(),
        task: "t".parse().unwrap(),
        integration: None,
        lane: Lane::Batch,
        profile: "default".into(),
    }
}

fn refusal(line: &str) -> String {
    of_line(line.as_bytes(), &defaults()).unwrap_err().to_string()
}

#[test]
fn a_labelling_row_becomes_a_job() {
    let job = of_line(br#"{"row_data":"s3://b/k.jpg","global_key":"one","media_type":"IMAGE"}"#, &defaults()).unwrap().job;
    assert_eq!((job.asset, job.global_key.as_deref()), (JobAsset::Uri("s3://b/k.jpg".into()), Some("one")));
}

#[test]
fn a_labelling_row_s_attachments_and_its_document_s_text_layer_are_read() {
    let row = br#"{"row_data":{"pdf_url":"s3://b/k.pdf","text_layer_url":"s3://b/k.json"},
        "attachments":[{"type":"RAW_TEXT","value":"look at page 2"},{"type":"LIDAR","value":"s3://b/k.las","name":"scan"}]}"#;
    let job = of_line(row, &defaults()).unwrap().job;
    assert_eq!(job.asset, JobAsset::Pdf { pdf_url: "s3://b/k.pdf".into(), text_layer_url: Some("s3://b/k.json".into()) });
    let [text, scan] = job.attachments.as_slice() else { panic!("{:?}", job.attachments) };
    assert_eq!((text.words(), scan.words(), scan.uri.as_str()), (Some("look at page 2"), None, "s3://b/k.las"));
}

#[test]
fn what_a_labelling_tool_writes_beside_the_asset_is_passed_by_and_named() {
    let row = br#"{"row_data":"s3://b/k.jpg","metadata_fields":[{"schema_id":"cko8s9r5v0001h2dk9elqdidh","value":"tag"}],
        "embeddings":[{"embedding_id":"e","vector":[0.5,0.25]}]}"#;
    let line = of_line(row, &defaults()).unwrap();
    assert_eq!((line.job.asset, line.passed_by), (JobAsset::Uri("s3://b/k.jpg".into()), vec!["metadata_fields", "embeddings"]));
    for absent in [r#"{"uri":"s3://b/k"}"#, r#"{"uri":"s3://b/k","metadata_fields":null}"#] {
        assert!(of_line(absent.as_bytes(), &defaults()).unwrap().passed_by.is_empty());
    }
}

#[test]
fn a_row_without_an_asset_or_with_an_unknown_field_is_named() {
    assert!(refusal(r#"{"global_key":"a"}"#).contains("row_data"));
    assert!(refusal(r#"{"uri":"s3://b/k","row_data":"s3://b/k"}"#).contains("twice"));
    assert!(refusal(r#"{"url":"s3://b/k"}"#).contains("`url`"));
    assert!(refusal(r#"["s3://b/k"]"#).contains("object"));
}

#[test]
fn a_line_that_is_no_json_is_told_as_such_by_its_column() {
    assert_eq!(refusal("not json"), "the line is not JSON: expected ident at column 2");
    assert_eq!(refusal(r#"{"uri": "s3://bucket/key""#), "the line is not JSON: EOF while parsing an object at column 25");
}

#[test]
fn a_whole_job_gets_the_task_and_stays_in_its_organisation() {
    let job = |organization: &str| {
        format!(
            r#"{{"schema":"assay.job/1","job_id":"j","organization_id":"{organization}","asset":"s3://b/k","submitted_at":"2026-11-21T20:00:00Z"}}"#
        )
    };
    assert_eq!(of_line(job("org").as_bytes(), &defaults()).unwrap().job.task_id, Some(defaults().task));
    assert!(refusal(&job("other")).contains("another organisation"));
}

#[test]
fn a_row_that_a_worker_would_refuse_is_refused_at_once() {
    let long = "k".repeat(201);
    for (row, complaint) in [
        (format!(r#"{{"uri":"s3://b/k","global_key":"{long}"}}"#), "global_key"),
        (format!(r#"{{"uri":"s3://b/k","labels":{{"a":"{}"}}}}"#, "b".repeat(20_000)), "labels"),
        (r#"{"uri":"s3://b/k","expected":{"sha256":"AB"}}"#.to_owned(), "sha256"),
    ] {
        let refused = refusal(&row);
        assert!(refused.contains(complaint), "{refused}");
    }
}

#[test]
fn a_whole_job_that_is_too_long_only_with_its_task_is_refused_at_once() {
    let job = |text: &str| {
        format!(
            r#"{{"schema":"assay.job/1","job_id":"j","organization_id":"org","asset":{{"inline":"{text}"}},"submitted_at":"2026-11-21T20:00:00Z"}}"#
        )
    };
    let bare = job("").len();
    let line = job(&"x".repeat(MAX_JOB_BYTES - bare));
    assert_eq!(line.len(), MAX_JOB_BYTES);
    assert!(Job::read(line.as_bytes()).is_ok());
    assert!(refusal(&line).contains("are allowed"));
    // With room for all that is added it is a job that a worker reads.
    let fits = of_line(job(&"x".repeat(MAX_JOB_BYTES - bare - 1_000)).as_bytes(), &defaults()).unwrap();
    assert!(Job::read(&serde_json::to_vec(&fits.job).unwrap()).is_ok());
}

#[test]
fn a_line_that_no_job_could_have_is_neither_held_nor_taken_for_two() {
    let long = "x".repeat(3 * MAX_JOB_BYTES);
    let manifest = format!("{{\"uri\":\"s3://b/a\"}}\n{long}\n\n{{\"uri\":\"s3://b/b\"}}\r\n{long}");
    let mut rest = io::BufReader::new(manifest.as_bytes());
    let mut lines = Vec::new();
    while let Some(line) = next_line(&mut rest).unwrap() {
        assert!(line.capacity() <= 2 * MAX_JOB_BYTES + 2, "{} bytes are held", line.capacity());
        lines.push(of_line(&line, &defaults()).map_err(|error| error.to_string()));
    }
    let [Ok(_), Err(long), Err(_), Ok(_), Err(last)] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(long.contains("are allowed") && last.contains("are allowed"), "{long}; {last}");
}

#[test]
fn a_row_of_countless_small_values_is_refused() {
    let refused = refusal(&format!(r#"{{"asset":{{"inline":{{"a":[{}]}}}}}}"#, vec!["0"; 500_000].join(",")));
    assert!(refused.contains("65536 are allowed"), "{refused}");
}
