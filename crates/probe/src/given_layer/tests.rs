//! Layers that match, and layers that differ in one thing each.

use super::*;
use assay_contract::failure::Severity;
use assay_contract::text_layer::{Geometry, TextGroup, TextPage, TextToken, Units};
use proptest::prelude::*;
use serde_json::{Value, json};

const TEXT: &str = "Here every word stands at one place of its own page only once";

/// Our own layer of two pages of 600 x 800 points: a word on each line, from the upper left corner.
fn own() -> Bytes {
    let page = |number: u32| {
        let tokens: Vec<TextToken<'_>> = (0_u32..)
            .zip(TEXT.split(' '))
            .map(|(line, word)| TextToken {
                id: format!("{number}-1-{line}").into(),
                content: format!("{word}{number}").into(),
                geometry: Geometry { top: 20.0 + 60.0 * f64::from(line), left: 50.0, width: 80.0, height: 12.0 },
            })
            .collect();
        let group = TextGroup { id: format!("{number}-1").into(), content: TEXT.into(), geometry: Geometry::default(), tokens };
        TextPage { number, units: Units::Points, width: 600.0, height: 800.0, groups: vec![group] }
    };
    serde_json::to_vec(&[page(1), page(2)]).unwrap().into()
}

fn document() -> DocumentPages {
    let size = PageSize { width_pt: 600.0, height_pt: 800.0, rotation_deg: 0 };
    DocumentPages { count: 2, sizes: vec![size; 2], layer: Some(own()) }
}

/// The same words as labelling tools write them: shares of the page, ids of any kind.
fn given(units: &str) -> Value {
    let mut pages: Value = serde_json::from_slice(&own()).unwrap();
    for page in pages.as_array_mut().unwrap() {
        page["groups"][0]["typography"] = json!({ "font": "Times", "fontSize": 12 });
        for token in page["groups"][0]["tokens"].as_array_mut().unwrap() {
            token["id"] = json!("543ea587-6817-4d2b-a9c1-6d8dd797e8d7");
            if units == "PERCENT" {
                for (side, length) in [("left", 600.0), ("width", 600.0), ("top", 800.0), ("height", 800.0)] {
                    token["geometry"][side] = json!(token["geometry"][side].as_f64().unwrap() / length);
                }
            }
        }
        page["units"] = json!(units);
        if units == "PERCENT" {
            page.as_object_mut().unwrap().retain(|field, _| field != "width" && field != "height");
        }
    }
    pages
}

fn tokens(layer: &mut Value, page: usize) -> &mut Vec<Value> {
    layer[page]["groups"][0]["tokens"].as_array_mut().unwrap()
}

/// The only issue of a layer.
fn only(document: &DocumentPages, layer: &Value) -> Issue {
    let issues = document.compare(layer.to_string().as_bytes());
    assert_eq!(issues.len(), 1, "{issues:?}");
    issues[0].clone()
}

fn matches(document: &DocumentPages, layer: &Value) {
    let issues = document.compare(layer.to_string().as_bytes());
    assert!(issues.is_empty(), "{issues:?}");
}

fn says(issue: &Issue, severity: Severity, words: &[&str]) {
    assert_eq!((issue.code.as_str(), issue.severity), (MISMATCH, severity), "{}", issue.message);
    for word in words {
        assert!(issue.message.contains(word), "{word}: {}", issue.message);
    }
}

#[test]
fn nothing_is_said_of_a_layer_that_matches() {
    for units in ["POINTS", "PERCENT"] {
        matches(&document(), &given(units));
    }
    assert!(document().compare(&own()).is_empty());
    // With no layer of our own, sizes and places are compared all the same.
    let bare = DocumentPages { layer: None, ..document() };
    assert!(bare.compare(&own()).is_empty());
}

#[test]
fn words_that_are_cut_otherwise_match_all_the_same() {
    let mut layer = given("POINTS");
    for page in 0..2 {
        for token in tokens(&mut layer, page) {
            let word = token["content"].as_str().unwrap().to_uppercase();
            token["content"] = json!(format!("({word}),"));
        }
    }
    matches(&document(), &layer);
}

#[test]
fn another_number_of_pages_is_told() {
    let mut layer = given("PERCENT");
    layer.as_array_mut().unwrap().pop();
    says(&only(&document(), &layer), Severity::Error, &["1 in the text layer", "2 in the document"]);
    says(&only(&document(), &json!([])), Severity::Error, &["0 in the text layer"]);
    let mut layer = given("PERCENT");
    layer[1]["number"] = json!(7);
    says(&only(&document(), &layer), Severity::Error, &["page 7 of the layer"]);
}

