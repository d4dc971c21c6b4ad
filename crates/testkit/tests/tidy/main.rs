//! What the compiler doesn't check about this repository: shape, names, and which room may do what.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod code;
mod permissions;
mod shape;
mod tree;

/// Fails with every offender on a line of its own.
fn none_of(offenders: &[String], rule: &str) {
    assert!(offenders.is_empty(), "{rule}\n  {}", offenders.join("\n  "));
}

#[test]
fn every_crate_is_a_member_of_the_workspace() {
    none_of(&shape::left_out(&tree::read("Cargo.toml"), &tree::packages()), "a folder with a Cargo.toml is no member of the workspace");
}

#[test]
fn every_file_opens_with_its_sentence() {
    none_of(&shape::without_sentence(&tree::sources()), "a file opens with one `//!` sentence that ends in a full stop");
}

#[test]
fn no_file_is_over_500_lines() {
    none_of(&shape::too_long(&tree::sources()), "one idea a file: at most 500 lines");
}

#[test]
fn names_say_what_things_are() {
    none_of(&shape::empty_names(&tree::sources()), "no mod.rs, and no module or crate of these names");
}

#[test]
fn the_architecture_names_every_room_and_the_readme_leads_there() {
    none_of(
        &shape::unnamed_rooms("ARCHITECTURE.md", &tree::read("ARCHITECTURE.md"), &tree::packages()),
        "ARCHITECTURE.md names every room",
    );
    assert!(tree::read("README.md").contains("(ARCHITECTURE.md)"), "README.md has a link to ARCHITECTURE.md");
}

#[test]
fn unsafe_stays_where_it_is_allowed() {
    none_of(
        &permissions::unsafe_elsewhere(&tree::sources()),
        "`unsafe` only in sandbox, the kit, the test decoder, and one module of a decoder",
    );
}

#[test]
fn only_the_broker_names_lapin() {
    let files: Vec<_> = tree::sources().into_iter().chain(tree::manifests()).collect();
    none_of(&permissions::lapin_elsewhere(&files), "lapin only in broker");
}

#[test]
fn only_the_sandbox_starts_processes() {
    none_of(&permissions::processes_elsewhere(&tree::sources()), "`Command::new` only in sandbox, testkit, tests and build scripts");
}

#[test]
fn only_the_command_line_reads_the_environment() {
    none_of(
        &permissions::environment_elsewhere(&tree::sources()),
        "the environment is read only in cli, access's identity, testkit, tests and build scripts",
    );
}

#[test]
fn nothing_is_left_for_later() {
    none_of(&permissions::left_for_later(&tree::sources()), "no todo!, unimplemented!, dbg! or ignored test");
}

#[test]
fn no_public_function_takes_a_bool() {
    none_of(&shape::bool_parameters(&tree::sources()), "no bool parameters: an enum says what is meant at the call");
}
