//! emlearn: a Python package with C headers; built from `examples/firmware/peers-emlearn`.

use super::run::{Measurement, NETWORKS, macs, run as run_peer};
use crate::{
    apt,
    bench::{Part, size_from},
    cores::{Core, Family},
    process::{find_program, read, root, run, run_within, target_dir},
    qemu::{Options, Qemu},
};
use anyhow::{Context, Result, bail, ensure};
use mild_test_support::{images::name, random::Lcg};
use std::{
    collections::BTreeSet,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

const VERSION: &str = "0.23.2";
const FETCH_LIMIT: Duration = Duration::from_secs(180);
/// Left for code and for what is not weights, in a core's flash.
const CODE_KIB: usize = 24;

/// Builds one program with all networks that fit the core's flash, and runs it.
pub(super) fn measure(
    core: &'static Core,
    options: &Options,
    qemu: &Qemu,
    measurement: &mut Measurement,
) -> Result<()> {
    let headers = headers()?;
    let (compiler, packages) = compiler(core.family());
    if find_program(compiler).is_none() {
        apt::install(packages, compiler)?;
    }
    let directory = target_dir().join("device/emlearn").join(core.name);
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    let mut chosen: Vec<&[usize]> = Vec::new();
    for &widths in NETWORKS {
        let with: Vec<&[usize]> = chosen.iter().copied().chain([widths]).collect();
        if weights(&with).div_ceil(1024) + CODE_KIB > core.code.kib as usize {
            measurement.inexpressible.push(format!(
                "emlearn on {}: cannot express {}: {} KiB of float weights do not fit beside the rest in {} KiB of flash",
                core.name,
                name(widths),
                weights(&[widths]).div_ceil(1024),
                core.code.kib
            ));
        } else {
            chosen = with;
        }
    }
    fs::write(directory.join("networks.h"), networks_header(&chosen))?;
    fs::write(directory.join("memory.x"), core.memory())?;
    let elf = build(core, &directory, &headers)?;
    // The layer alone, for the networks that have only one.
    let code = |network: &str| {
        size_from(&elf, if network.matches('-').count() == 1 { "layer" } else { "decide" })
    };
    let constants = |widths: &[usize]| Some(weights(&[widths]) as u64);
    let rows = run_peer("emlearn", core, &elf, options, qemu, code, constants)?;
    for mut row in rows {
        if row.part == Part::Decision && row.shape.matches('-').count() == 1 {
            measurement.inexpressible.push(format!(
                "emlearn on {}: cannot express {} as a network, only as a layer: eml_net_predict wants two layers",
                core.name, row.shape
            ));
            row.part = Part::Input;
        }
        measurement.rows.push(row);
    }
    Ok(())
}

/// The directory with emlearn's headers, fetched first if need be.
fn headers() -> Result<PathBuf> {
    let directory = target_dir().join("device").join(format!("emlearn-{VERSION}"));
    let headers = directory.join("emlearn");
    if headers.join("eml_net.h").is_file() {
        return Ok(headers);
    }
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    if read(Command::new("python3").args(["-m", "pip", "--version"])).is_err() {
        apt::install(&["python3-pip"], "python3 with pip")?;
    }
    let mut fetch = Command::new("python3");
    // The wheel as it is: nothing of it is run, so it needs none of its dependencies.
    fetch.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]);
    fetch.arg("--dest").arg(&directory).arg(format!("emlearn=={VERSION}"));
    eprintln!("$ pip download emlearn=={VERSION}");
    let finished = run_within(&mut fetch, FETCH_LIMIT)?;
    if !finished.success() {
        bail!("pip cannot fetch emlearn {VERSION}: {}", finished.stderr.trim());
    }
    let wheel = fs::read_dir(&directory)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .context("pip fetched no wheel")?;
    read(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&directory))?;
    ensure!(headers.join("eml_net.h").is_file(), "there is no eml_net.h in emlearn {VERSION}");
    Ok(headers)
}

fn build(core: &Core, directory: &Path, headers: &Path) -> Result<PathBuf> {
    let source = root().join("examples/firmware/peers-emlearn");
    let elf = directory.join("peers-emlearn.elf");
    let mut command = Command::new(compiler(core.family()).0);
    // As fast as `mild` is built, and exact: no option here lets floats be reordered.
    command.args(["-O3", "-std=gnu11"]).args(processor(core)?);
    command.args(["-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"]);
    command.args(["-nostartfiles", "-Wl,--no-warn-rwx-segments"]);
    command.arg("-isystem").arg(headers);
    for directory in [directory, &source] {
        command.arg("-I").arg(directory).arg("-L").arg(directory);
    }
    command.arg("-T").arg(source.join("link.ld"));
    let start = match core.family() {
        Family::CortexM => "start_cortex_m.c",
        Family::RiscV => "start_riscv.c",
    };
    command.args(["console.c", "main.c", start].map(|name| source.join(name)));
    command.arg("-lm").arg("-o").arg(&elf);
    run(&mut command)?;
    Ok(elf)
}

