//! Documents that lie, loop or are cut.

use super::{codes, details, done, fixture, looked_at, task_of};
use assay_contract::Code;
use assay_contract::failure::Severity;
use std::fmt::Write;

#[test]
fn a_table_of_objects_that_is_wrong_is_made_anew() {
    let said = looked_at(fixture("hostile/pdf-broken-xref.pdf"));
    assert_eq!((details(&said).page_count, said.thumbnails.len(), said.refusal), (Some(3), 2, None));
}

#[test]
fn a_file_whose_table_was_cut_off_shows_its_first_page() {
    let whole = fixture("media/pdf-plain.pdf");
    let table = whole.windows(6).position(|window| window == b"\nxref\n").unwrap();
    for end in [whole.len() * 9 / 10, table, table + 30, whole.len() - 30] {
        let said = looked_at(whole[..end].to_vec());
        assert_eq!((said.refusal.as_ref(), details(&said).page_count, said.thumbnails.len()), (None, Some(3), 2), "{end}");
        assert_eq!(codes(&said), ["truncated-asset"], "{end}");
        assert_eq!(said.issues[0].severity, Severity::Error);
    }
}

#[test]
fn a_document_without_its_first_line_says_so() {
    let whole = fixture("media/pdf-plain.pdf");
    let line = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for headless in [whole[line..].to_vec(), [b"%PFD-1.4\n", &whole[line..]].concat(), b"7 0 obj\n<<".to_vec()] {
        let refusal = looked_at(headless).refusal.unwrap();
        assert!(refusal.code == Code::CorruptAsset && refusal.to_string().contains("first line"), "{refusal}");
    }
    for other in [&b"words"[..], b"7 objects", b"\n\n%"] {
        assert_eq!(looked_at(other.to_vec()).refusal.unwrap().code, Code::UnsupportedFormat);
    }
}

#[test]
fn a_document_behind_what_others_put_before_it_is_read() {
    let whole = fixture("media/pdf-plain.pdf");
    for before in
        [&b"\x80"[..], b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n", &[b"x".repeat(1_018), b"\n".to_vec()].concat()]
    {
        let said = looked_at([before, &whole].concat());
        assert_eq!((details(&said).page_count, codes(&said), said.thumbnails.len()), (Some(3), vec![], 2), "{}", before.len());
    }
}

#[test]
fn what_fills_a_document_up_behind_its_end_is_no_damage() {
    for filling in ["\0", "\n", " "] {
        let said = looked_at([fixture("media/pdf-plain.pdf"), filling.repeat(1_500).into_bytes()].concat());
        assert_eq!((details(&said).page_count, codes(&said), said.thumbnails.len()), (Some(3), vec![], 2), "{filling:?}");
    }
}

#[test]
fn a_cut_file_with_a_named_encoding_is_not_taken_for_an_encrypted_one() {
    let font = "/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/StandardEncoding>>>>>>";
    let whole = document(&[
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]{font}>>"),
    ]);
    let end = whole.windows(5).position(|window| window == b"\nxref").unwrap();
    let said = looked_at(whole[..end].to_vec());
    assert_eq!((codes(&said), said.thumbnails.len()), (vec!["truncated-asset"], 2), "{:?}", said.refusal);
}

#[test]
fn another_ending_is_not_tried_once_it_is_late() {
    let whole = fixture("media/pdf-plain.pdf");
    let cut = whole[..whole.len() * 9 / 10].to_vec();
    let mut task = task_of(&cut);
    task.limits.cpu_ms = 0;
    assert_eq!(done(&task, cut).refusal.unwrap().code, Code::CorruptAsset);
}

#[test]
fn pages_without_their_tree_are_shown_and_not_counted() {
    let whole = document(&[
        "<</Type/Catalog/Pages 4 0 R>>".to_owned(),
        "<</Type/Page/Parent 4 0 R/MediaBox[0 0 300 200]>>".to_owned(),
        "<</Type/Page/Parent 4 0 R/MediaBox[0 0 200 200]>>".to_owned(),
        "<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>".to_owned(),
    ]);
    let end = whole.windows(5).position(|window| window == b"4 0 o").unwrap();
    let said = looked_at(whole[..end].to_vec());
    assert_eq!((details(&said).page_count, codes(&said).as_slice(), said.thumbnails.len()), (None, &["truncated-asset"][..], 2));
    let first = &details(&said).pages[0];
    assert_eq!((first.width_pt, first.height_pt), (300.0, 200.0));
}

#[test]
fn pages_that_are_announced_and_not_there_are_not_counted() {
    let said = looked_at(fixture("hostile/pdf-900000-pages.pdf"));
    assert_eq!(details(&said).page_count, Some(3));
    assert_eq!(said.facts.as_ref().unwrap().media_attributes.page_count, Some(3));
    assert_eq!(codes(&said), ["pages-missing"]);
}

#[test]
fn pages_that_are_announced_in_a_deep_tree_and_not_there_are_not_believed() {
    let depth = 900;
    let mut objects = vec!["<</Type/Catalog/Pages 2 0 R>>".to_owned()];
    for level in 0..depth {
        let parent = if level > 0 { format!("/Parent {} 0 R", level + 1) } else { String::new() };
        objects.push(format!("<</Type/Pages/Kids[{} 0 R]/Count 1000000{parent}>>", level + 3));
    }
    objects.push(format!("<</Type/Page/Parent {} 0 R/MediaBox[0 0 200 200]>>", depth + 1));
    let said = looked_at(document(&objects));
    assert_eq!((details(&said).page_count, codes(&said).as_slice(), said.thumbnails.len()), (Some(1), &["pages-missing"][..], 2));
}

