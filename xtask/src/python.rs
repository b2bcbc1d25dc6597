//! The Python package: built, installed into an environment of its own, and tested there.

use crate::{
    apt, images,
    process::{find_program, read, remove_variables, root, run, target_dir},
    programs,
};
use anyhow::{Context, Result, bail};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// How the extension is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// As the tests of the workspace, if they ran before: what these have compiled serves here too.
    Dev,
    /// As it is installed by a user.
    Release,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
        }
    }
}

/// A Python with all that the tests need, and with the package.
pub(crate) struct Environment {
    directory: PathBuf,
}

impl Environment {
    /// Makes the environment, or takes the one that is there, and builds and installs the package.
    pub(crate) fn prepare(profile: Profile) -> Result<Self> {
        let environment = Self { directory: target_dir().join("python/environment") };
        environment.create()?;
        environment.install_requirements(&directory().join("requirements.txt"))?;
        environment.install_package(profile)?;
        Ok(environment)
    }

    /// An environment in this folder with the packages of a list alone, made or as it is.
    pub(crate) fn with(folder: &Path, list: &Path) -> Result<Self> {
        let environment = Self { directory: folder.to_path_buf() };
        environment.create()?;
        environment.install_requirements(list)?;
        Ok(environment)
    }

    /// A program of the environment, working in the folder of the package.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.directory.join("bin").join(name));
        command.current_dir(directory());
        // `cargo run` describes the package xtask in the environment; maturin's cargo must not see that.
        remove_variables(&mut command, &["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"]);
        command
            .env("VIRTUAL_ENV", &self.directory)
            .env_remove("PYTHONHOME")
            .env_remove("PYTHONPATH");
        command
    }

    /// The bench, with arguments.
    pub(crate) fn bench(&self, arguments: &[String]) -> Command {
        let mut command = self.program("python");
        command.arg("benches/throughput.py").args(arguments);
        // A kernel that somebody chose for numpy's OpenBLAS would slow the peer down.
        command.env_remove("OPENBLAS_CORETYPE").env_remove("OPENBLAS_L2_SIZE");
        command
    }

    fn create(&self) -> Result<()> {
        if self.directory.join("bin/pip").is_file() {
            return Ok(());
        }
        let make =
            || run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&self.directory));
        if find_program("python3").is_some() && make().is_ok() {
            return Ok(());
        }
        apt::install(&["python3", "python3-venv"], "Python with its module venv")?;
        make()
    }

    /// Installs the packages of a list, after saying which.
    fn install_requirements(&self, list: &Path) -> Result<()> {
        let text =
            fs::read_to_string(list).with_context(|| format!("cannot read {}", list.display()))?;
        let stamp = self.directory.join("requirements.installed");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == text) {
            return Ok(());
        }
        let packages: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        eprintln!("installing with pip: {}", packages.join(" "));
        // Most modules are never imported here; Python compiles those that are.
        run(self.pip().arg("--no-compile").arg("--requirement").arg(list))
            .with_context(|| format!("pip cannot install {}", packages.join(" ")))?;
        fs::write(&stamp, text).with_context(|| format!("cannot write {}", stamp.display()))
    }

    fn install_package(&self, profile: Profile) -> Result<()> {
        let wheels = target_dir().join("python/wheels");
        // What an earlier run left behind must not be taken for this one's.
        if wheels.exists() {
            fs::remove_dir_all(&wheels)
                .with_context(|| format!("cannot remove {}", wheels.display()))?;
        }
        let mut build = self.program("maturin");
        build.env("CARGO_TARGET_DIR", target_dir());
        build.args(["build", "--quiet", "--profile", profile.name(), "--out"]);
        run(build.arg(&wheels))?;
        let wheel = only_wheel(&wheels)?;
        run(self.pip().args(["--force-reinstall", "--no-deps"]).arg(&wheel))
    }

    fn pip(&self) -> Command {
        let mut pip = self.program("pip");
        pip.args(["install", "--quiet", "--disable-pip-version-check"]);
        pip
    }
}

/// The folder of the package.
pub(crate) fn directory() -> PathBuf {
    root().join("python")
}

