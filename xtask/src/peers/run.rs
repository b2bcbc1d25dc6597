//! What the programs of all peers share: the networks, and how their output becomes rows.

use crate::{
    bench::{self, Part, Row},
    cores::Core,
    parity,
    qemu::{Options, Qemu},
};
use anyhow::{Context, Result, bail};
use mild_test_support::images::{SHAPES, name};
use std::path::Path;

/// The networks to give to the peers: the usual rejector, a linear one, a wide one, and single
/// layers.
pub(super) const NETWORKS: &[&[usize]] =
    &[&[16, 32, 16, 5], &[16, 5], &[640, 128, 4], &[32, 16], &[64, 32], &[640, 128]];

/// What the peers did on one core.
#[derive(Debug, Default)]
pub(crate) struct Measurement {
    /// What was measured.
    pub(crate) rows: Vec<Row>,
    /// What a peer cannot express on this core, and why: a property of the peer.
    pub(crate) inexpressible: Vec<String>,
    /// What could have been measured and was not, and why: a failure of the run.
    pub(crate) failed: Vec<String>,
}

/// Runs a program that prints as the firmware `bench` does, and makes its rows. `code` finds the
/// size of a network's functions, `constants` the bytes of its weights where they are known.
pub(super) fn run(
    implementation: &'static str,
    core: &'static Core,
    elf: &Path,
    options: &Options,
    qemu: &Qemu,
    code: impl Fn(&str) -> Result<u64>,
    constants: impl Fn(&[usize]) -> Option<u64>,
) -> Result<Vec<Row>> {
    let finished = qemu.run(core, elf, options)?;
    if !finished.success() {
        let output = parity::last_lines(&finished).join("\n");
        bail!("{}: {output}", parity::describe_status(&finished));
    }
    let mut rows = Vec::new();
    for measured in bench::read(&finished.stdout)?.0 {
        let widths = *NETWORKS
            .iter()
            .find(|widths| name(widths) == measured.shape)
            .with_context(|| format!("it measured {}, which nobody asked for", measured.shape))?;
        let macs = macs(widths);
        rows.push(Row {
            implementation,
            core: core.name,
            part: part(widths),
            instructions: measured.instructions,
            spread: measured.spread,
            macs,
            per_mac: measured.instructions / macs as f64,
            code_bytes: match code(&measured.shape) {
                Ok(size) => Some(size),
                Err(error) => {
                    eprintln!("{implementation} {}: no code size: {error:#}", measured.shape);
                    None
                }
            },
            image_bytes: constants(widths),
            scratch_bytes: None,
            // A program that cannot tell prints 0.
            stack_bytes: measured.stack.filter(|&bytes| bytes > 0),
            shape: measured.shape,
        });
    }
    Ok(rows)
}

/// Beside which rows of `mild` a network stands.
fn part(widths: &[usize]) -> Part {
    if SHAPES.contains(&widths) { Part::Decision } else { Part::Input }
}

pub(super) fn macs(widths: &[usize]) -> usize {
    widths.windows(2).map(|pair| pair[0] * pair[1]).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_of_the_peers_stands_beside_rows_of_ours() {
        for &widths in NETWORKS {
            let layer = |shape: &&[usize]| shape.starts_with(widths);
            assert!(SHAPES.contains(&widths) || SHAPES.iter().any(layer), "{widths:?}");
        }
        assert_eq!((name(&[16, 5]), macs(&[16, 32, 16, 5])), ("16-5".to_owned(), 1104));
    }
}
