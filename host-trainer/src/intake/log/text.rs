//! Text as people see it.

/// A cell without the space around it, and without marks that nobody sees.
pub(super) fn visible(text: &str) -> &str {
    // Most cells begin and end with a mark of ASCII that everybody sees. Logs have millions of cells.
    if let (Some(first), Some(last)) = (text.as_bytes().first(), text.as_bytes().last())
        && first.is_ascii_graphic()
        && last.is_ascii_graphic()
    {
        return text;
    }
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
}

/// Whether the marks in a number may be those between its thousands.
pub(super) fn may_be_thousands(text: &str, mark: char) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    let mut groups = digits.split(mark);
    let all_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let first = groups.next().unwrap_or_default();
    let mut rest = groups.peekable();
    (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && all_digits(first)
        && rest.peek().is_some()
        && rest.all(|group| group.len() == 3 && all_digits(group))
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn space_and_invisible_marks_are_no_part_of_a_cell() {
        for (text, expected) in [
            ("0.5", "0.5"),
            (" 0.5", "0.5"),
            ("0.5\t", "0.5"),
            ("\u{feff}0.5", "0.5"),
            ("a b\u{200b}", "a b"),
            ("\u{a0}é\u{a0}", "é"),
            ("x", "x"),
            (" ", ""),
            ("", ""),
        ] {
            assert_eq!(visible(text), expected, "{text:?}");
        }
    }
}
