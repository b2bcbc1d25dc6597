//! Other people's inference on the same shapes, counted on the same emulated cores.
//!
//! Peers are downloaded from their registries when they are measured; nothing of them is in this
//! repository.

mod emlearn;
mod microflow;
mod run;

use crate::{
    cores::Core,
    qemu::{Options, Qemu},
    toolchain::Toolchains,
};
pub(crate) use run::Measurement;

/// Runs all peers on one core.
pub(crate) fn measure(
    core: &'static Core,
    options: &Options,
    qemu: &Qemu,
    toolchains: &mut Toolchains,
) -> Measurement {
    let mut measurement = Measurement::default();
    if let Err(error) = microflow::measure(core, options, qemu, toolchains, &mut measurement) {
        measurement.failed.push(format!("microflow on {}: {error:#}", core.name));
    }
    if let Err(error) = emlearn::measure(core, options, qemu, &mut measurement) {
        measurement.failed.push(format!("emlearn on {}: {error:#}", core.name));
    }
    measurement
}
