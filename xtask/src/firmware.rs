//! Building the programs of `examples/firmware`.

use crate::{
    cores::Core,
    process::{root, run},
    toolchain::Toolchains,
};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What to build, and for what.
#[derive(Debug)]
pub(crate) struct Firmware<'a> {
    /// The package in the firmware workspace; its binary has the same name.
    pub(crate) package: &'a str,
    /// The core to build it for.
    pub(crate) core: &'a Core,
    /// The directory with the image to embed, for programs that embed one.
    pub(crate) image: Option<&'a Path>,
}

impl Firmware<'_> {
    /// Builds the program and returns the path of the ELF file. The next build for the same target
    /// replaces it.
    pub(crate) fn build(&self, toolchains: &mut Toolchains) -> Result<PathBuf> {
        self.build_with(&[], toolchains)
    }

    /// The same with cargo features.
    pub(crate) fn build_with(
        &self,
        features: &[&str],
        toolchains: &mut Toolchains,
    ) -> Result<PathBuf> {
        let toolchain = toolchains.prepare(self.core.target)?;
        let workspace = root().join("examples/firmware");
        let target_dir = toolchain.target_dir();
        let mut cargo = toolchain.build();
        cargo.current_dir(&workspace);
        cargo.args(["--quiet", "--release", "--package", self.package]);
        cargo.args(features.iter().flat_map(|feature| ["--features", feature]));
        cargo.arg("--target-dir").arg(&target_dir);
        cargo.env("MILD_CORE", self.core.name);
        if let Some(image) = self.image {
            let image = fs::canonicalize(image)
                .with_context(|| format!("no image directory {}", image.display()))?;
            cargo.env("MILD_IMAGE", image);
        }
        run(&mut cargo)?;
        let elf = target_dir.join(self.core.target).join("release").join(self.package);
        ensure!(elf.is_file(), "cargo built no {}", elf.display());
        Ok(elf)
    }
}
