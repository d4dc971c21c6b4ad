//! SVG: how large a drawing is, what is drawn, and what it can't reach.
#![allow(clippy::format_collect, reason = "a test's file is made once, and short to read")]

use crate::stage::{assert_near, codes, details, fixture, grid, is_complete, preview, said, said_for, task};
use assay_contract::Code;
use assay_kit::rehearse::Rehearsed;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

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
fn a_part_of_a_page_is_said_to_be_left_out_where_nothing_else_stands_for_it() {
    let page = "<foreignObject width='20' height='20'><p xmlns='http://www.w3.org/1999/xhtml'>words</p></foreignObject>";
    for (body, issues) in [
        (page.to_owned(), vec!["text-not-drawn"]),
        (format!("<switch>{page}</switch>"), vec!["text-not-drawn"]),
        (format!("<switch>{page}<rect width='9' height='9'/></switch>"), vec![]),
        (page.replace("words", " "), vec![]),
    ] {
        assert_eq!(codes(&said(&svg("width='20' height='20'", &body))), issues, "{body}");
    }
}

#[test]
fn styles_that_are_not_drawn_as_they_are_meant_are_said() {
    for (body, issues) in [
        ("<style>:root{--c:red} rect{fill:var(--c)}</style><rect width='9' height='9'/>", vec!["decoder-note"]),
        ("<rect width='9' height='9' style='fill:red;fill:color(display-p3 1 0 0)'/>", vec!["decoder-note"]),
        ("<style>rect{fill:hsl(120,50%,50%)}</style><rect width='9' height='9'/>", vec![]),
    ] {
        let told = said(&svg("width='20' height='20'", body));
        assert_eq!((codes(&told), told.thumbnails.len()), (issues, 2), "{body}");
    }
}

#[test]
fn parts_that_are_not_drawn_are_said_whatever_they_are() {
    let page = |inside: &str| {
        format!("<foreignObject width='9' height='9'><div xmlns='http://www.w3.org/1999/xhtml'{inside}</div></foreignObject>")
    };
    for (body, issues) in [
        (page("><img src='data:,'/>"), vec!["decoder-note"]),
        (page(" style='background:red'>"), vec!["decoder-note"]),
        (page(">"), vec![]),
        ("<meshgradient id='m'/>".to_owned(), vec!["decoder-note"]),
        ("<rect style='width:9px;height:9px'/>".to_owned(), vec!["decoder-note"]),
        ("<rect width='9' height='9' fill='rgb(255 0 0 / 50%)'/>".to_owned(), vec!["decoder-note"]),
        ("<rect width='9' height='9' style='transform:translate(3px,0)'/>".to_owned(), vec!["decoder-note"]),
        ("<rect width='9rem' height='9'/>".to_owned(), vec!["decoder-note"]),
        ("<style type='text/css; charset=utf-8'>rect{fill:red}</style><rect width='9' height='9'/>".to_owned(), vec!["decoder-note"]),
        ("<style media='print'>rect{fill:red}</style><rect width='9' height='9'/>".to_owned(), vec!["decoder-note"]),
        ("<path d='M0 0h9' style='fill:none;stroke:rgba(1,2,3,.5);clip-path:url(#c);transform:rotate(9)'/>".to_owned(), vec![]),
    ] {
        let drawn = format!("<rect width='20' height='20' fill='lime'/>{body}");
        assert_eq!(codes(&said(&svg("width='20' height='20'", &drawn))), issues, "{body}");
    }
}

#[test]
fn a_drawing_that_is_empty_until_it_moves_says_so() {
    let shown = "<rect width='9' height='9'><set attributeName='fill' to='red'/></rect>";
    for (body, issues) in [
        (shown.to_owned(), vec![]),
        (shown.replace("height='9'", "height='9' opacity='0'"), vec!["decoder-note"]),
        ("<script>draw()</script>".to_owned(), vec!["decoder-note"]),
    ] {
        assert_eq!(codes(&said(&svg("width='20' height='20'", &body))), issues, "{body}");
    }
}