#[test]
fn pages_that_are_one_page_shown_again_and_again_are_not_counted() {
    let levels = 19;
    let mut objects = vec!["<</Type/Catalog/Pages 2 0 R>>".to_owned()];
    for level in 0..levels {
        objects.push(format!("<</Type/Pages/Kids[{0} 0 R {0} 0 R]/Count {1}>>", level + 3, 1 << (levels - level)));
    }
    objects.push("<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>".to_owned());
    let bytes = document(&objects);
    let room = bytes.len() / 4;
    let said = looked_at(bytes);
    let told = details(&said);
    assert_eq!((told.page_count, said.facts.as_ref().unwrap().media_attributes.page_count, told.has_text), (None, None, None));
    let doubt = said.issues.iter().find(|issue| issue.code == "pages-missing").unwrap();
    assert!(doubt.severity == Severity::Error && doubt.message.contains(&format!(" {room} were found")), "{doubt:?}");
    assert_eq!(said.thumbnails.len(), 2, "the first page is there");
}

/// A file of objects that are numbered from 1; the first is the catalogue.
fn document(objects: &[String]) -> Vec<u8> {
    let mut file = String::from("%PDF-1.7\n");
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (object, number) in objects.iter().zip(1..) {
        writeln!(table, "{:010} 00000 n ", file.len()).unwrap();
        write!(file, "{number} 0 obj\n{object}\nendobj\n").unwrap();
    }
    let place = file.len();
    let trailer = format!("trailer<</Size {}/Root 1 0 R>>\nstartxref\n{place}\n%%EOF\n", objects.len() + 1);
    (file + &table + &trailer).into_bytes()
}

#[test]
fn letters_that_are_numbers_of_glyphs_are_no_text() {
    // Codes of two bytes in a font of one, as where the font that knew them is lost.
    let file = |codes: &str| page_of(&format!("<{codes}>"), "");
    let (text, numbers) = (looked_at(file("36444f58")), looked_at(file("00360044004f0058")));
    assert_eq!((details(&text).has_text, details(&text).text_characters), (Some(true), Some(4)));
    assert!(!codes(&text).contains(&"text-without-meaning"), "{:?}", text.issues);
    assert_eq!((details(&numbers).has_text, details(&numbers).text_characters), (Some(false), Some(0)));
    assert!(codes(&numbers).contains(&"text-without-meaning"), "{:?}", numbers.issues);
}

#[test]
fn words_beside_signs_without_a_meaning_stay() {
    let leader = "\\001".repeat(8);
    let glyphs = "/Encoding<</Type/Encoding/Differences[1/g1/g2]>>";
    for (shown, characters, is_warned) in [
        (format!("Chapter one {leader} 7"), 22, true),
        (format!("Chapter one{leader}7"), 20, true),
        (format!("{leader}7"), 9, true),
        ("\\001Tea \\001Toast".to_owned(), 11, false),
        ("\\001A few words that can be read \\001A few more".to_owned(), 41, false),
    ] {
        let said = looked_at(page_of(&format!("({shown})"), glyphs));
        assert_eq!((details(&said).has_text, details(&said).text_characters), (Some(true), Some(characters)), "{shown}");
        assert_eq!(codes(&said).contains(&"text-without-meaning"), is_warned, "{shown}: {:?}", said.issues);
    }
}

/// A page that shows a string in a font of one byte a letter.
fn page_of(string: &str, encoding: &str) -> Vec<u8> {
    let shown = format!("BT /F 12 Tf 20 60 Td {string} Tj ET");
    document(&[
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>".to_owned(),
        format!("<</Length {}>>stream\n{shown}\nendstream", shown.len()),
        format!("<</Type/Font/Subtype/Type1/BaseFont/Helvetica{encoding}>>"),
    ])
}

#[test]
fn a_tree_of_pages_that_only_leads_to_itself_has_none() {
    let said = looked_at(fixture("hostile/pdf-page-tree-loop.pdf"));
    assert_eq!(said.refusal.as_ref().unwrap().code, Code::CorruptAsset);
    assert_eq!(details(&said).title.as_deref(), Some("A plain document"), "what it says of itself stands");
}

#[test]
fn nothing_and_noise_and_a_mere_head_each_have_their_code() {
    let refused = |bytes: Vec<u8>| looked_at(bytes).refusal.unwrap().code;
    assert_eq!(refused(Vec::new()), Code::EmptyAsset);
    assert_eq!(refused(b"GIF89a".repeat(500)), Code::UnsupportedFormat);
    assert_eq!(refused(fixture("hostile/pdf-head-only.pdf")), Code::CorruptAsset);
}

#[test]
fn a_document_cut_anywhere_ends_in_an_answer() {
    for name in ["plain", "object-streams", "form", "empty-password"] {
        let whole = fixture(&format!("media/pdf-{name}.pdf"));
        for share in 1..20 {
            let said = looked_at(whole[..whole.len() * share / 20].to_vec());
            let refused = said.refusal.as_ref().map(|refusal| refusal.code);
            let is_right = matches!(refused, None | Some(Code::CorruptAsset | Code::EncryptedAsset | Code::UnsupportedFormat));
            assert!(is_right && (said.facts.is_some() || refused.is_some()), "{name} {share}/20: {refused:?}");
        }
    }
}

#[test]
fn altered_bytes_end_in_an_answer() {
    let whole = fixture("media/pdf-plain.pdf");
    let mut state = 7_u32;
    for _ in 0..60 {
        let mut bytes = whole.clone();
        for _ in 0..10 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let place = state as usize % bytes.len();
            bytes[place] = state.to_be_bytes()[1];
        }
        let said = looked_at(bytes);
        assert!(said.facts.is_some() || said.refusal.is_some());
    }
}
