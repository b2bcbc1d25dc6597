//! `cargo xtask columnar`: the program that also reads Parquet and Arrow.

use crate::{
    commands::heading,
    process::{cargo, root, run, target_dir},
};
use anyhow::Result;

/// Formatting, lints and tests of the package, which is a workspace of its own. Not among those of `lint`
/// and `test`: Arrow's libraries take minutes to build.
pub(crate) fn columnar() -> Result<bool> {
    let steps: [(&str, &[&str]); 3] = [
        ("formatting", &["fmt", "--check"]),
        ("clippy", &["clippy", "--all-targets", "--", "-D", "warnings"]),
        ("tests", &["test"]),
    ];
    for (name, arguments) in steps {
        heading(&format!("columnar: {name}"));
        let mut command = cargo();
        command.current_dir(root().join("columnar")).args(arguments);
        run(command.env("CARGO_TARGET_DIR", target_dir().join("columnar")))?;
    }
    Ok(true)
}
