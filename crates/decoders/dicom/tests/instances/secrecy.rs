//! Nothing of the patient leaves the decoder: not in facts, issues, refusals or pictures, whatever the file is like.

use crate::maker::{DEFLATED, EXPLICIT, Maker};
use crate::stage::{details, said, status, task};
use assay_contract::profile::Identifiers;
use assay_dicom::Dicom;
use assay_kit::rehearse::{self, Rehearsed};

const NAME: &[u8] = b"Zzyzx^Quagmire";

/// Tags that tell of people, places and days: whole groups, and those of PS3.15, table E.1-1 that lie elsewhere.
const TELLING: &[(u16, u16, &str)] = &[
    (0x08, 0x80, "LO"),
    (0x08, 0x81, "ST"),
    (0x08, 0x90, "PN"),
    (0x08, 0x92, "ST"),
    (0x08, 0x94, "SH"),
    (0x08, 0x0050, "SH"),
    (0x08, 0x1010, "SH"),
    (0x08, 0x1030, "LO"),
    (0x08, 0x103e, "LO"),
    (0x08, 0x1040, "LO"),
    (0x08, 0x1048, "PN"),
    (0x08, 0x1050, "PN"),
    (0x08, 0x1060, "PN"),
    (0x08, 0x1070, "PN"),
    (0x08, 0x1080, "LO"),
    (0x08, 0x2111, "ST"),
    (0x08, 0x4000, "LT"),
    (0x12, 0x20, "LO"),
    (0x12, 0x40, "LO"),
    (0x12, 0x63, "LO"),
    (0x18, 0x1000, "LO"),
    (0x18, 0x1030, "LO"),
    (0x18, 0x4000, "LT"),
    (0x20, 0x10, "SH"),
    (0x20, 0x4000, "LT"),
    (0x28, 0x4000, "LT"),
    (0x32, 0x1032, "PN"),
    (0x32, 0x1060, "LO"),
    (0x32, 0x4000, "LT"),
    (0x38, 0x0300, "LO"),
    (0x38, 0x4000, "LT"),
    (0x40, 0x0006, "PN"),
    (0x40, 0x0254, "LO"),
    (0x40, 0x1001, "SH"),
    (0x40, 0x2016, "LO"),
    (0x40, 0xa123, "PN"),
    (0x40, 0xa160, "UT"),
    (0x88, 0x0140, "UI"),
    (0x4008, 0x0115, "LT"),
    (0x4008, 0x010b, "ST"),
];

/// Tags that are read; a name may stand in them by mistake.
const READ: &[(u16, u16, &str)] = &[
    (0x08, 0x16, "UI"),
    (0x08, 0x18, "UI"),
    (0x08, 0x60, "CS"),
    (0x12, 0x62, "CS"),
    (0x18, 0x50, "DS"),
    (0x20, 0x0d, "UI"),
    (0x20, 0x0e, "UI"),
    (0x28, 0x04, "CS"),
    (0x28, 0x08, "IS"),
    (0x28, 0x30, "DS"),
    (0x28, 0x0301, "CS"),
    (0x28, 0x1050, "DS"),
    (0x28, 0x1051, "DS"),
    (0x28, 0x1053, "DS"),
    (0x28, 0x1056, "CS"),
    (0x28, 0x2110, "CS"),
];

/// A sequence of one item with the name in it.
fn sequence(group: u16, element: u16) -> Vec<u8> {
    let inside = Maker::default().with(0x10, 0x10, "PN", NAME).with(0x40, 0xa160, "UT", NAME).0;
    let item = [&[0xfe, 0xff, 0, 0xe0], (inside.len() as u32).to_le_bytes().as_slice(), &inside].concat();
    Maker::default().with(group, element, "SQ", &item).0
}

