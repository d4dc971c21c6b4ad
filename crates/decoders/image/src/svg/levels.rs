//! How deep a drawing goes, by elements in elements and by what they refer to: each level lies on the stack of whoever draws it.

use super::bounds::exceeded;
use super::links::{BASE, HANDED_DOWN, Links, PLACE, USE};
use super::names::Names;
use assay_contract::exchange::Refusal;
use resvg::usvg::roxmltree::{Document, Node};

/// Elements that lie in each other or behind each other. Drawing programs write some tens; the parser itself stops at 1,024 that lie in
/// each other.
const MOST_LEVELS: u64 = 1_500;

/// Refuses a drawing that goes too deep, or in a circle that the parser doesn't cut.
pub(super) fn check(document: &Document<'_>, names: &Names<'_, '_>, all: &Links<'_>) -> Result<(), Refusal> {
    let count = document.descendants().next_back().map_or(0, |last| last.id().get_usize() + 1);
    let mut levels = Levels { names, all, known: vec![Known::No; count], links: Vec::new() };
    levels.below(document.root(), 0).map(drop)
}

/// What is known of a node.
#[derive(Debug, Clone, Copy)]
enum Known {
    No,
    /// It is being looked into, and so many links led to it.
    Open(usize),
    /// So many levels hang on it.
    Levels(u64),
}

/// A step from one element to another.
#[derive(Debug, Clone, Copy)]
struct Link<'a> {
    attribute: &'a str,
    from: usize,
    to: usize,
}

struct Levels<'a, 'input> {
    names: &'a Names<'a, 'input>,
    all: &'a Links<'a>,
    known: Vec<Known>,
    /// What led to where we are.
    links: Vec<Link<'a>>,
}

impl<'a, 'input> Levels<'a, 'input> {
    /// Levels that hang on a node with so many above it. What it refers to may be handed down to what lies in it, so both are added.
    fn below(&mut self, node: Node<'a, 'input>, above: u64) -> Result<u64, Refusal> {
        let place = node.id().get_usize();
        exceeded("svg_levels", above, MOST_LEVELS)?;
        match self.known.get(place) {
            Some(Known::Levels(levels)) => {
                exceeded("svg_levels", above.saturating_add(*levels), MOST_LEVELS)?;
                return Ok(*levels);
            }
            Some(Known::Open(links)) if self.is_cut(*links) => return Ok(0),
            // A circle has no end.
            Some(Known::Open(_)) => return exceeded("svg_levels", MOST_LEVELS + 1, MOST_LEVELS).map(|()| 0),
            Some(Known::No) | None => {}
        }
        self.know(place, Known::Open(self.links.len()));
        let mut inside = 0;
        for child in node.children().filter(Node::is_element) {
            inside = inside.max(self.below(child, above + 1)?);
        }
        let (mut behind, mut used) = (0, 0);
        let (all, names, handed_down) = (self.all, self.names, |(_, name): &(&'a str, &'a str)| (HANDED_DOWN, *name));
        for (attribute, name) in all.drawn(node).chain(all.handed_down(node).iter().map(handed_down)) {
            if attribute == USE {
                if let Some(target) = names.used(name) {
                    used = used.max(self.behind(attribute, [node, target], above + 1)?);
                }
                continue;
            }
            for target in names.meant(name) {
                behind = behind.max(self.behind(attribute, [node, target], above + inside + 1)?);
            }
        }
        // What is used draws with what its `use` hands down to it.
        let levels = 1 + inside + used + behind;
        exceeded("svg_levels", above.saturating_add(levels), MOST_LEVELS)?;
        self.know(place, Known::Levels(levels));
        Ok(levels)
    }

    /// The same of what a link leads to.
    fn behind(&mut self, attribute: &'a str, [node, target]: [Node<'a, 'input>; 2], above: u64) -> Result<u64, Refusal> {
        self.links.push(Link { attribute, from: node.id().get_usize(), to: target.id().get_usize() });
        let levels = self.below(target, above)?;
        self.links.pop();
        Ok(levels)
    }

    fn know(&mut self, place: usize, what: Known) {
        if let Some(known) = self.known.get_mut(place) {
            *known = what;
        }
    }

