//! C and C++ compilers, and the flags that a core needs.

use super::directory;
use crate::{
    apt,
    cores::{Core, Extension, Family},
    process::{find_program, run},
};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What a family of cores takes: Debian's bare-metal GCC, its package, the source of the platform,
/// and flags.
#[derive(Debug)]
pub(crate) struct Platform {
    compiler: &'static str,
    package: &'static str,
    /// In `mild-c/tests`.
    pub(crate) source: &'static str,
    /// For every core of the family.
    pub(crate) flags: &'static [&'static str],
    /// What makes its linker write object files for the family, whatever it reads.
    linker: &'static [&'static str],
}

const CORTEX_M: Platform = Platform {
    compiler: "arm-none-eabi-gcc",
    package: "gcc-arm-none-eabi",
    source: "platform_cortex_m.c",
    flags: &["-mthumb"],
    linker: &["--oformat", "elf32-littlearm"],
};

const RISC_V: Platform = Platform {
    compiler: "riscv64-unknown-elf-gcc",
    package: "gcc-riscv64-unknown-elf",
    source: "platform_riscv.c",
    flags: &["-mcmodel=medany"],
    linker: &["-m", "elf32lriscv", "--oformat", "elf32-littleriscv"],
};

/// What the library's users may switch on without a warning from the header.
pub(crate) const WARNINGS: [&str; 7] =
    ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Werror"];

impl Platform {
    /// That of the compiler's name of a target.
    pub(crate) fn of_target(target: &str) -> &'static Self {
        match Family::of_target(target) {
            Family::CortexM => &CORTEX_M,
            Family::RiscV => &RISC_V,
        }
    }

    /// The compiler, installed first if it is missing.
    fn compiler(&self) -> Result<&'static str> {
        if find_program(self.compiler).is_none() {
            apt::install(&[self.package], self.compiler)?;
        }
        Ok(self.compiler)
    }

    /// Another tool of the compiler's family, such as `g++` or `strip`.
    pub(crate) fn tool(&self, name: &str) -> Result<String> {
        let compiler = self.compiler()?;
        Ok(format!("{}{name}", compiler.strip_suffix("gcc").unwrap_or_default()))
    }
}

/// The compilers of the host: GCC, and clang where it is there.
pub(super) fn host() -> Result<Vec<(&'static str, &'static str)>> {
    if find_program("gcc").is_none() || find_program("g++").is_none() {
        apt::install(&["gcc", "g++"], "a C and C++ compiler")?;
    }
    let compilers = [("gcc", "g++"), ("clang", "clang++")];
    Ok(compilers.into_iter().filter(|(c, _)| find_program(c).is_some()).collect())
}

/// The flags of GCC for a core. They match the compiler's target of the library: its float ABI, and
/// whether there is a DSP extension.
pub(crate) fn flags(core: &Core) -> Result<&'static [&'static str]> {
    Ok(match (core.target, core.extension) {
        ("thumbv6m-none-eabi", _) => &["-mcpu=cortex-m0", "-mfloat-abi=soft"],
        ("thumbv7m-none-eabi", _) => &["-mcpu=cortex-m3", "-mfloat-abi=soft"],
        ("thumbv7em-none-eabihf", _) => {
            &["-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"]
        }
        ("thumbv8m.main-none-eabihf", Extension::Dsp | Extension::Helium) => {
            &["-mcpu=cortex-m33", "-mfloat-abi=hard", "-mfpu=fpv5-sp-d16"]
        }
        ("thumbv8m.main-none-eabihf", Extension::Base) => {
            &["-mcpu=cortex-m33+nodsp", "-mfloat-abi=hard", "-mfpu=fpv5-sp-d16"]
        }
        ("riscv32imc-unknown-none-elf", _) => &["-march=rv32imc", "-mabi=ilp32"],
        ("riscv32imac-unknown-none-elf", _) => &["-march=rv32imac", "-mabi=ilp32"],
        (target, _) => bail!("no C flags are known for {target}"),
    })
}

