//! SVG: how large a drawing is, what is drawn, and what it can't reach.

use crate::stage::{assert_near, codes, details, fixture, grid, is_complete, preview, said, said_for, task};
use assay_contract::Code;

fn svg(head: &str, body: &str) -> Vec<u8> {
    format!("<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' {head}>{body}</svg>").into_bytes()
}

#[test]
fn a_drawing_is_as_large_as_it_says() {
    for (head, size) in [
        ("width='300' height='200'", (300, 200)),
        ("viewBox='0 0 300 200'", (300, 200)),
        ("width='1in' viewBox='0 0 2 1'", (96, 48)),
        ("width='50%' height='50%' viewBox='0 0 300 200'", (150, 100)),
        ("width='9000' height='100000'", (9000, 100_000)),
    ] {
        let told = said(&svg(head, "<rect width='100000' height='100000' fill='#0000ff'/>"));
        assert!(is_complete(&told), "{head}: {told:?}");
        assert_eq!((details(&told).stored_width, details(&told).stored_height), size, "{head}");
        assert_near(preview(&told).at(0.5, 0.5), &[0, 0, 255]);
    }
}

#[test]
fn plain_and_compressed_drawings_show_the_same_and_keep_their_transparency() {
    let [plain, packed] = ["media/svg-sized.svg", "media/svgz.svgz"].map(|path| said(&fixture(path)));
    assert!(is_complete(&packed), "{packed:?}");
    assert_near(preview(&plain).at(0.72, 0.6), preview(&packed).at(0.72, 0.6));
    let told = said(&svg("width='20' height='20'", "<rect width='10' height='20' fill='red'/>"));
    assert!(is_complete(&told), "{told:?}");
    assert_eq!((grid(&told).at(0.2, 0.5)[3], grid(&told).at(0.8, 0.5)[3]), (255, 0));
}

#[test]
fn what_is_left_out_is_said() {
    let told = said(&svg("width='20' height='20'", "<text x='1' y='10'>words</text>"));
    assert_eq!((codes(&told), told.thumbnails.len()), (vec!["text-not-drawn"], 2));
    for reference in ["file:///etc/passwd", "http://169.254.169.254/latest/meta-data/", "/etc/hostname", "other.svg#part"] {
        for element in ["image", "use"] {
            let told = said(&svg("width='20' height='20'", &format!("<{element} xlink:href='{reference}' width='9' height='9'/>")));
            assert_eq!((codes(&told), told.thumbnails.len()), (vec!["external-references-ignored"], 2), "{reference}");
        }
    }
    let told =
        said(&svg("width='20' height='20'", "<script>while(true){}</script><rect width='20' height='20' fill='lime' onload='x()'/>"));
    assert!(is_complete(&told), "{told:?}");
}

#[test]
fn a_system_entity_is_not_loaded() {
    let told = said(&fixture("hostile/svg-external-references.svg"));
    assert_eq!(told.refusal.unwrap().code, Code::CorruptAsset);
}

#[test]
fn entities_that_multiply_are_stopped() {
    let entities: Vec<String> = (1..30).map(|n| format!("<!ENTITY e{n} '{}'>", format!("&e{};", n - 1).repeat(10))).collect();
    let entities = format!("<!ENTITY e0 'haha'>{}", entities.concat());
    let bomb = format!("<!DOCTYPE svg [{entities}]><svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><desc>&e29;</desc></svg>");
    let told = said(bomb.as_bytes());
    assert_eq!(told.refusal.unwrap().code, Code::CorruptAsset);
}

#[test]
fn uses_that_multiply_are_stopped() {
    let groups: Vec<String> =
        (1..10).map(|n| format!("<g id='g{n}'>{}</g>", format!("<use xlink:href='#g{}'/>", n - 1).repeat(10))).collect();
    let body = format!("<g id='g0'><rect width='1' height='1'/></g>{}", groups.concat());
    let told = said(&svg("width='9' height='9'", &body));
    let refusal = told.refusal.expect("a refusal");
    assert_eq!((refusal.code, refusal.limit.map(|hit| hit.name)), (Code::LimitExceeded, Some("svg_nodes".to_owned())));
}

#[test]
fn a_stream_that_inflates_without_end_is_stopped() {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(&svg("width='9' height='9'", "<g/>")).unwrap();
    packer.write_all(&vec![b' '; 4 << 20]).unwrap();
    let bomb = packer.finish().unwrap();
    assert!(bomb.len() < 10_000);
    let mut task = task(&bomb);
    task.limits.memory_bytes = 16 << 20;
    let refusal = said_for(&task, &bomb).refusal.expect("a refusal");
    assert_eq!((refusal.code, refusal.limit.map(|hit| hit.name)), (Code::LimitExceeded, Some("svg_bytes".to_owned())));
}
