//! Reading what the firmware `bench` prints.

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;

/// One figure of one image.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    /// The image's name: its shape.
    pub(crate) shape: String,
    /// The layer, or `None` for the whole decision.
    pub(crate) layer: Option<usize>,
    /// Whether the decision is one of two that are made at once.
    pub(crate) batch: bool,
    /// Instructions of one run, of all inputs tried the most.
    pub(crate) instructions: f64,
    /// By how much the inputs tried differ.
    pub(crate) spread: f64,
    /// Bytes of stack; not measured for a layer.
    pub(crate) stack: Option<usize>,
}

/// The figures of one step from scores to a decision.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Choosing {
    /// `policy`, or around it a `governor`, or one that is `watched`: with watches.
    pub(crate) name: String,
    /// Experts to choose from, `local` among them.
    pub(crate) experts: usize,
    /// Instructions of one decision, of all streams of scores tried the most.
    pub(crate) instructions: f64,
    /// By how much the streams differ.
    pub(crate) spread: f64,
    /// Bytes of stack.
    pub(crate) stack: usize,
    /// Bytes of state between decisions.
    pub(crate) state: usize,
}

/// All figures in the output of a run.
pub(crate) fn read(stdout: &str) -> Result<(Vec<Measured>, Vec<Choosing>)> {
    let mut instructions_per_tick = None;
    let (mut measured, mut choosing) = (Vec::new(), Vec::new());
    for line in stdout.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["clock", instructions, ticks] => {
                instructions_per_tick = Some(number(instructions)? / number(ticks)?);
            }
            [kind @ ("decision" | "batch"), shape, repeats, ticks @ .., stack] => {
                let unit = instructions_per_tick.context("no clock before the figures")?;
                let batch = *kind == "batch";
                let decisions = number(repeats)? * if batch { 2.0 } else { 1.0 };
                let (least, most) = range(ticks, unit / decisions)?;
                measured.push(Measured {
                    shape: (*shape).to_owned(),
                    layer: None,
                    batch,
                    instructions: most,
                    spread: most - least,
                    stack: Some(stack.parse().with_context(|| format!("stack in: {line}"))?),
                });
            }
            ["layer", shape, index, repeats, ticks] => {
                let unit = instructions_per_tick.context("no clock before the figures")?;
                measured.push(Measured {
                    shape: (*shape).to_owned(),
                    layer: Some(index.parse().with_context(|| format!("layer in: {line}"))?),
                    batch: false,
                    instructions: number(ticks)? * unit / number(repeats)?,
                    spread: 0.0,
                    stack: None,
                });
            }
            [
                name @ ("policy" | "governor" | "watched"),
                experts,
                repeats,
                ticks @ ..,
                stack,
                state,
            ] => {
                let unit = instructions_per_tick.context("no clock before the figures")?;
                let (least, most) = range(ticks, unit / number(repeats)?)?;
                let whole = |word: &str| word.parse().with_context(|| line.to_owned());
                choosing.push(Choosing {
                    name: (*name).to_owned(),
                    experts: whole(experts)?,
                    instructions: most,
                    spread: most - least,
                    stack: whole(stack)?,
                    state: whole(state)?,
                });
            }
            _ => bail!("the firmware printed: {line}"),
        }
    }
    ensure!(!measured.is_empty(), "the firmware printed no figures");
    Ok((measured, choosing))
}

/// The least and the most of some counts.
fn range(ticks: &[&str], unit: f64) -> Result<(f64, f64)> {
    ensure!(!ticks.is_empty(), "a line without counts");
    let (mut least, mut most) = (f64::INFINITY, 0.0f64);
    for ticks in ticks {
        let count = number(ticks)? * unit;
        (least, most) = (least.min(count), most.max(count));
    }
    Ok((least, most))
}

fn number(word: &str) -> Result<f64> {
    Ok(f64::from(word.parse::<u32>().with_context(|| format!("not a number: {word}"))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_become_instructions() {
        let text = "clock 4000 100\ndecision 16-5 10 50 52 96\nbatch 16-5 10 80 82 99\nlayer 16-5 0 10 25\n\
                    governor 5 100 200 210 40 48\n";
        let (measured, choosing) = read(text).unwrap();
        assert_eq!(choosing[0].instructions, 84.0);
        assert_eq!((choosing[0].experts, choosing[0].stack, choosing[0].state), (5, 40, 48));
        assert_eq!(measured.len(), 3);
        assert_eq!((measured[0].instructions, measured[0].spread), (208.0, 8.0));
        assert_eq!((measured[0].stack, measured[0].layer), (Some(96), None));
        assert_eq!((measured[1].instructions, measured[1].spread), (164.0, 4.0));
        assert_eq!((measured[1].stack, measured[1].batch), (Some(99), true));
        assert_eq!((measured[2].instructions, measured[2].layer), (100.0, Some(0)));
    }

    #[test]
    fn anything_else_is_an_error() {
        assert!(read("").is_err());
        assert!(read("layer 16-5 0 10 25\n").is_err());
        assert!(read("clock 1 1\nHardFault at 0x0\n").is_err());
    }
}
