//! What is proven of the source: where `unsafe` is.

use crate::{process::root, source, verdict::Verdict};

/// The one module that may have `unsafe`.
const UNSAFE: &str = "src/kernel";

/// Unsafe code in the crate is in the kernel's module only.
pub(crate) fn unsafe_code() -> Verdict {
    const CHECK: &str = "no unsafe";
    let root = root();
    match source::unsafe_lines(&root.join("src")) {
        Ok(lines) => {
            let outside: Vec<_> =
                lines.iter().filter(|(path, _)| !path.starts_with(root.join(UNSAFE))).collect();
            let detail = match outside.as_slice() {
                [] => format!("{} lines, all in {UNSAFE}", lines.len()),
                [(path, line), ..] => format!("{}:{line}", path.display()),
            };
            Verdict { check: CHECK, passed: Some(outside.is_empty()), detail }
        }
        Err(error) => Verdict::failed(CHECK, &error),
    }
}

/// The same check on the source of the firmware's board, which has unsafe code.
pub(crate) fn unsafe_code_control() -> Verdict {
    const CHECK: &str = "unsafe code is noticed";
    match source::unsafe_lines(&root().join("examples/firmware/board/src")) {
        Ok(lines) => Verdict {
            check: CHECK,
            passed: Some(!lines.is_empty()),
            detail: format!("{} lines in examples/firmware/board", lines.len()),
        },
        Err(error) => Verdict::failed(CHECK, &error),
    }
}
