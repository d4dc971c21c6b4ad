//! Which room may do what: `unsafe`, lapin, processes, the environment.

use super::code::{has_word, lines_where};
use super::tree::Source;
use std::collections::BTreeMap;

/// `unsafe` outside sandbox, kit and test decoder. Another decoder may have one module of it, to call its own C library.
pub(crate) fn unsafe_elsewhere(sources: &[Source]) -> Vec<String> {
    let mut offenders = Vec::new();
    let mut decoders: BTreeMap<String, Vec<(String, Vec<String>)>> = BTreeMap::new();
    for source in sources {
        let hits = lines_where(source, |code| has_word(code, "unsafe"));
        if hits.is_empty() || within(source, &["crates/sandbox/", "crates/decoders/kit/", "crates/decoders/faulty/"]) {
            continue;
        }
        match source.path.strip_prefix("crates/decoders/").and_then(|rest| rest.split_once("/src/")) {
            Some((decoder, file)) => decoders.entry(decoder.to_owned()).or_default().push((file.trim_end_matches(".rs").to_owned(), hits)),
            None => offenders.extend(hits),
        }
    }
    for modules in decoders.values() {
        // `ffi.rs` and `ffi/…` are one module: the shortest path is its root.
        let root = modules.iter().map(|(module, _)| module).min_by_key(|module| module.len());
        for (module, hits) in modules {
            if root.is_some_and(|root| module != root && !module.starts_with(&format!("{root}/"))) {
                offenders.extend(hits.clone());
            }
        }
    }
    offenders
}

pub(crate) fn lapin_elsewhere(files: &[Source]) -> Vec<String> {
    files
        .iter()
        .filter(|file| !within(file, &["crates/broker/"]))
        .flat_map(|file| lines_where(file, |code| has_word(code, "lapin")))
        .collect()
}

pub(crate) fn processes_elsewhere(sources: &[Source]) -> Vec<String> {
    let product =
        sources.iter().filter(|source| !within(source, &["crates/sandbox/", "crates/testkit/", "benches/"]) && !beside_the_product(source));
    product.flat_map(|source| lines_where(source, |code| has_word(code, "Command::new"))).collect()
}

pub(crate) fn environment_elsewhere(sources: &[Source]) -> Vec<String> {
    // The test decoder's attack looks for what it must not find.
    let allowed = ["crates/cli/", "crates/testkit/", "crates/access/src/identity", "crates/decoders/faulty/src/attack/"];
    let product = sources.iter().filter(|source| !within(source, &allowed) && !beside_the_product(source));
    let reads = ["env::var", "env::var_os", "env::vars", "env::vars_os"];
    product.flat_map(|source| lines_where(source, |code| reads.iter().any(|read| has_word(code, read)))).collect()
}

pub(crate) fn left_for_later(sources: &[Source]) -> Vec<String> {
    let words = ["todo!", "unimplemented!", "dbg!", "#[ignore"];
    sources.iter().flat_map(|source| lines_where(source, |code| words.iter().any(|word| code.contains(word)))).collect()
}

fn within(source: &Source, folders: &[&str]) -> bool {
    folders.iter().any(|folder| source.path.starts_with(folder))
}

/// Tests and build scripts.
fn beside_the_product(source: &Source) -> bool {
    source.path.contains("/tests/") || source.path.ends_with("/build.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_in_another_room_is_found() {
        let planted = [
            Source::new("crates/store/src/a.rs", "//! A.\nfn f() { unsafe { g() } }"),
            Source::new("crates/sandbox/src/b.rs", "unsafe { g() }"),
        ];
        assert_eq!(unsafe_elsewhere(&planted), ["crates/store/src/a.rs:2: fn f() { unsafe { g() } }"]);
    }

    #[test]
    fn a_second_module_of_unsafe_in_a_decoder_is_found() {
        let planted = ["ffi.rs", "ffi/demuxer.rs", "timing.rs"]
            .map(|file| Source::new(&format!("crates/decoders/media/src/{file}"), "unsafe { g() }"));
        assert_eq!(unsafe_elsewhere(&planted), ["crates/decoders/media/src/timing.rs:1: unsafe { g() }"]);
        assert!(unsafe_elsewhere(&planted[..2]).is_empty());
    }

    #[test]
    fn lapin_in_another_room_is_found() {
        let planted = [
            Source::new("crates/worker/src/a.rs", "use lapin::Channel; // a"),
            Source::new("crates/worker/Cargo.toml", "lapin.workspace = true"),
            Source::new("crates/broker/src/a.rs", "use lapin::Channel;"),
            Source::new("crates/store/src/a.rs", "// lapin would do"),
        ];
        assert_eq!(lapin_elsewhere(&planted).len(), 2);
    }

    #[test]
    fn a_process_started_elsewhere_is_found() {
        let code = "let c = std::process::Command::new(\"sh\");";
        let planted = ["crates/probe/src/a.rs", "crates/probe/tests/a.rs", "crates/sandbox/src/a.rs"].map(|path| Source::new(path, code));
        assert_eq!(processes_elsewhere(&planted).len(), 1);
    }

    #[test]
    fn a_read_of_the_environment_elsewhere_is_found() {
        let code = "let home = std::env::var(\"HOME\");";
        let planted = ["crates/fetch/src/a.rs", "crates/cli/src/a.rs", "crates/contract/build.rs"].map(|path| Source::new(path, code));
        assert_eq!(environment_elsewhere(&planted).len(), 1);
    }

    #[test]
    fn work_left_for_later_is_found() {
        let planted = [Source::new("a.rs", "fn a() { todo!() }\n#[ignore = \"slow\"]\nlet s = \"dbg!\";")];
        assert_eq!(left_for_later(&planted).len(), 2);
    }
}