#[test]
fn a_drawing_in_utf_16_or_latin_1_is_read_as_it_was_written() {
    let shapes = [
        "<linearGradient id='é'><stop stop-color='#0000ff'/></linearGradient>",
        "<linearGradient id='è'><stop stop-color='#ff0000'/></linearGradient>",
    ];
    let body = shapes.concat() + "<rect width='20' height='20' fill='url(#é)'/>";
    let markup = format!("<?xml version='1.0' encoding='ISO-8859-1'?>{}", String::from_utf8(svg("width='20' height='20'", &body)).unwrap());
    let wide = |bytes: fn(u16) -> [u8; 2]| markup.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let latin = markup.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    for bytes in [wide(u16::to_le_bytes), wide(u16::to_be_bytes), [vec![0xff, 0xfe], wide(u16::to_le_bytes)].concat(), latin] {
        let told = said(&bytes);
        assert!(is_complete(&told), "{told:?}");
        assert_near(preview(&told).at(0.5, 0.5), &[0, 0, 255]);
    }
}

#[test]
fn what_is_packed_and_is_no_drawing_is_unsupported_and_not_damaged() {
    for (packed, code) in [
        (b"words, many words".as_slice(), Code::UnsupportedFormat),
        (b"<html><body>words</body></html>", Code::UnsupportedFormat),
        (b"<svg><", Code::CorruptAsset),
    ] {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(packed).unwrap();
        let whole = packer.finish().unwrap();
        assert_eq!(said(&whole).refusal.expect("a refusal").code, code, "{}", String::from_utf8_lossy(packed));
    }
}

#[test]
fn a_side_that_no_picture_has_is_refused() {
    assert_eq!(details(&said(&svg("width='1000000000' height='1'", "<rect/>"))).stored_width, 1_000_000_000);
    let refusal = said(&svg("viewBox='0 0 1e30 1e30'", "<rect width='9' height='9'/>")).refusal.expect("a refusal");
    assert_eq!(refusal.limit.map(|hit| hit.name), Some("svg_side".to_owned()));
}

#[test]
fn whatever_names_a_place_outside_is_said() {
    for body in [
        "<image href='dog.png' width='9' height='9'/>",
        "<use href='data:image/svg+xml,x#a'/>",
        "<style>@import 'a.css';</style>",
        "<style>rect { fill: URL( 'https://host.example/p.svg#p' ) }</style>",
        "<rect width='9' height='9' fill='url(https://host.example/p.svg#p)'/>",
        "<rect width='9' height='9' filter='url(\"f.svg#f\")'/>",
        "<rect width='9' height='9' style='mask:url(m.svg#m)'/>",
        "<linearGradient id='g' href='https://host.example/p.svg#p'/>",
    ] {
        assert_eq!(codes(&said(&svg("width='20' height='20'", body))), ["external-references-ignored"], "{body}");
    }
    let inside =
        "<linearGradient id='g'/><rect width='9' height='9' fill='url(#g)' style='stroke: url( #g )'/><a href='https://host.example'/>";
    let told = said(&svg("width='20' height='20'", inside));
    assert!(is_complete(&told), "{told:?}");
}

#[test]
fn a_picture_inside_that_is_not_drawn_is_said() {
    let drawing = "image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/%3E";
    for data in [drawing, "image/png;base64,AAAA", "image/png;base64,@@@@"] {
        let told = said(&svg("width='20' height='20'", &format!("<image href=\"data:{data}\" width='9' height='9'/>")));
        assert_eq!((codes(&told), told.thumbnails.len()), (vec!["embedded-picture-not-drawn"], 2), "{data}");
    }
}

#[test]
fn filters_that_take_too_long_are_refused_and_the_facts_stand() {
    let filter = "<filter id='f' x='0' y='0' width='1' height='1'><feTurbulence baseFrequency='0.9' numOctaves='20'/></filter>";
    for (count, issues) in [(1, vec![]), (600, vec!["limit-exceeded"])] {
        let rectangles = "<rect width='200' height='200' filter='url(#f)'/>".repeat(count);
        let told = said(&svg("width='200' height='200'", &format!("{filter}{rectangles}")));
        assert_eq!((codes(&told), details(&told).stored_width), (issues, 200), "{count}");
        assert!(told.issues.iter().all(|issue| issue.message.contains("svg_filter_steps: asked ")), "{:?}", told.issues);
    }
}

