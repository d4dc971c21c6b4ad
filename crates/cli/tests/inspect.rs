//! `assay inspect` on good files, hostile files, files that are none, and names with any byte.

use crate::running::{Ended, assay, command, run, with};
use assay_testkit::fixtures::{self, Entry};
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;

#[track_caller]
fn inspect<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ended {
    run(with(with(command(&assay()), ["inspect", "--json"]), arguments), b"")
}

/// Everything that a manifest's line expects and a record does not say.
fn differences(entry: &Entry, record: &Value) -> Vec<String> {
    let (expect, attributes, details) = (&entry.expect, &record["media_attributes"], &record["details"]);
    let mut differences = Vec::new();
    let mut hold = |what: &str, agrees: bool, found: &Value| {
        if !agrees {
            differences.push(format!("{}: {what} is {found}", entry.path));
        }
    };
    hold("status", expect.status.iter().any(|status| record["status"] == **status), &record["status"]);
    let issues = record["issues"].as_array().into_iter().flatten().map(|issue| &issue["code"]);
    let codes: Vec<&str> = issues.chain([&record["failure"]["code"]]).filter_map(Value::as_str).collect();
    let expected = expect.codes.is_empty() || expect.codes.iter().any(|code| codes.contains(&code.as_str()));
    hold("code", expected, &Value::from(codes.join(", ")));
    let exact = [
        ("kind", details, expect.kind.clone().map(Value::from)),
        ("mime_type", attributes, expect.mime_type.clone().map(Value::from)),
        ("width", attributes, expect.width.map(Value::from)),
        ("height", attributes, expect.height.map(Value::from)),
        ("stored_width", details, expect.stored_width.map(Value::from)),
        ("stored_height", details, expect.stored_height.map(Value::from)),
        ("exif_rotation", attributes, expect.exif_rotation.clone().map(Value::from)),
        ("rotation_deg", details, expect.rotation_deg.map(Value::from)),
        ("codec", attributes, expect.codec.clone().map(Value::from)),
        ("codec_name", details, expect.codec_name.clone().map(Value::from)),
        ("sample_rate", attributes, expect.sample_rate.map(Value::from)),
        ("channels", attributes, expect.channels.map(Value::from)),
        ("has_cover_art", details, expect.has_cover_art.map(Value::from)),
        ("band_count", attributes, expect.band_count.map(Value::from)),
        ("epsg", attributes, expect.epsg.map(Value::from)),
        ("page_count", attributes, expect.page_count.map(Value::from)),
    ];
    for (name, place, wanted) in exact {
        hold(name, wanted.is_none_or(|wanted| place[name] == wanted), &place[name]);
    }
    // An image's frames are a detail, a film's are an attribute.
    let frames = attributes["frame_count"].as_u64().or(details["frame_count"].as_u64());
    hold("frame_count", expect.frame_count.is_none_or(|wanted| frames == Some(wanted)), &Value::from(frames));
    for (name, wanted, tolerance) in [("duration", expect.duration, 0.06), ("frame_rate", expect.frame_rate, 0.02)] {
        let found = attributes[name].as_f64().or(details["duration_s"].as_f64());
        let close = |wanted: f64| found.is_some_and(|found| (found - wanted).abs() <= f64::max(tolerance, wanted / 100.0));
        hold(name, wanted.is_none_or(close), &Value::from(found));
    }
    differences
}

#[test]
fn every_fixture_is_what_other_tools_say_in_the_order_of_the_arguments() {
    let entries = fixtures::manifest().unwrap();
    let ended = inspect(entries.iter().map(Entry::file));
    assert_eq!((ended.code, ended.err.as_str()), (1, ""), "some are broken on purpose; nothing but records is said");
    let records = ended.json();
    assert_eq!(records.len(), entries.len());
    let mut differing = Vec::new();
    for (entry, record) in entries.iter().zip(&records) {
        assert_eq!(record["asset"]["uri"], format!("file:{}", entry.file().display()));
        assert!(record["job_id"].is_null() && record["organization_id"].is_null(), "{record}");
        if record["status"] != "failed" || !record["asset"]["sha256"].is_null() {
            assert_eq!(record["asset"]["sha256"], entry.sha256, "{}", entry.path);
        }
        differing.extend(differences(entry, record));
    }
    assert_eq!(differing, Vec::<String>::new());
    let ours = ["decoder-crashed", "decoder-timeout", "decoder-out-of-memory", "internal"];
    assert!(records.iter().all(|record| !ours.contains(&record["failure"]["code"].as_str().unwrap_or_default())));
}