/// Makes an object file of the image `rejector.bin` in `into`, by the script beside it, as the documents
/// say.
pub(super) fn link_image(core: &Core, into: &Path) -> Result<PathBuf> {
    let platform = Platform::of_target(core.target);
    let mut ld = Command::new(platform.tool("ld")?);
    ld.current_dir(into).arg("-r").args(platform.linker);
    run(ld.args(["-T", "rejector.ld", "-o", "rejector.o"]))?;
    Ok(into.join("rejector.o"))
}

/// Compiles the program `tests/NAME.c` for a board into `into`, and returns the ELF file.
pub(crate) fn compile_for(core: &Core, name: &str, archive: &Path, into: &Path) -> Result<PathBuf> {
    compile_with(core, name, &[], archive, into)
}

/// The same with more sources or object files. Headers are also looked for in `into`.
pub(super) fn compile_with(
    core: &Core,
    name: &str,
    more: &[PathBuf],
    archive: &Path,
    into: &Path,
) -> Result<PathBuf> {
    fs::create_dir_all(into).with_context(|| format!("cannot make {}", into.display()))?;
    fs::write(into.join("memory.x"), core.memory())?;
    let tests = directory().join("tests");
    let elf = into.join(name).with_extension("elf");
    let slot = core.slot();
    let platform = Platform::of_target(core.target);
    let mut gcc = Command::new(platform.compiler()?);
    gcc.args(["-std=c99", "-Os", "-g", "-ffreestanding"]).args(WARNINGS);
    gcc.args(platform.flags).args(flags(core)?);
    gcc.arg(format!("-DSLOT_ADDRESS={:#x}u", slot.origin));
    gcc.arg(format!("-DSLOT_BYTES={}u", slot.kib * 1024));
    gcc.arg("-I").arg(directory().join("include")).arg("-I").arg(into);
    gcc.arg(tests.join(name).with_extension("c")).arg(tests.join("platform_board.c"));
    gcc.arg(tests.join(platform.source)).args(more);
    gcc.arg(archive).args(["-nostdlib", "-nostartfiles", "-lgcc"]);
    gcc.args(["-Wl,--gc-sections", "-Wl,-z,noexecstack", "-L"]).arg(into);
    gcc.arg("-T").arg(tests.join("board.ld")).arg("-o").arg(&elf);
    run(&mut gcc)?;
    Ok(elf)
}

/// Compiles the program `tests/NAME.c` with `more` sources for this host, under the sanitizers of
/// addresses and of undefined behaviour. Headers are also looked for in `into`.
pub(super) fn compile_for_host(
    name: &str,
    more: &[PathBuf],
    archive: &Path,
    into: &Path,
) -> Result<PathBuf> {
    fs::create_dir_all(into).with_context(|| format!("cannot make {}", into.display()))?;
    let tests = directory().join("tests");
    let program = into.join(name);
    let mut gcc = Command::new("gcc");
    gcc.args(["-std=c99", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
    gcc.args(WARNINGS).arg("-I").arg(directory().join("include"));
    gcc.arg("-I").arg(into);
    gcc.arg(tests.join(name).with_extension("c")).arg(tests.join("platform_host.c")).args(more);
    gcc.arg(archive).arg("-o").arg(&program);
    run(&mut gcc)?;
    Ok(program)
}

/// Builds the project `tests/cmake` with the image in `rejector`, and returns the program.
pub(super) fn build_with_cmake(rejector: &Path) -> Result<PathBuf> {
    if find_program("cmake").is_none() {
        apt::install(&["cmake"], "CMake")?;
    }
    let into = rejector.join("cmake");
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(directory().join("tests/cmake")).arg("-B").arg(&into);
    run(configure.arg(format!("-DREJECTOR_DIR={}", rejector.display())))?;
    run(Command::new("cmake").arg("--build").arg(&into))?;
    Ok(into.join("example"))
}

/// Checks that the header and the tests compile without a warning under `standard`.
pub(super) fn warns_nothing(compiler: &str, standard: &str, source: &Path) -> Result<()> {
    let mut command = Command::new(compiler);
    command.arg(format!("-std={standard}")).args(WARNINGS).arg("-fsyntax-only");
    command.arg("-I").arg(directory().join("include"));
    run(command.arg(source))
}
