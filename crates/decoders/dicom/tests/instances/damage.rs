//! A file that is cut or altered anywhere ends in a code of the table, and never in a panic.

use crate::maker::{DEFLATED, EXPLICIT, Maker};
use crate::stage::{codes, details, fixture, fixtures, said, status, task};
use assay_contract::Code;
use assay_dicom::Dicom;
use assay_kit::rehearse;
use flate2::{Compress, Compression, FlushCompress};

/// All fixtures of the family that are small enough to be cut many times.
fn small() -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(fixtures().join("media")).unwrap().map(|entry| entry.unwrap().path());
    let ours = files.filter(|path| path.extension().is_some_and(|extension| extension == "dcm"));
    ours.map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).filter(|(_, bytes)| bytes.len() < 40_000).collect()
}

fn is_known(code: &str) -> bool {
    let ours = ["truncated-asset", "attribute-unreadable", "no-pixel-data", "burned-in-annotation"];
    ours.contains(&code) || serde_json::from_value::<Code>(code.into()).is_ok_and(|code| code != Code::Internal)
}

#[test]
fn a_file_that_is_cut_anywhere_ends_in_a_code_of_the_table() {
    for (path, whole) in small() {
        for part in 1..40 {
            let said = said(&whole[..whole.len() * part / 40]);
            assert!(codes(&said).iter().all(|code| is_known(code)), "{path}: {said:?}");
            assert!(status(&said) != "failed" || said.refusal.is_some(), "{path}");
        }
    }
}

#[test]
fn altered_bytes_end_in_a_code_of_the_table() {
    let mut state = 7_u64;
    for (path, whole) in small() {
        for _ in 0..30 {
            let mut altered = whole.clone();
            for _ in 0..20 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                // Half of them in the head, where every byte counts.
                let reach = if state & 1 == 0 { altered.len().min(900) } else { altered.len() };
                let at = (state >> 33) as usize % reach;
                altered[at] = (state >> 24) as u8;
            }
            let said = said(&altered);
            assert!(codes(&said).iter().all(|code| is_known(code)), "{path}: {said:?}");
        }
    }
}

#[test]
fn facts_stand_when_the_pixels_are_missing() {
    let whole = fixture("media/dicom-ct-explicit.dcm");
    let cut = said(&whole[..whole.len() - 10_000]);
    assert_eq!((status(&cut), details(&cut).rows, cut.thumbnails.len()), ("partial", Some(96), 2), "what is there is shown");
    let none = said(&Maker::gray(2, 2).file(EXPLICIT));
    assert_eq!((status(&none), codes(&none)), ("complete", vec!["no-pixel-data"]));
}

#[test]
fn a_data_set_that_inflates_without_end_is_stopped() {
    let mut packer = Compress::new(Compression::best(), false);
    let mut file = Maker::default().file(DEFLATED);
    let mut head = Maker::gray(2, 2);
    head.head(0x29, 0x1000, "OB", u32::MAX - 1);
    let mut buffer = vec![0; 1 << 20];
    let mut push = |bytes: &[u8], file: &mut Vec<u8>, flush| {
        let before = packer.total_out();
        packer.compress(bytes, &mut buffer, flush).unwrap();
        let made = buffer[..(packer.total_out() - before) as usize].to_vec();
        file.extend(&made);
        made
    };
    push(&head.0, &mut file, FlushCompress::Full);
    let zeros = vec![0; 1 << 20];
    push(&zeros, &mut file, FlushCompress::Full);
    // After a full flush each block stands for itself: the same one again is a megabyte more.
    let block = push(&zeros, &mut file, FlushCompress::Full);
    file.extend(block.repeat(600));
    let said = said(&file);
    assert_eq!((status(&said), codes(&said), details(&said).rows), ("partial", vec!["limit-exceeded"], Some(2)));
    assert!(said.issues[0].message.contains("inflated_bytes"), "{said:?}");
}

#[test]
fn limits_hold_at_their_edge() {
    let image = Maker::gray(10, 10).with(0x7fe0, 0x10, "OB", &[9; 100]).file(EXPLICIT);
    for (pixels, thumbnails) in [(99, 0), (100, 2), (101, 2)] {
        let mut task = task(image.len());
        task.limits.pixels = pixels;
        assert_eq!(rehearse::rehearse(&Dicom, &task, image.clone()).thumbnails.len(), thumbnails, "{pixels}");
    }
    // Sixteen sequences in one another are read, seventeen are not.
    for (depth, want) in [(15, "complete"), (16, "complete"), (17, "partial")] {
        let mut deep = Maker::gray(2, 2);
        for _ in 0..depth {
            deep.head(0x29, 0x1010, "SQ", u32::MAX);
            deep.0.extend([0xfe, 0xff, 0, 0xe0, 0xff, 0xff, 0xff, 0xff]);
        }
        for _ in 0..depth {
            deep.0.extend([0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
        }
        let said = said(&deep.with(0x7fe0, 0x10, "OB", &[1, 2, 3, 4]).file(EXPLICIT));
        assert_eq!(status(&said), want, "{depth}: {said:?}");
    }
}