#[test]
fn it_ends_with_0_when_all_are_complete_1_when_some_failed_3_when_some_are_partial() {
    let (good, partial, broken) = ("media/png-rgb.png", "hostile/pixel-bomb-60000.png", "hostile/garbage.bin");
    let ends = |files: &[&str]| inspect(files.iter().map(|file| fixtures::root().join(file))).code;
    assert_eq!(ends(&[good, good]), 0);
    assert_eq!(ends(&[good, partial, good]), 3);
    assert_eq!(ends(&[broken, good, partial]), 1);
    assert_eq!(inspect([] as [&str; 0]).code, 2);
    assert_eq!(inspect(["--such-a-flag"]).code, 2);
    let ended = inspect(["--profile", "none-such", "x"]);
    assert!(ended.code == 2 && ended.err.contains("none-such") && ended.err.contains("default"), "{ended:?}");
}

#[test]
fn what_is_no_readable_file_fails_with_a_sentence_and_the_next_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
    fs::create_dir(at("folder")).unwrap();
    let good = fixtures::media().join("png-rgb.png");
    // The memory of a process is a regular file by name, whose reading fails.
    let ended = inspect([at("missing"), at("folder"), at("pipe"), PathBuf::from("/proc/self/mem"), PathBuf::new(), good]);
    assert_eq!((ended.code, ended.err.as_str()), (1, ""));
    let records = ended.json();
    let codes: Vec<&str> = records.iter().map(|record| record["failure"]["code"].as_str().unwrap_or("none")).collect();
    assert_eq!(codes, ["not-found", "address-unreadable", "address-unreadable", codes[3], "not-found", "none"]);
    assert_ne!(codes[3], "none", "{}", records[3]);
    for (place, sentence) in [(0, "no file of this name"), (1, "a folder"), (2, "no regular file")] {
        let message = records[place]["failure"]["message"].as_str().unwrap();
        assert!(message.contains(sentence) && !message.contains("s3://"), "{}", records[place]);
    }
    let (long, unmeasured) = (PathBuf::from("n".repeat(300)), PathBuf::from("/proc/self/status"));
    for (path, code, sentence) in [(long, "address-unreadable", "too long"), (unmeasured, "asset-changed", "/proc")] {
        let record = inspect([path]).json().remove(0);
        assert_eq!(record["failure"]["code"], code);
        assert!(record["failure"]["message"].as_str().unwrap().contains(sentence), "{record}");
    }
    if rustix::process::geteuid().is_root() {
        println!("root may read every file: a forbidden one is not tried");
        return;
    }
    fs::write(at("forbidden"), b"x").unwrap();
    fs::set_permissions(at("forbidden"), std::os::unix::fs::PermissionsExt::from_mode(0o0)).unwrap();
    assert_eq!(inspect([at("forbidden")]).json()[0]["failure"]["code"], "forbidden");
}

#[test]
fn a_name_may_hold_any_byte() {
    let folder = tempfile::tempdir().unwrap();
    let names: [&[u8]; 5] = [b"with space.png", b"two\nlines.png", b"not-\xff-utf-8.png", "\u{1b}[2J é.png".as_bytes(), b"%41#?.png"];
    let files: Vec<PathBuf> = names.iter().map(|name| folder.path().join(OsStr::from_bytes(name))).collect();
    for file in &files {
        fs::copy(fixtures::media().join("png-rgb.png"), file).unwrap();
    }
    let ended = inspect(&files);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    let uris: Vec<String> = ended.json().iter().map(|record| record["asset"]["uri"].as_str().unwrap().to_owned()).collect();
    assert_eq!(uris, files.iter().map(|file| format!("file:{}", file.to_string_lossy())).collect::<Vec<_>>());
    let cards = run(with(with(command(&assay()), ["inspect"]), &files), b"");
    assert!(cards.code == 0 && !cards.out.contains('\u{1b}') && cards.out.matches('✓').count() == 5, "{}", cards.out);
    // A leading dash is a name after `--`.
    let dashed = run(with(with(command(&assay()), ["inspect", "--json", "--", "-x.png"]), [] as [&str; 0]), b"");
    assert_eq!((dashed.code, dashed.json()[0]["failure"]["code"].as_str()), (1, Some("not-found")));
}

