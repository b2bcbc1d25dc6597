//! Text as people see it.

/// A cell without the space around it, and without marks that nobody sees.
pub(super) fn visible(text: &str) -> &str {
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
