//! Pictures of words: they are there, of the right size, and hold ink where words are.

use assay_contract::profile::ThumbnailFormat;
use assay_kit::rehearse::{rehearse, task};
use assay_text::Text;

/// The larger picture, in greys.
fn preview(words: &str) -> image::GrayImage {
    let mut task = task("text/plain", None, words.len() as u64);
    task.thumbnails.retain(|spec| spec.name == "preview");
    // What tests can read.
    task.thumbnails.iter_mut().for_each(|spec| spec.format = ThumbnailFormat::Webp);
    let said = rehearse(&Text::default(), &task, words.as_bytes().to_vec());
    let (head, bytes) = said.thumbnails.first().unwrap();
    assert_eq!((head.width, head.height), (816, 1024));
    image::load_from_memory(bytes).unwrap().into_luma8()
}

/// The middle of the dark pixels of the first lines, from 0 (left) to 1 (right).
fn middle(picture: &image::GrayImage) -> f32 {
    let dark: Vec<u32> = picture.enumerate_pixels().filter(|(_, y, pixel)| *y < 200 && pixel.0[0] < 128).map(|(x, _, _)| x).collect();
    assert!(dark.len() > 100, "{}", dark.len());
    dark.iter().map(|x| *x as f32).sum::<f32>() / dark.len() as f32 / picture.width() as f32
}

#[test]
fn lines_begin_where_their_script_begins() {
    assert!(middle(&preview("one two\nthree\nfour")) < 0.3);
    assert!(middle(&preview("שלום עולם\nשלום\nאחת")) > 0.7);
    assert!(middle(&preview("مرحبا بالعالم\nواحد")) > 0.7);
}

#[test]
fn every_script_has_letters_of_its_own() {
    for words in ["吾輩は猫である", "한국어입니다", "学而时习之", "नमस्ते दुनिया", "สวัสดีครับ", "Привет мир", "বাংলা ভাষা", "→∑☺½"]
    {
        let boxes: String = words.chars().map(|c| if c.is_whitespace() { c } else { '\u{1f9ff}' }).collect();
        assert_ne!(preview(words).as_raw(), preview(&boxes).as_raw(), "{words}");
    }
}
