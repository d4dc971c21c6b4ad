//! However a file begins, it is read.

use crate::maker::{EXPLICIT, Maker};
use crate::stage::{details, fixture, said, status};

#[test]
fn a_file_is_read_with_and_without_preamble_and_group_0002() {
    let want = details(&said(&fixture("media/dicom-ct-explicit.dcm")));
    assert_eq!((want.rows, want.window_center, want.slice_thickness_mm), (Some(96), Some(40.0), Some(2.5)));
    for (name, syntax) in [
        ("no-preamble", "1.2.840.10008.1.2.1"),
        ("no-meta", "1.2.840.10008.1.2.1"),
        ("no-meta-implicit", "1.2.840.10008.1.2"),
        ("ct-implicit", "1.2.840.10008.1.2"),
        ("ct-big-endian", "1.2.840.10008.1.2.2"),
        ("ct-deflated", "1.2.840.10008.1.2.1.99"),
    ] {
        let said = said(&fixture(&format!("media/dicom-{name}.dcm")));
        assert_eq!(status(&said), "complete", "{name}: {said:?}");
        let got = details(&said);
        assert_eq!(got.transfer_syntax.as_deref(), Some(syntax), "{name}");
        let mut same = want.clone();
        same.transfer_syntax.clone_from(&got.transfer_syntax);
        assert_eq!(got, same, "{name}");
    }
}

#[test]
fn a_data_set_that_is_not_what_group_0002_says_is_read_as_it_is() {
    let image = Maker::gray(2, 2).with(0x7fe0, 0x10, "OB", &[0, 80, 160, 240]);
    // Said to be implicit, big endian, deflated; and with lengths that lie before it.
    for syntax in ["1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"] {
        let said = said(&image.file(syntax));
        assert_eq!((status(&said), details(&said).rows), ("complete", Some(2)), "{syntax}: {said:?}");
    }
    let meta = Maker::default().with(2, 0, "UL", &9_000_000_u32.to_le_bytes()).with(2, 0x10, "UI", EXPLICIT.as_bytes());
    let file = [&[7; 128], b"DICM".as_slice(), &meta.0, &image.0].concat();
    assert_eq!(details(&said(&file)).columns, Some(2));
}

#[test]
fn of_a_syntax_or_class_that_comes_twice_in_group_0002_the_first_counts() {
    let image = Maker::default().with(0x7fe0, 0x10, "OB", &[0, 80, 160, 240]);
    let meta = [EXPLICIT, "1.2.840.10008.1.2.4.50"].iter().fold(Maker::default(), |meta, uid| meta.with(2, 0x10, "UI", uid.as_bytes()));
    let classes = ["1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"];
    let meta = classes.iter().fold(meta, |meta, uid| meta.with(2, 2, "UI", uid.as_bytes()));
    let found = details(&said(&[&[0; 128], b"DICM".as_slice(), &meta.0, &image.0].concat()));
    assert_eq!((found.transfer_syntax.as_deref(), found.sop_class.as_deref()), (Some(EXPLICIT), Some(classes[0])));
}

#[test]
fn values_that_are_odd_are_left_out_and_told() {
    let image = Maker::default()
        .with(8, 0x16, "UI", &[b'1'; 70])
        .with(8, 0x60, "CS", b"A MODALITY THAT NEVER ENDS")
        .with(0x18, 0x50, "DS", b"2,5")
        .with(0x28, 0x10, "US", &[4, 0, 0, 0])
        .with(0x28, 0x1050, "DS", b"\\40");
    let said = said(&image.file(EXPLICIT));
    let found = details(&said);
    assert_eq!((found.sop_class, found.modality, found.window_center), (None, None, None));
    assert_eq!((found.slice_thickness_mm, found.rows), (Some(2.5), Some(4)), "what is meant is understood");
    assert_eq!(status(&said), "complete");
    assert!(said.issues.iter().any(|issue| issue.code == "attribute-unreadable"), "{said:?}");
}

#[test]
fn an_instance_with_hardly_anything_in_it_is_one() {
    let said = said(&Maker::default().with(0x10, 0x10, "PN", b"Nobody").file(EXPLICIT));
    assert_eq!((status(&said), details(&said).rows, details(&said).frame_count), ("complete", None, None), "{said:?}");
}

#[test]
fn what_is_no_instance_is_refused() {
    for bytes in
        [b"hello, this is a text of some length and no instance".to_vec(), [&[0; 128], b"DICM".as_slice()].concat(), vec![0xff; 500]]
    {
        let said = said(&bytes);
        assert_eq!((status(&said), crate::stage::codes(&said)), ("failed", vec!["corrupt-asset"]), "{said:?}");
    }
}