/// The compiler, and Debian's packages with it and its C library.
fn compiler(family: Family) -> (&'static str, &'static [&'static str]) {
    match family {
        Family::CortexM => ("arm-none-eabi-gcc", &["gcc-arm-none-eabi", "libnewlib-arm-none-eabi"]),
        Family::RiscV => (
            "riscv64-unknown-elf-gcc",
            &["gcc-riscv64-unknown-elf", "picolibc-riscv64-unknown-elf"],
        ),
    }
}

/// The compiler's options for the core itself, its FPU included: the best that emlearn can have
/// there.
fn processor(core: &Core) -> Result<Vec<&'static str>> {
    let options: &[&str] = match core.name {
        "m0" => &["-mcpu=cortex-m0"],
        "m3" => &["-mcpu=cortex-m3"],
        "m4" => &["-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"],
        "m7" => &["-mcpu=cortex-m7", "-mfpu=fpv5-d16", "-mfloat-abi=hard"],
        "m33" | "m33-dsp" => &["-mcpu=cortex-m33", "-mfpu=fpv5-sp-d16", "-mfloat-abi=hard"],
        "m55" | "m55-helium" => &["-mcpu=cortex-m55", "-mfloat-abi=hard"],
        "rv32imc" => &["-march=rv32imc"],
        "rv32imac" => &["-march=rv32imac"],
        other => bail!("no compiler options for the core {other}"),
    };
    let family: &[&str] = match core.family() {
        Family::CortexM => &["-mthumb", "--specs=nosys.specs"],
        Family::RiscV => &["-mabi=ilp32", "-mcmodel=medany", "--specs=picolibc.specs"],
    };
    Ok([family, options].concat())
}

/// Bytes of the weights and biases of these networks; equal layers are the same array.
fn weights(networks: &[&[usize]]) -> usize {
    let layers: BTreeSet<&[usize]> = networks.iter().flat_map(|widths| widths.windows(2)).collect();
    layers.iter().map(|pair| (pair[0] + 1) * pair[1] * 4).sum()
}

/// The networks as emlearn's own converter writes them, with arbitrary weights.
fn networks_header(networks: &[&[usize]]) -> String {
    let mut text = String::from("// Written by `cargo xtask device bench`.\n");
    let mut random = Lcg::new(1);
    let mut weight = || f32::from(random.code()) / 64.0;
    let layers: BTreeSet<&[usize]> = networks.iter().flat_map(|widths| widths.windows(2)).collect();
    // Writing to a string cannot fail.
    for pair in layers {
        for (what, number) in [("weights", pair[0] * pair[1]), ("biases", pair[1])] {
            let _ = write!(text, "static const float {what}_{}[{number}] = {{", id(pair));
            for _ in 0..number {
                let _ = write!(text, "{:?}f,", weight());
            }
            text.push_str("};\n");
        }
    }
    let mut list = String::new();
    for widths in networks {
        let (id, layers) = (id(widths), widths.len() - 1);
        let _ = writeln!(text, "static const EmlNetLayer layers_{id}[{layers}] = {{");
        for (index, pair) in widths.windows(2).enumerate() {
            let activation = if index + 1 == layers && layers > 1 { "Identity" } else { "Relu" };
            let pair_id = self::id(pair);
            let _ = writeln!(
                text,
                "    {{ {}, {}, weights_{pair_id}, biases_{pair_id}, EmlNetActivation{activation} }},",
                pair[1], pair[0]
            );
        }
        // emlearn's buffers hold the widest layer, the inputs included, and the hidden layers copy
        // all of them.
        let widest = widths.iter().max().copied().unwrap_or_default();
        let _ = writeln!(
            text,
            "}};\nstatic float one_{id}[{widest}], two_{id}[{widest}];\n\
             static EmlNet net_{id} = {{ {layers}, layers_{id}, one_{id}, two_{id}, {widest} }};"
        );
        let _ = writeln!(list, "    {{ \"{}\", &net_{id}, {} }},", name(widths), macs(widths));
    }
    let widest = networks.iter().flat_map(|widths| widths.iter()).max().copied().unwrap_or(1);
    let _ = writeln!(
        text,
        "#define WIDEST {widest}\n\
         static const struct {{ const char *name; EmlNet *net; uint32_t macs; }} networks[] = {{\n{list}}};"
    );
    text
}

fn id(widths: &[usize]) -> String {
    name(widths).replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cores::CORES;

    #[test]
    fn every_core_has_options() {
        for core in CORES {
            assert!(processor(core).is_ok(), "{}", core.name);
        }
    }

    #[test]
    fn equal_layers_are_one_array() {
        assert_eq!(weights(&[&[2, 3, 4], &[2, 3]]), (3 * 3 + 4 * 4) * 4);
        let text = networks_header(&[&[2, 3, 4], &[2, 3]]);
        assert_eq!(text.matches("weights_2_3[6]").count(), 1);
        assert!(text.contains("#define WIDEST 4") && text.contains("{ \"2-3\", &net_2_3, 6 }"));
    }
}
