//! Every syntax shows the same slice; the fixtures were written by dcmtk, OpenJPH, libjxl and by hand.

use crate::stage::{assert_near, codes, details, fixture, preview, said, status};

fn of(name: &str) -> Vec<u8> {
    fixture(&format!("media/dicom-{name}.dcm"))
}

/// The slice as numbers without any coding show it.
fn wanted() -> (usize, usize, Vec<[u8; 3]>) {
    preview(&said(&of("ct-explicit")))
}

#[test]
fn syntaxes_without_loss_show_the_very_same_picture() {
    for (name, syntax) in [
        ("jpeg-lossless", "1.2.840.10008.1.2.4.57"),
        ("jpeg-lossless-sv1", "1.2.840.10008.1.2.4.70"),
        ("jpeg-ls-lossless", "1.2.840.10008.1.2.4.80"),
        ("htj2k-lossless", "1.2.840.10008.1.2.4.201"),
        ("htj2k-rpcl", "1.2.840.10008.1.2.4.202"),
        ("jpeg-xl-lossless", "1.2.840.10008.1.2.4.110"),
        ("fragment", "1.2.840.10008.1.2.1.98"),
        ("deflated-frame", "1.2.840.10008.1.2.8.1"),
    ] {
        let said = said(&of(&format!("ct-{name}")));
        assert_eq!((status(&said), details(&said).transfer_syntax.as_deref()), ("complete", Some(syntax)), "{name}: {said:?}");
        assert!(preview(&said) == wanted(), "{name}");
    }
    assert_eq!(preview(&said(&of("xc-jpeg-ls"))), preview(&said(&of("xc-rgb"))));
}

#[test]
fn syntaxes_with_loss_show_nearly_the_same_picture() {
    for name in ["jpeg-extended", "jpeg-spectral", "jpeg-progressive", "jpeg-ls-near", "htj2k-lossy"] {
        let said = said(&of(&format!("ct-{name}")));
        assert_eq!((status(&said), details(&said).lossy), ("complete", Some(true)), "{name}: {said:?}");
        assert_alike(name, &preview(&said), &wanted());
    }
    assert_alike("jpeg-xl-lossy", &preview(&said(&of("cr-jpeg-xl-lossy"))), &preview(&said(&of("cr-jpeg"))));
    assert_alike("jpeg-xl-recompressed", &preview(&said(&of("cr-jpeg-xl-recompressed"))), &preview(&said(&of("cr-jpeg"))));
}

/// Asserts that shades differ by less than three of 255, in the mean.
#[track_caller]
fn assert_alike(name: &str, got: &(usize, usize, Vec<[u8; 3]>), want: &(usize, usize, Vec<[u8; 3]>)) {
    assert_eq!((got.0, got.1), (want.0, want.1), "{name}");
    let apart: u64 = got.2.iter().zip(&want.2).map(|(got, want)| u64::from(got[0].abs_diff(want[0]))).sum();
    assert!(apart / (got.2.len() as u64) < 3, "{name}: {apart} over {} pixels", got.2.len());
}

#[test]
fn numbers_of_unusual_widths_are_shown() {
    for (name, middle, corner) in [("dose-32-bit", 255, 0), ("segments-1-bit", 255, 0)] {
        let said = said(&of(name));
        assert_eq!(status(&said), "complete", "{name}: {said:?}");
        let (width, height, pixels) = preview(&said);
        assert_near(pixels[height / 2 * width + width / 2], [middle; 3]);
        assert_near(pixels[0], [corner; 3]);
    }
    let gray = preview(&said(&of("float"))).2;
    assert_eq!(gray, preview(&said(&of("double"))).2);
    assert!(gray.iter().any(|pixel| pixel[0] < 16) && gray.iter().any(|pixel| pixel[0] > 239));
}

#[test]
fn a_table_of_interest_begins_where_it_says_below_zero_too() {
    let (width, height, pixels) = preview(&said(&of("ct-signed-table")));
    let at = |across: f64, down: f64| pixels[(down * height as f64) as usize * width + (across * width as f64) as usize];
    // The table shows -100 to 155: air and padding are black, the rod is white, the body (40 ± 30) lies between.
    assert_near(at(0.01, 0.5), [0; 3]);
    assert_near(at(0.08, 0.05), [0; 3]);
    assert_near(at(0.5, 0.775), [255; 3]);
    assert!((100..=180).contains(&at(0.5, 0.4)[0]), "{:?}", at(0.5, 0.4));
}

#[test]
fn pixels_on_another_server_are_not_asked_for() {
    let said = said(&of("jpip"));
    assert_eq!((status(&said), codes(&said), said.thumbnails.len()), ("partial", vec!["unsupported-format"], 0));
    assert_eq!(details(&said).rows, Some(96));
}
