//! Reading what the firmware `bench` prints.

use anyhow::{Context, Result, bail, ensure};

/// One figure of one image.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    /// The image's name: its shape.
    pub(crate) shape: String,
    /// The layer, or `None` for the whole decision.
    pub(crate) layer: Option<usize>,
    /// Instructions of one run, of all inputs tried the most.
    pub(crate) instructions: f64,
    /// By how much the inputs tried differ.
    pub(crate) spread: f64,
    /// Bytes of stack; not measured for a layer.
    pub(crate) stack: Option<usize>,
}

/// All figures in the output of a run.
pub(crate) fn read(stdout: &str) -> Result<Vec<Measured>> {
    let mut instructions_per_tick = None;
    let mut measured = Vec::new();
    for line in stdout.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["clock", instructions, ticks] => {
                instructions_per_tick = Some(number(instructions)? / number(ticks)?);
            }
            ["decision", shape, repeats, ticks @ .., stack] => {
                let unit = instructions_per_tick.context("no clock before the figures")?;
                ensure!(!ticks.is_empty(), "no counts in: {line}");
                let unit = unit / number(repeats)?;
                let (mut least, mut most) = (f64::INFINITY, 0.0f64);
                for ticks in ticks {
                    let count = number(ticks)? * unit;
                    (least, most) = (least.min(count), most.max(count));
                }
                measured.push(Measured {
                    shape: (*shape).to_owned(),
                    layer: None,
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
                    instructions: number(ticks)? * unit / number(repeats)?,
                    spread: 0.0,
                    stack: None,
                });
            }
            _ => bail!("the firmware printed: {line}"),
        }
    }
    ensure!(!measured.is_empty(), "the firmware printed no figures");
    Ok(measured)
}

fn number(word: &str) -> Result<f64> {
    Ok(f64::from(word.parse::<u32>().with_context(|| format!("not a number: {word}"))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_become_instructions() {
        let measured =
            read("clock 4000 100\ndecision 16-5 10 50 52 96\nlayer 16-5 0 10 25\n").unwrap();
        assert_eq!(measured.len(), 2);
        assert_eq!((measured[0].instructions, measured[0].spread), (208.0, 8.0));
        assert_eq!((measured[0].stack, measured[0].layer), (Some(96), None));
        assert_eq!((measured[1].instructions, measured[1].layer), (100.0, Some(0)));
    }

    #[test]
    fn anything_else_is_an_error() {
        assert!(read("").is_err());
        assert!(read("layer 16-5 0 10 25\n").is_err());
        assert!(read("clock 1 1\nHardFault at 0x0\n").is_err());
    }
}