#[test]
fn names_are_read_from_standard_input_or_a_file_after_the_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join(OsString::from_vec(b"odd-\xfe.png".to_vec()));
    fs::copy(fixtures::media().join("png-rgb.png"), &odd).unwrap();
    let first = fixtures::media().join("gif-still.gif");
    let list = [odd.as_os_str().as_bytes(), b"\n\n", first.as_os_str().as_bytes(), b"\n"].concat();
    let listing = |from: &OsStr, input: &[u8]| {
        run(with(with(command(&assay()), ["inspect", "--json"]), [first.as_os_str(), OsStr::new("--files-from"), from]), input)
    };
    let kept = folder.path().join("list");
    fs::write(&kept, &list).unwrap();
    for ended in [listing(OsStr::new("-"), &list), listing(kept.as_os_str(), b"")] {
        let types: Vec<Value> = ended.json().iter().map(|record| record["media_attributes"]["mime_type"].clone()).collect();
        assert_eq!((ended.code, types), (0, vec!["image/gif".into(), "image/png".into(), "image/gif".into()]), "{}", ended.err);
    }
    // As `find -print0` writes them: then a name may hold a line's end.
    let two_lines = folder.path().join("two\nlines.png");
    fs::copy(fixtures::media().join("png-rgb.png"), &two_lines).unwrap();
    let list = [two_lines.as_os_str().as_bytes(), b"\0", odd.as_os_str().as_bytes(), b"\0"].concat();
    let ended = run(with(command(&assay()), ["inspect", "--json", "--files-from", "-"]), &list);
    assert_eq!((ended.code, ended.json().len()), (0, 2), "{ended:?}");
    assert_eq!(inspect(["--files-from", "/none/such"]).code, 2);
    assert_eq!(run(with(command(&assay()), ["inspect", "--files-from", "-"]), b"\n").code, 2, "an empty list is nothing to inspect");
}

#[test]
fn a_list_that_was_written_elsewhere_names_the_same_files() {
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join("ends-in-return.png\r");
    fs::copy(fixtures::media().join("png-rgb.png"), &odd).unwrap();
    let list = format!("{}\r\n\r\n{}\n", fixtures::media().join("gif-still.gif").display(), odd.display());
    let ended = run(with(command(&assay()), ["inspect", "--json", "--files-from", "-"]), list.as_bytes());
    let types: Vec<Value> = ended.json().iter().map(|record| record["media_attributes"]["mime_type"].clone()).collect();
    assert_eq!((ended.code, types), (0, vec!["image/gif".into(), "image/png".into()]), "{}", ended.err);
}

#[test]
fn what_begins_like_an_address_is_one_unless_there_is_such_a_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("word:")).unwrap();
    fs::copy(fixtures::media().join("png-rgb.png"), folder.path().join("word:/there.png")).unwrap();
    let mut command =
        with(command(&assay()), ["inspect", "--json", "ftp://host/a.png", "FTP://u:geheim@host/a.png?b=c", "word://there.png"]);
    command.current_dir(folder.path());
    let ended = run(command, b"");
    let records = ended.json();
    assert_eq!((ended.code, records.len()), (1, 3), "{ended:?}");
    for (record, shown) in records.iter().zip(["ftp://host/a.png", "ftp://host/a.png"]) {
        assert_eq!((&record["failure"]["code"], &record["asset"]["uri"]), (&"address-unreadable".into(), &shown.into()), "{record}");
        assert!(record["failure"]["message"].as_str().unwrap().contains("s3://bucket/key"), "{record}");
    }
    assert_eq!(records[2]["status"], "complete", "{}", records[2]);
    assert!(!ended.all().contains("geheim"));
    // It is understood, and not contacted.
    let plain = inspect(["http://example.com/a.jpg"]).json().remove(0);
    assert_eq!(plain["failure"]["code"], "address-refused", "{plain}");
    let dash = inspect(["-"]).json().remove(0);
    assert!(dash["failure"]["message"].as_str().unwrap().starts_with("Standard input can't be inspected"), "{dash}");
    // A scheme may be written in any case: it is not taken for a file.
    let bucket = inspect(["S3://bucket/key.jpg"]).json().remove(0);
    assert!(bucket["asset"]["uri"] == "s3://bucket/key.jpg" && bucket["failure"]["code"] != "not-found", "{bucket}");
}

