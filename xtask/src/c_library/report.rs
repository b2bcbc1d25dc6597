//! What a C program on a board measured.

use anyhow::{Context, Result};

/// One decision on codes, the call from C included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measured {
    pub(super) instructions: f64,
    pub(super) stack: usize,
}

/// What `parity` measured, from its output: a line
/// `count INSTRUCTIONS TICKS DECISIONS TICKS STACK`.
pub(super) fn measured(output: &str) -> Result<Measured> {
    let line = output.lines().find_map(|line| line.strip_prefix("count "));
    let numbers: Vec<f64> = line
        .context("the program printed no counts")?
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let [instructions, reference, decisions, ticks, stack] = numbers[..] else {
        anyhow::bail!("found {} counts, expected 5", numbers.len());
    };
    Ok(Measured {
        instructions: ticks * instructions / reference / decisions,
        stack: stack as usize,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_become_instructions() {
        let found = measured("check codes: 1 rows\ncount 100000 2500 64 1088 176\n").unwrap();
        assert_eq!(found, Measured { instructions: 680.0, stack: 176 });
        assert!(measured("").is_err() && measured("count 1 2").is_err());
    }
}
