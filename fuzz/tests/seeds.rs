//! Every seed passes its target, and reaches what it is a seed of.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use assay_contract::Facts;
use assay_contract::address::{AssetAddress, Reading};
use assay_contract::frame::{Frame, FrameKind};
use assay_contract::frame_index::FrameIndex;
use assay_contract::job::{Job, JobUnreadable, Lane};
use assay_contract::kind::AssetKind;
use assay_contract::manifest::{Defaults, of_line};
use std::path::Path;

/// Names and bytes, in order.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut seeds: Vec<_> = files.map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap())).collect();
    seeds.sort();
    assert!(!seeds.is_empty());
    seeds
}

#[test]
fn addresses_are_read_but_for_the_broken_ones() {
    for (name, bytes) in seeds("address") {
        assay_fuzz::address(&bytes);
        let text = String::from_utf8(bytes).unwrap();
        let is_broken = ["one-slash", "schemeless", "tiles"].contains(&name.as_str());
        assert_eq!(AssetAddress::parse(&text.replace('\n', ""), Reading::Delegated).is_err(), is_broken, "{name}");
    }
}

#[test]
fn messages_are_jobs_but_for_the_newer_and_the_misplaced() {
    for (name, message) in seeds("job") {
        assay_fuzz::job(&message);
        match (name.as_str(), Job::read(&message)) {
            ("misplaced", Err(JobUnreadable::NotAJob(_))) | ("newer", Err(JobUnreadable::Newer(_))) => {}
            (name, read) => assert!(read.is_ok() && name != "misplaced" && name != "newer", "{name}: {read:?}"),
        }
    }
}

#[test]
fn every_line_of_a_manifest_is_a_job() {
    let defaults = Defaults {
        organization: "org_acme".parse().unwrap(),
        task: "task".parse().unwrap(),
        integration: None,
        lane: Lane::Batch,
        profile: "default".to_owned(),
    };
    for (name, manifest) in seeds("manifest") {
        assay_fuzz::manifest(&manifest);
        for line in manifest.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
            of_line(line, &defaults).unwrap_or_else(|refused| panic!("{name}: {refused}"));
        }
    }
}

#[test]
fn what_a_child_says_is_frames_to_the_end_and_each_kind_of_facts_is_among_them() {
    let mut kinds = Vec::new();
    for (name, talk) in seeds("frame") {
        assay_fuzz::frame(&talk);
        let mut rest = talk.as_slice();
        while !rest.is_empty() {
            let frame = Frame::read_from(&mut rest, 1 << 16).unwrap_or_else(|error| panic!("{name}: {error}"));
            if frame.kind == FrameKind::Facts {
                let facts: Facts = frame.head().unwrap_or_else(|error| panic!("{name}: {error}"));
                kinds.push(facts.details.kind());
            }
        }
    }
    for kind in [AssetKind::Image, AssetKind::Video, AssetKind::Audio, AssetKind::Document, AssetKind::Dicom, AssetKind::TiledImagery] {
        assert!(kinds.contains(&kind), "{kind}");
    }
}

#[test]
fn indices_of_frames_and_thumbnails_are_read() {
    for (name, index) in seeds("frame_index") {
        assay_fuzz::frame_index(&index);
        assert!(FrameIndex::read(&index).is_ok(), "{name}");
    }
    for (name, picture) in seeds("thumbnail") {
        assay_fuzz::thumbnail(&picture);
        assert!(assay_fuzz::is_believed(&picture), "{name}");
    }
}
