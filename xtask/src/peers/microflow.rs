//! microflow: a Rust crate whose macro compiles a TensorFlow Lite model; built in
//! `examples/firmware/peers-microflow`.

use super::run::{Measurement, NETWORKS, run as run_peer};
use crate::{
    bench::{Row, size_from},
    cores::Core,
    process::{root, run_within},
    qemu::{Options, Qemu},
    toolchain::Toolchains,
};
use anyhow::{Result, bail, ensure};
use mild_test_support::images::name;
use std::time::Duration;

const PACKAGE: &str = "peers-microflow";
/// Its weights pass through the compiler as source text.
const BUILD_LIMIT: Duration = Duration::from_secs(1800);

/// Measures all networks at once; if that fails, one by one, so that one which fails does not hide
/// the others.
pub(super) fn measure(
    core: &'static Core,
    options: &Options,
    qemu: &Qemu,
    toolchains: &mut Toolchains,
    measurement: &mut Measurement,
) -> Result<()> {
    let names: Vec<String> = NETWORKS.iter().map(|widths| name(widths)).collect();
    let error = match networks(core, &names.join(","), options, qemu, toolchains) {
        Ok(rows) => {
            measurement.rows.extend(rows);
            return Ok(());
        }
        Err(error) => error,
    };
    eprintln!("microflow on {}: {error:#}; now one network at a time", core.name);
    let (mut rows, mut inexpressible) = (Vec::new(), Vec::new());
    for name in names {
        match networks(core, &name, options, qemu, toolchains) {
            Ok(found) => rows.extend(found),
            Err(error) => inexpressible
                .push(format!("microflow on {}: cannot express {name}: {error:#}", core.name)),
        }
    }
    // With none at all it is not the networks.
    ensure!(!rows.is_empty(), "{error:#}");
    measurement.rows.extend(rows);
    measurement.inexpressible.extend(inexpressible);
    Ok(())
}

fn networks(
    core: &'static Core,
    names: &str,
    options: &Options,
    qemu: &Qemu,
    toolchains: &mut Toolchains,
) -> Result<Vec<Row>> {
    let toolchain = toolchains.prepare(core.target)?;
    let target_dir = toolchain.target_dir();
    let mut cargo = toolchain.build();
    cargo.current_dir(root().join("examples/firmware").join(PACKAGE));
    cargo.args(["--quiet", "--release", "--locked"]).arg("--target-dir").arg(&target_dir);
    cargo.env("MILD_CORE", core.name).env("MILD_SHAPES", names);
    eprintln!("$ cargo build in {PACKAGE}: {names}");
    let built = run_within(&mut cargo, BUILD_LIMIT)?;
    if !built.success() {
        let error = built.stderr.lines().find(|line| line.starts_with("error"));
        bail!("{}", error.unwrap_or("cargo did not end in time"));
    }
    let elf = target_dir.join(core.target).join("release").join(PACKAGE);
    let code = |name: &str| size_from(&elf, &mangled(name));
    // Its weights are constants among others, and cannot be told from them in the linked program.
    run_peer("microflow", core, &elf, options, qemu, code, |_| None)
}

/// A part that only the function `predict` of this network has in its symbol.
fn mangled(name: &str) -> String {
    let module = format!("n{}", name.replace('-', "_"));
    format!("{}{module}7predict17h", module.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_symbol_of_a_network_is_not_that_of_a_longer_one() {
        assert_eq!(mangled("16-5"), "5n16_57predict17h");
        assert!(!mangled("16-32-16-5").contains(&mangled("16-5")));
    }
}
