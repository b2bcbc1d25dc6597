//! The import graph of the trainer: wings in their order, and no loops between files.

use std::path::Path;

use mild_test_support::imports::ImportGraph;

/// Each wing may import those before it.
const WINGS: [&str; 19] = [
    "refusal",
    "error",
    "files",
    "progress",
    "choice",
    "arithmetic",
    "data",
    "warnings",
    "loss",
    "intake",
    "learn",
    "integers",
    "promises",
    "pipeline",
    "judge",
    "new_expert",
    "experiments",
    "signing",
    "commands",
];

/// Upward imports that are still to go; nothing is added here.
const UPWARD_STILL: &[&str] = &[];

/// Wings with loops that are still to go, by the first module of the loop; nothing is added here.
const LOOPS_STILL: &[&str] = &[];

fn trainer() -> ImportGraph {
    ImportGraph::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
}

#[test]
fn wings_import_what_stands_before_them() {
    let mut upward = trainer().upward(&WINGS);
    upward.retain(|import| !UPWARD_STILL.contains(&import.as_str()));
    assert!(upward.is_empty(), "imports of a later wing:\n{}", upward.join("\n"));
}

#[test]
fn files_import_each_other_in_no_loop() {
    let mut loops = trainer().loops();
    loops.retain(|group| !LOOPS_STILL.iter().any(|still| group.starts_with(still)));
    assert!(loops.is_empty(), "import loops:\n{}", loops.join("\n"));
}

#[test]
fn an_upward_import_and_a_loop_are_found() {
    let root = ("", "pub mod data; pub mod learn;");
    let good = ImportGraph::of_sources(&[
        root,
        (
            "data",
            "pub struct Part; // crate::learn\n#[cfg(test)] mod tests { use crate::learn::fit; }",
        ),
        ("learn", "use crate::data::{self, Part}; pub fn fit(_: Part) { \"crate::commands\"; }"),
    ]);
    assert_eq!(good.imports(&vec!["learn".to_owned()]).len(), 1);
    assert!(good.upward(&WINGS).is_empty() && good.loops().is_empty());
    let seen_by_its_parent = ImportGraph::of_sources(&[
        ("data", "use crate::data::part::f; pub struct Part;"),
        ("data::part", "pub(in crate::data) fn f() {}"),
        ("learn", "fn f() { for _ in crate::data::rows() {} }"),
    ]);
    assert!(seen_by_its_parent.loops().is_empty());
    assert_eq!(seen_by_its_parent.imports(&vec!["learn".to_owned()]).len(), 1);
    let bad = ImportGraph::of_sources(&[
        root,
        ("data", "pub use part::Part; fn f() { crate::learn::fit() }"),
        ("data::part", "use super::f; pub struct Part;"),
        ("learn", "use crate::data::{Part as Rows};"),
    ]);
    assert_eq!(bad.upward(&WINGS), ["data -> learn"]);
    assert_eq!(bad.loops(), ["data, data::part, learn"]);
}