#[test]
fn noise_that_is_finer_than_the_renderer_can_count_is_refused() {
    let rect = "<rect width='40' height='30' filter='url(#f)'/>";
    for (noise, issues) in [
        ("baseFrequency='.1' numOctaves='5'", vec![]),
        ("baseFrequency='.1' numOctaves='5' stitchTiles='stitch'", vec![]),
        ("baseFrequency='0' numOctaves='3000'", vec![]),
        ("baseFrequency='.1' numOctaves='3000'", vec!["limit-exceeded"]),
        ("baseFrequency='.1' numOctaves='31' stitchTiles='stitch'", vec!["limit-exceeded"]),
        ("baseFrequency='1e9'", vec!["limit-exceeded"]),
    ] {
        let told = said(&svg("width='40' height='30'", &format!("<filter id='f'><feTurbulence {noise}/></filter>{rect}")));
        assert_eq!(codes(&told), issues, "{noise}");
    }
}

#[test]
fn more_elements_than_memory_holds_are_refused_and_the_facts_stand() {
    let told = said(&svg("width='20' height='10'", &"<g/>".repeat(800_000)));
    assert_eq!((codes(&told), details(&told).stored_width), (vec!["limit-exceeded"], 20));
    assert!(told.issues[0].message.contains("svg_elements: asked 800001, allowed 786432"), "{}", told.issues[0].message);
}

#[test]
fn an_element_of_too_many_attributes_is_refused_and_the_facts_stand() {
    let attributes: Vec<String> = (0..250_000).map(|n| format!("a{n:x}='' ")).collect();
    let attributes = attributes.concat();
    let told = said(&svg("width='20' height='10'", &format!("<g {attributes}/>")));
    assert_eq!((codes(&told), details(&told).stored_width), (vec!["limit-exceeded"], 20));
    assert!(told.issues[0].message.contains("svg_attributes: asked 250000, allowed 256"), "{}", told.issues[0].message);
}

#[test]
fn texts_in_texts_are_looked_at_once() {
    let nested = |words: &str| format!("{}{}{words}{}", "<text>".repeat(900), "<g/>".repeat(200_000), "</text>".repeat(900));
    let begun = std::time::Instant::now();
    assert!(is_complete(&said(&svg("width='9' height='9'", &nested("")))));
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    assert_eq!(codes(&said(&svg("width='9' height='9'", &nested("words")))), ["text-not-drawn"]);
}

#[test]
fn a_system_entity_is_not_loaded() {
    let told = said(&fixture("hostile/svg-external-references.svg"));
    assert_eq!((codes(&told), told.thumbnails.len()), (vec!["corrupt-asset"], 0));
}

#[test]
fn entities_that_multiply_are_stopped() {
    let entities: Vec<String> = (1..30).map(|n| format!("<!ENTITY e{n} '{}'>", format!("&e{};", n - 1).repeat(10))).collect();
    let entities = format!("<!ENTITY e0 'haha'>{}", entities.concat());
    let bomb = format!("<!DOCTYPE svg [{entities}]><svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><desc>&e29;</desc></svg>");
    let told = said(bomb.as_bytes());
    assert_eq!((codes(&told), details(&told).stored_width), (vec!["corrupt-asset"], 9));
}

#[test]
fn uses_that_multiply_are_stopped() {
    let groups: Vec<String> =
        (1..10).map(|n| format!("<g id='g{n}'>{}</g>", format!("<use xlink:href='#g{}'/>", n - 1).repeat(10))).collect();
    let body = format!("<g id='g0'><rect width='1' height='1'/></g>{}", groups.concat());
    let told = said(&svg("width='9' height='9'", &body));
    assert_eq!((codes(&told), details(&told).stored_width), (vec!["limit-exceeded"], 9));
    assert!(told.issues[0].message.contains("svg_used_elements: asked "), "{:?}", told.issues);
}

/// A drawing of a canvas that is as large as a preview.
fn large(body: &str) -> Vec<u8> {
    svg("width='1024' height='1024'", body)
}

