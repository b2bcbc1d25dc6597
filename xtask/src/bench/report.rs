//! Counts and sizes of decisions and layers.

use crate::table::Table;
use serde::Serialize;

/// What a row is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Part {
    /// From int8 features to the decision.
    Decision,
    /// The same, of one of two decisions that are made at once.
    Batch,
    /// A first dense layer: any int8 codes come in.
    Input,
    /// A dense layer after a ReLU.
    Hidden,
}

/// One line of the result. What was not measured is absent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Row {
    /// Whose code.
    pub(crate) implementation: &'static str,
    /// On which core.
    pub(crate) core: &'static str,
    /// Widths of the network, or of the layer alone.
    pub(crate) shape: String,
    /// What the row is of.
    pub(crate) part: Part,
    /// Instructions of one run.
    pub(crate) instructions: f64,
    /// By how much the count differs between inputs.
    pub(crate) spread: f64,
    /// Multiply-accumulates of one run.
    pub(crate) macs: usize,
    /// Instructions per multiply-accumulate.
    pub(crate) per_mac: f64,
    /// Everything reachable from the decision.
    pub(crate) code_bytes: Option<u64>,
    /// The image.
    pub(crate) image_bytes: Option<u64>,
    /// Scratch that the caller gives.
    pub(crate) scratch_bytes: Option<usize>,
    /// Stack at the deepest, beyond the scratch.
    pub(crate) stack_bytes: Option<usize>,
}

const COLUMNS: [&str; 11] = [
    "implementation",
    "core",
    "shape",
    "part",
    "instructions",
    "MACs",
    "per MAC",
    "code B",
    "image B",
    "scratch B",
    "stack B",
];

/// The rows as a table.
pub(crate) fn table(rows: &[Row]) -> Table {
    let mut table = Table::new(COLUMNS);
    for row in rows {
        let part = match row.part {
            Part::Decision => "decision",
            Part::Batch => "batch",
            Part::Input => "first layer",
            Part::Hidden => "later layer",
        };
        table.push([
            row.implementation.to_owned(),
            row.core.to_owned(),
            row.shape.clone(),
            part.to_owned(),
            format!("{:.0}", row.instructions),
            row.macs.to_string(),
            format!("{:.2}", row.per_mac),
            cell(row.code_bytes),
            cell(row.image_bytes),
            cell(row.scratch_bytes),
            cell(row.stack_bytes),
        ]);
    }
    table
}

fn cell<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_measured_is_an_empty_cell() {
        let row = Row {
            implementation: "mild",
            core: "m4",
            shape: "32-16".to_owned(),
            part: Part::Hidden,
            instructions: 1024.0,
            spread: 0.0,
            macs: 512,
            per_mac: 2.0,
            code_bytes: None,
            image_bytes: None,
            scratch_bytes: None,
            stack_bytes: Some(96),
        };
        let table = table(std::slice::from_ref(&row)).markdown(4);
        let line = "| mild | m4 | 32-16 | later layer | 1024 | 512 | 2.00 |  |  |  | 96 |\n";
        assert!(table.ends_with(line), "{table}");
        let json = serde_json::to_string(&row).unwrap();
        assert!(json.contains("\"part\":\"hidden\"") && json.contains("\"code_bytes\":null"));
    }
}
