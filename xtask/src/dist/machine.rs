//! Machines that the packages' programs are built for and run on: emulated boards, and this host.

use crate::{
    c_library::{Platform, WARNINGS, directory},
    cores::Core,
    process::{Finished, read, run_within},
    qemu::{Options, Qemu},
};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// A run that takes longer has failed.
const LIMIT: Duration = Duration::from_secs(120);

/// A language, as compilers call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    C,
    /// As Arduino's oldest cores have it.
    Cpp11,
}

/// An emulated board, and the flags of a compiler for it.
#[derive(Debug)]
pub(super) struct Board {
    core: &'static Core,
    platform: &'static Platform,
    flags: Vec<String>,
    into: PathBuf,
}

impl Board {
    /// A board with `core` whose programs are compiled with `flags`; what is built goes into
    /// `into`.
    pub(super) fn new(core: &'static Core, flags: &[&str], into: &Path) -> Result<Self> {
        fs::create_dir_all(into).with_context(|| format!("cannot make {}", into.display()))?;
        fs::write(into.join("memory.x"), core.memory())?;
        let platform = Platform::of_target(core.target);
        let slot = core.slot();
        let mut all: Vec<String> =
            platform.flags.iter().chain(flags).map(|&flag| flag.to_owned()).collect();
        all.extend(["-Os", "-g", "-ffreestanding", "-ffunction-sections"].map(str::to_owned));
        all.push(format!("-DSLOT_ADDRESS={:#x}u", slot.origin));
        all.push(format!("-DSLOT_BYTES={}u", slot.kib * 1024));
        for include in ["tests", "tests/packages/include"] {
            all.push(format!("-I{}", directory().join(include).display()));
        }
        Ok(Self { core, platform, flags: all, into: into.to_path_buf() })
    }

    /// What every program of it needs: start-up, and semihosting.
    pub(super) fn sources(&self) -> [PathBuf; 2] {
        ["platform_board.c", self.platform.source].map(|name| directory().join("tests").join(name))
    }

    fn link_flags(&self) -> Vec<String> {
        vec![
            "-nostdlib".to_owned(),
            "-nostartfiles".to_owned(),
            "-Wl,--gc-sections".to_owned(),
            "-Wl,-z,noexecstack".to_owned(),
            format!("-L{}", self.into.display()),
            format!("-T{}", directory().join("tests/board.ld").display()),
        ]
    }

    /// Compiles one file without a warning, and returns the object.
    pub(super) fn compile(
        &self,
        language: Language,
        source: &Path,
        includes: &[&Path],
    ) -> Result<PathBuf> {
        let name = source.file_name().unwrap_or_default();
        let object = self.into.join(name).with_added_extension("o");
        let tool = if language == Language::C { "gcc" } else { "g++" };
        let mut compiler = Command::new(self.platform.tool(tool)?);
        match language {
            Language::C => compiler.args(["-x", "c", "-std=gnu99"]),
            // Arduino's builder includes its header itself.
            Language::Cpp11 => compiler.args([
                "-x",
                "c++",
                "-std=gnu++11",
                "-fno-exceptions",
                "-fno-rtti",
                "-include",
                "Arduino.h",
            ]),
        };
        compiler.args(&self.flags).args(WARNINGS);
        for include in includes {
            compiler.arg("-I").arg(include);
        }
        read(compiler.arg("-c").arg(source).arg("-o").arg(&object))?;
        Ok(object)
    }

    /// Links objects with the library `mild` in the folder `library`.
    pub(super) fn link(&self, objects: &[PathBuf], library: &Path, name: &str) -> Result<Program> {
        let elf = self.into.join(name);
        let mut linker = Command::new(self.platform.tool("gcc")?);
        linker.args(&self.flags).args(objects).arg("-L").arg(library);
        linker.args(["-lmild", "-lgcc"]).args(self.link_flags());
        read(linker.arg("-o").arg(&elf))?;
        Ok(Program { core: Some(self.core), file: elf })
    }

    /// What tells CMake to build for it.
    pub(super) fn for_cmake(&self) -> Result<Vec<String>> {
        Ok(vec![
            "-DCMAKE_SYSTEM_NAME=Generic".to_owned(),
            "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY".to_owned(),
            format!("-DCMAKE_C_COMPILER={}", self.platform.tool("gcc")?),
            format!("-DCMAKE_C_FLAGS={}", [&self.flags[..], &warnings()].concat().join(" ")),
            format!("-DCMAKE_EXE_LINKER_FLAGS={}", self.link_flags().join(" ")),
            "-DCMAKE_C_STANDARD_LIBRARIES=-lgcc".to_owned(),
        ])
    }

    /// A program of this board.
    pub(super) fn program(&self, file: PathBuf) -> Program {
        Program { core: Some(self.core), file }
    }
}

fn warnings() -> Vec<String> {
    WARNINGS.map(str::to_owned).to_vec()
}

/// A program for a board, or for this host.
#[derive(Debug)]
pub(super) struct Program {
    core: Option<&'static Core>,
    file: PathBuf,
}

impl Program {
    /// A program for this host.
    pub(super) fn of_host(file: PathBuf) -> Self {
        Self { core: None, file }
    }

    /// Runs it among the files of `directory`, with the image there in the slot of a board.
    pub(super) fn run(&self, qemu: &Qemu, directory: &Path) -> Result<Finished> {
        let Some(core) = self.core else {
            return run_within(Command::new(&self.file).current_dir(directory), LIMIT);
        };
        let options =
            Options { directory: directory.to_path_buf(), limit: LIMIT, icount: None, slot: None };
        qemu.run(core, &self.file, &options.with_image(directory)?)
    }
}

/// Configures and builds a project with CMake into `into`.
pub(super) fn cmake(
    source: &Path,
    into: &Path,
    options: &[String],
    environment: &[(&str, &Path)],
) -> Result<()> {
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(source).arg("-B").arg(into).args(options);
    read(configure.envs(environment.iter().copied()))?;
    read(Command::new("cmake").arg("--build").arg(into))?;
    Ok(())
}
