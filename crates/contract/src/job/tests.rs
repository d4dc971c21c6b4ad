//! Jobs that must be read, and messages that must be refused with a reason a sender can act on.

use super::*;

const WHOLE: &str = r#"{"schema":"assay.job/1","job_id":"01JD","organization_id":"org_acme","task_id":null,"data_row_id":"dr_1","global_key":"street-001","dataset_id":"ds_1",
 "integration":"int_acme","asset":{"uri":"s3://acme-raw/2026/street.jpg"},
 "media_type":"IMAGE","attachments":[{"type":"IMAGE","uri":"s3://acme-raw/2026/street_mask.png","name":"mask"}],
 "profile":"default","lane":"interactive","expected":{"etag":null,"sha256":null},"labels":{"project":"streets"},"submitted_at":"2026-11-21T20:00:00Z","expires_at":null}"#;

fn refusal(message: &str) -> String {
    Job::read(message.as_bytes()).unwrap_err().to_string()
}

#[test]
fn the_contract_s_own_example_is_read_and_written_back() {
    let job = Job::read(WHOLE.as_bytes()).unwrap();
    assert_eq!(job.lane, Lane::Interactive);
    assert_eq!(job.asset, JobAsset::Uri("s3://acme-raw/2026/street.jpg".into()));
    let again = Job::read(&serde_json::to_vec(&job).unwrap()).unwrap();
    assert_eq!(job, again);
}

#[test]
fn an_unknown_field_is_named() {
    assert!(refusal(&WHOLE.replace("\"profile\"", "\"profil\"")).contains("`profil`"));
    assert!(refusal(&WHOLE.replace("{\"uri\"", "{\"url\"")).contains("`url`"));
}

#[test]
fn a_newer_schema_is_told_from_a_foreign_one() {
    assert!(matches!(Job::read(WHOLE.replace("job/1", "job/2").as_bytes()), Err(JobUnreadable::Newer(_))));
    assert!(matches!(Job::read(WHOLE.replace("assay.job/1", "other/1").as_bytes()), Err(JobUnreadable::OtherSchema(_))));
}

#[test]
fn what_is_no_job_is_refused() {
    assert!(refusal("nonsense").contains("not JSON"));
    assert!(refusal("{}").contains("missing field"));
    assert!(refusal(&WHOLE.replace("01JD", "../01")).contains("job_id"));
    assert!(refusal(&WHOLE.replace("\"sha256\":null", "\"sha256\":\"AB\"")).contains("sha256"));
    assert!(matches!(Job::read(&vec![b' '; MAX_JOB_BYTES + 1]), Err(JobUnreadable::TooLong(_))));
}

#[test]
fn a_plain_string_and_the_labelling_forms_are_assets() {
    for (form, want) in [
        (r#""s3://b/k""#, JobAsset::Uri("s3://b/k".into())),
        (r#"{"inline":"hello"}"#, JobAsset::Inline("hello".into())),
        (r#"{"pdf_url":"s3://b/k.pdf"}"#, JobAsset::Pdf { pdf_url: "s3://b/k.pdf".into(), text_layer_url: None }),
    ] {
        assert_eq!(serde_json::from_str::<JobAsset>(form).unwrap(), want, "{form}");
    }
    for bad in ["{}", r#"{"uri":"a","inline":"b"}"#, r#"{"inline":3}"#, "7"] {
        assert!(serde_json::from_str::<JobAsset>(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_refusal_repeats_no_value_that_could_be_a_signed_url() {
    const SIGNED: &str = "https://example.org/a\", expected `b`, expected c?X-Amz-Signature=5ec7e7";
    let whole: serde_json::Value = serde_json::from_str(WHOLE).unwrap();
    for place in [
        "/asset/uri",
        "/asset",
        "/attachments/0",
        "/attachments/0/uri",
        "/attachments",
        "/expected",
        "/labels",
        "/lane",
        "/media_type",
        "/submitted_at",
        "/expires_at",
    ] {
        for wrong in [
            serde_json::json!(SIGNED),
            serde_json::json!([SIGNED]),
            serde_json::json!({ SIGNED: 1 }),
            serde_json::json!({ "uri": [SIGNED] }),
        ] {
            let mut job = whole.clone();
            *job.pointer_mut(place).unwrap() = wrong;
            if let Err(refused) = Job::read(job.to_string().as_bytes()) {
                assert!(!refused.to_string().contains("5ec7e7"), "{place}: {refused}");
            }
        }
    }
    assert!(refusal(&WHOLE.replace("interactive", "urgent")).contains("unknown variant `urgent`, expected `interactive` or `batch`"));
    let strings = refusal(&WHOLE.replace(r#"{"type":"IMAGE","uri":"s3://acme-raw/2026/street_mask.png","name":"mask"}"#, r#""s3://a/b""#));
    assert!(strings.contains("invalid type: string \"…\", expected struct Attachment"), "{strings}");
}

/// The contract's example with another asset.
fn with_asset(asset: &str) -> String {
    WHOLE.replace(r#"{"uri":"s3://acme-raw/2026/street.jpg"}"#, asset)
}

#[test]
fn an_inline_object_may_have_a_mebibyte_and_a_text_four() {
    let object = |bytes: usize| with_asset(&format!(r#"{{"inline":{{"a":"{}"}}}}"#, "x".repeat(bytes - r#"{"a":""}"#.len())));
    Job::read(object(MAX_INLINE_OBJECT_BYTES).as_bytes()).unwrap();
    let refused = refusal(&object(MAX_INLINE_OBJECT_BYTES + 1));
    assert!(refused.contains("1048577") && refused.contains("bucket"), "{refused}");
    let text = |bytes: usize| with_asset(&format!(r#"{{"inline":"{}"}}"#, "x".repeat(bytes)));
    Job::read(text(4 << 20).as_bytes()).unwrap();
    assert!(matches!(Job::read(text(MAX_JOB_BYTES).as_bytes()), Err(JobUnreadable::TooLong(_))));
}

#[test]
fn a_message_of_many_small_values_is_refused_before_it_is_read() {
    for many in [vec!["0"; 500_000], vec![r#"{"":0}"#; 40_000], vec!["[]"; 300_000]] {
        // Cut off at the end: who reads it all says that it is no JSON.
        let message = with_asset(&format!(r#"{{"inline":{{"a":[{}]}}}}"#, many.join(",")));
        let cut = message.get(..message.len() - 1).unwrap();
        assert!(matches!(Job::read(cut.as_bytes()), Err(JobUnreadable::TooManyValues(_))), "{}", many[0]);
    }
    // What looks like values within a text is none.
    let text = with_asset(&format!(r#"{{"inline":"\"{}"}}"#, "{[,".repeat(100_000)));
    Job::read(text.as_bytes()).unwrap();
}
