//! Judging a program on a device by lines of a name and numbers, which must be those of the host.

use crate::{parity::describe_status, process::Finished, verdict::Verdict};

/// A line as the host has it.
pub(crate) struct Line {
    /// What the line begins with.
    pub(crate) name: &'static str,
    /// What follows.
    pub(crate) numbers: String,
    /// What that means, for a person.
    pub(crate) meaning: String,
}

/// What a finished run says about each of the lines.
pub(crate) fn judge(run: &Finished, lines: impl IntoIterator<Item = Line>) -> Vec<Verdict> {
    let verdict = |line: Line| {
        let (passed, detail) = compare(&line, &run.stdout);
        let (passed, detail) = match run.success() {
            true => (passed, detail),
            false => (false, format!("{detail}; {}", describe_status(run))),
        };
        Verdict { check: line.name, passed: Some(passed), detail }
    };
    lines.into_iter().map(verdict).collect()
}

/// Whether the output has this line, and what it has instead.
fn compare(Line { name, numbers, meaning }: &Line, stdout: &str) -> (bool, String) {
    let line = stdout.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    match line {
        None => (false, "not reported".to_owned()),
        Some(found) if found == numbers => (true, meaning.clone()),
        Some(found) => (false, format!("`{found}`, the host has `{numbers}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_numbers_pass_and_any_other_is_named() {
        let line = |name, numbers: &str| Line {
            name,
            numbers: numbers.to_owned(),
            meaning: "alike".to_owned(),
        };
        let output = "x\nattempts-calm 1 2\nattempts 400 7 00ab\n";
        assert_eq!(compare(&line("attempts", "400 7 00ab"), output), (true, "alike".to_owned()));
        let (passed, detail) = compare(&line("attempts", "400 8 00ab"), output);
        assert!(!passed && detail == "`400 7 00ab`, the host has `400 8 00ab`", "{detail}");
        assert!(!compare(&line("answers", "1 2"), output).0);
    }
}
