//! `cargo xtask device bench`: instructions, code, image, scratch and stack, core by core.

use super::arguments::{CommonArgs, core};
use crate::{
    bench::{self, Choosing, Measured, Part, Row},
    cores::{CORES, Core},
    firmware::Firmware,
    parity, peers,
    process::target_dir,
    qemu::Qemu,
    toolchain::Toolchains,
};
use anyhow::{Context, Result, bail};
use clap::Args;
use mild::Image;
use mild_test_support::images::{self, SHAPES};
use serde_json::json;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// On which cores, and how to print.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// A core to measure on; without any, all of them
    #[arg(long = "core", value_name = "CORE", value_parser = core)]
    cores: Vec<&'static Core>,
    /// Print one JSON document instead of tables
    #[arg(long)]
    json: bool,
    /// Also write each table as a CSV file into this directory
    #[arg(long, value_name = "DIR")]
    csv: Option<PathBuf>,
    /// Leave out microflow and emlearn, which are downloaded from their registries; without this
    /// flag a failed download is an error
    #[arg(long)]
    no_peers: bool,
    #[command(flatten)]
    common: CommonArgs,
}

/// Measures, prints the tables, and says whether every bar holds, the run time was independent of
/// the data, and every peer was there.
pub(crate) fn bench(args: &BenchArgs) -> Result<bool> {
    let cores = match args.cores.as_slice() {
        [] => CORES.iter().collect(),
        given => given.to_vec(),
    };
    let images = target_dir().join("device/bench");
    bench::write_images(&images)?;
    let qemu = Qemu::find(cores.iter().copied())?;
    let mut toolchains = Toolchains::new(args.common.toolchain);
    let (mut rows, mut choosing) = (Vec::new(), Vec::new());
    let (mut inexpressible, mut failed) = (Vec::new(), Vec::new());
    for &core in &cores {
        let (of_core, chosen) = measure(core, &images, args, &qemu, &mut toolchains)?;
        rows.extend(of_core);
        choosing.push((core.name, chosen));
        if !args.no_peers {
            let options = args.common.options(&images, true);
            let peers = peers::measure(core, &options, &qemu, &mut toolchains);
            rows.extend(peers.rows);
            inexpressible.extend(peers.inexpressible);
            failed.extend(peers.failed);
        }
    }
    let names: Vec<&str> = cores.iter().map(|core| core.name).collect();
    let counts = bench::table(&rows);
    let (bars, held) = bench::judge(&rows, &names);
    let (policy, fits) = bench::judge_choosing(&choosing);
    let (estimates, assumptions) = bench::estimate(&rows);
    if let Some(directory) = &args.csv {
        fs::create_dir_all(directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
        let files = [
            ("device", &counts),
            ("device-bars", &bars),
            ("device-policy", &policy),
            ("device-estimates", &estimates),
        ];
        for (name, table) in files {
            let path = directory.join(name).with_extension("csv");
            fs::write(&path, table.to_csv()?)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    if args.json {
        let policy: BTreeMap<_, _> =
            choosing.iter().map(|(core, of_core)| (core, of_core)).collect();
        println!("{}", serde_json::to_string_pretty(&json!({ "rows": rows, "policy": policy }))?);
        eprintln!("{}", bars.markdown(4));
    } else {
        println!("\n{}\n{}", counts.markdown(4), bars.markdown(4));
        println!("From scores to a decision:\n\n{}", policy.markdown(4));
        if !estimates.rows.is_empty() {
            println!("Estimates, not measurements, of one decision:\n\n{}", estimates.markdown(4));
            println!("Assumed:\n\n{assumptions}");
        }
    }
    for reason in inexpressible.iter().chain(&failed) {
        eprintln!("{reason}");
    }
    let mut constant = true;
    // Peers make no such promise; their rows have the spread, too.
    for row in rows.iter().filter(|row| row.implementation == "mild") {
        // The counter's ticks are this coarse.
        if row.spread > row.instructions * 1e-3 + 1.0 {
            eprintln!(
                "{} {}: the count depends on the data, by {:.0} instructions",
                row.core, row.shape, row.spread
            );
            constant = false;
        }
    }
    Ok(held && fits && constant && failed.is_empty())
}

/// The crate `mild` on one core.
fn measure(
    core: &'static Core,
    images: &Path,
    args: &BenchArgs,
    qemu: &Qemu,
    toolchains: &mut Toolchains,
) -> Result<(Vec<Row>, Vec<Choosing>)> {
    let firmware = Firmware { package: "bench", core, image: Some(images) };
    let elf = firmware.build_with(core.features(), toolchains)?;
    eprintln!("{}: what `decide` reaches:", core.name);
    let code = bench::size_from(&elf, "5bench6decide")?;
    eprintln!("{}: what `decide_two` reaches:", core.name);
    let code_of_two = bench::size_from(&elf, "5bench10decide_two")?;
    let finished = qemu.run(core, &elf, &args.common.options(images, true))?;
    if !finished.success() {
        bail!(
            "{}: {}\n{}{}",
            core.name,
            parity::describe_status(&finished),
            finished.stdout,
            finished.stderr
        );
    }
    let (measured, choosing) = bench::read(&finished.stdout)?;
    // In the order of the shapes; the firmware has them by name.
    let mut rows = Vec::new();
    for shape in SHAPES {
        let name = images::name(shape);
        for measured in measured.iter().filter(|measured| measured.shape == name) {
            let code = if measured.batch { code_of_two } else { code };
            rows.push(row(core, shape, measured, code, images)?);
        }
    }
    Ok((rows, choosing))
}

fn row(
    core: &'static Core,
    shape: &[usize],
    measured: &Measured,
    code: u64,
    images: &Path,
) -> Result<Row> {
    let widths = match measured.layer {
        None => shape,
        Some(index) => {
            shape.get(index..index + 2).context("a layer that the shape does not have")?
        }
    };
    let part = match measured.layer {
        None if measured.batch => Part::Batch,
        None => Part::Decision,
        Some(0) => Part::Input,
        Some(_) => Part::Hidden,
    };
    let macs = widths.windows(2).map(|pair| pair.iter().product::<usize>()).sum::<usize>();
    let (mut code_bytes, mut image_bytes, mut scratch_bytes) = (None, None, None);
    if measured.layer.is_none() {
        let bytes = fs::read(images.join(&measured.shape).with_added_extension("mild"))?;
        let words: Vec<u32> =
            bytes.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect();
        let image = Image::from_words(&words)?;
        code_bytes = Some(code);
        image_bytes = Some(bytes.len() as u64);
        let one_or_two =
            if measured.batch { image.batch_scratch_words() } else { image.scratch_words() };
        scratch_bytes = Some(one_or_two * 4);
    }
    Ok(Row {
        implementation: "mild",
        core: core.name,
        shape: images::name(widths),
        part,
        instructions: measured.instructions,
        spread: measured.spread,
        macs,
        per_mac: measured.instructions / macs as f64,
        code_bytes,
        image_bytes,
        scratch_bytes,
        stack_bytes: measured.stack,
    })
}
