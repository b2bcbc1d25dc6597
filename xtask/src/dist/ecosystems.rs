//! Builds the examples of the unpacked packages as their ecosystems do, as far as that can be done
//! without these.

use super::{
    machine::{Board, Language, Program, cmake},
    packages::example_folder,
};
use crate::{
    apt,
    c_library::{directory, flags},
    cores::{self, Core},
    process::{find_program, read},
};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What a board of Nano 33 BLE's kind passes: floats in registers of the core, and a float unit.
const SOFTFP: [&str; 3] = ["-mcpu=cortex-m4", "-mfloat-abi=softfp", "-mfpu=fpv4-sp-d16"];

/// A program that was built of a package.
#[derive(Debug)]
pub(super) struct Built {
    /// How.
    pub(super) label: String,
    /// It prints what the examples print.
    pub(super) example: Program,
    /// It compares all golden vectors.
    pub(super) parity: Option<Program>,
}

/// Builds a package from its folder into another one.
type Build = dyn Fn(&Path, &Path) -> Result<Built> + Send + Sync;

/// A way to build a package.
pub(super) struct Way {
    label: &'static str,
    build: Box<Build>,
}

impl Way {
    fn new(
        label: &'static str,
        build: impl Fn(&Path, &Path) -> Result<Built> + Send + Sync + 'static,
    ) -> Self {
        Self { label, build: Box::new(build) }
    }

    /// What it is.
    pub(super) fn label(&self) -> &'static str {
        self.label
    }

    /// Builds the package in `folder` into `into`.
    pub(super) fn build(&self, folder: &Path, into: &Path) -> Result<Built> {
        (self.build)(folder, into)
    }
}

/// A board of Zephyr's.
#[derive(Debug)]
struct ZephyrBoard {
    /// The library that the module must choose.
    library: &'static str,
    core: &'static str,
    /// What the board's Kconfig sets.
    settings: &'static [&'static str],
    /// The compiler's flags, if not those of the core.
    flags: Option<&'static [&'static str]>,
}

/// One for each library.
#[rustfmt::skip] // a board is a line
const ZEPHYR: [ZephyrBoard; 11] = [
    zephyr_board("cortex-m0",              "m0",         &["CPU_CORTEX_M", "CPU_CORTEX_M0"], None),
    zephyr_board("cortex-m3",              "m3",         &["CPU_CORTEX_M", "CPU_CORTEX_M3"], None),
    zephyr_board("cortex-m4",              "m4",         &["CPU_CORTEX_M", "CPU_CORTEX_M4"], Some(&["-mcpu=cortex-m4", "-mfloat-abi=soft"])),
    zephyr_board("cortex-m4-hard",         "m7",         &["CPU_CORTEX_M", "CPU_CORTEX_M7", "FP_HARDABI"], None),
    zephyr_board("cortex-m33",             "m33",        &["CPU_CORTEX_M", "CPU_CORTEX_M33"], Some(&["-mcpu=cortex-m33+nodsp", "-mfloat-abi=soft"])),
    zephyr_board("cortex-m33-dsp",         "m33-dsp",    &["CPU_CORTEX_M", "CPU_CORTEX_M33", "ARMV8_M_DSP"], Some(&["-mcpu=cortex-m33", "-mfloat-abi=soft"])),
    zephyr_board("cortex-m33-hard",        "m33",        &["CPU_CORTEX_M", "CPU_CORTEX_M33", "FP_HARDABI"], None),
    zephyr_board("cortex-m33-hard-dsp",    "m33-dsp",    &["CPU_CORTEX_M", "CPU_CORTEX_M33", "ARMV8_M_DSP", "FP_HARDABI"], None),
    zephyr_board("cortex-m55-hard-helium", "m55-helium", &["CPU_CORTEX_M", "CPU_CORTEX_M55", "ARMV8_M_DSP", "ARMV8_1_M_MVEI", "FP_HARDABI"], None),
    zephyr_board("rv32imc",                "rv32imc",    &["RISCV"], None),
    zephyr_board("rv32imac",               "rv32imac",   &["RISCV", "RISCV_ISA_EXT_A"], None),
];

const fn zephyr_board(
    library: &'static str,
    core: &'static str,
    settings: &'static [&'static str],
    flags: Option<&'static [&'static str]>,
) -> ZephyrBoard {
    ZephyrBoard { library, core, settings, flags }
}

const ZERO: &str = r#"{"build.mcu": "samd21g18a", "build.cpu": "cortex-m0plus"}"#;
const UNO_R4: &str =
    r#"{"build.mcu": "ra4m1", "build.cpu": "cortex-m4", "flags": ["-mfloat-abi=hard"]}"#;
const ESP32_C3: &str = r#"{"build.mcu": "esp32c3"}"#;

