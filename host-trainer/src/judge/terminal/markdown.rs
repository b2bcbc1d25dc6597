//! Markdown of our own, for a terminal.

use super::table::align;

/// The text with its tables aligned. The other lines stay as they are, without their escapes.
pub(crate) fn from_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut table: Vec<Vec<String>> = Vec::new();
    for line in text.lines() {
        if let Some(row) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) {
            table.push(row.split(" | ").map(plain).collect());
        } else if !line.starts_with("|---") {
            out += &align(&std::mem::take(&mut table));
            out += &plain(line);
            out.push('\n');
        }
    }
    out + &align(&table)
}

fn plain(text: &str) -> String {
    text.replace("\\*", "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_aligned_and_text_stays() {
        let text = "## Two\n\n\\*: own\n\n| log | loss |\n|---|---|\n| a | 0.1\\* |\n\nend\n";
        assert_eq!(from_markdown(text), "## Two\n\n*: own\n\nlog  loss\na    0.1*\n\nend\n");
        assert_eq!(from_markdown("| a |\n|---|\n| b |"), "a\nb\n");
    }
}
