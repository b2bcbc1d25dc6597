//! Thresholds that learn from any answers, against models with wide integers that try every
//! threshold.

#![no_main]

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use mild_fuzz::online;

fuzz_target!(|data: &[u8]| {
    // Bytes that do not suffice for a case are no finding.
    let _ = run(&mut Unstructured::new(data));
});

fn run(u: &mut Unstructured<'_>) -> Result<()> {
    match u.int_in_range(0..=5)? {
        0 => online::feasible::<2>(u),
        1 => online::feasible::<9>(u),
        2 => online::feasible::<255>(u),
        3 => online::two_thresholds::<1>(u),
        4 => online::two_thresholds::<9>(u),
        _ => online::two_thresholds::<255>(u),
    }
}
