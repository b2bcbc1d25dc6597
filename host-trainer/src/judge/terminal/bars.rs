//! The share that each expert is asked.

use super::look::{Look, WIDTH};
use super::table::rows;

/// The longest bar: that of all rows.
const LONGEST: usize = 24;

/// The eighths of a block, from none to seven.
const EIGHTHS: [&str; 8] =
    ["", "\u{258f}", "\u{258e}", "\u{258d}", "\u{258c}", "\u{258b}", "\u{258a}", "\u{2589}"];

/// A line for each expert: its shares under some ways of choosing, and a bar for that of the
/// `drawn` one. `ways`: each with the share of each expert, 0 to 1.
pub(crate) fn shares(
    experts: &[String],
    ways: &[(&str, &[f64])],
    drawn: usize,
    look: Look,
) -> String {
    let heads = ways.iter().map(|(name, _)| (*name).to_owned());
    let mut cells: Vec<Vec<String>> =
        vec![std::iter::once("share asked".to_owned()).chain(heads).collect()];
    for (k, expert) in experts.iter().enumerate() {
        let shares = ways.iter().map(|(_, shares)| format!("{:.1}%", 100.0 * shares[k]));
        cells.push(std::iter::once(expert.clone()).chain(shares).collect());
    }
    let rows = rows(&cells, WIDTH - LONGEST - 2);
    let mut text = String::new();
    // The header has no bar.
    let bars =
        std::iter::once(String::new()).chain(ways[drawn].1.iter().map(|&share| bar(share, look)));
    for (lines, bar) in rows.iter().zip(bars) {
        let (first, more) = lines.split_once('\n').unwrap_or((lines, ""));
        text += first;
        if !bar.is_empty() {
            text += &format!("  {}", look.strong(&bar));
        }
        text.push('\n');
        text += more;
    }
    text
}

/// A share as a bar.
fn bar(share: f64, look: Look) -> String {
    let length = share.clamp(0.0, 1.0) * LONGEST as f64;
    if !look.blocks {
        return "#".repeat(libm::round(length) as usize);
    }
    let eighths = libm::round(8.0 * length) as usize;
    "\u{2588}".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::terminal::look::columns;

    const BLOCKS: Look = Look { blocks: true, colours: false };

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!(bar(1.0, Look::PLAIN), "#".repeat(24));
        assert_eq!((bar(0.0, Look::PLAIN), bar(0.5, Look::PLAIN)), (String::new(), "#".repeat(12)));
        assert_eq!(bar(0.5, BLOCKS), "\u{2588}".repeat(12));
        assert_eq!(bar(1.0 / 48.0, BLOCKS), "\u{258c}");
        assert_eq!(columns(&bar(1.0, BLOCKS)), 24);
    }

    #[test]
    fn each_expert_has_a_line_and_the_drawn_way_its_bars() {
        let experts =
            ["local".to_owned(), "a-very-long-name-of-an-expert-in-a-basement".to_owned()];
        let ways: [(&str, &[f64]); 2] = [("int8", &[0.25, 0.75]), ("oracle", &[0.5, 0.5])];
        let text = shares(&experts, &ways, 0, Look::PLAIN);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("share asked") && lines[0].ends_with("oracle"), "{text}");
        assert!(lines[1].ends_with("25.0%   50.0%  ######"), "{text}");
        assert!(lines[2].ends_with(&"#".repeat(18)), "{text}");
        assert!(lines.iter().all(|line| columns(line) <= WIDTH), "{text}");
        let look = Look { blocks: true, colours: true };
        assert!(shares(&experts, &ways, 0, look).contains("\u{1b}[1;36m\u{2588}"));
    }
}