/// Elements in ascending order, with the name wherever a name can be.
fn planted(extra: &[(u16, u16, &str)]) -> Maker {
    let mut elements: Vec<(u16, u16, Vec<u8>)> = Vec::new();
    let patient = (0x10..0x2400).step_by(0x10).map(|element| (0x10, element, "LO"));
    // Private elements, and the overlays' comments.
    let private = [(0x09, 0x10, "LO"), (0x09, 0x1001, "UT"), (0x11, 0x1001, "PN"), (0x29, 0x1020, "UN"), (0x6000, 0x4000, "LT")];
    for (group, element, vr) in TELLING.iter().chain(extra).copied().chain(patient).chain(private) {
        elements.push((group, element, Maker::default().with(group, element, vr, NAME).0));
    }
    elements.extend([
        (0x08, 0x1140, sequence(0x08, 0x1140)),
        (0x40, 0xa730, sequence(0x40, 0xa730)),
        (0x5200, 0x9230, sequence(0x5200, 0x9230)),
    ]);
    for (group, element, number) in [(0x28, 2, 1), (0x28, 0x10, 4), (0x28, 0x11, 4), (0x28, 0x100, 8), (0x28, 0x101, 8)] {
        elements.push((group, element, Maker::default().short(group, element, number).0));
    }
    elements.sort();
    Maker(elements.into_iter().flat_map(|(.., bytes)| bytes).collect())
}

#[track_caller]
fn keeps_quiet(said: &Rehearsed) {
    let mut all = format!("{said:?}").into_bytes();
    all.extend(serde_json::to_vec(&(&said.facts, &said.issues, &said.refusal)).unwrap());
    said.thumbnails.iter().for_each(|(_, bytes)| all.extend(bytes));
    let all = String::from_utf8_lossy(&all).to_lowercase();
    for word in ["zzyzx", "quagmire"] {
        assert!(!all.contains(word), "{word} is told");
    }
}

#[test]
fn a_name_in_every_telling_tag_is_told_nowhere() {
    let image = planted(&[(0x08, 0x60, "CS")]).with(0x7fe0, 0x10, "OB", NAME).with(0xfffc, 0xfffc, "OB", NAME);
    for file in [image.file(EXPLICIT), image.0.clone(), image.file("1.2.840.10008.1.2.4.102"), image.file("Zzyzx^Quagmire")] {
        let said = said(&file);
        assert_ne!(status(&said), "failed", "{said:?}");
        keeps_quiet(&said);
    }
}

#[test]
fn a_name_in_a_tag_that_is_read_is_no_value_and_is_not_quoted() {
    let said = said(&planted(READ).file(EXPLICIT));
    let found = details(&said);
    assert_eq!((found.modality.clone(), found.photometric.clone(), found.sop_class.clone()), (None, None, None));
    assert!(said.issues.iter().any(|issue| issue.code == "attribute-unreadable" && issue.message.contains("(0008,0060)")), "{said:?}");
    keeps_quiet(&said);
}

#[test]
fn a_name_that_is_written_as_a_code_is_no_defined_term_and_is_not_told() {
    let image = |modality: &[u8], photometric: &[u8]| {
        let image = Maker::default().with(8, 0x16, "UI", b"1.2.840.10008.5.1.4.1.1.2").with(8, 0x60, "CS", modality);
        said(&image.with(0x28, 4, "CS", photometric).file(EXPLICIT))
    };
    for name in ["ZZYZX_QUAGMIRE", "ZZYZX", "QUAGMIRE_1970"] {
        let said = image(name.as_bytes(), name.as_bytes());
        assert_eq!((details(&said).modality, said.facts.as_ref().unwrap().media_attributes.modality.clone()), (None, None), "{name}");
        assert_eq!(details(&said).photometric, None, "{name}");
        let unreadable = said.issues.iter().find(|issue| issue.code == "attribute-unreadable").unwrap();
        assert!(unreadable.message.contains("(0008,0060), (0028,0004)"), "{unreadable:?}");
        keeps_quiet(&said);
    }
    for (modality, photometric) in [("CT", "MONOCHROME1"), ("RTSTRUCT", "PALETTE COLOR"), ("EC", "YBR_FULL_422"), ("XAPROTOCOL", "RGB")] {
        let found = details(&image(modality.as_bytes(), photometric.as_bytes()));
        assert_eq!((found.modality.as_deref(), found.photometric.as_deref()), (Some(modality), Some(photometric)));
    }
}

