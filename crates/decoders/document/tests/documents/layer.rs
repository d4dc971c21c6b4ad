//! The text layer: what stands where on a page as it is shown.

use super::{done, fixture, good, task_of};
use assay_contract::profile::DerivativeName;
use assay_contract::text_layer::{self, TextPage};
use assay_kit::rehearse::Rehearsed;

fn layer(said: &Rehearsed) -> Vec<u8> {
    let (head, bytes) = said.derivatives.iter().find(|(head, _)| head.name == DerivativeName::TextLayer).unwrap();
    assert_eq!(head.mime_type, "application/json");
    bytes.clone()
}

fn texts(page: &TextPage<'_>) -> Vec<String> {
    page.groups.iter().map(|group| group.content.clone().into_owned()).collect()
}

#[test]
fn every_page_is_in_the_layer_with_its_text_and_the_layer_is_believed() {
    let json = layer(&good("plain"));
    assert_eq!(text_layer::check(&json), Ok(3));
    let pages: Vec<TextPage<'_>> = serde_json::from_slice(&json).unwrap();
    for (page, number) in pages.iter().zip(1..) {
        assert_eq!((page.number, page.width, page.height), (number, 612.0, 792.0));
        let texts = texts(page);
        assert_eq!(texts[0], format!("Page {number} of 3"));
        assert_eq!(texts.len(), 3, "a heading and two paragraphs: {texts:?}");
    }
    let first = &pages[0].groups[1];
    assert!(first.content.starts_with("Assay looks inside assets that stay in the bucket"), "{}", first.content);
    // The paragraph begins at (72, 650) from below, in 12 points.
    let word = &first.tokens[0];
    assert_eq!((word.id.as_ref(), word.content.as_ref()), ("1-2-1", "Assay"));
    assert!((word.geometry.left - 72.0).abs() < 1.0, "{word:?}");
    let baseline = 792.0 - 650.0;
    assert!(word.geometry.top < baseline && word.geometry.top + word.geometry.height > baseline, "{word:?}");
    assert!((8.0..20.0).contains(&word.geometry.height), "{word:?}");
}

#[test]
fn columns_are_read_one_after_the_other_though_the_file_writes_across_them() {
    let json = layer(&good("two-columns"));
    let pages: Vec<TextPage<'_>> = serde_json::from_slice(&json).unwrap();
    let groups = &pages[0].groups;
    assert_eq!(groups.len(), 3, "{:?}", texts(&pages[0]));
    assert_eq!((groups[1].tokens.len(), groups[2].tokens.len()), (100, 100));
    assert!(groups[1].geometry.left + groups[1].geometry.width < groups[2].geometry.left);
}

#[test]
fn places_are_those_of_the_page_as_it_is_shown() {
    let json = layer(&good("turned-cropped"));
    let pages: Vec<TextPage<'_>> = serde_json::from_slice(&json).unwrap();
    let page = &pages[0];
    assert_eq!((page.width, page.height), (400.0, 300.0));
    let find = |content: &str| page.groups.iter().find(|group| group.content == content).map(|group| group.geometry);
    // Stored upright at (60, 480) in a box that begins at (50, 100): turned to the right it runs downwards near the right edge.
    let turned = find("Upper left as stored").unwrap();
    assert!(turned.height > turned.width && turned.left > 350.0 && (turned.top - 10.0).abs() < 2.0, "{turned:?}");
    // Stored running upwards: turned to the right it is upright.
    let upright = find("Runs upwards").unwrap();
    assert!(upright.width > upright.height && upright.top > 250.0 && (upright.left - 20.0).abs() < 2.0, "{upright:?}");
    assert_eq!(page.groups.len(), 2, "what the crop box hides is not on the page: {:?}", texts(page));
}

#[test]
fn the_same_file_gives_the_same_layer() {
    assert_eq!(layer(&good("two-columns")), layer(&good("two-columns")));
}

#[test]
fn a_page_without_text_is_an_empty_page() {
    let json = layer(&good("scanned"));
    let pages: Vec<TextPage<'_>> = serde_json::from_slice(&json).unwrap();
    assert_eq!((pages.len(), pages[0].groups.len()), (1, 0));
}

#[test]
fn no_layer_is_made_that_nobody_asked_for() {
    let bytes = fixture("media/pdf-plain.pdf");
    let mut task = task_of(&bytes);
    task.derivatives.clear();
    assert!(done(&task, bytes).derivatives.is_empty());
}
