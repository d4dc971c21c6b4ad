//! What a drawing comes to when each thing that it refers to is made as often as it is asked for, counted before it is made.

use super::bounds::exceeded;
use super::links::{BASE, Links, PLACE, USE};
use super::names::{Names, attribute};
use super::references;
use assay_contract::exchange::Refusal;
use resvg::usvg::roxmltree::{Document, Node};

/// What references add to a drawing: elements, and one more for each so many bytes of a path. About four seconds.
const MOST_USED: u64 = 100_000;
const PATH_BYTES: u64 = 200;
/// What `use` names is parsed anew; all else is laid out anew, which takes a quarter of that.
const PARSED: u64 = 4;
/// A pattern's units may be told by the one that it takes its contents from, or by that one's; so many are asked.
const MOST_BASES: usize = 16;

/// Refuses a drawing that multiplies itself by what it refers to.
pub(super) fn check(document: &Document<'_>, names: &Names<'_, '_>, links: &Links<'_>) -> Result<(), Refusal> {
    let mut plan = Plan::of(document, names, links);
    let plain = plan.sums.first().copied().unwrap_or(0);
    let (all, _) = plan.weigh(0)?;
    let parsed = all.parsed.saturating_sub(plain).saturating_mul(PARSED - 1);
    exceeded("svg_used_elements", parsed.saturating_add(all.laid_out.saturating_sub(plain)) / PARSED, MOST_USED)
}

/// Each node by its place in the document.
#[derive(Debug, Default)]
struct Plan {
    /// What a node weighs with all that lies in it, without what they refer to.
    sums: Vec<u64>,
    /// Where a node's last descendant stands.
    ends: Vec<usize>,
    /// What is made for elements, by their places.
    made: Vec<Made>,
    known: Vec<Option<Weight>>,
    /// What is being weighed: the parser makes nothing within itself, or what goes in a circle was refused before.
    open: Vec<usize>,
    /// Links that were looked at.
    looks: u64,
}

/// Something that is made for an element.
#[derive(Debug, Clone, Copy)]
struct Made {
    place: usize,
    target: usize,
    /// How often it is laid out.
    times: u64,
    is_parsed: bool,
}

/// What something comes to with all that is made for it.
#[derive(Debug, Clone, Copy)]
struct Weight {
    parsed: u64,
    laid_out: u64,
}

impl Plan {
    fn of(document: &Document<'_>, names: &Names<'_, '_>, links: &Links<'_>) -> Self {
        let count = document.descendants().next_back().map_or(0, |last| last.id().get_usize() + 1);
        let mut plan = Self { sums: vec![0; count], ends: (0..count).collect(), known: vec![None; count], ..Self::default() };
        let mut shapes = vec![Shapes::default(); count];
        // The last first: whatever lies in an element comes after it.
        for node in document.descendants().rev() {
            let place = node.id().get_usize();
            let outline = node.attribute("d").or_else(|| node.attribute("points")).unwrap_or_default();
            let own = u64::from(node.is_element()) + outline.len() as u64 / PATH_BYTES;
            if let (Some(sum), Some(below)) = (plan.sums.get_mut(place), shapes.get_mut(place)) {
                *sum = sum.saturating_add(own);
                *below = below.with(Shapes::of(node, outline));
            }
            let end = plan.ends.get(place).copied().unwrap_or(place);
            let (sum, below) = (plan.sums.get(place).copied().unwrap_or(0), shapes.get(place).copied().unwrap_or_default());
            let Some(parent) = node.parent().map(|parent| parent.id().get_usize()) else { continue };
            if let (Some(sums), Some(ends), Some(shapes)) = (plan.sums.get_mut(parent), plan.ends.get_mut(parent), shapes.get_mut(parent)) {
                *sums = sums.saturating_add(sum);
                *ends = end.max(*ends);
                *shapes = shapes.with(below);
            }
        }
        for node in document.descendants().filter(Node::is_element) {
            let place = node.id().get_usize();
            let below = shapes.get(place).copied().unwrap_or_default();
            for (link, name) in links.own(node).iter().copied() {
                let is_parsed = link == USE;
                let targets = names.used(name).filter(|_| is_parsed).into_iter().chain(names.meant(name).filter(|_| !is_parsed));
                for (target, times) in targets.map(|target| (target, times(link, target, below, names))).filter(|(_, times)| *times > 0) {
                    plan.made.push(Made { place, target: target.id().get_usize(), times, is_parsed });
                }
            }
        }
        plan
    }

    /// What a node comes to with everything in it, and the outermost of what is open that something was left out for.
    fn weigh(&mut self, place: usize) -> Result<(Weight, usize), Refusal> {
        if let Some(weight) = self.known.get(place).copied().flatten() {
            return Ok((weight, usize::MAX));
        }
        let sum = self.sums.get(place).copied().unwrap_or(0);
        let end = self.ends.get(place).copied().unwrap_or(place);
        let (mut weight, mut outermost) = (Weight { parsed: sum, laid_out: sum }, usize::MAX);
        let depth = self.open.len();
        self.open.push(place);
        let mut next = self.made.partition_point(|made| made.place < place);
        while let Some(made) = self.made.get(next).copied().filter(|made| made.place <= end) {
            next += 1;
            self.looks += 1;
            exceeded("svg_used_elements", self.looks, MOST_USED * PARSED + self.made.len() as u64)?;
            if let Some(open) = self.open.iter().position(|open| *open == made.target) {
                outermost = outermost.min(open);
                continue;
            }
            let (target, left_out) = self.weigh(made.target)?;
            outermost = outermost.min(left_out);
            weight.laid_out = weight.laid_out.saturating_add(target.laid_out.saturating_mul(made.times));
            if made.is_parsed {
                weight.parsed = weight.parsed.saturating_add(target.parsed);
            }
        }
        self.open.pop();
        if outermost < depth {
            return Ok((weight, outermost));
        }
        // Outside of every circle it is the same wherever it is asked for.
        if let Some(known) = self.known.get_mut(place).filter(|_| outermost == usize::MAX) {
            *known = Some(weight);
        }
        Ok((weight, usize::MAX))
    }
}

