//! How files, names and signatures look.

use super::code::bare;
use super::tree::Source;

const MOST_LINES: usize = 500;

/// Names that say nothing, alone or as the last word of a longer one.
const EMPTY: [&str; 9] = ["utils", "util", "helpers", "helper", "common", "manager", "handler", "data", "info"];

/// Folders of packages that the workspace's member list doesn't name.
pub(crate) fn left_out(workspace: &str, packages: &[String]) -> Vec<String> {
    packages.iter().filter(|package| !workspace.contains(&format!("\"{package}\""))).cloned().collect()
}

pub(crate) fn without_sentence(sources: &[Source]) -> Vec<String> {
    let opens = |text: &str| {
        let first: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//! ")).collect();
        first.last().is_some_and(|line| line.trim_end().ends_with('.'))
    };
    sources.iter().filter(|source| !opens(&source.text)).map(|source| format!("{}:1", source.path)).collect()
}

pub(crate) fn too_long(sources: &[Source]) -> Vec<String> {
    let counted = sources.iter().map(|source| (source, source.text.lines().count()));
    counted.filter(|(_, lines)| *lines > MOST_LINES).map(|(source, lines)| format!("{}:{lines}", source.path)).collect()
}

/// `mod.rs`, and files, folders or inline modules with an empty name.
pub(crate) fn empty_names(sources: &[Source]) -> Vec<String> {
    let is_empty = |name: &str| {
        EMPTY.iter().any(|empty| name == *empty || (*empty != "data" && *empty != "info" && name.ends_with(&format!("_{empty}"))))
    };
    let mut offenders = Vec::new();
    for source in sources {
        if source.path.ends_with("/mod.rs") || source.path.trim_end_matches(".rs").split('/').any(is_empty) {
            offenders.push(source.path.clone());
        }
        let code = bare(&source.text);
        for (at, line) in code.lines().enumerate() {
            let named = line.split_once("mod ").filter(|(before, _)| before.trim().is_empty() || before.trim().starts_with("pub"));
            if named.is_some_and(|(_, rest)| is_empty(rest.split([' ', ';', '{']).next().unwrap_or_default())) {
                offenders.push(format!("{}:{}", source.path, at + 1));
            }
        }
    }
    offenders
}

/// Rooms (the last part of each package's folder) that a document doesn't name in backticks or bold.
pub(crate) fn unnamed_rooms(document: &str, text: &str, packages: &[String]) -> Vec<String> {
    let rooms = packages.iter().map(|package| package.trim_start_matches("crates/"));
    let named = |room: &str| {
        let last = room.rsplit('/').next().unwrap_or(room);
        [room, last].iter().any(|name| {
            text.contains(&format!("`{name}`")) || text.contains(&format!("**{name}**")) || text.contains(&format!("crates/{name}"))
        })
    };
    rooms.filter(|room| !named(room)).map(|room| format!("{document}: {room}")).collect()
}

/// Public functions with a `bool` among their parameters.
pub(crate) fn bool_parameters(sources: &[Source]) -> Vec<String> {
    let mut offenders = Vec::new();
    for source in sources {
        let code = bare(&source.text);
        for (at, _) in code.match_indices("fn ") {
            let line = code[..at].rsplit('\n').next().unwrap_or_default();
            if line.trim_start().starts_with("pub ")
                && parameters(&code[at..]).split(',').any(|parameter| parameter.trim().ends_with(": bool"))
            {
                offenders.push(format!("{}:{}", source.path, code[..at].matches('\n').count() + 1));
            }
        }
    }
    offenders
}

/// What stands between a function's outer parentheses.
fn parameters(code: &str) -> &str {
    let Some(open) = code.find('(') else { return "" };
    let mut depth = 0_i32;
    for (at, c) in code[open..].char_indices() {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if depth == 0 {
            return &code[open + 1..open + at];
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_outside_the_workspace_is_found() {
        let packages = ["crates/contract", "crates/decoders/kit"].map(str::to_owned);
        assert_eq!(left_out("members = [\n  \"crates/contract\",\n]", &packages), ["crates/decoders/kit"]);
    }

    #[test]
    fn a_file_without_a_sentence_is_found() {
        let planted = ["use std::fs;", "//! No stop", "//! A sentence\n//! over two lines.\n//!\n//! More", "//! One."];
        let planted: Vec<Source> = planted.iter().enumerate().map(|(n, text)| Source::new(&format!("{n}.rs"), text)).collect();
        assert_eq!(without_sentence(&planted), ["0.rs:1", "1.rs:1"]);
    }

    #[test]
    fn the_line_after_the_last_allowed_is_one_too_many() {
        let planted = [499, 500, 501].map(|lines| Source::new(&format!("{lines}.rs"), &"x\n".repeat(lines)));
        assert_eq!(too_long(&planted), ["501.rs:501"]);
    }

    #[test]
    fn names_that_say_nothing_are_found() {
        let paths = ["crates/a/src/mod.rs", "crates/utils/src/lib.rs", "crates/a/src/job_manager.rs", "crates/a/src/data_row.rs"];
        assert_eq!(empty_names(&paths.map(|path| Source::new(path, "//! A."))), paths[..3]);
        assert_eq!(empty_names(&[Source::new("a.rs", "pub(crate) mod common {\n}\nmod info;\nmod information;")]), ["a.rs:1", "a.rs:3"]);
    }

    #[test]
    fn a_room_that_a_document_leaves_out_is_found() {
        let packages = ["crates/fetch", "crates/decoders/kit", "crates/store"].map(str::to_owned);
        assert_eq!(unnamed_rooms("README.md", "`fetch`, and `decoders/kit`; storeys", &packages), ["README.md: store"]);
    }

    #[test]
    fn a_public_bool_parameter_is_found() {
        let text = "pub fn a(x: u8, deep: bool) {}\npub(crate) fn b(x: bool) {}\npub async fn c(\n    f: impl Fn(u8) -> bool,\n    x: bool\n) {}\npub fn d(x: Vec<bool>) -> bool {}";
        assert_eq!(bool_parameters(&[Source::new("a.rs", text)]), ["a.rs:1", "a.rs:3"]);
    }
}
