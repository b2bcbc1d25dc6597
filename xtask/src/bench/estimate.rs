//! Estimates for named parts: from counted instructions to cycles, time and energy.
//!
//! Nothing here is measured. Cycles follow from an assumed number of cycles per instruction, energy from the supply
//! current in run mode that the part's data sheet states.

use super::{Part, Row};
use crate::table::Table;
use std::fmt::Write;

/// A part on the market with one of the cores.
struct Device {
    name: &'static str,
    core: &'static str,
    /// Clock.
    mhz: f64,
    /// Supply current while the core runs from flash.
    ma: f64,
    /// Supply voltage at which that current is stated.
    volts: f64,
    /// Assumed; flash wait states beyond the part's cache or prefetch are not in it.
    cycles_per_instruction: f64,
    /// Where clock and current come from.
    source: &'static str,
}

#[rustfmt::skip] // a part is a line
const DEVICES: &[Device] = &[
    Device { name: "STM32L072 (M0+)", core: "m0",  mhz: 32.0,  ma: 2.98, volts: 3.0, cycles_per_instruction: 1.4, source: "93 uA/MHz in run mode, data sheet's first page" },
    Device { name: "STM32L100 (M3)",  core: "m3",  mhz: 32.0,  ma: 9.6,  volts: 3.0, cycles_per_instruction: 1.3, source: "9.6 mA from flash at 32 MHz, data sheet DocID024295, table 15" },
    Device { name: "nRF52840 (M4F)",  core: "m4",  mhz: 64.0,  ma: 3.3,  volts: 3.0, cycles_per_instruction: 1.2, source: "52 uA/MHz from flash, DC/DC converter on, product specification" },
    Device { name: "STM32U575 (M33)", core: "m33", mhz: 160.0, ma: 3.12, volts: 3.3, cycles_per_instruction: 1.2, source: "19.5 uA/MHz in run mode, data sheet's first page" },
    Device { name: "STM32U575 (M33, feature `dsp`)", core: "m33-dsp", mhz: 160.0, ma: 3.12, volts: 3.3, cycles_per_instruction: 1.2, source: "as above" },
];

const COLUMNS: [&str; 5] = ["part", "shape", "cycles", "microseconds", "microjoules"];

impl Device {
    /// Microseconds and microjoules of so many cycles.
    fn takes(&self, cycles: f64) -> (f64, f64) {
        let microseconds = cycles / self.mhz;
        (microseconds, microseconds * self.ma * self.volts * 1e-3)
    }
}

/// Microjoules of so many instructions on the part of this name.
pub(crate) fn microjoules(name: &str, instructions: f64) -> Option<f64> {
    let device = DEVICES.iter().find(|device| device.name == name)?;
    Some(device.takes(instructions * device.cycles_per_instruction).1)
}

/// Estimates for the decisions among the rows, and the assumptions behind them; empty if no part has one of the cores.
pub(crate) fn estimate(rows: &[Row]) -> (Table, String) {
    let mut table = Table::new(COLUMNS);
    let mut assumptions = String::new();
    for device in DEVICES {
        let decisions: Vec<_> = rows
            .iter()
            .filter(|row| {
                (row.implementation, row.core, row.part) == ("mild", device.core, Part::Decision)
            })
            .collect();
        for row in &decisions {
            // Of the whole number that the table of counts shows, so that one follows from the
            // other.
            let cycles = row.instructions.round_ties_even() * device.cycles_per_instruction;
            let (microseconds, microjoules) = device.takes(cycles);
            table.push([
                device.name.to_owned(),
                row.shape.clone(),
                format!("{cycles:.0}"),
                format!("{microseconds:.1}"),
                format!("{microjoules:.2}"),
            ]);
        }
        if !decisions.is_empty() {
            let Device { name, mhz, ma, volts, cycles_per_instruction, source, .. } = device;
            // Writing to a string cannot fail.
            let _ = writeln!(
                assumptions,
                "- {name}: {cycles_per_instruction} cycles per instruction (assumed), {mhz} MHz, {ma} mA at {volts} V ({source})"
            );
        }
    }
    (table, assumptions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_is_the_product_of_what_it_states() {
        let row = Row {
            implementation: "mild",
            core: "m4",
            shape: "16-5".to_owned(),
            part: Part::Decision,
            instructions: 6400.0,
            spread: 0.0,
            macs: 80,
            per_mac: 80.0,
            code_bytes: None,
            image_bytes: None,
            scratch_bytes: None,
            stack_bytes: None,
        };
        // 7680 cycles at 64 MHz are 120 us; at 9.9 mW 1.188 uJ.
        let (table, assumptions) = estimate(std::slice::from_ref(&row));
        let text = table.markdown(4);
        assert!(text.contains("| nRF52840 (M4F) | 16-5 | 7680 | 120.0 | 1.19 |"), "{text}");
        assert!(assumptions.contains("1.2 cycles per instruction (assumed)"));
        assert!(estimate(&[Row { core: "m7", ..row }]).0.rows.is_empty());
    }
}
