//! What each element of a drawing refers to: by its attributes, by its style, by style sheets, and by what is handed down to it.

use resvg::usvg::roxmltree::{Document, Node};
use simplecss::{AttributeOperator, PseudoClass, Rule, StyleSheet};

/// The link from a `use`.
pub(super) const USE: &str = "use";
/// The link from a filter's picture.
pub(super) const PLACE: &str = "href";
/// A link that an element has from one that it lies in.
pub(super) const HANDED_DOWN: &str = "handed down";
/// Properties that are handed down and may refer to something (SVG 2, 13.2 and 13.8).
const DOWNWARD: [&str; 5] = ["fill", "stroke", "marker-start", "marker-mid", "marker-end"];
/// What all three of its markers are set by.
const MARKERS: &str = "marker";
/// The attribute and the element.
const STYLE: &str = "style";
/// What draws with the properties that are handed down.
const SHAPES: [&str; 8] = ["path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "use"];

/// Attributes, or [`USE`], and the names that they lead to.
type Named<'a> = Vec<(&'a str, &'a str)>;

/// The links of a drawing, by their elements' places in it.
#[derive(Debug, Default)]
pub(super) struct Links<'a> {
    own: Vec<Named<'a>>,
    handed_down: Vec<Named<'a>>,
}

impl<'a> Links<'a> {
    pub(super) fn of(document: &'a Document<'_>) -> Self {
        let mut sheet = StyleSheet::new();
        // The same elements, and their first text alone, as the parser takes.
        for node in document.descendants().filter(|node| node.tag_name().name() == STYLE) {
            sheet.parse_more(node.text().unwrap_or_default());
        }
        let refers = |rule: &Rule<'_>| rule.declarations.iter().any(|declared| declared.value.contains("url("));
        let says = |rule: &Rule<'_>| rule.declarations.iter().any(|declared| is_downward(declared.name));
        // Most sheets only colour: there is nothing in them to be matched with every element.
        let is_needed = sheet.rules.iter().any(refers);
        sheet.rules.retain(|rule| is_needed && (refers(rule) || says(rule)));
        let mut links = Self::default();
        for node in document.descendants() {
            let mut said = said(node);
            if node.is_element() {
                let rules = sheet.rules.iter().filter(|rule| rule.selector.matches(&Element(node)));
                said.extend(rules.flat_map(|rule| rule.declarations.iter().map(|declared| (declared.name, declared.value))));
            }
            links.add(node, &said);
        }
        links
    }

    /// What an element refers to itself.
    pub(super) fn own(&self, node: Node<'_, '_>) -> &[(&'a str, &'a str)] {
        self.own.get(node.id().get_usize()).map_or(&[], Vec::as_slice)
    }

    /// What an element draws with by what it says itself: what a group is filled with is handed down to shapes, and drawn by them.
    pub(super) fn drawn(&self, node: Node<'_, '_>) -> impl Iterator<Item = (&'a str, &'a str)> {
        let is_shape = SHAPES.contains(&node.tag_name().name());
        self.own(node).iter().copied().filter(move |(property, _)| is_shape || !is_downward(property))
    }

    /// What a shape draws with because of what it lies in.
    pub(super) fn handed_down(&self, node: Node<'_, '_>) -> &[(&'a str, &'a str)] {
        let is_shape = SHAPES.contains(&node.tag_name().name());
        self.handed_down.get(node.id().get_usize()).filter(|_| is_shape).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, node: Node<'_, '_>, said: &[(&'a str, &'a str)]) {
        let place = node.id().get_usize();
        let above = node.parent_element().and_then(|parent| {
            let parent = parent.id().get_usize();
            Some((self.own.get(parent)?, self.handed_down.get(parent)?))
        });
        let is_said = |property: &str| {
            let same = |name: &str| name == property || (name == MARKERS && property.starts_with(MARKERS));
            said.iter().any(|(name, value)| same(name) && value.trim() != "inherit")
        };
        let handed_down = above.map_or_else(Vec::new, |(own, before)| {
            before.iter().chain(own).copied().filter(|(property, _)| is_downward(property) && !is_said(property)).collect()
        });
        let own = said.iter().flat_map(|(name, value)| names(name, value).into_iter().map(|target| (*name, target))).collect();
        for (list, links) in [(&mut self.own, own), (&mut self.handed_down, handed_down)] {
            list.resize(place, Vec::new());
            list.push(links);
        }
    }
}

fn is_downward(property: &str) -> bool {
    property == MARKERS || DOWNWARD.contains(&property)
}

/// Properties and their values, as an element itself has them; a link by its place is written as others are.
fn said<'a>(node: Node<'a, '_>) -> Vec<(&'a str, &'a str)> {
    let mut said = Vec::new();
    for attribute in node.attributes() {
        match (attribute.name(), node.tag_name().name()) {
            ("href", "use") => said.push((USE, attribute.value())),
            ("href", "feImage") => said.push((PLACE, attribute.value())),
            ("href", _) => {}
            (STYLE, _) => {
                let declared = attribute.value().split(';').filter_map(|declaration| declaration.split_once(':'));
                said.extend(declared.map(|(property, value)| (property.trim(), value)));
            }
            (name, _) => said.push((name, attribute.value())),
        }
    }
    said
}

/// Names in `url(#…)`; of a place, the one behind its `#`.
fn names<'a>(property: &str, value: &'a str) -> Vec<&'a str> {
    if [USE, PLACE].contains(&property) {
        return value.trim().strip_prefix('#').into_iter().collect();
    }
    let within = value.split("url(").skip(1).filter_map(|rest| {
        let target = rest.split(')').next()?.trim().trim_matches(['"', '\'']);
        target.trim().strip_prefix('#')
    });
    within.collect()
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
