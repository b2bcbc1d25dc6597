//! The static libraries of the packages, one for each core and float ABI, without what debuggers
//! need.

use crate::{
    c_library::{Platform, build_for, build_for_host},
    process::{read, run, target_dir},
    toolchain::Toolchains,
};
use anyhow::{Context, Result};
use std::{collections::BTreeMap, fs, path::Path, process::Command};

/// A library of the packages.
pub(super) struct Library {
    /// Its folder.
    pub(super) name: &'static str,
    /// The compiler's name of the target.
    pub(super) target: &'static str,
    features: &'static [&'static str],
    /// The cores that it is for.
    pub(super) cores: &'static str,
}

#[rustfmt::skip] // a library is a line
pub(super) const LIBRARIES: [Library; 11] = [
    library("cortex-m0",       "thumbv6m-none-eabi",          &[],         "Cortex-M0, M0+, M1, M23"),
    library("cortex-m3",       "thumbv7m-none-eabi",          &[],         "Cortex-M3"),
    library("cortex-m4",       "thumbv7em-none-eabi",         &[],         "Cortex-M4, M7"),
    library("cortex-m4-hard",  "thumbv7em-none-eabihf",       &[],         "Cortex-M4, M7"),
    library("cortex-m33",      "thumbv8m.main-none-eabi",     &[],         "Cortex-M33, M55, M85"),
    library("cortex-m33-dsp",  "thumbv8m.main-none-eabi",     &["dsp"],    "Cortex-M33, M55, M85 with the DSP extension"),
    library("cortex-m33-hard", "thumbv8m.main-none-eabihf",   &[],         "Cortex-M33, M55, M85"),
    library("cortex-m33-hard-dsp", "thumbv8m.main-none-eabihf", &["dsp"],  "Cortex-M33, M55, M85 with the DSP extension"),
    library("cortex-m55-hard-helium", "thumbv8m.main-none-eabihf", &["helium"], "Cortex-M55, M85 with Helium"),
    library("rv32imc",         "riscv32imc-unknown-none-elf",  &[],        "RISC-V without atomics: ESP32-C2, C3"),
    library("rv32imac",        "riscv32imac-unknown-none-elf", &[],        "RISC-V with atomics: ESP32-C6, H2, RP2350"),
];

const fn library(
    name: &'static str,
    target: &'static str,
    features: &'static [&'static str],
    cores: &'static str,
) -> Library {
    Library { name, target, features, cores }
}

/// Libraries by the name of their folder.
pub(super) struct Libraries {
    /// The folder of this host's.
    pub(super) host: String,
    files: BTreeMap<String, Vec<u8>>,
}

impl Libraries {
    /// Builds all of them; those of the C library's tests are taken as they are.
    pub(super) fn build(toolchains: &mut Toolchains) -> Result<Self> {
        let verbose = read(Command::new("rustc").arg("-vV"))?;
        let host = verbose.lines().find_map(|line| line.strip_prefix("host: "));
        let host = host.context("rustc -vV names no host")?.to_owned();
        let mut files = BTreeMap::new();
        for library in &LIBRARIES {
            let toolchain = toolchains.prepare(library.target)?;
            let archive = build_for(&toolchain, library.target, library.features)?;
            let strip = Platform::of_target(library.target).tool("strip")?;
            files.insert(library.name.to_owned(), stripped(&archive, library.name, &strip)?);
        }
        let archive = build_for_host()?;
        files.insert(host.clone(), stripped(&archive, &host, "strip")?);
        Ok(Self { host, files })
    }

    /// All, with the names of their folders.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(name, file)| (name.as_str(), file.as_slice()))
    }

    /// The library in the folder of this name.
    pub(super) fn get(&self, name: &str) -> Result<&[u8]> {
        self.files.get(name).map(Vec::as_slice).with_context(|| format!("no library {name}"))
    }
}

/// A copy without debugging information, which names folders of this machine.
fn stripped(archive: &Path, name: &str, strip: &str) -> Result<Vec<u8>> {
    let directory = target_dir().join("dist/libraries").join(name);
    fs::create_dir_all(&directory)?;
    let copy = directory.join("libmild.a");
    fs::copy(archive, &copy).with_context(|| format!("cannot copy {}", archive.display()))?;
    run(Command::new(strip).args(["--strip-debug", "-D"]).arg(&copy))?;
    fs::read(&copy).with_context(|| format!("cannot read {}", copy.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cores::CORES;

    #[test]
    fn every_emulated_core_has_its_library() {
        for core in CORES {
            let features: Vec<&str> =
                core.features().iter().filter_map(|one| one.strip_prefix("mild/")).collect();
            let its =
                |library: &&Library| library.target == core.target && library.features == features;
            assert!(LIBRARIES.iter().any(|library| its(&library)), "{}", core.name);
        }
    }
}
