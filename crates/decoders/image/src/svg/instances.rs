//! What a drawing comes to when each thing that it refers to is made as often as it is asked for, counted before it is made.

use super::bounds::exceeded;
use super::links::{Links, USE};
use assay_contract::exchange::Refusal;
use resvg::usvg::roxmltree::{Document, Node};
use std::collections::HashMap;

/// What references add to a drawing: elements, and one more for each so many bytes of a path. About four seconds.
const MOST_USED: u64 = 100_000;
const PATH_BYTES: u64 = 200;
/// What `use` names is parsed anew; all else is laid out anew, which takes a quarter of that.
const PARSED: u64 = 4;
const LAID_OUT: u64 = 1;
/// Rounds in which uses of uses are followed; with two in each, no more are needed to be too much.
const ROUNDS: u32 = 24;

/// Refuses a drawing that multiplies itself by what it refers to.
pub(super) fn check(document: &Document<'_>, links: &Links<'_>) -> Result<(), Refusal> {
    let plan = Plan::of(document, links);
    if plan.made.is_empty() {
        return Ok(());
    }
    let plain: u64 = plan.own.iter().sum();
    let mut sums = plan.own.clone();
    for _ in 0..ROUNDS {
        let next = plan.round(document, &sums);
        let asked = next.first().copied().unwrap_or(0).saturating_sub(plain);
        exceeded("svg_used_elements", asked, MOST_USED)?;
        if next == sums {
            break;
        }
        sums = next;
    }
    Ok(())
}

/// Each node by its place in the document.
#[derive(Debug, Default)]
struct Plan {
    /// What a node weighs alone.
    own: Vec<u64>,
    /// What is made for it: where that stands, and how often it is made, in quarters.
    made: HashMap<usize, Vec<(usize, u64)>>,
}

impl Plan {
    fn of(document: &Document<'_>, links: &Links<'_>) -> Self {
        let (mut first, mut last, mut shapes, mut own) = (HashMap::new(), HashMap::new(), Vec::new(), Vec::new());
        for node in document.descendants() {
            let place = node.id().get_usize();
            own.resize(place + 1, 0);
            shapes.resize(place + 1, Shapes::default());
            let outline = node.attribute("d").or_else(|| node.attribute("points")).unwrap_or_default();
            if let Some(weight) = own.last_mut() {
                *weight = u64::from(node.is_element()) + outline.len() as u64 / PATH_BYTES;
            }
            if let Some(shapes) = shapes.last_mut() {
                *shapes = Shapes::of(node, outline);
            }
            if let Some(name) = node.attribute("id") {
                // The parser takes the first of a name for `use`, the last for everything else.
                first.entry(name).or_insert(node);
                last.insert(name, node);
            }
        }
        for node in document.descendants().rev() {
            let below = shapes.get(node.id().get_usize()).copied().unwrap_or_default();
            if let Some(parent) = node.parent().and_then(|parent| shapes.get_mut(parent.id().get_usize())) {
                *parent = Shapes { count: parent.count.saturating_add(below.count), corners: parent.corners.saturating_add(below.corners) };
            }
        }
        let mut made: HashMap<usize, Vec<(usize, u64)>> = HashMap::new();
        for node in document.descendants().filter(Node::is_element) {
            let place = node.id().get_usize();
            let below = shapes.get(place).copied().unwrap_or_default();
            for (link, name) in links.own(node).iter().copied() {
                let is_use = link == USE;
                let Some(target) = (if is_use { first.get(name) } else { last.get(name) }).copied() else { continue };
                let times = if is_use { PARSED } else { times(link, target, below).saturating_mul(LAID_OUT) };
                if times > 0 {
                    made.entry(place).or_default().push((target.id().get_usize(), times));
                }
            }
        }
        Self { own, made }
    }

    /// What each element comes to with everything below it, and with what is made for it as the last round found that.
    fn round(&self, document: &Document<'_>, last: &[u64]) -> Vec<u64> {
        let mut sums = self.own.clone();
        // The last first: whatever lies in an element comes after it.
        for node in document.descendants().rev() {
            let place = node.id().get_usize();
            let made = self.made.get(&place).into_iter().flatten();
            let weights = made.map(|(target, times)| last.get(*target).copied().unwrap_or(0).saturating_mul(*times) / PARSED);
            let made = weights.fold(0, u64::saturating_add);
            let Some(sum) = sums.get_mut(place) else { continue };
            *sum = sum.saturating_add(made);
            let sum = *sum;
            if let Some(parent) = node.parent().and_then(|parent| sums.get_mut(parent.id().get_usize())) {
                *parent = parent.saturating_add(sum);
            }
        }
        sums
    }
}

/// Shapes of a node and of everything in it: what it refers to may be handed down to each.
#[derive(Debug, Clone, Copy, Default)]
struct Shapes {
    count: u64,
    corners: u64,
}

