//! What each element of a drawing refers to: by its attributes, by its style, by style sheets, and by what is handed down to it.

use super::bounds::exceeded;
use super::names::is_own;
use super::references;
use assay_contract::exchange::Refusal;
use resvg::usvg::roxmltree::{Document, Node};
use simplecss::{AttributeOperator, Declaration, DeclarationTokenizer, PseudoClass, StyleSheet};
use std::rc::Rc;

/// The link from a `use`.
pub(super) const USE: &str = "use";
/// The link from a filter's picture.
pub(super) const PLACE: &str = "href";
/// The link from a pattern to the one that it takes its contents from.
pub(super) const BASE: &str = "base";
/// A link that an element has from one that it lies in.
pub(super) const HANDED_DOWN: &str = "handed down";
/// Links of all elements, each as often as it is looked at to be handed down; drawing programs write a few for an element.
const MOST_LINKS: u64 = 8_000_000;
/// Properties that are handed down and may refer to something (SVG 2, 13.2 and 13.8).
const DOWNWARD: [&str; 5] = ["fill", "stroke", "marker-start", "marker-mid", "marker-end"];
/// What all three of its markers are set by, in styles alone.
const MARKERS: &str = "marker";
/// The attribute and the element.
const STYLE: &str = "style";
/// What draws with the properties that are handed down.
const SHAPES: [&str; 8] = ["path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "use"];

/// Attributes, or [`USE`], [`PLACE`] and [`BASE`], and the names that they lead to.
type Named<'a> = (&'a str, &'a str);

/// The links of a drawing, by their elements' places in it. Where it can't be told what the parser makes of a value, there is a link.
#[derive(Debug, Default)]
pub(super) struct Links<'a> {
    own: Vec<Vec<Named<'a>>>,
    /// Most elements share what their parents have.
    handed_down: Vec<Rc<[Named<'a>]>>,
    count: u64,
}

impl<'a> Links<'a> {
    pub(super) fn of(document: &'a Document<'_>) -> Result<Self, Refusal> {
        let mut sheet = StyleSheet::new();
        // The same elements, and their first text alone, as the parser takes.
        let styles = document.descendants().filter(|node| node.tag_name().name() == STYLE);
        for node in styles.filter(|node| node.attribute("type").is_none_or(|kind| kind == "text/css")) {
            sheet.parse_more(node.text().unwrap_or_default());
        }
        let refers = |declared: &Declaration<'_>| declared.value.contains("url");
        // Most sheets only colour: there is nothing in them to be matched with every element.
        let is_needed = sheet.rules.iter().any(|rule| rule.declarations.iter().any(refers));
        for rule in &mut sheet.rules {
            rule.declarations.retain(|declared| refers(declared) || is_downward(declared.name) || declared.value == "inherit");
        }
        sheet.rules.retain(|rule| is_needed && !rule.declarations.is_empty());
        let mut links = Self::default();
        for node in document.descendants().filter(Node::is_element) {
            let mut said = said(node);
            let rules = sheet.rules.iter().filter(|rule| rule.selector.matches(&Element(node)));
            said.extend(rules.flat_map(|rule| rule.declarations.iter().map(|declared| (declared.name, declared.value))));
            links.add(node, &said);
            exceeded("svg_links", links.count, MOST_LINKS)?;
        }
        Ok(links)
    }

    /// What an element refers to itself.
    pub(super) fn own(&self, node: Node<'_, '_>) -> &[Named<'a>] {
        self.own.get(node.id().get_usize()).map_or(&[], Vec::as_slice)
    }

    /// What an element draws with by what it says itself: what a group is filled with is handed down to shapes, and drawn by them.
    pub(super) fn drawn(&self, node: Node<'_, '_>) -> impl Iterator<Item = Named<'a>> {
        let is_shape = SHAPES.contains(&node.tag_name().name());
        self.own(node).iter().copied().filter(move |(property, _)| is_shape || !is_downward(property))
    }

    /// What a shape draws with because of what it lies in.
    pub(super) fn handed_down(&self, node: Node<'_, '_>) -> &[Named<'a>] {
        let is_shape = SHAPES.contains(&node.tag_name().name());
        self.handed_down.get(node.id().get_usize()).filter(|_| is_shape).map_or(&[], |links| &**links)
    }

    fn add(&mut self, node: Node<'_, '_>, said: &[Named<'a>]) {
        let place = node.id().get_usize();
        let parent = node.parent_element().map_or(usize::MAX, |parent| parent.id().get_usize());
        let above = self.own.get(parent).map_or(&[][..], Vec::as_slice);
        let before = self.handed_down.get(parent).map_or_else(|| Rc::from([]), Rc::clone);
        // Of several values one counts, and it may be the one that asks for what lies above.
        let is_said = |property: &str| {
            let mut values = said.iter().filter(|(name, _)| *name == property || (*name == MARKERS && property.starts_with(MARKERS)));
            values.clone().next().is_some() && values.all(|(_, value)| value.trim() != "inherit")
        };
        let is_left = |property: &str| is_downward(property) && !is_said(property);
        let handed_down = if above.iter().all(|(property, _)| !is_downward(property)) && before.iter().all(|(name, _)| is_left(name)) {
            Rc::clone(&before)
        } else {
            before.iter().chain(above).copied().filter(|(property, _)| is_left(property)).collect()
        };
        let mut own = Vec::new();
        for (property, value) in said {
            match *property {
                USE | PLACE | BASE => own.extend(references::name(value).into_iter().map(|target| (*property, target))),
                _ if value.trim() == "inherit" => own.extend(above.iter().filter(|(name, _)| name == property && !is_downward(name))),
                _ => own.extend(references::names(value).into_iter().map(|target| (*property, target))),
            }
        }
        own.sort_unstable();
        own.dedup();
        self.count += (own.len() + above.len() + before.len()) as u64;
        self.own.resize(place, Vec::new());
        self.own.push(own);
        self.handed_down.resize(place, Rc::from([]));
        self.handed_down.push(handed_down);
    }
}

fn is_downward(property: &str) -> bool {
    property == MARKERS || DOWNWARD.contains(&property)
}

/// Properties and their values, as an element itself has them; a link by its place is written as others are.
fn said<'a>(node: Node<'a, '_>) -> Vec<Named<'a>> {
    let mut said = Vec::new();
    for attribute in node.attributes().filter(is_own) {
        match (attribute.name(), node.tag_name().name()) {
            ("href", "use") => said.push((USE, attribute.value())),
            ("href", "feImage") => said.push((PLACE, attribute.value())),
            ("href", "pattern") => said.push((BASE, attribute.value())),
            // The parser reads neither as an attribute.
            ("href" | MARKERS | STYLE, _) => {}
            (name, _) => said.push((name, attribute.value())),
        }
    }
    // The first of whatever namespace.
    let style = node.attribute(STYLE).unwrap_or_default();
    said.extend(DeclarationTokenizer::from(style).map(|declared| (declared.name, declared.value)));
    said
}

/// An element as selectors see it.
struct Element<'a, 'input>(Node<'a, 'input>);

impl simplecss::Element for Element<'_, '_> {
    fn parent_element(&self) -> Option<Self> {
        self.0.parent_element().map(Element)
    }

    fn prev_sibling_element(&self) -> Option<Self> {
        self.0.prev_sibling_element().map(Element)
    }

    fn has_local_name(&self, name: &str) -> bool {
        self.0.tag_name().name() == name
    }

    fn attribute_matches(&self, name: &str, operator: AttributeOperator<'_>) -> bool {
        self.0.attribute(name).is_some_and(|value| operator.matches(value))
    }

    fn pseudo_class_matches(&self, class: PseudoClass<'_>) -> bool {
        matches!(class, PseudoClass::FirstChild) && self.prev_sibling_element().is_none()
    }
}
