//! The table of what was measured.

use crate::table::Table;

/// One library on one core.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) implementation: &'static str,
    pub(crate) core: &'static str,
    /// `None` if the program does not fit the board.
    pub(crate) figures: Option<Figures>,
}

/// What one verification takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) instructions: f64,
    /// Of code and constants, beyond a program without it.
    pub(crate) flash_bytes: u64,
    pub(crate) stack_bytes: usize,
    /// Whether code that can panic is linked.
    pub(crate) panics: bool,
}

/// The rows as a table; empty cells where a program does not fit.
pub(crate) fn table(rows: &[Row]) -> Table {
    let mut table = Table::new([
        "implementation",
        "core",
        "instructions",
        "flash B",
        "stack B",
        "panics linked",
    ]);
    for row in rows {
        let [instructions, flash, stack, panics] = row.figures.map_or_else(Default::default, cells);
        table.push([
            row.implementation.to_owned(),
            row.core.to_owned(),
            instructions,
            flash,
            stack,
            panics,
        ]);
    }
    table
}

fn cells(figures: Figures) -> [String; 4] {
    [
        format!("{:.0}", figures.instructions),
        figures.flash_bytes.to_string(),
        figures.stack_bytes.to_string(),
        if figures.panics { "yes" } else { "no" }.to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_has_empty_cells() {
        let figures = Figures { instructions: 1e6, flash_bytes: 9, stack_bytes: 8, panics: true };
        let row = Row { implementation: "a", core: "m0", figures: Some(figures) };
        let table = table(&[row.clone(), Row { figures: None, ..row }]);
        assert_eq!(table.rows[0], ["a", "m0", "1000000", "9", "8", "yes"]);
        assert_eq!(table.rows[1], ["a", "m0", "", "", "", ""]);
    }
}
