//! What a decision takes of cores and of parts on the market: estimates from counted instructions.
//!
//! `decision_costs.csv` holds what decisions of some shapes take. A decision is a constant, so much
//! for each output of a layer, and so much for each multiply-accumulate, of the first layer and of
//! the later ones, with the inputs of a layer rounded up to groups of four; the four numbers of a
//! core are those with the least relative squares. A test holds the estimates to the counts.

use std::sync::LazyLock;

use mild::Image;

/// Counted; the decisions of `mild` in `docs/results/device.csv`.
const TABLE: &str = include_str!("decision_costs.csv");

/// Terms of an estimate.
const TERMS: usize = 4;

/// A decision on a core.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CoreCost {
    /// The core, as the documents name it.
    pub(crate) core: &'static str,
    /// From int8 inputs to the decision.
    pub(crate) instructions: f64,
    /// Bytes of code, without the image.
    pub(crate) code: u32,
    /// The most bytes of stack among the shapes that were counted.
    pub(crate) stack: u32,
}

/// A decision on a part on the market.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PartCost {
    /// The part.
    pub(crate) part: &'static str,
    /// Of a decision.
    pub(crate) microseconds: f64,
    /// Of a decision.
    pub(crate) microjoules: f64,
}

/// A part on the market with one of the cores: clock, supply current and voltage of its data sheet,
/// and an assumed number of cycles per instruction. `docs/results/device-estimates.csv` is made
/// with the same numbers.
struct MarketPart {
    name: &'static str,
    core: &'static str,
    mhz: f64,
    milliamperes: f64,
    volts: f64,
    cycles_per_instruction: f64,
}

#[rustfmt::skip] // a part is a line
const PARTS: [MarketPart; 5] = [
    MarketPart { name: "STM32L072 (M0+)", core: "m0", mhz: 32.0, milliamperes: 2.98, volts: 3.0, cycles_per_instruction: 1.4 },
    MarketPart { name: "STM32L100 (M3)", core: "m3", mhz: 32.0, milliamperes: 9.6, volts: 3.0, cycles_per_instruction: 1.3 },
    MarketPart { name: "nRF52840 (M4F)", core: "m4", mhz: 64.0, milliamperes: 3.3, volts: 3.0, cycles_per_instruction: 1.2 },
    MarketPart { name: "STM32U575 (M33)", core: "m33", mhz: 160.0, milliamperes: 3.12, volts: 3.3, cycles_per_instruction: 1.2 },
    MarketPart { name: "STM32U575 (M33, feature `dsp`)", core: "m33-dsp", mhz: 160.0, milliamperes: 3.12, volts: 3.3, cycles_per_instruction: 1.2 },
];

/// A counted decision.
struct Counted {
    core: &'static str,
    shape: &'static str,
    instructions: f64,
    code: u32,
    stack: u32,
}

static COUNTED: LazyLock<Vec<Counted>> = LazyLock::new(|| {
    let decision = |line: &'static str| {
        let cells: Vec<&str> = line.split(',').collect();
        Some(Counted {
            core: cells.get(1)?,
            shape: cells.get(2)?,
            instructions: cells.get(4)?.parse().ok()?,
            code: cells.get(7)?.parse().ok()?,
            stack: cells.get(10)?.parse().ok()?,
        })
    };
    TABLE.lines().skip(1).filter_map(decision).collect()
});

/// A decision of an image on each core, in the order of the table.
pub(crate) fn on_cores(image: &Image<'_>) -> Vec<CoreCost> {
    let widths: Vec<usize> =
        std::iter::once(image.inputs()).chain(image.shapes().map(|(_, outputs)| outputs)).collect();
    of_widths(&widths)
}

fn of_widths(widths: &[usize]) -> Vec<CoreCost> {
    let own = terms(widths);
    let of_core = |counted: &[Counted]| {
        let factors = factors(counted);
        CoreCost {
            core: counted[0].core,
            instructions: own.iter().zip(factors).map(|(term, factor)| term * factor).sum(),
            code: counted.iter().map(|one| one.code).max().unwrap_or(0),
            stack: counted.iter().map(|one| one.stack).max().unwrap_or(0),
        }
    };
    COUNTED.chunk_by(|a, b| a.core == b.core).map(of_core).collect()
}

/// A decision on each part, of what it takes on the cores.
pub(crate) fn on_parts(cores: &[CoreCost]) -> Vec<PartCost> {
    let of_part = |part: &MarketPart| {
        let on = cores.iter().find(|cost| cost.core == part.core)?;
        Some(part.takes(on.instructions))
    };
    PARTS.iter().filter_map(of_part).collect()
}