impl Shapes {
    fn of(node: Node<'_, '_>, outline: &str) -> Self {
        match node.tag_name().name() {
            "path" | "polyline" | "polygon" | "line" => Self { count: 1, corners: corners(outline) },
            "rect" | "circle" | "ellipse" => Self { count: 1, corners: 0 },
            _ => Self::default(),
        }
    }
}

/// About how many corners an outline has: one for each letter, or for each two numbers.
fn corners(outline: &str) -> u64 {
    let (mut letters, mut numbers, mut was_digit) = (0_u64, 0_u64, false);
    for byte in outline.bytes() {
        let is_digit = byte.is_ascii_digit() || byte == b'.';
        letters += u64::from(byte.is_ascii_alphabetic());
        numbers += u64::from(is_digit && !was_digit);
        was_digit = is_digit;
    }
    letters.max(numbers / 2).max(2)
}

/// How often something is laid out for who refers to it: what has a size of its own is laid out once for all, and is part of the drawing as
/// it stands; what is as large as its user, and each marker, again and again.
fn times(link: &str, target: Node<'_, '_>, below: Shapes) -> u64 {
    let is_of_user = |name: &str, default: bool| target.attribute(name).map_or(default, |units| units.trim() != "userSpaceOnUse");
    match (link, target.tag_name().name()) {
        ("marker-start" | "marker-end", "marker") => below.count,
        ("marker" | "marker-mid", "marker") => below.corners,
        ("clip-path", "clipPath") => u64::from(is_of_user("clipPathUnits", false)),
        ("mask", "mask") => u64::from(is_of_user("maskUnits", true) || is_of_user("maskContentUnits", false)),
        ("fill" | "stroke", "pattern") if is_of_user("patternUnits", true) || is_of_user("patternContentUnits", false) => below.count,
        ("filter", "filter") | ("href", _) => 1,
        _ => 0,
    }
}

#[cfg(test)]
#[allow(clippy::format_collect, reason = "a test's file is made once, and short to read")]
mod tests {
    use super::*;

    fn is_allowed(body: &str) -> bool {
        let svg = format!("<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'>{body}</svg>");
        let document = Document::parse(&svg).unwrap();
        check(&document, &Links::of(&document)).is_ok()
    }

    #[test]
    fn uses_of_uses_are_followed_wherever_they_stand() {
        let laughs = |levels: usize| -> String {
            (1..levels).map(|n| format!("<g id='g{n}'>{}</g>", format!("<use href='#g{}'/>", n - 1).repeat(10))).collect()
        };
        assert!(is_allowed("<g id='g0'/><use href='#g0'/>"));
        assert!(is_allowed(&format!("<g id='g0'/>{}", laughs(5))) && !is_allowed(&format!("<g id='g0'/>{}", laughs(7))));
        assert!(!is_allowed(&format!("<use href='#g6'/><defs>{}</defs><g id='g0'/>", laughs(7))));
        assert!(!is_allowed(&format!("<g id='g0'/>{}<g id='g6'/>", laughs(7))), "a second one of a name hides the first");
    }

    #[test]
    fn what_is_made_for_each_that_refers_to_it_is_counted() {
        let many = "<rect width='1' height='1'/>".repeat(1_000);
        let square = |attribute: &str| format!("<rect width='1' height='1' {attribute}='url(#m)'/>").repeat(2_000);
        let zigzag = format!("M0 0{}", "1 1 2 3 ".repeat(1_000));
        for (kind, users) in [
            ("marker", format!("<path marker-mid='url(#m)' d='{zigzag}'/>")),
            ("marker", format!("<g style='marker: url(#m)'>{}</g>", "<path d='M0 0L1 1L2 3'/>".repeat(1_000))),
            ("mask", square("mask")),
            ("pattern", square("fill")),
            ("clipPath clipPathUnits='objectBoundingBox'", square("clip-path")),
        ] {
            let name = kind.split(' ').next().unwrap();
            assert!(!is_allowed(&format!("<{kind} id='m'>{many}</{name}>{users}")), "{kind}");
            assert!(is_allowed(&format!("<{kind} id='m'><path d='M0 0'/></{name}>{users}")), "{kind}");
        }
        let filter = "<filter id='m'><feImage xlink:href='#s'/></filter>";
        assert!(!is_allowed(&format!("<g id='s'>{many}</g>{filter}{}", square("filter"))));
        // Laid out once for all.
        assert!(is_allowed(&format!("<clipPath id='m'>{many}</clipPath>{}", square("clip-path"))));
        let own = "patternUnits='userSpaceOnUse'";
        assert!(is_allowed(&format!("<pattern id='m' {own}>{many}</pattern>{}", square("fill"))));
    }
}
