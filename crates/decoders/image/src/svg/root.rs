//! What a drawing's first element tells, read without anything that stands in it.

/// A value longer than this is no length.
const MOST_LETTERS: usize = 200;

/// An element that is as large as the drawing; `None` where the root alone doesn't say how large that is: by a share of what is drawn, by
/// the size of letters, or by an entity.
pub(super) fn alone(text: &str) -> Option<String> {
    let attributes = attributes(tag(text)?)?;
    let value = |name: &str| attributes.iter().find(|(own, _)| *own == name).map(|(_, value)| value.trim());
    attributes.iter().find(|(name, value)| name.starts_with("xmlns") && *value == "http://www.w3.org/2000/svg")?;
    let sides = [value("width"), value("height")];
    let is_told = if let Some(view_box) = value("viewBox") {
        is_view_box(view_box)
    } else {
        sides.iter().all(|side| side.is_some_and(|side| !side.ends_with('%')))
    };
    if !is_told || sides.into_iter().flatten().any(|side| side.ends_with("em") || side.ends_with("ex")) {
        return None;
    }
    let mut root = "<svg xmlns='http://www.w3.org/2000/svg'".to_owned();
    for name in ["width", "height", "viewBox"] {
        if let Some(value) = value(name) {
            if value.len() > MOST_LETTERS || value.contains(['&', '\'', '<']) {
                return None;
            }
            root.extend([" ", name, "='", value, "'"]);
        }
    }
    Some(root + "/>")
}

/// Four numbers, of which the last two have a size (SVG 2, 8.6).
fn is_view_box(value: &str) -> bool {
    let numbers = value.split(|letter: char| letter == ',' || letter.is_ascii_whitespace()).filter(|part| !part.is_empty());
    let numbers: Option<Vec<f64>> = numbers.map(|number| number.parse().ok()).collect();
    matches!(numbers.as_deref(), Some([_, _, across, down]) if *across > 0.0 && *down > 0.0)
}

/// The root from behind its `<`, where it is called `svg`; comments, instructions and the document type before it may hold anything.
fn tag(text: &str) -> Option<&str> {
    let mut rest = text.trim_start_matches('\u{feff}');
    loop {
        rest = rest.trim_start();
        rest = if let Some(comment) = rest.strip_prefix("<!--") {
            comment.split_once("-->")?.1
        } else if let Some(instruction) = rest.strip_prefix("<?") {
            instruction.split_once("?>")?.1
        } else if let Some(doctype) = rest.strip_prefix("<!DOCTYPE") {
            behind_doctype(doctype)?
        } else {
            break;
        };
    }
    let root = rest.strip_prefix('<')?;
    let name = root.split(|letter: char| letter.is_ascii_whitespace() || matches!(letter, '>' | '/')).next()?;
    (name.rsplit(':').next() == Some("svg")).then(|| root.get(name.len()..)).flatten()
}

/// What follows a document type: its declarations stand in brackets, and quotes, comments and instructions in those may hold brackets.
fn behind_doctype(doctype: &str) -> Option<&str> {
    let (mut rest, mut is_inside) = (doctype, false);
    loop {
        let at = rest.find(['"', '\'', '[', ']', '<', '>'])?;
        let (_, found) = rest.split_at_checked(at)?;
        let mut letters = found.chars();
        let letter = letters.next()?;
        rest = letters.as_str();
        match letter {
            '"' | '\'' => rest = rest.split_once(letter)?.1,
            '[' => is_inside = true,
            ']' => is_inside = false,
            '<' => {
                if let Some(comment) = rest.strip_prefix("!--") {
                    rest = comment.split_once("-->")?.1;
                } else if let Some(instruction) = rest.strip_prefix('?') {
                    rest = instruction.split_once("?>")?.1;
                }
            }
            _ if !is_inside => return Some(rest),
            _ => {}
        }
    }
}

/// Names and values up to the end of a tag; `None` where they don't alternate.
fn attributes(tag: &str) -> Option<Vec<(&str, &str)>> {
    let (mut rest, mut all) = (tag.trim_start(), Vec::new());
    while !rest.starts_with(['>', '/']) {
        let (name, value) = rest.split_once('=')?;
        let value = value.trim_start();
        let quote = value.chars().next().filter(|letter| matches!(letter, '"' | '\''))?;
        let (value, behind) = value.get(1..)?.split_once(quote)?;
        all.push((name.trim_end(), value));
        rest = behind.trim_start();
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMED: &str = "xmlns='http://www.w3.org/2000/svg'";

    #[test]
    fn what_stands_before_the_root_is_not_the_root() {
        let root = format!("<svg {NAMED} width='1000' height=\"2000\"><rect/></svg>");
        let wanted = Some(format!("<svg {NAMED} width='1000' height='2000'/>"));
        let other = "<svg xmlns='http://www.w3.org/2000/svg' width='5' height='7'>";
        for before in [
            String::new(),
            "\u{feff}<?xml version='1.0'?>\n".to_owned(),
            format!("<!-- {other} -->"),
            format!("<?note {other}?>"),
            "<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' \"a]>b\">".to_owned(),
            format!("<!DOCTYPE svg [<!ENTITY e \"{other}]>\"><!-- it's ]> {other} --><?n '{other}?>]  >"),
        ] {
            assert_eq!(alone(&(before.clone() + &root)), wanted, "{before}");
        }
        assert_eq!(alone(&format!("<html><svg {NAMED} width='5' height='7'/></html>")), None);
    }

    #[test]
    fn only_a_root_that_tells_its_size_alone_is_believed() {
        for told in ["width='5' height='7mm'", "viewBox='0,0 5 7'", "width='50%' viewBox='0 0 5 7'", "width='5' viewBox='0 0 5 7'"] {
            assert!(alone(&format!("<svg {NAMED} {told}/>")).is_some(), "{told}");
            assert!(alone(&format!("<svg xmlns:s='u' {told}/>")).is_none(), "{told}");
        }
        for untold in ["", "width='5'", "width='5' height='50%'", "width='&e;' height='5'", "viewBox='0 0 5'", "width='2em' height='5'"] {
            assert!(alone(&format!("<svg {NAMED} {untold}/>")).is_none(), "{untold}");
        }
    }
}
