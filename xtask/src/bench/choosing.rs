//! What the policy and the governor take after the scores, and the goals for it.

use super::{
    Choosing,
    table::{Align::*, Column, Table},
};

/// The most instructions that a governed decision among few experts should take on an M4.
const GOAL: f64 = 150.0;
/// The most bytes that a governor may keep.
const STATE: usize = 64;

const COLUMNS: [Column; 8] = [
    ("core", Left),
    ("experts", Right),
    ("policy", Right),
    ("with governor", Right),
    ("differs by", Right),
    ("stack B", Right),
    ("state B", Right),
    ("goal", Left),
];

/// A table of all cores, and whether the governor's state fits everywhere. The goal for instructions is reported, not
/// enforced.
pub(crate) fn judge(measured: &[(&str, Vec<Choosing>)]) -> (Table, bool) {
    let mut table = Table::new("device-policy", &COLUMNS);
    let mut fits = true;
    for (core, choosing) in measured {
        for governed in choosing.iter().filter(|one| one.name == "governor") {
            let alone = |one: &&Choosing| one.name == "policy" && one.experts == governed.experts;
            let alone = choosing.iter().find(alone).map_or(f64::NAN, |one| one.instructions);
            fits &= governed.state <= STATE;
            let goal = match *core {
                "m4" if governed.instructions <= GOAL => "goal of 150 reached",
                "m4" => "goal of 150 not reached",
                _ => "",
            };
            table.push([
                (*core).to_owned(),
                governed.experts.to_string(),
                format!("{alone:.0}"),
                format!("{:.0}", governed.instructions),
                format!("{:.0}", governed.spread),
                governed.stack.to_string(),
                governed.state.to_string(),
                goal.to_owned(),
            ]);
        }
    }
    (table, fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_is_too_large_is_a_failure_and_a_missed_goal_is_not() {
        let one = |name: &str, instructions, state| Choosing {
            name: name.to_owned(),
            experts: 2,
            instructions,
            spread: 0.0,
            stack: 40,
            state,
        };
        let of = |governed| {
            let (table, fits) = judge(&[("m4", vec![one("policy", 30.0, 0), governed])]);
            (table.markdown(), fits)
        };
        let (table, fits) = of(one("governor", 140.0, 48));
        assert!(
            fits && table.contains("| m4 | 2 | 30 | 140 | 0 | 40 | 48 | goal of 150 reached |")
        );
        let (table, fits) = of(one("governor", 151.0, 65));
        assert!(!fits && table.contains("not reached"));
    }
}
