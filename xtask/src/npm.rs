//! Packages of npm's registry that tests take, each in one version.

use crate::process::{find_program, run, target_dir};
use anyhow::{Result, ensure};
use std::{fs, path::PathBuf, process::Command};

/// A package, and the file in it that a test takes.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) file: &'static str,
}

impl Package {
    /// The path of the file. The package is downloaded if it is not here, and kept.
    pub(crate) fn fetch(&self) -> Result<PathBuf> {
        let Self { name, version, file } = self;
        let directory = target_dir().join("npm").join(format!("{name}-{version}"));
        let package = directory.join("package");
        let path = package.join(file);
        if path.is_file() {
            return Ok(path);
        }
        ensure!(
            find_program("npm").is_some(),
            "npm is missing; install it (Debian's package: npm), or unpack {name} {version} at {}",
            package.display()
        );
        eprintln!("downloading {name} {version} from npm's registry into {}", directory.display());
        fs::create_dir_all(&directory)?;
        let mut pack = Command::new("npm");
        pack.args(["pack", "--silent", &format!("{name}@{version}")]).current_dir(&directory);
        run(&mut pack)?;
        let archive = format!("{name}-{version}.tgz");
        run(Command::new("tar").args(["-xzf", &archive]).current_dir(&directory))?;
        ensure!(path.is_file(), "{name} {version} has no file {file}");
        Ok(path)
    }
}