/// Thumbnails of an instance with these elements before its pixels, whose group 0002 says a class.
fn shown(class: &str, extra: &[(u16, u16, &str, &str)]) -> usize {
    let mut image = Maker::default();
    for (group, element, vr, value) in extra {
        image = image.with(*group, *element, vr, value.as_bytes());
    }
    image.0.extend(Maker::gray(2, 2).with(0x7fe0, 0x10, "OB", &[0, 80, 160, 240]).0);
    let meta = Maker::default().with(2, 2, "UI", class.as_bytes()).with(2, 0x10, "UI", EXPLICIT.as_bytes());
    let said = said(&[&[0; 128], b"DICM".as_slice(), &meta.0, &image.0].concat());
    assert_eq!(said.thumbnails.is_empty(), said.issues.iter().any(|issue| issue.code == "burned-in-annotation"), "{said:?}");
    said.thumbnails.len()
}

const TOMOGRAPHY: &str = "1.2.840.10008.5.1.4.1.1.2";
const CAPTURE: &str = "1.2.840.10008.5.1.4.1.1.7";

#[test]
fn whatever_is_not_a_clear_no_withholds_the_picture() {
    for no in ["NO", "no ", "NO\\NO", " ", ""] {
        assert_eq!(shown(TOMOGRAPHY, &[(0x28, 0x301, "CS", no)]), 2, "{no:?}");
    }
    for yes in ["YES", "Y", "yes", "TRUE", "1", "NO\\YES", "N", "NOT SURE"] {
        assert_eq!(shown(TOMOGRAPHY, &[(0x28, 0x301, "CS", yes)]), 0, "{yes:?}");
        assert_eq!(shown(TOMOGRAPHY, &[(0x28, 0x301, "CS", yes), (0x28, 0x301, "CS", "NO")]), 0, "{yes:?} and NO");
        assert_eq!(shown(TOMOGRAPHY, &[(0x28, 0x301, "CS", "NO"), (0x28, 0x301, "CS", yes)]), 0, "NO and {yes:?}");
    }
    assert_eq!(shown(TOMOGRAPHY, &[(0x28, 0x301, "LO", &"Y".repeat(60_000))]), 0);
    assert_eq!(shown(TOMOGRAPHY, &[(0x28, 0x301, "UT", &"N".repeat(140_000))]), 0, "longer than any value that is read");
}

#[test]
fn one_word_of_what_often_shows_names_is_enough_to_withhold_a_picture() {
    assert_eq!(shown(TOMOGRAPHY, &[]), 2);
    assert_eq!(shown(CAPTURE, &[]), 0, "group 0002 says capture, the data set tomography");
    assert_eq!(shown(CAPTURE, &[(0x28, 0x301, "CS", "NO")]), 2, "it says that nothing is drawn into it");
    // The maker's own class and modality, tomography's, come after these.
    assert_eq!(shown(TOMOGRAPHY, &[(8, 0x16, "UI", CAPTURE)]), 0);
    for modality in ["US", "IVUS", "EC", "ES", "LP", "OT", "DOC", "HC"] {
        assert_eq!(shown(TOMOGRAPHY, &[(8, 0x60, "CS", modality)]), 0, "{modality}");
        assert_eq!(shown(TOMOGRAPHY, &[(8, 0x60, "CS", modality), (0x28, 0x301, "CS", "NO")]), 2, "{modality}");
    }
    for class in ["1.2.840.10008.5.1.4.1.1.77.1.1", "1.2.840.10008.5.1.4.1.1.77.1.1.1", "1.2.840.10008.5.1.1.30"] {
        assert_eq!(shown(class, &[]), 0, "{class}");
    }
    // A slice that was captured from a workstation's screen and kept its class.
    assert_eq!(shown(TOMOGRAPHY, &[(8, 0x64, "CS", "WSD")]), 0);
    assert_eq!(shown(TOMOGRAPHY, &[(8, 0x64, "CS", "")]), 2);
    // Nothing is drawn into what a camera or a microscope takes.
    for modality in ["XC", "SM", "DX"] {
        assert_eq!(shown(TOMOGRAPHY, &[(8, 0x60, "CS", modality)]), 2, "{modality}");
    }
}