#[test]
fn another_size_is_told_and_whether_its_sides_are_swapped() {
    let mut layer = given("POINTS");
    layer[1]["width"] = json!(620);
    says(&only(&document(), &layer), Severity::Error, &["1 page has", "page 2: 620 × 800", "600 × 800"]);
    for near in [598.1, 605.9] {
        layer[1]["width"] = json!(near);
        matches(&document(), &layer);
    }
    let mut turned = given("POINTS");
    for page in 0..2 {
        (turned[page]["width"], turned[page]["height"]) = (json!(800), json!(600));
        // Words that stand below the turned page are another matter.
        tokens(&mut turned, page).truncate(1);
    }
    says(&only(&document(), &turned), Severity::Error, &["2 pages have", "page 1: 800 × 600", "swapped"]);
}

#[test]
fn tokens_beside_their_page_are_counted() {
    for (side, place) in [("left", 540.0), ("left", -10.0), ("top", 800.0), ("top", -10.0), ("width", 1e300), ("height", 1e308)] {
        let mut layer = given("POINTS");
        tokens(&mut layer, 1)[3]["geometry"][side] = json!(place);
        says(&only(&document(), &layer), Severity::Error, &["1 in all", "first on page 2"]);
    }
    let mut layer = given("PERCENT");
    tokens(&mut layer, 0)[0]["geometry"]["left"] = json!(50);
    says(&only(&document(), &layer), Severity::Error, &["1 in all", "first on page 1"]);
    // A turned word whose corners come in another order is on its page.
    let mut turned = given("POINTS");
    tokens(&mut turned, 0)[0]["geometry"] = json!({ "left": 130, "width": -80, "top": 32, "height": -12 });
    matches(&document(), &turned);
}

#[test]
fn words_of_another_document_are_a_warning() {
    let mut layer = given("PERCENT");
    for token in &mut tokens(&mut layer, 1)[..8] {
        token["content"] = json!("other");
    }
    says(&only(&document(), &layer), Severity::Warning, &["On 1 of 2 pages", "first is page 2"]);
    // A word is found as often as it stands there.
    let mut again = given("PERCENT");
    for token in &mut tokens(&mut again, 1)[1..9] {
        token["content"] = json!("Here2");
    }
    says(&only(&document(), &again), Severity::Warning, &["On 1 of 2 pages", "first is page 2"]);
    let mut empty = given("PERCENT");
    tokens(&mut empty, 0).clear();
    says(&only(&document(), &empty), Severity::Warning, &["On 1 of 2 pages", "first is page 1"]);
    // Half of them is enough, and a layer may leave out the other half.
    let mut half = given("PERCENT");
    tokens(&mut half, 1).truncate(6);
    matches(&document(), &half);
}

#[test]
fn nothing_is_said_of_words_where_the_page_has_none_of_its_own() {
    let scanned = br#"[{"number":1,"units":"POINTS","width":600,"height":800,"groups":[]},{"number":2,"units":"POINTS","width":600,"height":800,"groups":[]}]"#;
    let scanned = DocumentPages { layer: Some(Bytes::from_static(scanned)), ..document() };
    matches(&scanned, &given("PERCENT"));
}

#[test]
fn places_that_are_counted_from_another_corner_are_a_warning() {
    let mut layer = given("PERCENT");
    for page in 0..2 {
        for token in tokens(&mut layer, page) {
            token["geometry"]["top"] = json!(0.98 - token["geometry"]["top"].as_f64().unwrap());
        }
    }
    says(&only(&document(), &layer), Severity::Warning, &["Of 26 words", "first on page 1", "corner"]);
}

#[test]
fn what_is_no_layer_is_told_without_its_words() {
    for bad in ["", "s3cret", "{\"s3cret\":1}", "[{\"number\":1,\"units\":\"POINTS\",\"groups\":[\"s3cret\"]}]", "[1]"] {
        let issues = document().compare(bad.as_bytes());
        let [issue] = issues.as_slice() else { panic!("{bad}: {issues:?}") };
        assert_eq!((issue.code.as_str(), issue.severity), (UNREADABLE, Severity::Error));
        assert!(!issue.message.contains("s3cret") && issue.message.contains("line"), "{}", issue.message);
    }
}

#[test]
fn a_page_that_our_own_layer_lacks_is_compared_by_its_size_alone() {
    let first: Vec<Value> = serde_json::from_slice(&own()).unwrap();
    let cut_short = DocumentPages { layer: Some(json!([first[1]]).to_string().into()), ..document() };
    let mut layer = given("POINTS");
    tokens(&mut layer, 0)[0]["content"] = json!("other");
    matches(&cut_short, &layer);
    layer[0]["height"] = json!(400);
    tokens(&mut layer, 0).clear();
    says(&only(&cut_short, &layer), Severity::Error, &["page 1: 600 × 400"]);
}

proptest! {
    #[test]
    fn an_altered_layer_is_no_trouble(at in any::<prop::sample::Index>(), byte in any::<u8>(), end in any::<prop::sample::Index>()) {
        let mut layer = given("PERCENT").to_string().into_bytes();
        let at = at.index(layer.len());
        layer[at] = byte;
        prop_assert!(document().compare(&layer).len() <= 5);
        prop_assert!(!document().compare(&layer[..end.index(layer.len())]).is_empty());
    }
}