fn only_wheel(wheels: &Path) -> Result<PathBuf> {
    let files =
        fs::read_dir(wheels).with_context(|| format!("cannot read {}", wheels.display()))?;
    let files: Vec<PathBuf> = files.flatten().map(|entry| entry.path()).collect();
    match &files[..] {
        [wheel] if wheel.extension().is_some_and(|extension| extension == "whl") => {
            Ok(wheel.clone())
        }
        found => bail!("maturin wrote {found:?}, expected one wheel"),
    }
}

/// Runs the tests, and the checks of style, types and stubs.
pub(crate) fn test(arguments: &[String]) -> Result<()> {
    let program = programs::mild()?;
    let profile = if programs::are_development() { Profile::Dev } else { Profile::Release };
    let environment = Environment::prepare(profile)?;
    let mut pytest = environment.program("pytest");
    pytest.env("MILD_PROGRAM", program);
    let images = images::present()?;
    pytest.env("MILD_IMAGES", env::join_paths(images).context("a folder of images")?);
    pytest.args(["-p", "no:cacheprovider"]).args(arguments);
    run(&mut pytest)?;
    for arguments in [["check", "--quiet"], ["format", "--check"]] {
        let mut ruff = environment.program("ruff");
        run(ruff.env("RUFF_CACHE_DIR", target_dir().join("python/ruff")).args(arguments))?;
    }
    let cache = target_dir().join("python/mypy");
    run(environment.program("mypy").arg("--cache-dir").arg(&cache))?;
    let stubs =
        ["--mypy-config-file", "pyproject.toml", "--allowlist", "tests/stubtest.txt", "mild"];
    run(environment.program("stubtest").env("MYPY_CACHE_DIR", &cache).args(stubs))?;
    check_wheel(&environment)
}

/// That the wheel has the licences, the marker of types and the stubs, and fits every CPython 3.
fn check_wheel(environment: &Environment) -> Result<()> {
    let wheel = only_wheel(&target_dir().join("python/wheels"))?;
    let name = wheel.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let listed = read(environment.program("python").args(["-m", "zipfile", "--list"]).arg(&wheel))?;
    let expected = ["LICENSE-MIT", "LICENSE-APACHE", "mild/py.typed", "mild/_mild.pyi"];
    let missing: Vec<&str> = expected.into_iter().filter(|file| !listed.contains(file)).collect();
    if !missing.is_empty() || !name.contains("-abi3-") {
        bail!("{name}: lacks {missing:?}, or is not for every CPython 3:\n{listed}");
    }
    Ok(())
}

/// Measures decisions beside scikit-learn's.
pub(crate) fn bench(arguments: &[String]) -> Result<()> {
    let environment = Environment::prepare(Profile::Release)?;
    run(&mut environment.bench(arguments))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The tables of a manifest about the development profile, without comments.
    fn profiles(manifest: &Path) -> BTreeSet<String> {
        let text = fs::read_to_string(manifest).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let text = lines.collect::<Vec<_>>().join("\n");
        let tables = text.split("\n[").filter(|table| table.starts_with("profile.dev"));
        tables.map(|table| table.trim().to_owned()).collect()
    }

    #[test]
    fn what_the_workspace_has_compiled_serves_other_workspaces() {
        let workspace = profiles(&root().join("Cargo.toml"));
        assert!(workspace.contains("profile.dev]\nopt-level = 1\ndebug = \"line-tables-only\""));
        for other in ["python", "columnar"] {
            let directory = root().join(other);
            let lock = fs::read_to_string(directory.join("Cargo.lock")).unwrap();
            // What is said of a package there must be said here, if it is compiled here.
            let concerns = |table: &&String| match table.split([']', '.']).nth(3) {
                Some(package) if table.starts_with("profile.dev.package.") => {
                    package == "\"*\"" || lock.contains(&format!("name = \"{package}\"\n"))
                }
                _ => true,
            };
            let expected: BTreeSet<String> = workspace.iter().filter(concerns).cloned().collect();
            assert_eq!(profiles(&directory.join("Cargo.toml")), expected, "{other}");
        }
    }
}