#[test]
fn the_cues_of_a_storyboard_name_a_picture_that_lies_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let (page, pictures) = (folder.path().join("page.html"), folder.path().join("pictures"));
    let film = fixtures::media().join("mp4-h264-faststart.mp4");
    let ended = inspect([OsStr::new("--html"), page.as_os_str(), OsStr::new("--thumbnails"), pictures.as_os_str(), film.as_os_str()]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let record = ended.json().remove(0);
    let place = |name: &str| {
        let made = record["derivatives"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
        PathBuf::from(made["uri"].as_str().unwrap().strip_prefix("file:").unwrap())
    };
    let cues = place("storyboard-cues");
    let text = fs::read_to_string(&cues).unwrap();
    let (named, _) = text.lines().find_map(|line| line.split_once("#xywh=")).unwrap();
    assert_eq!(cues.with_file_name(named), place("storyboard"));
    assert!(place("storyboard").is_file());
}

#[test]
fn thumbnails_are_pictures_of_the_stated_size_never_larger_than_asked_and_never_enlarged() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().join("made/here");
    let sources: Vec<PathBuf> = [
        "jpeg-baseline.jpg",
        "png-rgb.png",
        "jpeg-orientation-6.jpg",
        "mp4-rotated-90.mp4",
        "mp3-cover-art.mp3",
        "gif-still.gif",
        "gif-still.gif",
    ]
    .iter()
    .map(|name| fixtures::media().join(name))
    .collect();
    let ended = inspect([OsStr::new("--thumbnails"), pictures.as_os_str()].into_iter().chain(sources.iter().map(|file| file.as_os_str())));
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    let mut written = Vec::new();
    for record in ended.json() {
        let (width, height) = (record["media_attributes"]["width"].as_u64(), record["media_attributes"]["height"].as_u64());
        let thumbnails = record["thumbnails"].as_array().unwrap().clone();
        assert_eq!(thumbnails.len(), 2, "{record}");
        for made in thumbnails {
            let limit = if made["name"] == "grid" { 256 } else { 1024 };
            let size = (made["width"].as_u64().unwrap(), made["height"].as_u64().unwrap());
            assert!(size.0 <= limit && size.1 <= limit && size.0 > 0 && size.1 > 0, "{made}");
            if let (Some(width), Some(height)) = (width, height) {
                assert!(size.0 <= width && size.1 <= height, "{made} of {width} x {height}");
                assert!(
                    size.0 == limit || size.1 == limit || size == (width, height),
                    "{made} of {width} x {height} is smaller than need be"
                );
            }
            written.push(made);
        }
    }
    assert_eq!(written.len(), fs::read_dir(&pictures).unwrap().filter(|file| named_as_picture(&file.as_ref().unwrap().path())).count());
    // What was written is looked at as any other picture.
    let again = inspect(written.iter().map(|made| made["uri"].as_str().unwrap().strip_prefix("file:").unwrap()));
    assert_eq!(again.code, 0, "{}", again.out);
    for (made, seen) in written.iter().zip(again.json()) {
        let attributes = &seen["media_attributes"];
        assert_eq!(
            (&attributes["width"], &attributes["height"], &attributes["mime_type"]),
            (&made["width"], &made["height"], &made["mime_type"])
        );
        assert_eq!((&seen["asset"]["sha256"], &seen["asset"]["content_length"]), (&made["sha256"], &made["bytes"]));
    }
}

fn named_as_picture(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "webp" || extension == "jpg")
}

#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    let files: Vec<PathBuf> = (0..40).map(|_| fixtures::media().join("jpeg-12-megapixels.jpg")).collect();
    let mut child = with(with(command(&assay()), ["inspect", "--json"]), &files)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    drop(out);
    assert!(serde_json::from_str::<Value>(&line).is_ok(), "{line}");
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""));
}

/// The corpus and its checker lie beside the repository on the machines of its makers only.
#[test]
fn no_file_of_the_truth_corpus_crashes_a_decoder() {
    let truth = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/truth");
    if !truth.join("check.py").exists() {
        println!("the truth corpus is not on this machine: not checked");
        return;
    }
    let check = |kind: &str| {
        let arguments = [truth.join("check.py"), assay(), truth.join("corpus"), truth.join("truth.jsonl")];
        run(with(with(command(Path::new("/usr/bin/python3")), arguments), ["--kind", kind, "--show", "5"]), b"")
    };
    for kind in ["image", "video", "audio", "dicom"] {
        let ended = check(kind);
        let total = ended.out.lines().last().unwrap_or_default().to_owned();
        println!("{kind}: {total}");
        assert!(total.starts_with("agrees "), "{ended:?}");
        for ours in ["decoder-crashed", "decoder-timeout", "internal", "no record printed"] {
            assert!(!ended.out.contains(ours), "{}", ended.out);
        }
    }
    check("unsure").well();
}
