//! The tests of the C library.
//!
//! On the host: the header is current and warns nobody, and every image gives the recorded results
//! under the sanitizers. On each emulated core: the same results, no panic and no allocator linked,
//! and about the same instructions as the Rust firmware.

use super::{
    build_for_core, build_for_host, client, compiler, directory, exported::Exported, governed,
    header, linked, report, windows,
};
use crate::{
    commands::heading,
    cores::Core,
    images,
    linked::Linked,
    parallel, parity,
    process::{Finished, run, run_within, target_dir},
    programs, proofs,
    qemu::{Options, Qemu},
    results,
    toolchain::Toolchains,
    verdict::{Tally, Verdict},
    window_features,
};
use anyhow::Result;
use mild_test_support::images::{name as name_of, of_shape};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// A run that takes longer has failed.
const LIMIT: Duration = Duration::from_secs(300);
/// The shape whose instructions are compared with those of the Rust firmware.
const MEASURED: &[usize] = &[16, 32, 16, 5];
/// By how much they may differ as a share of the whole, or else in instructions: the call from C
/// and what it checks cost about 50, which is more than the share where a decision takes a few
/// hundred.
const TOLERANCE: f64 = 0.03;
const CALL: f64 = 64.0;
/// Bytes of stack that the header promises.
const MOST_STACK: usize = 320;
/// Each language with the standards that must compile without a warning.
const STANDARDS: [(&str, &[&str]); 2] =
    [("c", &["c99", "c11", "c17"]), ("c++", &["c++11", "c++20"])];

/// What to test.
#[derive(Debug)]
pub(crate) struct Selection {
    /// On which cores.
    pub(crate) cores: Vec<&'static Core>,
    /// Directories with rejector.mild and vectors.bin.
    pub(crate) images: Vec<PathBuf>,
}

/// Runs all tests of the C library.
pub(crate) fn check(selection: &Selection, toolchains: &mut Toolchains) -> Result<Tally> {
    let mut tally = Tally::default();
    heading("C library: the header");
    tally.count("header", &current());
    warnings(&mut tally)?;

    let measured = measured_image()?;
    let images: Vec<PathBuf> = selection.images.iter().chain([&measured]).cloned().collect();

    heading("C library: host, under sanitizers");
    let work = target_dir().join("c/tests");
    let archive = build_for_host()?;
    let program = compiler::compile_for_host("parity", &[], &archive, &work.join("host"))?;
    let runs = parallel::map(&images, |image| {
        run_within(Command::new(&program).current_dir(image), LIMIT)
    });
    for (image, run) in images.iter().zip(runs) {
        judge(&format!("host {}", name(image)), image, &run?, &mut tally)?;
    }
    let control = work.join("control");
    parity::control(&measured, &control)?;
    fs::copy(measured.join("rejector.mild"), control.join("rejector.mild"))?;
    let noticed = run_within(Command::new(&program).current_dir(&control), LIMIT)?;
    tally.count("host", &parity::judge_control(&noticed));

    let program = compiler::compile_for_host("windows", &[], &archive, &work.join("host"))?;
    for verdict in window_features::judge(&run_within(&mut Command::new(program), LIMIT)?) {
        tally.count("host", &verdict);
    }
    let exported = Exported::make()?;
    tally.count("host", &exported.check_host(&archive)?);
    example(&measured, &archive, &work.join("host"), &mut tally)?;

    let qemu = Qemu::find(selection.cores.iter().copied())?;
    for core in &selection.cores {
        heading(&format!("C library: {}", core.name));
        let into = work.join(core.name);
        if let Err(error) =
            check_core(core, &images, &exported, &into, &qemu, toolchains, &mut tally)
        {
            tally.count(core.name, &Verdict::failed("run", &error));
        }
    }
    Ok(tally)
}

fn check_core(
    core: &Core,
    images: &[PathBuf],
    exported: &Exported,
    into: &Path,
    qemu: &Qemu,
    toolchains: &mut Toolchains,
    tally: &mut Tally,
) -> Result<()> {
    let toolchain = toolchains.prepare(core.target)?;
    let archive = build_for_core(&toolchain, core)?;
    let elf = compiler::compile_for(core, "parity", &archive, into)?;
    let program = Linked::read(&elf)?;
    for verdict in proofs::library(&program) {
        tally.count(core.name, &verdict);
    }
    for verdict in windows::check(core, &archive, into, &program, qemu)? {
        tally.count(&format!("{} windows", core.name), &verdict);
    }
    let label = format!("{} windows", core.name);
    tally.count(&label, &exported.check_core(core, &archive, into, qemu)?);
    if let Some(measured) = images.iter().find(|image| name(image) == name_of(MEASURED)) {
        tally.count(core.name, &linked::judge(core, measured, &archive, into, qemu)?);
    }
    let runs = parallel::map(images, |image| {
        let options =
            Options { directory: image.clone(), limit: LIMIT, icount: Some(0), slot: None };
        qemu.run(core, &elf, &options.with_image(image)?)
    });
    for (image, run) in images.iter().zip(runs) {
        let run = run?;
        let label = format!("{} {}", core.name, name(image));
        judge(&label, image, &run, tally)?;
        if !run.success() {
            for line in parity::last_lines(&run) {
                println!("    {line}");
            }
        } else if name(image) == name_of(MEASURED) {
            let measured = report::measured(&run.stdout)?;
            tally.count(&label, &instructions(core, measured.instructions)?);
            tally.count(&label, &stack(measured.stack));
        }
    }
    Ok(())
}

