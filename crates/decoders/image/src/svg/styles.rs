//! Which styles of a drawing the renderer does not know, or reads otherwise than they are meant: it leaves them out without a word.

use resvg::usvg::roxmltree::{Document, Node};
use simplecss::DeclarationTokenizer;

const SVG: &str = "http://www.w3.org/2000/svg";
/// Attributes that hold colours.
const COLOURS: [&str; 6] = ["fill", "stroke", "stop-color", "flood-color", "lighting-color", "color"];
/// Properties of styles that change what is drawn, and that the renderer takes from attributes alone, or not at all.
const UNREAD: [&str; 18] = [
    "background",
    "background-image",
    "cx",
    "cy",
    "d",
    "height",
    "mask-image",
    "offset-path",
    "r",
    "rotate",
    "rx",
    "ry",
    "scale",
    "transform-box",
    "translate",
    "width",
    "x",
    "y",
];
/// Others whose values are judged.
const JUDGED: [&str; 7] = ["clip-path", "display", "mask", "opacity", "stroke-width", "transform", "visibility"];
/// Words that ask for nothing.
const NOTHING: [&str; 8] = ["none", "auto", "initial", "inherit", "unset", "0", "transparent", "view-box"];
/// Lines that keep their width.
const UNSCALED: &str = "non-scaling-stroke";
/// Attributes that hold lengths.
const LENGTHS: [&str; 14] = ["x", "y", "width", "height", "cx", "cy", "r", "rx", "ry", "x1", "y1", "x2", "y2", "stroke-width"];
/// Units that are read as nothing (CSS Values 4, 6).
const UNITS: [&str; 8] = ["rem", "vw", "vh", "vmin", "vmax", "ch", "lh", "q"];
/// Functions of newer styles that are drawn as nothing or in black.
const FUNCTIONS: [&str; 9] = ["var(", "lab(", "lch(", "color(", "color-mix(", "hwb(", "light-dark(", "env(", "calc("];
/// Selectors that the renderer takes for no element.
const SELECTORS: [&str; 15] =
    [":nth-", ":not(", ":is(", ":where(", ":has(", ":last-", ":only-", ":first-of", ":empty", ":root", "~", "|", "\\", " i]", " s]"];
/// Conditions that do not hold for a picture on a light screen.
const ABSENT: [&str; 2] = ["print", "prefers-"];
/// Rules for something else than what is drawn, or that are judged apart.
const OTHER_RULES: [&str; 10] = [
    "charset",
    "import",
    "media",
    "namespace",
    "font-face",
    "font-feature-values",
    "keyframes",
    "-webkit-keyframes",
    "-moz-keyframes",
    "page",
];

/// Where a style stands: what is said of the root's size is no question of what is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Inside,
}

/// Whether styles ask for something that is not drawn as it is meant.
pub(super) fn has_unknown(document: &Document<'_>) -> bool {
    let root = document.root_element();
    let is_unknown = document.descendants().filter(Node::is_element).any(|node| {
        let place = if node == root { Place::Root } else { Place::Inside };
        // What a part of a page looks like is no question of a drawing.
        let is_own = node.tag_name().namespace().is_none_or(|namespace| namespace == SVG);
        is_own && node.attributes().any(|attribute| has_unknown_part(attribute.name(), attribute.value(), place))
            || node.tag_name().name() == "style" && is_unknown_style(node)
    });
    is_unknown || has_unscaled_strokes(document)
}

fn has_unknown_part(attribute: &str, value: &str, place: Place) -> bool {
    match attribute {
        "d" | "id" | "class" => false,
        "style" => DeclarationTokenizer::from(value).any(|declared| is_unread(declared.name, declared.value, place)),
        "clip-path" | "mask" => is_unread(attribute, value, place),
        name if COLOURS.contains(&name) => is_unknown_value(value),
        name => LENGTHS.contains(&name) && is_unknown_length(value),
    }
}

/// Whether lines should stay as wide as they are where the rest is scaled: they are scaled with it (SVG 2, 8.13).
fn has_unscaled_strokes(document: &Document<'_>) -> bool {
    let is_asked = |node: Node<'_, '_>| {
        node.is_text() && node.text().is_some_and(|css| css.contains(UNSCALED))
            || node.attributes().any(|own| matches!(own.name(), "vector-effect" | "style") && own.value().contains(UNSCALED))
    };
    let is_scaled = |node: Node<'_, '_>| {
        node.attributes().any(|own| own.name() == "transform" || own.name() == "style" && own.value().contains("transform"))
    };
    let root = document.root_element();
    let is_fitted = root.has_attribute("viewBox") && (root.has_attribute("width") || root.has_attribute("height"));
    document.descendants().any(is_asked) && (is_fitted || document.descendants().any(is_scaled))
}