    /// Whether the parser itself finds a circle of all links from a place on: two of the same kind, a filter whose picture is the very
    /// element that wears it, and markers whatever their number. What is used is put in its place before, within bounds.
    fn is_cut(&self, from: usize) -> bool {
        let circle: Vec<&Link<'_>> = self.links.iter().skip(from).filter(|link| link.attribute != USE).collect();
        match circle.as_slice() {
            [] => true,
            // A picture of what the filter itself lies in is not looked for, nor what is handed down.
            [one] => ![PLACE, HANDED_DOWN].contains(&one.attribute),
            // Where patterns that take their contents from each other begin is looked for without an end.
            [one, other] if one.attribute == other.attribute => ![BASE, HANDED_DOWN].contains(&one.attribute),
            [worn, shown] | [shown, worn] if worn.attribute == "filter" && shown.attribute == PLACE => worn.from == shown.to,
            circle => circle.iter().all(|link| link.attribute.starts_with("marker")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(body: &str) -> bool {
        let spaces = "xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' xmlns:f='urn:f'";
        let svg = format!("<svg {spaces}>{body}</svg>");
        let document = Document::parse(&svg).unwrap();
        check(&document, &Names::of(&document), &Links::of(&document).unwrap()).is_ok()
    }

    fn chain(count: usize, link: impl Fn(usize) -> String) -> bool {
        is_allowed(&(0..count).map(link).collect::<Vec<_>>().concat())
    }

    #[test]
    fn chains_of_every_kind_are_followed() {
        let kinds: [fn(usize) -> String; 7] = [
            |n| format!("<clipPath id='a{n}' clip-path='url(#a{})'><path/></clipPath>", n + 1),
            |n| format!("<mask id='a{n}' style=\"fill:red; mask: url( '#a{}' )\"><path/></mask>", n + 1),
            |n| format!("<pattern id='a{n}'><path fill='url(#a{}) red'/></pattern>", n + 1),
            |n| format!("<marker id='a{n}'><path marker-mid='url(#a{})'/></marker>", n + 1),
            |n| format!("<filter id='f{n}'><feImage xlink:href='#r{n}'/></filter><path id='r{n}' filter='url(#f{})'/>", n + 1),
            |n| format!("<g id='a{n}'><use href='#a{}'/></g>", n + 1),
            |n| format!("<pattern id='a{n}' href='#b{n}'/><pattern id='b{n}'><path fill='url(#a{})'/></pattern>", n + 1),
        ];
        for kind in kinds {
            assert!(chain(200, kind), "{}", kind(0));
            assert!(!chain(1_500, kind), "{}", kind(0));
        }
        // What a group refers to may be drawn by whatever lies deepest in it.
        let nested = |n: usize| {
            let (open, close) = ("<g>".repeat(20), "</g>".repeat(20));
            format!("<marker id='a{n}'><g marker-end='url(#a{})'>{open}<path/>{close}</g></marker>", n + 1)
        };
        assert!(chain(60, nested) && !chain(100, nested));
    }

    #[test]
    fn circles_through_a_style_sheet_or_what_is_handed_down_are_found() {
        let masks = "<mask id='m'><rect/></mask><mask id='n'><rect/></mask><mask id='o'><rect/></mask><rect class='a b'/>";
        let circle = "#m rect{mask:url(#n)} #n > rect{mask:url(#o)} #o rect{mask:url(#m)} .b{mask:url(#m)}";
        assert!(!is_allowed(&format!("<style>{circle}</style>{masks}")));
        assert!(is_allowed(&format!("<style>{}</style>{masks}", circle.replace("#o rect", "#o path"))));
        assert!(!is_allowed("<g fill='url(#p)'><pattern id='p'><path/></pattern><path/></g>"));
        for said in ["fill='red'", "style='fill: none'", "class='a'"] {
            let body = format!(
                "<style>.a{{fill:red}} .b{{fill:url(#q)}}</style><g fill='url(#p)'><pattern id='p'><path {said}/></pattern><path/></g>"
            );
            assert!(is_allowed(&body), "{said}");
        }
        assert!(!is_allowed(
            "<pattern id='p'><path fill='url(#q)'/></pattern><g stroke='url(#p)'><pattern id='q'><g><path/></g></pattern><path/></g>"
        ));
    }

    #[test]
    fn what_the_parser_passes_by_hides_no_circle() {
        let inherited = |said: &str| format!("<g fill='url(#p)'><pattern id='p'><path {said}/></pattern><path/></g>");
        for said in [
            "f:fill='red'",
            "style='/* ;fill:red; */'",
            "style='fill:bogus(;'",
            "style='fill:'",
            "style='x;fill:red'",
            "class='x' f:fill='none'",
            "fill='red' style='fill:inherit'",
            "marker='url(#q)'",
        ] {
            assert!(!is_allowed(&inherited(said)), "{said}");
        }
        let three = |name: &str, link: &str| {
            let mask =
                |[own, other]: [&str; 2]| format!("<mask id='{}'><rect {}/></mask>", name.replace('N', own), link.replace('N', other));
            [["m", "n"], ["n", "o"], ["o", "m"]].map(mask).concat()
        };
        for (name, link) in [
            ("N", "style='fill:red;mask:/*;*/url(#N)'"),
            ("N;q", "style='mask:url(&quot;#N;q&quot;)'"),
            ("N)q", "mask='url(&quot;#N)q&quot;)'"),
            ("N q", "mask='url( &quot;#N q &quot; )'"),
        ] {
            assert!(!is_allowed(&three(name, link)), "{link}");
        }
        assert!(!is_allowed(&three("N", "mask='url(#N)'").replace("<mask ", "<mask f:id='z' ")));
        // A pattern's contents are another's, and `use` takes the first of a name.
        assert!(!is_allowed("<pattern id='a' href='#b'/><pattern id='b'><rect fill='url(#a)'/></pattern>"));
        assert!(!is_allowed("<pattern id='a' href='#b'/><pattern id='b' href='#a'/><pattern href='#a'/>"));
        assert!(is_allowed("<pattern id='a' href='#b' patternTransform='scale(2)'/><pattern id='b'><rect/></pattern>"));
        let used = ["mn", "no", "om"].map(|pair| {
            let (own, other) = pair.split_at(1);
            format!("<g id='x{own}'><rect mask='url(#{other})'/></g><mask id='{own}'><use href='#x{own}'/></mask>")
        });
        assert!(!is_allowed(&format!("{}<g id='xm'/><g id='xn'/><g id='xo'/>", used.concat())));
        let handed = "<mask id='x'><rect filter='url(#f)'/></mask><filter id='f'><feImage href='#r'/></filter>";
        assert!(!is_allowed(&format!("<g mask='url(#x)'><rect id='r' mask='inherit'/></g>{handed}")));
    }

    #[test]
    fn what_is_used_draws_with_what_is_handed_down_to_it() {
        let deep = format!("<g id='g'>{}<path/>{}</g>", "<g>".repeat(200), "</g>".repeat(200));
        let link = |n: usize| format!("<marker id='a{n}'><use href='#g' marker-end='url(#a{})'/></marker>", n + 1);
        let chained = |count: usize| is_allowed(&format!("{deep}{}", (0..count).map(link).collect::<Vec<_>>().concat()));
        assert!(chained(5) && !chained(10));
    }

    #[test]
    fn many_that_refer_to_the_same_are_not_deep() {
        assert!(is_allowed(&format!("<clipPath id='a'><path/></clipPath>{}", "<g clip-path='url(#a)'><path/></g>".repeat(5_000))));
    }

    #[test]
    fn circles_are_left_to_the_parser_where_it_cuts_them() {
        for body in [
            "<pattern id='a'><path fill='url(#a)'/></pattern>",
            "<mask id='a' mask='url(#b)'/><mask id='b' mask='url(#a)'/>",
            "<filter id='f'><feImage href='#r'/></filter><path id='r' filter='url(#f)'/>",
            "<mask id='a'><use href='#b'/></mask><g id='b' mask='url(#a)'><path/></g>",
        ] {
            assert!(is_allowed(body), "{body}");
        }
        for body in [
            "<mask id='a' mask='url(#b)'/><mask id='b' mask='url(#c)'/><mask id='c' mask='url(#a)'/>",
            "<mask id='a'><path fill='url(#b)'/></mask><pattern id='b'><path mask='url(#a)'/></pattern>",
            "<filter id='f'><feImage href='#r'/></filter><g id='r'><path filter='url(#f)'/></g>",
            "<g id='r'><filter id='f'><feImage href='#r'/></filter><path filter='url(#f)'/></g>",
        ] {
            assert!(!is_allowed(body), "{body}");
        }
    }
}
