//! SVG and SVGZ, drawn by resvg: nothing outside of the file is loaded, no script runs, and text is left out because there are no fonts.

mod bounds;
mod cost;
mod instances;
mod letters;
mod levels;
mod links;
mod lost;
mod markup;
mod names;
mod outside;
mod references;
mod root;
mod styles;

use self::links::Links;
use self::names::Names;
use crate::format::{self, Wish};
use crate::samples::{Decoded, Layout, Samples, check_memory};
use crate::seen::Seen;
use crate::watched;
use assay_contract::Code;
use assay_contract::exchange::Refusal;
use assay_contract::failure::Issue;
use assay_contract::limits::{DecodeLimits, LimitHit};
use flate2::read::GzDecoder;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::roxmltree::{Document, Node, ParsingOptions};
use resvg::usvg::{self, ImageHrefResolver, ImageKind, Options, Tree};
use std::borrow::Cow;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Within so many bytes the first element must begin.
const HEAD_BYTES: usize = 4096;
/// Elements, texts and comments of a file; resvg itself stops at as many once `use` is followed.
const MOST_NODES: u32 = 1_000_000;
/// Memory that an element takes in all, once it is read and laid out: a plain rectangle 900 bytes.
const ELEMENT_BYTES: u64 = 1_024;
/// Pixels of a picture embedded in a drawing.
const MOST_EMBEDDED_PIXELS: u64 = 25_000_000;
/// And of all of them together, each as often as it is used.
const MOST_EMBEDDED_IN_ALL: u64 = 100_000_000;
/// Pixels of a side that a drawing may say it has.
const LONGEST_SIDE: u64 = i32::MAX as u64;
/// A drawing is made as small as its thumbnails, whatever size it asks for.
const LONGEST_DRAWN: u32 = 4096;

/// An `svg` element among the first words, plain or behind gzip's mark.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"\x1f\x8b\x08") {
        let mut head = Vec::new();
        // A cut file gives what it has.
        let _ = GzDecoder::new(bytes).take(HEAD_BYTES as u64).read_to_end(&mut head);
        return begins_plain(&head);
    }
    begins_plain(bytes)
}

fn begins_plain(bytes: &[u8]) -> bool {
    let head = letters::read(bytes.get(..HEAD_BYTES).unwrap_or(bytes));
    let text = head.trim_start_matches('\u{feff}').trim_ascii_start().as_bytes();
    let is_markup =
        text.starts_with(b"<svg") || text.starts_with(b"<?xml") || text.starts_with(b"<!--") || text.starts_with(b"<!DOCTYPE svg");
    is_markup && crate::bytes::contains(text, b"<svg")
}

/// Its size: width and height, else the view box, both of which the root tells alone; else of what is drawn.
pub(crate) fn look(bytes: &[u8], limits: &DecodeLimits) -> Result<Seen, Refusal> {
    let text = text(bytes, limits)?;
    let root = root::alone(&text);
    if let Some(seen) = root.and_then(|root| sized(&tree(&document(&root).ok()?, &Pictures::default()).ok()?).ok()) {
        // Whether it can be drawn is said when that is tried.
        return Ok(seen);
    }
    let (text, memory_bytes) = (text.into_owned(), limits.memory_bytes);
    watched::within(limits, &|| (), move || sized(&tree(&checked(&text, memory_bytes)?, &Pictures::default())?))
}

/// Parsed, where what it counts doesn't say that it, or the making of its tree, takes too long.
fn checked(text: &str, memory_bytes: u64) -> Result<Document<'_>, Refusal> {
    bounds::check_attributes(text)?;
    markup::check_namespaces(text)?;
    let document = document(text)?;
    let elements = document.descendants().filter(Node::is_element).count() as u64;
    bounds::exceeded("svg_elements", elements, memory_bytes / ELEMENT_BYTES)?;
    // Before any selector is looked for.
    markup::check_styles(&document)?;
    let (names, links) = (Names::of(&document), Links::of(&document)?);
    levels::check(&document, &names, &links)?;
    instances::check(&document, &names, &links)?;
    Ok(document)
}