fn is_unknown_style(style: Node<'_, '_>) -> bool {
    let kind = style.attribute("type").unwrap_or("text/css");
    let media = style.attribute("media").unwrap_or("all").trim().to_ascii_lowercase();
    let mut texts = style.children().filter_map(|child| child.text().filter(|_| child.is_text()));
    let first = texts.next().unwrap_or_default();
    // The renderer takes this spelling of its type alone, any medium, and the text before the first comment.
    let is_left = kind != "text/css" && (kind.is_empty() || kind.to_ascii_lowercase().starts_with("text/css"));
    let is_for_else = !matches!(media.as_str(), "" | "all" | "screen");
    let is_told = !first.trim().is_empty();
    is_told && (is_left || is_for_else) || texts.any(|text| !text.trim().is_empty()) || is_unknown_sheet(first)
}

fn is_unknown_sheet(css: &str) -> bool {
    let rules = without_comments(css);
    let conditions = rules.split("@media").skip(1).filter_map(|rest| rest.split('{').next());
    let mut selectors = rules.split('}').filter_map(|rule| rule.split('{').next());
    let is_unknown_selector = |selector: &str| {
        let selector = selector.replace("~=", "=").replace("|=", "=");
        SELECTORS.iter().any(|unknown| selector.contains(unknown)) && !selector.trim_start().starts_with('@')
    };
    is_unknown_value(&rules)
        || conditions.into_iter().any(|condition| !ABSENT.iter().any(|absent| condition.contains(absent)))
        || selectors.any(is_unknown_selector)
        || has_unknown_rules(&rules)
}

fn without_comments(css: &str) -> String {
    let mut rules = String::with_capacity(css.len());
    for (at, part) in css.split("/*").enumerate() {
        // What ends a comment is followed by rules again.
        rules.push_str(if at == 0 { part } else { part.split_once("*/").map_or("", |(_, behind)| behind) });
    }
    rules
}

