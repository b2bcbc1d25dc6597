//! Lines of words, broken where they are too long.

use unicode_width::UnicodeWidthChar as _;

use super::look::{WIDTH, columns};

/// The deepest that a continued line stands under what it continues.
const DEEPEST: usize = 24;

/// After these a long name is broken rather than elsewhere.
const JOINTS: [char; 8] = ['_', '-', '/', '.', ',', '=', ':', '+'];

/// The text with no line wider than [`WIDTH`], as far as its words allow: a path or a command in
/// backticks stays whole, to be copied.
pub(crate) fn fitted(text: &str) -> String {
    let mut fitted = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        // Colours have no width, and a table in Markdown has no other form.
        if columns(line) <= WIDTH || line.contains('\u{1b}') || line.starts_with('|') {
            fitted += line;
        } else {
            let (head, body) = line.split_at(head(line));
            let indent = if head.trim().is_empty() { head.len() + 2 } else { columns(head) };
            let filled = fill(&tokens(body, &['`']), WIDTH - columns(head), WIDTH - indent);
            fitted += head;
            fitted += &filled.join(&format!("\n{:indent$}", ""));
        }
        fitted += end;
    }
    fitted
}

/// The bytes in front of a line's words: its indent, or a key with two spaces behind it.
fn head(line: &str) -> usize {
    let indent = line.len() - line.trim_start().len();
    let key = line.find("  ").filter(|&at| at > 0 && indent == 0).map(|at| {
        let rest = &line[at..];
        at + rest.len() - rest.trim_start().len()
    });
    match key {
        Some(end) if columns(&line[..end]) <= DEEPEST => end,
        _ => indent.min(DEEPEST),
    }
}

/// What is not broken: words, and what stands between two backticks or in parentheses, if these
/// are among `whole`.
pub(super) fn tokens<'t>(text: &'t str, whole: &[char]) -> Vec<&'t str> {
    /// A longer span is broken at its spaces.
    const LONGEST: usize = WIDTH - 2;
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let word = rest.find(' ').unwrap_or(rest.len());
        let opening = rest[..word].rfind(whole).filter(|&at| {
            let mark = &rest[at..];
            // A closing backtick opens nothing.
            !mark.starts_with('`') || rest[..word].matches('`').count() % 2 == 1
        });
        let closing = opening.and_then(|at| {
            let mark = if rest[at..].starts_with('(') { ')' } else { '`' };
            let closing = at + 1 + rest[at + 1..].find(mark)?;
            Some(closing + rest[closing..].find(' ').unwrap_or(rest.len() - closing))
        });
        let end = closing.filter(|&end| columns(&rest[..end]) <= LONGEST).unwrap_or(word);
        let (token, more) = rest.split_at(end.max(word));
        tokens.push(token);
        rest = more.trim_start();
    }
    tokens
}

/// Lines of tokens, the first of them up to `first` columns wide, the others up to `width`.
pub(super) fn fill(tokens: &[&str], first: usize, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for token in tokens {
        let room = if lines.len() == 1 { first } else { width };
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(token),
            Some(line) if columns(line) + 1 + columns(token) <= room => {
                line.push(' ');
                line.push_str(token);
            }
            _ => lines.push((*token).to_owned()),
        }
    }
    lines
}

/// The pieces of a token that is too wide, each at most `width` columns; broken behind joints where
/// that wastes no more than half of the width.
pub(super) fn pieces(token: &str, width: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = token;
    while columns(rest) > width {
        let (mut end, mut joint, mut taken) = (0, 0, 0);
        for (at, one) in rest.char_indices() {
            taken += one.width().unwrap_or(0);
            if taken > width && end > 0 {
                break;
            }
            end = at + one.len_utf8();
            if JOINTS.contains(&one) && 2 * taken >= width {
                joint = end;
            }
        }
        let (piece, more) = rest.split_at(if joint > 0 { joint } else { end });
        pieces.push(piece);
        rest = more;
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_and_others_are_not() {
        let long = format!("{}\n  {}\nshort\n", "word ".repeat(30).trim(), "x ".repeat(60).trim());
        let text = fitted(&long);
        assert!(text.lines().all(|line| columns(line) <= WIDTH), "{text}");
        assert_eq!(text.split_whitespace().count(), 91, "{text}");
        assert!(text.starts_with("word word") && text.contains("\n  word "), "{text}");
        assert!(text.contains("\n    x x") && text.ends_with("\nshort\n"), "{text}");
        assert_eq!(fitted("a  b\n\nc"), "a  b\n\nc");
    }

    #[test]
    fn tables_stay_as_they_are() {
        for line in [format!("| {} |", "a | ".repeat(40)), format!("\u{1b}[1m{}", "a ".repeat(60))]
        {
            assert_eq!(fitted(&line), line);
        }
    }

    #[test]
    fn a_key_stands_alone_before_its_value() {
        let text = fitted(&format!("not used  {}", "`a_name`, ".repeat(20)));
        assert!(text.lines().count() > 2 && text.lines().all(|line| columns(line) <= WIDTH));
        assert!(text.lines().skip(1).all(|line| line.starts_with("          `a_name`")), "{text}");
    }

    #[test]
    fn commands_and_paths_stay_whole() {
        let command = "`mild export out/rejector.mild --format rust`";
        let text =
            fitted(&format!("next: some words to make it long enough, {command} (or `c`) it"));
        assert!(text.lines().any(|line| line.contains(command)), "{text}");
        let path = "/a".repeat(60);
        assert_eq!(fitted(&format!("written: {path}")), format!("written:\n  {path}"));
        // One backtick alone keeps nothing together.
        let text = fitted(&format!("it's ` {}", "word ".repeat(30).trim()));
        assert!(text.lines().all(|line| columns(line) <= WIDTH), "{text}");
    }

    #[test]
    fn names_are_broken_behind_joints() {
        assert_eq!(pieces("an_answer_of_the_cloud", 12), ["an_answer_", "of_the_cloud"]);
        assert_eq!(pieces("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        // Two columns each.
        assert_eq!(pieces("\u{96f2}\u{96f2}\u{96f2}", 5), ["\u{96f2}\u{96f2}", "\u{96f2}"]);
        assert_eq!(pieces("\u{96f2}", 1), ["\u{96f2}"]);
    }
}