#[test]
fn a_small_file_that_asks_for_much_is_refused_and_the_facts_stand() {
    let all = "<path d='M0 0H1024V1024H0z'/>";
    let zigzag: String = (0..28_000).map(|n: u32| format!("L{} {}", n * 7919 % 1024, n % 2 * 1024)).collect();
    let namespaces: String =
        (0..40).map(|outer| format!("<g {}>", (0..250).map(|n| format!("xmlns:n{outer}_{n}='u:{n}' ")).collect::<String>())).collect();
    let used: String = (1..4).map(|n| format!("<g id='g{n}'>{}</g>", format!("<use xlink:href='#g{}'/>", n - 1).repeat(10))).collect();
    for (name, body) in [
        ("svg_drawing_steps", format!("<g opacity='.5'>{all}</g>").repeat(3_000)),
        ("svg_drawing_steps", format!("<mask id='m'>{all}</mask>{}", "<path mask='url(#m)' d='M0 0H1024V1024H0z'/>".repeat(4_000))),
        ("svg_drawing_steps", format!("<path d='M0 0{zigzag}'/>")),
        ("svg_drawing_steps", format!("<path fill='none' stroke='red' d='M0 0{zigzag}'/>")),
        ("svg_drawing_steps", all.replace("/>", " fill-opacity='.5'/>").repeat(5_000)),
        ("svg_drawing_steps", "<path stroke='red' stroke-dasharray='.001' d='M0 0H1024'/>".repeat(2_000)),
        ("svg_layer_bytes", format!("{}<path d='M-9999 -9999H9999V9999H-9999z'/>{}", "<g opacity='.5'>".repeat(200), "</g>".repeat(200))),
        (
            "svg_layer_bytes",
            format!(
                "<pattern id='p' patternUnits='userSpaceOnUse' width='30000' height='30000'>{all}</pattern>{}",
                all.replace("/>", " fill='url(#p)'/>")
            ),
        ),
        ("svg_namespace_steps", format!("{namespaces}{}", "</g>".repeat(40))),
        ("svg_style_steps", format!("<style>{}</style>{}", ".c{fill:red}".repeat(8_000), "<path/>".repeat(3_000))),
        ("svg_selector_parts", format!("<style>{}{{fill:red}}</style>{}{}", "* ".repeat(3_000), "<g>".repeat(500), "</g>".repeat(500))),
        ("svg_used_elements", format!("<path id='g0' d='M0 0{}'/>{used}", "h1v1".repeat(40_000))),
    ] {
        let begun = std::time::Instant::now();
        let told = said(&large(&body));
        assert_eq!(
            (codes(&told), details(&told).stored_width, told.thumbnails.len()),
            (vec!["limit-exceeded"], 1024, 0),
            "{name}: {told:?}"
        );
        assert!(told.issues[0].message.contains(&format!("{name}: asked ")), "{name}: {:?}", told.issues);
        assert!(begun.elapsed().as_secs() < 15, "{name}: {:?}", begun.elapsed());
    }
}

/// With a tenth of a second to draw in.
fn said_in_haste(file: &[u8]) -> Rehearsed {
    let mut task = task(file);
    task.limits.cpu_ms = 600;
    said_for(&task, file)
}

#[test]
fn what_no_count_foresees_is_stopped_by_the_time_it_takes_and_the_facts_stand() {
    let declarations = "fill:red;".repeat(20_000);
    let stops = format!("<linearGradient id='a'>{}</linearGradient>", "<stop offset='.5' stop-color='red'/>".repeat(100_000));
    for body in [
        format!("<style>*{{{declarations}}}</style>{}", "<g/>".repeat(50_000)),
        format!("<style>/*{{*/q{}{{fill:red}}</style>{}", ",q".repeat(20_000), "<g/>".repeat(30_000)),
        format!("{stops}{}", "<rect width='1' height='1' fill='url(#a)'/>".repeat(2_000)),
    ] {
        let told = said_in_haste(&large(&body));
        assert_eq!((codes(&told), details(&told).stored_width, told.thumbnails.len()), (vec!["limit-exceeded"], 1024, 0), "{told:?}");
        assert!(told.issues[0].message.contains("drawing_ms: asked "), "{:?}", told.issues);
    }
    // Without a size at its root there is nothing to tell.
    let untold = svg("", &format!("<style>*{{{declarations}}}</style>{}", "<g/>".repeat(50_000)));
    let hit = said_in_haste(&untold).refusal.and_then(|refusal| refusal.limit).expect("a limit");
    assert_eq!((hit.name.as_str(), hit.allowed), ("drawing_ms", 100));
}