impl MarketPart {
    fn takes(&self, instructions: f64) -> PartCost {
        let microseconds = instructions * self.cycles_per_instruction / self.mhz;
        let microjoules = microseconds * self.milliamperes * self.volts * 1e-3;
        PartCost { part: self.name, microseconds, microjoules }
    }
}

/// What an estimate multiplies.
fn terms(widths: &[usize]) -> [f64; TERMS] {
    let macs = |layer: &[usize]| (layer[0].next_multiple_of(4) * layer[1]) as f64;
    let mut layers = widths.windows(2).map(macs);
    let outputs: usize = widths.iter().skip(1).sum();
    [1.0, outputs as f64, layers.next().unwrap_or(0.0), layers.sum()]
}

/// The factors with the least relative squares.
fn factors(counted: &[Counted]) -> [f64; TERMS] {
    let mut system = [[0.0; TERMS + 1]; TERMS];
    for one in counted {
        let widths: Vec<usize> = one.shape.split('-').filter_map(|w| w.parse().ok()).collect();
        let terms = terms(&widths).map(|term| term / one.instructions);
        for (row, &term) in system.iter_mut().zip(&terms) {
            for (cell, &other) in row.iter_mut().zip(&terms) {
                *cell += term * other;
            }
            row[TERMS] += term;
        }
    }
    // Gauss and Jordan; the shapes differ enough that no pivot is small.
    for pivot in 0..TERMS {
        let scale = 1.0 / system[pivot][pivot];
        system[pivot] = system[pivot].map(|cell| cell * scale);
        let own = system[pivot];
        for (_, row) in system.iter_mut().enumerate().filter(|&(index, _)| index != pivot) {
            let factor = row[pivot];
            row.iter_mut().zip(own).for_each(|(cell, of_pivot)| *cell -= factor * of_pivot);
        }
    }
    system.map(|row| row[TERMS])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(name: &str) -> String {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/results");
        std::fs::read_to_string(folder.join(name)).unwrap()
    }

    #[test]
    fn the_table_is_that_of_the_documents() {
        let documented = document("device.csv");
        let kept = |line: &&str| {
            let cells: Vec<&str> = line.split(',').collect();
            cells[0] == "implementation" || (cells[0] == "mild" && cells[3] == "decision")
        };
        let documented: Vec<&str> = documented.lines().filter(kept).collect();
        assert!(
            TABLE.lines().eq(documented.iter().copied()),
            "host-trainer/src/integers/decision_costs.csv has other decisions than \
             docs/results/device.csv.\nTo write it anew: grep -E \
             '^implementation|^mild,[^,]*,[^,]*,decision' docs/results/device.csv \
             > host-trainer/src/integers/decision_costs.csv"
        );
    }

    /// Of shapes that were counted, and of each as if it had not been.
    #[test]
    fn estimates_are_near_the_counts() {
        let mut compared = 0;
        for counted in COUNTED.chunk_by(|a, b| a.core == b.core) {
            for one in counted {
                let widths: Vec<usize> = one.shape.split('-').map(|w| w.parse().unwrap()).collect();
                let on = of_widths(&widths).into_iter().find(|cost| cost.core == one.core).unwrap();
                let off = (on.instructions / one.instructions - 1.0).abs();
                let most = if one.core == "m55-helium" { 0.1 } else { 0.03 };
                assert!(off < most, "{} {}: {off}", one.core, one.shape);
                compared += 1;
            }
        }
        assert!(compared >= 90, "{compared}");
    }

    #[test]
    fn parts_take_what_the_documents_say() {
        let mut compared = 0;
        for line in document("device-estimates.csv").lines().skip(1) {
            // The name of a part may hold a comma, and stands in quotes then.
            let (name, rest) = match line.strip_prefix('"') {
                Some(quoted) => quoted.split_once("\",").unwrap(),
                None => line.split_once(',').unwrap(),
            };
            let cells: Vec<&str> = rest.split(',').collect();
            let part = PARTS.iter().find(|part| part.name == name).unwrap();
            let counted = |one: &&Counted| one.core == part.core && one.shape == cells[0];
            let takes = part.takes(COUNTED.iter().find(counted).unwrap().instructions);
            assert_eq!(format!("{:.1}", takes.microseconds), cells[2], "{line}");
            assert_eq!(format!("{:.2}", takes.microjoules), cells[3], "{line}");
            compared += 1;
        }
        assert_eq!(compared % PARTS.len(), 0);
        assert!(compared > 0);
    }
}