/// Thumbnails of a grey image of a class and with elements that say its modality, where they do.
fn shown_by(modality: &[&str], behind: &Maker) -> usize {
    let mut image = Maker::default().with(8, 0x16, "UI", b"1.2.826.0.1.99999.1");
    for value in modality {
        image = image.with(8, 0x60, "CS", value.as_bytes());
    }
    image = image.short(0x28, 2, 1).with(0x28, 4, "CS", b"MONOCHROME2").short(0x28, 0x10, 2).short(0x28, 0x11, 2);
    image = image.short(0x28, 0x100, 8).short(0x28, 0x101, 8).short(0x28, 0x102, 7).short(0x28, 0x103, 0);
    image = image.with(0x7fe0, 0x10, "OB", &[0, 80, 160, 240]);
    image.0.extend(&behind.0);
    let said = said(&image.file(EXPLICIT));
    assert_eq!(said.thumbnails.is_empty(), said.issues.iter().any(|issue| issue.code == "burned-in-annotation"), "{said:?}");
    said.thumbnails.len()
}

#[test]
fn what_says_no_known_modality_is_withheld() {
    let nothing = Maker::default();
    for modality in
        [&[][..], &[""], &["  "], &["USX"], &["CT\\US"], &["CT\\USX"], &["US\\CT"], &["\\"], &["CT", "USX"], &["USX", "CT"], &["us"]]
    {
        assert_eq!(shown_by(modality, &nothing), 0, "{modality:?}");
    }
    for modality in
        ["CT", "MR", "PT", "CR", "DX", "MG", "NM", "RTDOSE", "RTIMAGE", "XA", "RF", "SM", "OP", "CF", "DS", "ST", "ct", "CT\\MR", "\\CT"]
    {
        assert_eq!(shown_by(&[modality], &nothing), 2, "{modality}");
    }
}

#[test]
fn what_stands_behind_the_pixels_is_heard_where_it_speaks_against_showing_them() {
    let said = |word: &[u8]| Maker::default().with(0x28, 0x301, "CS", word);
    assert_eq!(shown_by(&["CT"], &said(b"YES")), 0);
    assert_eq!(shown_by(&["CT"], &Maker::default().with(9, 0x10, "LO", b"x").with(8, 0x60, "CS", b"US")), 0);
    assert_eq!(shown_by(&["US"], &said(b"NO")), 2);
    for padding in [vec![0; 40], vec![0xff; 39], b"not an element at all".to_vec(), Maker::default().with(0xfffc, 0xfffc, "OB", &[0; 4]).0]
    {
        assert_eq!(shown_by(&["CT"], &Maker(padding)), 2);
    }
    // Pixels in fragments, which end with a delimiter.
    let fragments = |behind: &[u8]| {
        let mut image = Maker::gray(2, 2).0;
        let head = [0xe0, 0x7f, 0x10, 0, b'O', b'B', 0, 0, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0];
        let frame = [0xfe, 0xff, 0, 0xe0, 4, 0, 0, 0, 0, 80, 160, 240];
        image.extend([&head[..], &frame, &[0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0], behind].concat());
        self::said(&Maker(image).file("1.2.840.10008.1.2.1.98")).thumbnails.len()
    };
    assert_eq!((fragments(&[]), fragments(&said(b"YES").0)), (2, 0));
}

#[test]
fn a_broken_file_is_refused_without_a_word_of_it() {
    let whole = planted(&[]).with(0x7fe0, 0x10, "OB", NAME).file(EXPLICIT);
    for end in (140..whole.len()).step_by(61) {
        keeps_quiet(&said(&whole[..end]));
    }
    keeps_quiet(&said(&[&[0; 128], b"DICM".as_slice(), NAME, NAME].concat()));
    keeps_quiet(&said(&Maker(NAME.repeat(20)).file(DEFLATED)));
}

#[test]
fn uids_are_told_only_where_the_profile_wants_them() {
    let image = Maker::default()
        .with(0x08, 0x16, "UI", b"1.2.840.10008.5.1.4.1.1.2\0")
        .with(0x08, 0x18, "UI", b"2.25.301\0")
        .with(0x20, 0x0d, "UI", b"2.25.302\0")
        .with(0x20, 0x0e, "UI", b"2.25.303\0")
        .file(EXPLICIT);
    let quiet = said(&image);
    assert!(!format!("{quiet:?}").contains("2.25.30"), "{quiet:?}");
    let mut wanting = task(image.len());
    wanting.identifiers = Identifiers::Tell;
    let told = details(&rehearse::rehearse(&Dicom, &wanting, image));
    let uids = [told.instance_uid, told.study_uid, told.series_uid].map(Option::unwrap);
    assert_eq!(uids, ["2.25.301", "2.25.302", "2.25.303"]);
}