/// The ways to build a package of `ecosystem`.
pub(super) fn ways(ecosystem: &str) -> Vec<Way> {
    match ecosystem {
        "arduino" => vec![
            Way::new("sketch, SAMD21 or RP2040", |f, i| sketch(f, i, "m0", "cortex-m0plus", None)),
            Way::new("sketch, Nano 33 BLE", |f, i| {
                sketch(f, i, "m4", "cortex-m4/fpv4-sp-d16-softfp", Some(&SOFTFP))
            }),
            Way::new("sketch, UNO R4", |f, i| {
                sketch(f, i, "m4", "cortex-m4/fpv4-sp-d16-hard", None)
            }),
            Way::new("sketch, ESP32-C3", |f, i| sketch(f, i, "rv32imc", "esp32c3", None)),
        ],
        "zephyr" => ZEPHYR
            .iter()
            .map(|board| Way::new(board.library, move |f, i| zephyr(f, i, board)))
            .collect(),
        "esp-idf" => vec![
            Way::new("example, ESP32-C3", |f, i| esp_idf(f, i, "rv32imc", "esp32c3")),
            Way::new("example, ESP32-C6", |f, i| esp_idf(f, i, "rv32imac", "esp32c6")),
        ],
        "platformio" => vec![
            Way::new("example, Zero", |f, i| platformio(f, i, "m0", ZERO)),
            Way::new("example, UNO R4", |f, i| platformio(f, i, "m4", UNO_R4)),
            Way::new("example, ESP32-C3", |f, i| platformio(f, i, "rv32imc", ESP32_C3)),
        ],
        _ => vec![
            Way::new("CMake, Cortex-M4", cmake_m4),
            Way::new("CMake, this host", cmake_host),
            Way::new("pkg-config, this host", pkg_config),
        ],
    }
}

/// A core of this name, which is in the table.
fn core(name: &str) -> Result<&'static Core> {
    cores::find(name).with_context(|| format!("no core {name}"))
}

/// The folder of the stand-ins.
fn stand_ins() -> PathBuf {
    directory().join("tests/packages")
}

/// The program `name`, installed first if it is missing.
fn need(name: &'static str) -> Result<()> {
    if find_program(name).is_none() {
        apt::install(&[name], name)?;
    }
    Ok(())
}

/// A list, as CMake takes it.
fn list(files: impl IntoIterator<Item = PathBuf>) -> String {
    let files: Vec<String> = files.into_iter().map(|file| file.display().to_string()).collect();
    files.join(";")
}

fn example(label: &str, example: Program) -> Built {
    Built { label: label.to_owned(), example, parity: None }
}

fn cmake_m4(folder: &Path, into: &Path) -> Result<Built> {
    need("cmake")?;
    let core = core("m4")?;
    let board = Board::new(core, flags(core)?, into)?;
    let mut options = board.for_cmake()?;
    options.push("-DMILD_CORE=cortex-m4-hard".to_owned());
    options.push(format!("-DCMAKE_PREFIX_PATH={}", folder.display()));
    // Where there is a root of the target, packages are looked for in it alone.
    options.push("-DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=BOTH".to_owned());
    let own = ["main.c", "print.c"].map(|name| stand_ins().join(name));
    options.push(format!("-DDECIDE_PLATFORM={}", list(board.sources().into_iter().chain(own))));
    options.push(format!("-DPARITY_PLATFORM={}", list(board.sources())));
    cmake(&stand_ins().join("cmake"), &into.join("build"), &options, &[])?;
    let program = |name| board.program(into.join("build").join(name));
    Ok(Built {
        label: "built with CMake, run on an emulated Cortex-M4".to_owned(),
        example: program("decide"),
        parity: Some(program("parity")),
    })
}

fn cmake_host(folder: &Path, into: &Path) -> Result<Built> {
    need("cmake")?;
    let options = [
        format!("-DCMAKE_PREFIX_PATH={}", folder.display()),
        format!("-DCMAKE_C_FLAGS=-I{}", directory().join("tests").display()),
        format!("-DPARITY_PLATFORM={}", directory().join("tests/platform_host.c").display()),
    ];
    cmake(&stand_ins().join("cmake"), &into.join("build"), &options, &[])?;
    let program = |name| Program::of_host(into.join("build").join(name));
    Ok(Built {
        label: "built with CMake, run on this host".to_owned(),
        example: program("decide"),
        parity: Some(program("parity")),
    })
}

fn pkg_config(folder: &Path, into: &Path) -> Result<Built> {
    need("pkg-config")?;
    fs::create_dir_all(into)?;
    let mut ask = Command::new("pkg-config");
    ask.args(["--cflags", "--libs", "mild"]);
    let flags = read(ask.env("PKG_CONFIG_PATH", folder.join("lib/pkgconfig")))?;
    let (program, examples) = (into.join("decide"), folder.join("examples"));
    let mut gcc = Command::new("gcc");
    gcc.args(["decide.c", "adc.c", "rejector.c"].map(|name| examples.join(name)));
    read(gcc.args(flags.split_whitespace()).arg("-o").arg(&program))?;
    Ok(example("built with pkg-config's flags, run on this host", Program::of_host(program)))
}

