//! What the policy and the governor take after the scores, their bars and goals.

use super::Choosing;
use crate::table::Table;

/// The most bytes that a governor may keep.
const STATE: usize = 64;

/// The most instructions of a governed decision: the core, whether there are watches, the number of
/// experts, the bar and the goal. Most bars with watches are the counts from before proposal and
/// commit became two calls.
#[rustfmt::skip] // a bar is a line
const BARS: &[(&str, bool, usize, f64, f64)] = &[
    ("m4", false, 2, 150.0, 130.0),
    ("m4", false, 3, 262.0, 150.0),
    ("m4", false, 5, 298.0, 190.0),
    ("m4", true,  2, 190.0, 160.0),
    ("m4", true,  3, 262.0, 190.0),
    ("m4", true,  5, 298.0, 240.0),
    ("m0", false, 2, 330.0, 250.0),
    ("m0", true,  2, 440.0, 330.0),
    ("m0", true,  3, 484.0, 380.0),
    ("m0", true,  5, 572.0, 480.0),
];

const COLUMNS: [&str; 12] = [
    "core",
    "watches",
    "experts",
    "policy",
    "with governor",
    "differs by",
    "stack B",
    "state B",
    "bar",
    "held",
    "goal",
    "reached",
];

/// A table of all cores, and whether every bar holds and the governor's state fits everywhere. A
/// bar whose figure is missing does not hold.
pub(crate) fn judge(measured: &[(&str, Vec<Choosing>)]) -> (Table, bool) {
    let mut table = Table::new(COLUMNS);
    let mut held = true;
    for (core, choosing) in measured {
        for (name, watches) in [("governor", false), ("watched", true)] {
            for governed in choosing.iter().filter(|one| one.name == name) {
                let bar = bar(core, watches, governed.experts);
                held &= governed.state <= STATE;
                held &= bar.is_none_or(|(bar, _)| governed.instructions.round() <= bar);
                table.push(row(core, watches, choosing, governed, bar));
            }
        }
        held &= BARS.iter().filter(|(of, ..)| of == core).all(|&(_, watches, experts, ..)| {
            let name = if watches { "watched" } else { "governor" };
            choosing.iter().any(|one| one.name == name && one.experts == experts)
        });
    }
    (table, held)
}

/// Bar and goal.
fn bar(core: &str, watches: bool, experts: usize) -> Option<(f64, f64)> {
    let same =
        |bar: &&(&str, bool, usize, f64, f64)| (bar.0, bar.1, bar.2) == (core, watches, experts);
    BARS.iter().find(same).map(|&(.., bar, goal)| (bar, goal))
}

fn row(
    core: &str,
    watches: bool,
    choosing: &[Choosing],
    governed: &Choosing,
    bar: Option<(f64, f64)>,
) -> [String; 12] {
    let alone = |one: &&Choosing| one.name == "policy" && one.experts == governed.experts;
    let alone = choosing.iter().find(alone).map_or(f64::NAN, |one| one.instructions);
    let word = |within: bool, no| if within { "yes" } else { no }.to_owned();
    let [bar, held, goal, reached] = match bar {
        Some((bar, goal)) => {
            let count = governed.instructions.round();
            [bar.to_string(), word(count <= bar, "NO"), goal.to_string(), word(count <= goal, "no")]
        }
        None => Default::default(),
    };
    [
        core.to_owned(),
        word(watches, "no"),
        governed.experts.to_string(),
        format!("{alone:.0}"),
        format!("{:.0}", governed.instructions),
        format!("{:.0}", governed.spread),
        governed.stack.to_string(),
        governed.state.to_string(),
        bar,
        held,
        goal,
        reached,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, experts: usize, instructions: f64, state: usize) -> Choosing {
        Choosing { name: name.to_owned(), experts, instructions, spread: 0.0, stack: 40, state }
    }

    /// As many instructions with two experts, and a state of this size; all else within its bar.
    fn of(instructions: f64, state: usize) -> (String, bool) {
        let mut choosing = vec![one("policy", 2, 30.0, 0), one("governor", 2, instructions, state)];
        let others =
            [("governor", 3), ("governor", 5), ("watched", 2), ("watched", 3), ("watched", 5)];
        choosing.extend(others.map(|(name, experts)| one(name, experts, 100.0, 48)));
        let (table, held) = judge(&[("m4", choosing)]);
        (table.markdown(4), held)
    }

    #[test]
    fn too_many_instructions_and_too_large_a_state_are_failures() {
        let (table, held) = of(150.0, 32);
        assert!(held, "{table}");
        let row = "| m4 | no | 2 | 30 | 150 | 0 | 40 | 32 | 150 | yes | 130 | no |";
        assert!(table.contains(row), "{table}");
        let (table, held) = of(151.0, 32);
        assert!(!held && table.contains("| 150 | NO | 130 | no |"), "{table}");
        assert!(!of(100.0, 65).1);
    }

    #[test]
    fn a_missing_figure_holds_no_bar_and_a_core_without_bars_needs_none() {
        assert!(!judge(&[("m4", vec![one("governor", 2, 100.0, 32)])]).1);
        assert!(judge(&[("m33", vec![one("governor", 2, 900.0, 32)])]).1);
    }
}
