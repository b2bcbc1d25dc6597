//! Tests of the packages: each is unpacked, looked at, built against, and its programs are run.

use super::{
    archive,
    ecosystems::{Way, ways},
    manifests,
    packages::{Package, example_folder, make},
    wine,
};
use crate::{
    commands::heading,
    cores, images, parallel, parity,
    process::target_dir,
    qemu::Qemu,
    toolchain::Toolchains,
    verdict::{Tally, Verdict},
};
use anyhow::{Context, Result};
use mild_test_support::images::{name as name_of, of_shape};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A network with hidden layers, beside the example's.
const SHAPE: &[usize] = &[16, 32, 16, 5];

/// The tools that no package is tried with here: only Debian's packages and those of languages can be
/// had.
const NOT_TRIED: &str = "not tried here, as they cannot be had: the Arduino IDE and its cores, Zephyr with west, ESP-IDF, \
                         PlatformIO's platforms. Their parts are played by stand-ins (mild-c/tests/packages); \
                         manifests, Kconfig and sample.yaml are only inspected.";

/// What the programs are compared with.
struct Expected {
    lines: String,
    /// What the control prints, which has one weight flipped.
    control: String,
    /// Folders with an image and its golden vectors.
    images: Vec<PathBuf>,
    /// One with another image than the vectors are of.
    flipped: PathBuf,
}

/// Makes all packages and tests them. `mild` is the program.
pub(crate) fn check(mild: &Path, toolchains: &mut Toolchains) -> Result<Tally> {
    let mut tally = Tally::default();
    heading("packages");
    let packages = make(mild, toolchains)?;
    let expected = expected(mild)?;
    let qemu = Qemu::find(cores::CORES)?;
    let work = target_dir().join("dist/tests");
    for package in &packages {
        heading(&format!("package {}", package.archive.display()));
        if let Err(error) = check_package(package, &work, &expected, &qemu, mild, &mut tally) {
            tally.count(package.ecosystem, &Verdict::failed("unpack", &error));
        }
    }
    println!("\n{NOT_TRIED}");
    Ok(tally)
}

fn check_package(
    package: &Package,
    work: &Path,
    expected: &Expected,
    qemu: &Qemu,
    mild: &Path,
    tally: &mut Tally,
) -> Result<()> {
    let ecosystem = package.ecosystem;
    let folder = archive::unpack(&package.archive, &work.join(ecosystem))?;
    for verdict in manifests::check(package, &folder) {
        tally.count(&format!("{ecosystem}, inspected"), &verdict);
    }
    // The same with one weight flipped.
    let control = archive::unpack(&package.archive, &work.join(format!("{ecosystem}-control")))?;
    wine::export(mild, &wine::flipped()?, &control.join(example_folder(ecosystem)))?;

    let ways = ways(ecosystem);
    // The control is one program; everything else is built every way.
    let jobs: Vec<(&Way, &Path, bool)> = ways
        .iter()
        .map(|way| (way, folder.as_path(), false))
        .chain(ways.first().map(|way| (way, control.as_path(), true)))
        .collect();
    let found = parallel::map(&jobs, |(way, folder, is_control)| {
        let kind = if *is_control { "control" } else { "built" };
        let into =
            work.join(kind).join(format!("{ecosystem}-{}", way.label().replace([' ', ','], "-")));
        try_way(way, folder, &into, *is_control, expected, qemu)
    });
    for ((way, ..), found) in jobs.iter().zip(found) {
        match found {
            Ok(verdicts) => {
                for (label, verdict) in verdicts {
                    tally.count(&format!("{ecosystem}, {label}"), &verdict);
                }
            }
            Err(error) => {
                let label = format!("{ecosystem}, {}", way.label());
                tally.count(&label, &Verdict::failed("built", &error));
            }
        }
    }
    Ok(())
}

/// Builds and runs a package one way.
fn try_way(
    way: &Way,
    folder: &Path,
    into: &Path,
    is_control: bool,
    expected: &Expected,
    qemu: &Qemu,
) -> Result<Vec<(String, Verdict)>> {
    if into.exists() {
        fs::remove_dir_all(into).with_context(|| format!("cannot remove {}", into.display()))?;
    }
    let built = way.build(folder, into)?;
    let run = built.example.run(qemu, &expected.images[0])?;
    let mut verdicts = Vec::new();
    let mut add = |verdict| verdicts.push((built.label.clone(), verdict));
    if is_control {
        // It must run, and print what the crate decides with that weight: anything else would be no
        // control.
        let noticed = run.success() && run.stdout == expected.control;
        add(Verdict {
            check: "control",
            passed: Some(noticed && run.stdout != expected.lines),
            detail: format!("a flipped weight is noticed: {}", quoted(&run.stdout)),
        });
        return Ok(verdicts);
    }
    let passed = run.success() && run.stdout == expected.lines;
    let detail = match passed {
        true => quoted(&run.stdout),
        false => format!(
            "found {} ({}), expected {}; {}",
            quoted(&run.stdout),
            parity::describe_status(&run),
            quoted(&expected.lines),
            run.stderr.trim()
        ),
    };
    add(Verdict { check: "decisions", passed: Some(passed), detail });
    let Some(program) = &built.parity else { return Ok(verdicts) };
    for image in &expected.images {
        let run = program.run(qemu, image)?;
        for verdict in parity::judge(&run, parity::rows(image)?) {
            add(verdict);
        }
    }
    let run = program.run(qemu, &expected.flipped)?;
    let noticed = parity::differs(&run);
    add(Verdict {
        check: "control",
        passed: Some(noticed),
        detail: format!("golden vectors notice a flipped weight: {noticed}"),
    });
    Ok(verdicts)
}

/// Lines on one.
fn quoted(lines: &str) -> String {
    lines.trim().replace('\n', "; ")
}

/// What the crate decides, and golden vectors.
fn expected(mild: &Path) -> Result<Expected> {
    let directory = target_dir().join("dist/images");
    let (words, flipped_words) = (wine::words(), wine::flipped()?);
    let (wine_image, shape) = (directory.join("wine"), directory.join(name_of(SHAPE)));
    wine::export(mild, &words, &wine_image)?;
    fs::create_dir_all(&shape)?;
    fs::write(shape.join("rejector.mild"), of_shape(SHAPE).to_bytes()?)?;
    for image in [&wine_image, &shape] {
        images::export(mild, image, None)?;
    }
    let flipped = directory.join("flipped");
    wine::export(mild, &flipped_words, &flipped)?;
    fs::copy(wine_image.join("vectors.bin"), flipped.join("vectors.bin"))?;
    Ok(Expected {
        lines: wine::expected(&words)?,
        control: wine::expected(&flipped_words)?,
        images: vec![wine_image, shape],
        flipped,
    })
}