/// The instructions of a decision beside those of the Rust firmware, as the documents have them.
fn instructions(core: &Core, found: f64) -> Result<Verdict> {
    let rust: f64 = results::decision_instructions(core.name, &name_of(MEASURED))?;
    let more = found / rust - 1.0;
    Ok(Verdict {
        check: "instructions",
        passed: Some(more.abs() <= TOLERANCE || (found - rust).abs() <= CALL),
        detail: format!("{found:.0} in C, {rust:.0} in Rust, {:+.1} %", more * 100.0),
    })
}

fn stack(found: usize) -> Verdict {
    Verdict {
        check: "stack",
        passed: Some(found <= MOST_STACK),
        detail: format!("{found} bytes, at most {MOST_STACK}"),
    }
}

/// What a run over an image says: every result of its rows, and the governor's.
fn judge(label: &str, image: &Path, run: &Finished, tally: &mut Tally) -> Result<()> {
    for verdict in parity::judge(run, parity::rows(image)?) {
        tally.count(label, &verdict);
    }
    tally.count(label, &governed::judge(&run.stdout, image)?);
    Ok(())
}

fn current() -> Verdict {
    match header::is_current() {
        Ok(true) => {
            Verdict { check: "current", passed: Some(true), detail: "as cbindgen makes it".into() }
        }
        Ok(false) => Verdict {
            check: "current",
            passed: Some(false),
            detail: "write it anew with: cargo xtask c header".into(),
        },
        Err(error) => Verdict::failed("current", &error),
    }
}

/// Compiles the test as C and the header as C++, with every warning an error.
fn warnings(tally: &mut Tally) -> Result<()> {
    let as_cpp = target_dir().join("c/tests/header.cpp");
    fs::create_dir_all(target_dir().join("c/tests"))?;
    fs::write(&as_cpp, "#include \"mild.h\"\nint main() { return MILD_STATUS_OK; }\n")?;
    let as_c =
        ["parity", "windows"].map(|name| directory().join("tests").join(name).with_extension("c"));
    for (c, cpp) in compiler::host()? {
        for (language, standards) in STANDARDS {
            let (compiler, sources) =
                if language == "c" { (c, &as_c[..]) } else { (cpp, std::slice::from_ref(&as_cpp)) };
            for standard in standards {
                let result = sources
                    .iter()
                    .try_for_each(|source| compiler::warns_nothing(compiler, standard, source));
                let verdict = match result {
                    Ok(()) => Verdict {
                        check: "no warning",
                        passed: Some(true),
                        detail: format!("-std={standard}"),
                    },
                    Err(error) => Verdict::failed("no warning", &error),
                };
                tally.count(compiler, &verdict);
            }
        }
    }
    Ok(())
}

/// The program of the library's README, with an image that was exported as C source. Its decision
/// is the crate's: compiled by hand, and as a project with CMake.
fn example(image: &Path, archive: &Path, into: &Path, tally: &mut Tally) -> Result<()> {
    let mut export = Command::new(programs::mild()?);
    export.arg("export").arg(image.join("rejector.mild")).args(["--format", "c", "--out"]);
    run(export.arg(into.join("rejector")))?;
    let expected = format!("expert {}\n", governed::expert_for_zeros(image)?);
    let source = [into.join("rejector.c")];
    let programs = [
        ("example", compiler::compile_for_host("example", &source, archive, into)?),
        ("CMake", compiler::build_with_cmake(into)?),
    ];
    for (check, program) in programs {
        let found = run_within(&mut Command::new(program), LIMIT)?;
        let passed = Some(found.success() && found.stdout == expected);
        let detail = format!("found {:?}, expected {expected:?}", found.stdout);
        tally.count("host", &Verdict { check, passed, detail });
    }
    let program = compiler::compile_for_host("client", &source, archive, into)?;
    tally.count("host", &client::judge(&program)?);
    Ok(())
}

/// The image whose instructions are compared, with its vectors.
fn measured_image() -> Result<PathBuf> {
    let directory = target_dir().join("c/images").join(name_of(MEASURED));
    fs::create_dir_all(&directory)?;
    fs::write(directory.join("rejector.mild"), of_shape(MEASURED).to_bytes()?)?;
    images::export(&programs::mild()?, &directory, None)?;
    Ok(directory)
}

fn name(directory: &Path) -> String {
    let last = directory.file_name().unwrap_or(directory.as_os_str());
    last.to_string_lossy().into_owned()
}