/// Shapes of a node and of everything in it: what it refers to may be handed down to each.
#[derive(Debug, Clone, Copy, Default)]
struct Shapes {
    count: u64,
    corners: u64,
}

impl Shapes {
    fn with(self, other: Self) -> Self {
        Self { count: self.count.saturating_add(other.count), corners: self.corners.saturating_add(other.corners) }
    }

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
fn times(link: &str, target: Node<'_, '_>, below: Shapes, names: &Names<'_, '_>) -> u64 {
    let is_of_user = |name: &str, default: bool| attribute(target, name).map_or(default, |units| units != "userSpaceOnUse");
    match (link, target.tag_name().name()) {
        ("marker-start" | "marker-end", "marker") => below.count,
        ("marker" | "marker-mid", "marker") => below.corners,
        ("clip-path", "clipPath") => u64::from(is_of_user("clipPathUnits", false)),
        ("mask", "mask") => u64::from(is_of_user("maskUnits", true) || is_of_user("maskContentUnits", false)),
        ("fill" | "stroke", "pattern") => {
            let units = |name: &str| pattern_units(target, name, names);
            let is_user = units("patternUnits") == Some("userSpaceOnUse")
                && units("patternContentUnits").is_none_or(|units| units == "userSpaceOnUse");
            if is_user { 0 } else { below.count }
        }
        ("filter", "filter") | (PLACE | BASE | USE, _) => 1,
        _ => 0,
    }
}

/// What a pattern says of its units, or the first that does of those that it takes its contents from; nothing that is known where there are
/// too many of them.
fn pattern_units<'a>(pattern: Node<'a, '_>, name: &str, names: &Names<'a, '_>) -> Option<&'a str> {
    let mut at = pattern;
    for _ in 0..MOST_BASES {
        if let Some(units) = attribute(at, name) {
            return Some(units);
        }
        let base = references::name(attribute(at, "href")?).first().and_then(|base| names.meant(base).next());
        at = base.filter(|base| base.tag_name().name() == "pattern")?;
    }
    Some("")
}

#[cfg(test)]
#[allow(clippy::format_collect, reason = "a test's file is made once, and short to read")]
mod tests {
    use super::*;

    fn is_allowed(body: &str) -> bool {
        let spaces = "xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' xmlns:f='urn:f'";
        let svg = format!("<svg {spaces}>{body}</svg>");
        let document = Document::parse(&svg).unwrap();
        check(&document, &Names::of(&document), &Links::of(&document).unwrap()).is_ok()
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

    #[test]
    fn what_is_made_in_what_is_made_multiplies_without_a_discount() {
        let nested = |each: usize, levels: usize, open: fn(usize) -> String, user: fn(usize) -> String, close: &str| -> bool {
            let level = |n: usize| format!("{}{}{close}", open(n), user(n + 1).repeat(each));
            is_allowed(&((0..levels).map(level).collect::<String>() + &user(0)))
        };
        let mask = |n: usize| format!("<mask id='m{n}'>");
        let masked = |n: usize| format!("<rect mask='url(#m{n})'/>");
        assert!(
            nested(10, 4, mask, masked, "</mask>") && !nested(10, 6, mask, masked, "</mask>") && !nested(3, 14, mask, masked, "</mask>")
        );
        let marker = |n: usize| format!("<marker id='m{n}'>");
        let marked = |n: usize| format!("<path d='M0 0h1h1h1h1h1h1h1h1' marker-mid='url(#m{n})'/>");
        assert!(nested(1, 4, marker, marked, "</marker>") && !nested(1, 8, marker, marked, "</marker>"));
        let filter = |n: usize| format!("<rect id='r{n}' filter='url(#f{n})'/><filter id='f{n}'>");
        let shown = |n: usize| format!("<feImage href='#r{n}'/>");
        assert!(nested(2, 8, filter, shown, "</filter>") && !nested(2, 20, filter, shown, "</filter>"));
        // Units that another namespace, or nobody, tells; and those of what a pattern takes its contents from.
        let pattern = |n: usize| format!("<pattern id='m{n}' f:patternUnits='userSpaceOnUse'>");
        let filled = |n: usize| format!("<rect fill='url(#m{n})'/>");
        assert!(!nested(10, 6, pattern, filled, "</pattern>"));
        let based = |n: usize| format!("<pattern id='m{n}' href='#b{n}'/><pattern id='b{n}'>");
        assert!(!nested(10, 6, based, filled, "</pattern>"));
        let of_user = |n: usize| format!("<pattern id='m{n}' href='#b{n}'/><pattern id='b{n}' patternUnits='userSpaceOnUse'>");
        assert!(nested(10, 12, of_user, filled, "</pattern>"));
    }

    #[test]
    fn markers_that_a_style_sheet_puts_on_their_own_paths_are_no_multiplication() {
        let marker = |name: &str| format!("<marker id='{name}'>{}</marker>", "<path d='M0 0L1 1'/>".repeat(3));
        let style = "<style>path{marker-start:url(#a);marker-mid:url(#b);marker-end:url(#c)}</style>";
        let paths = "<path d='M0 0L1 1'/>".repeat(100);
        let body = format!("{style}{}{}{}{paths}", marker("a"), marker("b"), marker("c"));
        assert!(is_allowed(&body));
    }
}
