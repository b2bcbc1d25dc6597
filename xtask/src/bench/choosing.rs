//! What policy and governor cost after the scores, and the goals for it.

use super::Choosing;
use std::fmt::Write;

/// The most instructions that a governed decision among few experts should take on an M4.
const GOAL: f64 = 150.0;
/// The most bytes that a governor may keep.
const STATE: usize = 64;

/// A table of all cores, and whether every state fits; the goal for instructions is told, not enforced.
pub(crate) fn judge(measured: &[(&str, Vec<Choosing>)]) -> (String, bool) {
    let mut table = String::from(
        "From scores to a decision:\n\n| core | experts | policy | with governor | differs by | stack B | state B | |\n\
         |---|---:|---:|---:|---:|---:|---:|---|\n",
    );
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
            // Writing to a string cannot fail.
            let _ = writeln!(
                table,
                "| {core} | {} | {alone:.0} | {:.0} | {:.0} | {} | {} | {goal} |",
                governed.experts,
                governed.instructions,
                governed.spread,
                governed.stack,
                governed.state,
            );
        }
    }
    (table, fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_is_too_large_is_a_failure_and_the_goal_is_told() {
        let one = |name: &str, instructions, state| Choosing {
            name: name.to_owned(),
            experts: 2,
            instructions,
            spread: 0.0,
            stack: 40,
            state,
        };
        let of = |governed| judge(&[("m4", vec![one("policy", 30.0, 0), governed])]);
        let (table, fits) = of(one("governor", 140.0, 48));
        assert!(
            fits && table.contains("| m4 | 2 | 30 | 140 | 0 | 40 | 48 | goal of 150 reached |")
        );
        let (table, fits) = of(one("governor", 151.0, 65));
        assert!(!fits && table.contains("not reached"));
    }
}