fn sized(tree: &Tree) -> Result<Seen, Refusal> {
    let size = tree.size().to_int_size();
    bounds::exceeded("svg_side", size.width().max(size.height()).into(), LONGEST_SIDE)?;
    let mut seen = Seen::still(size.width(), size.height());
    seen.details.color_model = Some("rgb".to_owned());
    seen.details.has_alpha = Some(true);
    seen.decoded = Some((size.width().min(LONGEST_DRAWN), size.height().min(LONGEST_DRAWN)));
    Ok(seen)
}

/// Draws it as small as its largest thumbnail; never larger than it is. What is counted beforehand refuses most of what would take too long
/// at once; the watch stops the rest, for no count knows all that a parser does.
pub(crate) fn decode(bytes: &[u8], seen: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let text = text(bytes, wish.limits)?.into_owned();
    let (width, height) = (seen.details.stored_width, seen.details.stored_height);
    let (longest, most) = (u64::from(width.max(height)), u64::from(wish.longest_px.clamp(1, LONGEST_DRAWN)));
    let shrunk = |side: u32| {
        if longest <= most { side } else { u32::try_from((u64::from(side) * most + longest / 2) / longest).unwrap_or(1).max(1) }
    };
    let (across, down) = (shrunk(width), shrunk(height));
    check_memory(wish.limits, u64::from(across) * u64::from(down) * 4)?;
    let limits = wish.limits.clone();
    watched::within(wish.limits, wish.alive, move || draw(&text, [across, down], &limits))
}

fn draw(text: &str, [across, down]: [u32; 2], limits: &DecodeLimits) -> Result<Decoded, Refusal> {
    let document = checked(text, limits.memory_bytes)?;
    let pictures = Pictures::default();
    let tree = tree(&document, &pictures)?;
    let mut pixmap = Pixmap::new(across, down).ok_or_else(|| Refusal::corrupt("the drawing has no usable size"))?;
    let size = tree.size();
    let scale = Transform::from_scale(across as f32 / size.width(), down as f32 / size.height());
    bounds::check_filters(&tree, scale, u64::from(across) * u64::from(down))?;
    cost::check(&tree, scale, [across, down], limits)?;
    resvg::render(&tree, scale, &mut pixmap.as_mut());
    let samples = Samples { width: across, height: down, layout: Layout::Rgba, bytes: pixmap.take_demultiplied() };
    let is_empty = samples.bytes.iter().skip(3).step_by(4).all(|alpha| *alpha == 0);
    let mut issues = left_out(&document, pictures);
    if is_empty && lost::has_motion(&document) {
        let sentence = "Nothing is drawn before the drawing's programs or animations begin, which never run; thumbnails are empty.";
        issues.push(Issue::warning("decoder-note", sentence));
    }
    Ok(Decoded { samples, damage: None, issues })
}

/// What the picture lacks.
fn left_out(document: &Document<'_>, pictures: Pictures) -> Vec<Issue> {
    let mut issues = Vec::new();
    if lost::has_words(document) {
        issues.push(Issue::warning("text-not-drawn", "The drawing's text is left out of thumbnails: no fonts are at hand."));
    }
    if pictures.is_lost.into_inner() || lost::has_unreadable_data(document) {
        let sentence = "A picture inside of the drawing is damaged, too large or of a kind that is not drawn; thumbnails lack it.";
        issues.push(Issue::warning("embedded-picture-not-drawn", sentence));
    }
    if lost::has_parts(document) {
        let sentence = "Parts of a page inside of the drawing, or elements of newer versions, are not drawn; thumbnails lack them.";
        issues.push(Issue::warning("decoder-note", sentence));
    }
    if styles::has_unknown(document) {
        let sentence = "The drawing's styles ask for what is not drawn as it is meant (variables, conditions, newer selectors, functions or \
            properties); thumbnails may show other colours or lack parts.";
        issues.push(Issue::warning("decoder-note", sentence));
    }
    if outside::wants_outside(document) {
        let sentence = "The drawing refers to things outside of itself, which are never loaded; thumbnails lack them.";
        issues.push(Issue::warning("external-references-ignored", sentence));
    }
    issues
}