/// Whether rules stand in rules that only newer styles have (CSS Nesting 1; CSS Cascade 5), which the parser leaves out, or ask for what
/// is not drawn. Here and not by the parser, which takes longer for each rule than for the one before.
fn has_unknown_rules(rules: &str) -> bool {
    let (mut open, mut begin) = (Vec::new(), 0);
    let mut rule = ("", 0);
    for (at, letter) in rules.char_indices().filter(|(_, letter)| matches!(letter, '{' | '}' | ';')) {
        let before = rules.get(begin..at).unwrap_or_default().trim();
        begin = at + 1;
        let name = before.strip_prefix('@').and_then(|rest| rest.split(|c: char| !c.is_ascii_alphabetic() && c != '-').next());
        if name.is_some_and(|name| !OTHER_RULES.contains(&name)) {
            return true;
        }
        match letter {
            '{' if open.last() == Some(&Kind::Plain) => return true,
            '{' if name.is_some() => open.push(Kind::Other),
            '{' => {
                rule = (before, begin);
                open.push(Kind::Plain);
            }
            // What stands in other rules is judged by their conditions, or not drawn.
            '}' if open.pop() == Some(Kind::Plain) && open.is_empty() => {
                let (selector, body) = (rule.0, rules.get(rule.1..at).unwrap_or_default());
                let place = if selector.ends_with("svg") { Place::Root } else { Place::Inside };
                if DeclarationTokenizer::from(body).any(|declared| is_unread(declared.name, declared.value, place)) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// Rules with declarations, or with rules or none in them.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Other,
}

/// Whether a property would be drawn, and is not.
fn is_unread(name: &str, value: &str, place: Place) -> bool {
    match name {
        "clip-path" | "mask" => !is_nothing(value) && !value.trim_start().starts_with("url("),
        "stroke-width" => is_unknown_length(value),
        "transform" => !is_nothing(value) && is_unknown_transform(&value.to_ascii_lowercase()),
        "width" | "height" if place == Place::Root => false,
        name if COLOURS.contains(&name) => is_unknown_value(value),
        name if UNREAD.contains(&name) => !is_nothing(value),
        // The renderer knows properties in small letters alone.
        name => name.bytes().any(|letter| letter.is_ascii_uppercase()) && is_drawn(&name.to_ascii_lowercase()),
    }
}

fn is_drawn(name: &str) -> bool {
    UNREAD.contains(&name) || COLOURS.contains(&name) || JUDGED.contains(&name)
}

fn is_nothing(value: &str) -> bool {
    NOTHING.iter().any(|word| value.trim().eq_ignore_ascii_case(word))
}

/// Functions and units of CSS that SVG's own attribute does not have (SVG 2, 8.5). In small letters.
fn is_unknown_transform(value: &str) -> bool {
    const OWN: [&str; 8] = ["", "matrix", "translate", "scale", "rotate", "skewx", "skewy", "e"];
    value.contains('%') || value.split(|letter: char| !letter.is_ascii_alphabetic()).any(|word| !OWN.contains(&word))
}

fn is_unknown_length(value: &str) -> bool {
    let value = value.trim();
    if value.contains('(') || !value.ends_with(|last: char| last.is_ascii_alphabetic()) {
        return value.contains('(');
    }
    let small = value.to_ascii_lowercase();
    !value.starts_with(|first: char| first.is_ascii_alphabetic()) && UNITS.iter().any(|unit| small.ends_with(unit))
}

/// Whether a value, or any in a sheet, has a function that is not read, or a colour whose opacity is a percentage.
fn is_unknown_value(value: &str) -> bool {
    if !value.contains('(') {
        return false;
    }
    let value = value.to_ascii_lowercase();
    let is_share = |colour: &str| {
        let parts = colour.split(')').next().unwrap_or_default();
        let is_named = parts.contains("none") || parts.contains("from");
        is_named || parts.split(['/', ',']).skip(if parts.contains('/') { 1 } else { 3 }).any(|opacity| opacity.contains('%'))
    };
    FUNCTIONS.iter().any(|name| value.contains(name))
        || ["rgb(", "rgba(", "hsl(", "hsla("].iter().any(|name| value.split(name).skip(1).any(is_share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_styles_that_would_be_drawn_otherwise_are_told() {
        for known in [
            "rect{fill:hsl(120, 50%, 50%)} a:hover{fill:red} .not{fill:red}",
            "@media print{rect{fill:red}} @media (prefers-color-scheme: dark) {rect{fill:red}}",
            "@font-face{font-family:a} /* var(--c) :nth-child(2) */ rect:first-child{fill:red}",
            "@import url(https://fonts.example/css2?family=Inter:wght@400;700); @keyframes k{from{fill:red} to{fill:blue}} .a{fill:red}",
            "rect{fill:rgb(10% 20% 30% / .5);stroke:rgba(1,2,3,.5);transform:translate(1e2 3) rotate(45)} [a~=b]{fill:red} [c|=d]{fill:red}",
            "@keyframes k{from{transform:translate(1px)}} svg{width:10px;height:10px} .b{clip-path:url(#c);mask:none;background:none}",
        ] {
            assert!(!is_unknown_sheet(known), "{known}");
        }
        for unknown in [
            ":root{--c:red}rect{fill:var(--c)}",
            "@media screen{rect{fill:red}}",
            "rect:nth-child(2){fill:red}",
            "a{fill:red} rect:not(.b){fill:red}",
            "rect{fill:oklch(60% .2 20)}",
            "rect{fill:rgb(255 0 0 / 50%)}",
            "rect{fill:rgba(255,0,0,50%)}",
            "rect{FILL:red}",
            "rect{width:10px}",
            "circle{r:5}",
            "rect{transform:translate(10px,0)}",
            "rect{clip-path:circle(50%)}",
            "svg{background:red}",
            "@layer a{rect{fill:red}}",
            "@supports (fill:red){rect{fill:red}}",
            "g{fill:red; .a{fill:blue}}",
            "g ~ rect{fill:red}",
            ".a\\:b{fill:red}",
        ] {
            assert!(is_unknown_sheet(unknown), "{unknown}");
        }
    }

    #[test]
    fn lines_that_keep_their_width_are_told_where_anything_is_scaled() {
        let is_told = |svg: &str| has_unknown(&Document::parse(svg).unwrap());
        let line = "<path vector-effect='non-scaling-stroke'/>";
        assert!(!is_told(&format!("<svg xmlns='{SVG}' viewBox='0 0 9 9'>{line}</svg>")));
        assert!(is_told(&format!("<svg xmlns='{SVG}' viewBox='0 0 9 9' width='90'>{line}</svg>")));
        assert!(is_told(&format!("<svg xmlns='{SVG}'><g transform='scale(2)'>{line}</g></svg>")));
        assert!(!is_told(&format!("<svg xmlns='{SVG}'><g transform='scale(2)'/></svg>")));
    }

    #[test]
    fn lengths_in_units_that_are_not_read_are_told() {
        assert!(["10rem", "5VW", "calc(1px + 2px)", " 3q "].iter().all(|length| is_unknown_length(length)));
        assert!(["10", "1e2", "5em", "7px", "50%", "auto", "-1.5cm"].iter().all(|length| !is_unknown_length(length)));
    }
}
