//! The questions of a run, each with an answer of its own.

use std::fmt::Write;

/// The questions that the experts know. Each is asked once in a run at most.
pub(super) const ROWS: u32 = 4_096;

/// The answer to a row: another one for each.
pub(super) fn label(row: u32) -> u32 {
    // An odd factor permutes the numbers below a power of two.
    row.wrapping_mul(40_503).wrapping_add(7) % 65_536
}

/// The log that the experts answer from. The column `answer` has the answers, and `before` that to
/// the row before: an expert at fault.
pub(super) fn log() -> String {
    let mut text = "answer,before\n".to_owned();
    for row in 0..ROWS {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{},{}", label(row), label(row.wrapping_sub(1) % ROWS));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_questions_have_one_answer() {
        let labels: BTreeSet<_> = (0..ROWS).map(label).collect();
        assert_eq!(labels.len(), ROWS as usize);
        let log = log();
        let rows: Vec<_> = log.lines().skip(1).map(|line| line.split(',')).collect();
        assert!(rows.into_iter().all(|mut cells| cells.next() != cells.next()));
    }
}