#[test]
fn chains_that_would_overflow_the_stack_are_refused_and_the_facts_stand() {
    type Link = fn(usize) -> String;
    let chains: [(&str, Link); 3] = [
        ("clip-path", |n| format!("<clipPath id='a{n}' clip-path='url(#a{})'><path d='M0 0h9v9z'/></clipPath>", n + 1)),
        ("marker-start", |n| format!("<marker id='a{n}'><path d='M0 0L1 1' marker-start='url(#a{})'/></marker>", n + 1)),
        ("fill", |n| format!("<pattern id='a{n}' width='5' height='5'><rect width='9' height='9' fill='url(#a{})'/></pattern>", n + 1)),
    ];
    for (attribute, link) in chains {
        let user = format!("<path d='M0 0L9 0L9 9z' {attribute}='url(#a0)'/>");
        let drawing = |count: usize| svg("width='10' height='10'", &((0..count).map(link).collect::<String>() + &user));
        let told = said(&drawing(3_000));
        assert_eq!((codes(&told), details(&told).stored_width), (vec!["limit-exceeded"], 10), "{attribute}");
        assert!(told.issues[0].message.contains("svg_levels: asked "), "{:?}", told.issues);
        assert!(is_complete(&said(&drawing(20))), "{attribute}");
    }
}

#[test]
fn the_deepest_that_is_allowed_fits_the_stack() {
    for (attribute, kind) in [("mask", "mask"), ("clip-path", "clipPath"), ("marker-start", "marker")] {
        let chain: String =
            (0..700).map(|n| format!("<{kind} id='a{n}'><path d='M0 0L1 1' {attribute}='url(#a{})'/></{kind}>", n + 1)).collect();
        let told = said(&svg("width='10' height='10'", &format!("{chain}<path d='M0 0L9 9' {attribute}='url(#a0)'/>")));
        assert!(told.refusal.is_none() && !told.issues.iter().any(|issue| issue.message.contains("svg_levels")), "{told:?}");
    }
    let told =
        said(&svg("width='10' height='10'", &format!("{}<path d='M0 0h9v9z'/>{}", "<g opacity='.9'>".repeat(1_000), "</g>".repeat(1_000))));
    assert!(is_complete(&told), "{told:?}");
}

#[test]
fn a_size_in_a_comment_is_not_the_drawings() {
    let other = "<svg xmlns='http://www.w3.org/2000/svg' width='5' height='7'/>";
    let attributes: String = (0..300).map(|n| format!("a{n}='' ")).collect();
    let root = String::from_utf8(svg("width='1000' height='2000'", &format!("<g {attributes}/>"))).unwrap();
    for before in [format!("<!-- {other} -->"), format!("<!DOCTYPE svg [<!ENTITY e \"{other}\">]>")] {
        let told = said((before + &root).as_bytes());
        assert_eq!((codes(&told), details(&told).stored_width, details(&told).stored_height), (vec!["limit-exceeded"], 1000, 2000));
    }
}

#[test]
fn drawings_that_are_rich_but_no_more_are_drawn() {
    let lines: String = (0..1_500).map(|n: u32| format!("<path stroke='red' d='M{} 0L{} 1024'/>", n % 1024, n * 31 % 1024)).collect();
    let dots = "<path d='M5 5h3v3h-3z' opacity='.5'/>".repeat(20_000);
    let nested = format!("{}<path d='M9 9h9v9z'/>{}", "<g opacity='.9'>".repeat(60), "</g>".repeat(60));
    let styled = format!("<style>{}</style>{}", ".a .b > .c, .d { fill: red }".repeat(100), "<g class='a'/>".repeat(5_000));
    for body in [lines, dots, nested, styled] {
        let told = said(&large(&body));
        assert!(is_complete(&told) && told.thumbnails.len() == 2, "{told:?}");
    }
}

#[test]
fn a_picture_inside_whose_pixels_are_damaged_is_said() {
    use base64::Engine;
    let whole = fixture("media/png-rgb.png");
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0x55);
    for (bytes, issues) in
        [(whole.as_slice(), vec![]), (&damaged, vec!["embedded-picture-not-drawn"]), (&whole[..middle], vec!["embedded-picture-not-drawn"])]
    {
        let data = base64::engine::general_purpose::STANDARD.encode(bytes);
        let told = said(&svg("width='20' height='20'", &format!("<image href='data:image/png;base64,{data}' width='9' height='9'/>")));
        assert_eq!((codes(&told), told.thumbnails.len()), (issues, 2));
    }
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
