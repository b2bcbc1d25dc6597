//! What the figures must reach (bars) and should reach (goals).

use super::{Part, Row};
use crate::table::Table;

/// A figure of one row with its bar and goal; both are the most that is allowed.
struct Bar {
    name: &'static str,
    core: &'static str,
    shape: &'static str,
    part: Part,
    figure: fn(&Row) -> Option<f64>,
    bar: f64,
    goal: f64,
}

const COLUMNS: [&str; 8] =
    ["figure", "core", "shape", "measured", "bar", "held", "goal", "reached"];

const REJECTOR: &str = "16-32-16-5";

#[rustfmt::skip] // a bar is a line
const BARS: &[Bar] = &[
    Bar { name: "instructions of a decision", core: "m4", shape: REJECTOR, part: Part::Decision, figure: instructions, bar: 1900.0, goal: 1800.0 },
    Bar { name: "instructions of a decision", core: "m33-dsp", shape: REJECTOR, part: Part::Decision, figure: instructions, bar: 1920.0, goal: 1820.0 },
    Bar { name: "instructions of a decision", core: "m3", shape: REJECTOR, part: Part::Decision, figure: instructions, bar: 3250.0, goal: 3000.0 },
    Bar { name: "instructions of a decision", core: "m0", shape: REJECTOR, part: Part::Decision, figure: instructions, bar: 6400.0, goal: 5900.0 },
    Bar { name: "per MAC, first layer", core: "m4", shape: "640-128", part: Part::Input, figure: per_mac, bar: 0.95, goal: 0.9 },
    Bar { name: "per MAC, later layer", core: "m4", shape: "640-128", part: Part::Hidden, figure: per_mac, bar: 0.95, goal: 0.9 },
    Bar { name: "per MAC, first layer", core: "m4", shape: "64-32", part: Part::Input, figure: per_mac, bar: 1.15, goal: 1.05 },
    Bar { name: "per MAC, later layer", core: "m4", shape: "64-32", part: Part::Hidden, figure: per_mac, bar: 1.15, goal: 1.05 },
    Bar { name: "instructions of a decision", core: "m55-helium", shape: REJECTOR, part: Part::Decision, figure: instructions, bar: 1050.0, goal: 900.0 },
    Bar { name: "instructions of a first layer", core: "m55-helium", shape: "64-32", part: Part::Input, figure: instructions, bar: 750.0, goal: 688.0 },
    Bar { name: "instructions of a first layer", core: "m55-helium", shape: "128-128", part: Part::Input, figure: instructions, bar: 4400.0, goal: 3888.0 },
    Bar { name: "instructions of a first layer", core: "m55-helium", shape: "640-128", part: Part::Input, figure: instructions, bar: 18000.0, goal: 14000.0 },
    Bar { name: "instructions of a decision", core: "rv32imc", shape: REJECTOR, part: Part::Decision, figure: instructions, bar: 4700.0, goal: 4600.0 },
    Bar { name: "per MAC, later layer", core: "rv32imc", shape: "640-128", part: Part::Hidden, figure: per_mac, bar: 2.75, goal: 2.5 },
    Bar { name: "bytes of code", core: "m4", shape: REJECTOR, part: Part::Decision, figure: code, bar: 2000.0, goal: 1900.0 },
    Bar { name: "bytes of code", core: "m0", shape: REJECTOR, part: Part::Decision, figure: code, bar: 2600.0, goal: 2200.0 },
    Bar { name: "bytes of code and image", core: "m4", shape: REJECTOR, part: Part::Decision, figure: code_and_image, bar: 4500.0, goal: 4000.0 },
    Bar { name: "scratch by widest layer", core: "m4", shape: REJECTOR, part: Part::Decision, figure: scratch, bar: 4.0, goal: 4.0 },
    Bar { name: "bytes of stack", core: "m4", shape: REJECTOR, part: Part::Decision, figure: stack, bar: 160.0, goal: 140.0 },
    Bar { name: "bytes of stack", core: "m3", shape: REJECTOR, part: Part::Decision, figure: stack, bar: 160.0, goal: 140.0 },
    Bar { name: "bytes of stack", core: "m0", shape: REJECTOR, part: Part::Decision, figure: stack, bar: 160.0, goal: 140.0 },
    Bar { name: "bytes of stack", core: "rv32imc", shape: REJECTOR, part: Part::Decision, figure: stack, bar: 256.0, goal: 256.0 },
];

fn instructions(row: &Row) -> Option<f64> {
    Some(row.instructions)
}

fn per_mac(row: &Row) -> Option<f64> {
    Some(row.per_mac)
}

fn code(row: &Row) -> Option<f64> {
    Some(row.code_bytes? as f64)
}

fn code_and_image(row: &Row) -> Option<f64> {
    Some((row.code_bytes? + row.image_bytes?) as f64)
}

fn scratch(row: &Row) -> Option<f64> {
    let widest = row.shape.split('-').filter_map(|width| width.parse::<usize>().ok()).max()?;
    Some(row.scratch_bytes? as f64 / widest as f64)
}

fn stack(row: &Row) -> Option<f64> {
    Some(row.stack_bytes? as f64)
}

/// A number in as few digits as it takes, at most two after the point.
fn short(number: f64) -> String {
    format!("{number:.2}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A table of all bars whose core was measured, and whether they hold. A figure that is missing does not hold.
pub(crate) fn judge(rows: &[Row], cores: &[&str]) -> (Table, bool) {
    let mut table = Table::new(COLUMNS);
    let mut all = true;
    for bar in BARS.iter().filter(|bar| cores.contains(&bar.core)) {
        let row = rows.iter().find(|row| {
            (row.implementation, row.core, row.part) == ("mild", bar.core, bar.part)
                && row.shape == bar.shape
        });
        let figure = row.and_then(bar.figure);
        let within = |limit: f64| figure.is_some_and(|figure| figure <= limit);
        all &= within(bar.bar);
        table.push([
            bar.name.to_owned(),
            bar.core.to_owned(),
            bar.shape.to_owned(),
            figure.map_or("missing".to_owned(), short),
            short(bar.bar),
            if within(bar.bar) { "yes" } else { "NO" }.to_owned(),
            short(bar.goal),
            if within(bar.goal) { "yes" } else { "no" }.to_owned(),
        ]);
    }
    (table, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(instructions: f64) -> Row {
        Row {
            implementation: "mild",
            core: "m3",
            shape: REJECTOR.to_owned(),
            part: Part::Decision,
            instructions,
            spread: 0.0,
            macs: 1104,
            per_mac: 3.0,
            code_bytes: None,
            image_bytes: None,
            scratch_bytes: None,
            stack_bytes: Some(100),
        }
    }

    #[test]
    fn numbers_lose_only_zeros_after_the_point() {
        assert_eq!([3500.0, 1.4, 1.154].map(short), ["3500", "1.4", "1.15"]);
    }

    #[test]
    fn bars_hold_up_to_their_limit_and_missing_figures_do_not() {
        let (table, all) = judge(&[row(3250.0)], &["m3"]);
        let table = table.markdown(4);
        assert!(all && table.contains("| 3250 | 3250 | yes | 3000 | no |"), "{table}");
        assert!(!judge(&[row(3251.0)], &["m3"]).1);
        let mut peer = row(3000.0);
        peer.implementation = "another";
        let (table, all) = judge(&[peer], &["m3"]);
        let table = table.markdown(4);
        assert!(!all && table.contains("| missing |"), "{table}");
        assert!(judge(&[], &["m33"]).1, "no bars for a core that has none");
    }
}