/// The markup, inflated within a limit.
fn text<'a>(bytes: &'a [u8], limits: &DecodeLimits) -> Result<Cow<'a, str>, Refusal> {
    // A tree of elements takes about ten times the memory of its text.
    let most = limits.memory_bytes / 16;
    let refuse = |asked: u64| Err(Refusal::limit(Code::LimitExceeded, LimitHit::new("svg_bytes", asked, most)));
    if !bytes.starts_with(b"\x1f\x8b") {
        return if bytes.len() as u64 > most { refuse(bytes.len() as u64) } else { Ok(letters::read(bytes)) };
    }
    let mut plain = Vec::new();
    let inflated = GzDecoder::new(bytes).take(most + 1).read_to_end(&mut plain);
    // Whatever else is packed is sound as it is.
    if [b"<svg".as_slice(), b":svg"].iter().all(|mark| !crate::bytes::contains(&plain, mark)) {
        return Err(Refusal::unsupported("it is packed by gzip, and what is packed is no drawing: submit it unpacked"));
    }
    inflated.map_err(|_| Refusal::corrupt("its gzip stream is damaged"))?;
    if plain.len() as u64 > most {
        return refuse(plain.len() as u64);
    }
    Ok(Cow::Owned(letters::read(&plain).into_owned()))
}

/// Entities of the file's own are allowed, as drawing programs write them; the parser stops at their multiplication, and loads none.
fn document(text: &str) -> Result<Document<'_>, Refusal> {
    let options = ParsingOptions { allow_dtd: true, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text.trim_start_matches('\u{feff}'), options).map_err(|error| {
        let limit = LimitHit::new("svg_nodes", u64::from(MOST_NODES) + 1, MOST_NODES.into());
        match error {
            usvg::roxmltree::Error::NodesLimitReached => Refusal::limit(Code::LimitExceeded, limit),
            // Its own words may repeat the file's.
            _ => Refusal::corrupt("its markup is not well-formed, or has entities that are not defined in it"),
        }
    })
}

/// What became of the pictures inside of a drawing.
#[derive(Debug, Default)]
struct Pictures {
    /// Whether any is left out.
    is_lost: AtomicBool,
    /// Pixels of all that are drawn.
    pixels: AtomicU64,
}

/// What is drawn.
fn tree(document: &Document<'_>, pictures: &Pictures) -> Result<Tree, Refusal> {
    let options = Options {
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(|_, bytes, _| {
                let picture = embedded(&bytes, pictures);
                pictures.is_lost.fetch_or(picture.is_none(), Ordering::Relaxed);
                picture
            }),
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    };
    Tree::from_xmltree(document, &options).map_err(|error| match error {
        usvg::Error::InvalidSize => Refusal::corrupt("the drawing has no usable size"),
        usvg::Error::ElementsLimitReached | usvg::Error::ParsingFailed(usvg::roxmltree::Error::NodesLimitReached) => {
            Refusal::limit(Code::LimitExceeded, LimitHit::new("svg_nodes", u64::from(MOST_NODES) + 1, MOST_NODES.into()))
        }
        _ => Refusal::corrupt("the drawing can't be read"),
    })
}

/// A picture inside of the drawing, where its header says that it is not too large and its pixels are all there, for the renderer leaves a
/// damaged one out without a word; a drawing inside of a drawing is left out.
fn embedded(bytes: &Arc<Vec<u8>>, pictures: &Pictures) -> Option<ImageKind> {
    let format = format::recognise(bytes).filter(|format| matches!(format.name, "jpeg" | "png" | "gif" | "webp"))?;
    let limits = DecodeLimits::default();
    let seen = (format.look)(bytes, &limits).ok()?;
    let pixels = u64::from(seen.details.stored_width) * u64::from(seen.details.stored_height);
    if pixels > MOST_EMBEDDED_PIXELS || pictures.pixels.fetch_add(pixels, Ordering::Relaxed) + pixels > MOST_EMBEDDED_IN_ALL {
        return None;
    }
    (format.decode)(bytes, &seen, &Wish { longest_px: 64, limits: &limits, alive: &|| () })
        .ok()
        .filter(|decoded| decoded.damage.is_none())?;
    let bytes = Arc::clone(bytes);
    match format.name {
        "jpeg" => Some(ImageKind::JPEG(bytes)),
        "png" => Some(ImageKind::PNG(bytes)),
        "gif" => Some(ImageKind::GIF(bytes)),
        _ => Some(ImageKind::WEBP(bytes)),
    }
}
