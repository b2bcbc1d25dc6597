//! What a C program on a board says of its cost.

use anyhow::{Context, Result};

/// The cost of one decision on codes, the call from C included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cost {
    pub(super) instructions: f64,
    pub(super) stack: usize,
}

/// The cost in the output of `parity`: a line `count INSTRUCTIONS TICKS DECISIONS TICKS STACK`.
pub(super) fn cost(output: &str) -> Result<Cost> {
    let line = output.lines().find_map(|line| line.strip_prefix("count "));
    let numbers: Vec<f64> = line
        .context("the program printed no counts")?
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let [instructions, calibration, decisions, ticks, stack] = numbers[..] else {
        anyhow::bail!("found {} counts, expected 5", numbers.len());
    };
    Ok(Cost { instructions: ticks * instructions / calibration / decisions, stack: stack as usize })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_become_instructions() {
        let found = cost("check codes: 1 rows\ncount 100000 2500 64 1088 176\n").unwrap();
        assert_eq!(found, Cost { instructions: 680.0, stack: 176 });
        assert!(cost("").is_err() && cost("count 1 2").is_err());
    }
}
