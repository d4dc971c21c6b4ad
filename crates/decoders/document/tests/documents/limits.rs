//! Limits at their edge.

use super::{codes, details, done, fixture, task_of};
use assay_contract::text_layer;

#[test]
fn a_layer_grows_to_its_limit_and_says_that_it_was_cut() {
    let bytes = fixture("media/pdf-plain.pdf");
    let mut task = task_of(&bytes);
    let whole = done(&task, bytes.clone()).derivatives[0].1.len() as u64;
    for (allowed, pages, said) in [(whole, 3, &[][..]), (whole - 1, 2, &["text-layer-cut-short"][..]), (2, 0, &["text-layer-cut-short"])] {
        task.limits.derivative_bytes = allowed;
        let done = done(&task, bytes.clone());
        assert_eq!((text_layer::check(&done.derivatives[0].1), codes(&done).as_slice()), (Ok(pages), said), "{allowed}");
        assert_eq!(details(&done).page_count, Some(3));
    }
}

#[test]
fn without_time_there_are_facts_and_the_first_page() {
    let bytes = fixture("media/pdf-plain.pdf");
    let mut task = task_of(&bytes);
    task.limits.cpu_ms = 0;
    let done = done(&task, bytes);
    let told = details(&done);
    assert_eq!((told.page_count, told.has_text, told.text_characters), (Some(3), Some(true), None));
    assert_eq!((told.pages.len(), done.thumbnails.len(), codes(&done).as_slice()), (1, 2, &["text-layer-cut-short"][..]));
}

#[test]
fn a_page_with_more_pixels_than_allowed_is_not_drawn_and_everything_else_stands() {
    let bytes = fixture("media/pdf-plain.pdf");
    let mut task = task_of(&bytes);
    task.limits.pixels = 791 * 1024;
    assert_eq!(done(&task, bytes.clone()).thumbnails.len(), 2);
    task.limits.pixels -= 1;
    let done = done(&task, bytes);
    assert_eq!((done.thumbnails.len(), codes(&done).as_slice(), done.derivatives.len()), (0, &["too-many-pixels"][..], 1));
}