/// Compiles a sketch as Arduino's builder does, with a stand-in for a board's core.
fn sketch(
    folder: &Path,
    into: &Path,
    name: &str,
    place: &str,
    own_flags: Option<&[&str]>,
) -> Result<Built> {
    let core = core(name)?;
    let board = Board::new(core, own_flags.map_or_else(|| flags(core), Ok)?, into)?;
    let sources = folder.join(example_folder("arduino"));
    let program = link_sketch(
        &board,
        &sources.join("WineNode.ino"),
        &sources,
        &folder.join("src"),
        &folder.join("src").join(place),
    )?;
    Ok(example(
        &format!(
            "sketch as C++11 with a stand-in for Arduino.h, src/{place} linked, run on {name}"
        ),
        program,
    ))
}

fn link_sketch(
    board: &Board,
    sketch: &Path,
    sources: &Path,
    include: &Path,
    library: &Path,
) -> Result<Program> {
    let mut objects = vec![
        board.compile(Language::Cpp11, sketch, &[sources, include])?,
        board.compile(Language::C, &sources.join("rejector.c"), &[include])?,
        board.compile(Language::Cpp11, &stand_ins().join("arduino.cpp"), &[])?,
        board.compile(Language::C, &stand_ins().join("print.c"), &[])?,
    ];
    for source in board.sources() {
        objects.push(board.compile(Language::C, &source, &[])?);
    }
    board.link(&objects, library, "sketch.elf")
}

/// Builds the sample with its own files of CMake and a stand-in for Zephyr's package. The module must
/// choose the board's library.
fn zephyr(folder: &Path, into: &Path, on: &ZephyrBoard) -> Result<Built> {
    need("cmake")?;
    let core = core(on.core)?;
    let board = Board::new(core, on.flags.map_or_else(|| flags(core), Ok)?, into)?;
    let mut options = board.for_cmake()?;
    options.extend(on.settings.iter().map(|setting| format!("-DCONFIG_{setting}=y")));
    options.push(format!("-DZephyr_DIR={}", stand_ins().join("zephyr").display()));
    options.push(format!("-DZEPHYR_EXTRA_MODULES={}", folder.display()));
    let own = ["main.c", "print.c"].map(|name| stand_ins().join(name));
    options.push(format!("-DSTAND_IN={}", list(board.sources().into_iter().chain(own))));
    let build = into.join("build");
    cmake(&folder.join("samples/wine"), &build, &options, &[])?;
    let linked = build.join("CMakeFiles/zephyr.dir/link.txt");
    let linked =
        fs::read_to_string(&linked).with_context(|| format!("cannot read {}", linked.display()))?;
    let expected = format!("lib/{}/libmild.a", on.library);
    ensure!(linked.contains(&expected), "the module did not choose {expected}: {}", linked.trim());
    Ok(example(
        &format!("sample with a stand-in for Zephyr, {} chosen, run on {}", on.library, on.core),
        board.program(build.join("zephyr")),
    ))
}

/// Builds the example with its own files of CMake and a stand-in for ESP-IDF's.
fn esp_idf(folder: &Path, into: &Path, name: &str, chip: &str) -> Result<Built> {
    need("cmake")?;
    let core = core(name)?;
    let board = Board::new(core, flags(core)?, into)?;
    let mut options = board.for_cmake()?;
    options.push(format!("-DIDF_TARGET={chip}"));
    let own = ["app_main.c", "print.c"].map(|name| stand_ins().join(name));
    options.push(format!("-DSTAND_IN={}", list(board.sources().into_iter().chain(own))));
    let idf = stand_ins().join("esp-idf");
    cmake(&folder.join("examples/wine"), &into.join("build"), &options, &[("IDF_PATH", &idf)])?;
    Ok(example(
        &format!("example and component with a stand-in for ESP-IDF, {chip}, run on {name}"),
        board.program(into.join("build/wine")),
    ))
}

/// Compiles the example and links what the library's script says for `settings` of a board.
fn platformio(folder: &Path, into: &Path, name: &str, settings: &str) -> Result<Built> {
    need("python3")?;
    let core = core(name)?;
    let board = Board::new(core, flags(core)?, into)?;
    let mut script = Command::new("python3");
    let said = read(script.arg(stand_ins().join("platformio.py")).arg(folder).arg(settings))?;
    let library = said.lines().next().context("link.py named no folder")?;
    let sources = folder.join(example_folder("platformio"));
    let program = link_sketch(
        &board,
        &sources.join("main.cpp"),
        &sources,
        &folder.join("include"),
        Path::new(library),
    )?;
    let linked = Path::new(library).file_name().unwrap_or_default().to_string_lossy();
    Ok(example(
        &format!("example with a stand-in for PlatformIO, link.py chose {linked}, run on {name}"),
        program,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::libraries::LIBRARIES;

    #[test]
    fn every_library_is_linked_into_a_sample() {
        let linked = ZEPHYR.map(|board| board.library);
        assert_eq!(linked, LIBRARIES.map(|library| library.name));
    }
}
