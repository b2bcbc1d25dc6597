//! A compiler with a core library for the devices' targets.
//!
//! In this order: the target is already there; rustup adds it; Debian's compiler builds the core
//! library from source (for machines that reach Debian but not Rust's servers). What was taken is
//! printed; if nothing works the error says what to install.

use crate::{
    apt,
    process::{cargo, find_program, read, remove_variables, run_within, target_dir},
};
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// The oldest compiler that will do, as the workspace declares it.
const MINIMUM: &str = env!("CARGO_PKG_RUST_VERSION");
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
/// What describes the active toolchain in the environment: it must not leak into Debian's, neither
/// its compiler nor its shared libraries.
const ACTIVE_VARIABLES: [&str; 11] = [
    "RUSTUP_",
    "RUST_RECURSION",
    "RUSTC",
    "RUSTDOC",
    "RUSTFLAGS",
    "CARGO_PKG_",
    "CARGO_MANIFEST_",
    "CARGO_BIN_",
    "CARGO_BUILD_",
    "CARGO_ENCODED_",
    "LD_LIBRARY_PATH",
];
/// rustup tries again and again when it cannot reach its server.
const RUSTUP_LIMIT: Duration = Duration::from_secs(60);

/// Which compiler to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Choice {
    /// The active one if it has the target or rustup can add it, else Debian's.
    #[default]
    Auto,
    /// Only the active one.
    Active,
    /// Only Debian's.
    Debian,
}

/// A compiler that can build for one target.
#[derive(Debug, Clone)]
pub(crate) struct Toolchain {
    target: String,
    route: Route,
}

#[derive(Debug, Clone)]
enum Route {
    Active,
    Debian { linker: PathBuf },
}

impl Toolchain {
    /// The command `cargo build --target …`, to be completed.
    pub(crate) fn build(&self) -> Command {
        match &self.route {
            Route::Active => {
                let mut command = cargo();
                command.args(["build", "--target", &self.target]);
                command
            }
            Route::Debian { linker } => {
                let mut command = Command::new(DEBIAN_CARGO);
                remove_variables(&mut command, &ACTIVE_VARIABLES);
                command.env_remove("CARGO");
                command.env("RUSTC", DEBIAN_RUSTC);
                // `-Z build-std` on a stable compiler; only ever set for this child.
                command.env("RUSTC_BOOTSTRAP", "1");
                let linker = format!("-Clinker={}", linker.display());
                command.env("CARGO_ENCODED_RUSTFLAGS", linker);
                command.args(["build", "-Z", "build-std=core,alloc", "--target", &self.target]);
                command
            }
        }
    }

    /// Whether the cargo on the PATH can build for its target without more.
    pub(crate) fn is_active(&self) -> bool {
        matches!(self.route, Route::Active)
    }

    /// The command `cargo clippy --target …`, to be completed; Debian's compiler has none.
    pub(crate) fn clippy(&self) -> Option<Command> {
        self.is_active().then(|| {
            let mut command = cargo();
            command.args(["clippy", "--target", &self.target]);
            command
        })
    }

    /// What `rustc --version` says of its compiler.
    pub(crate) fn version(&self) -> Result<String> {
        match self.route {
            Route::Active => read(Command::new("rustc").arg("--version")),
            Route::Debian { .. } => debian_compiler(),
        }
    }

    /// Where it builds: compilers of different versions would throw away each other's work.
    pub(crate) fn target_dir(&self) -> PathBuf {
        target_dir().join("device").join(match self.route {
            Route::Active => "build",
            Route::Debian { .. } => "build-debian",
        })
    }
}

/// Finds toolchains, and remembers what was found or failed before.
#[derive(Debug)]
pub(crate) struct Toolchains {
    choice: Choice,
    ready: Vec<Toolchain>,
    rustup_failed: bool,
}

impl Toolchains {
    /// Nothing found yet.
    pub(crate) fn new(choice: Choice) -> Self {
        Self { choice, ready: Vec::new(), rustup_failed: false }
    }

    /// A compiler for `target`, installed first if need be.
    pub(crate) fn prepare(&mut self, target: &str) -> Result<Toolchain> {
        if let Some(toolchain) = self.ready.iter().find(|known| known.target == target) {
            return Ok(toolchain.clone());
        }
        let route = self.find(target)?;
        let target = target.to_owned();
        self.ready.push(Toolchain { target: target.clone(), route: route.clone() });
        Ok(Toolchain { target, route })
    }

    fn find(&mut self, target: &str) -> Result<Route> {
        if self.choice != Choice::Debian {
            if has_core(target) {
                eprintln!("toolchain for {target}: the active one, target already installed");
                return Ok(Route::Active);
            }
            if !self.rustup_failed {
                match rustup_add(target) {
                    Ok(()) => {
                        eprintln!("toolchain for {target}: the active one, target added by rustup");
                        return Ok(Route::Active);
                    }
                    Err(error) => {
                        eprintln!("rustup cannot add {target}: {error:#}");
                        self.rustup_failed = true;
                    }
                }
            }
        }
        if self.choice == Choice::Active {
            bail!("no core library for {target}; run: rustup target add {target}");
        }
        let (version, linker) = debian().with_context(|| {
            format!(
                "no compiler for {target}; either run `rustup target add {target}`, or install Debian's packages {} \
                 (version {MINIMUM} or later)",
                DEBIAN_PACKAGES.join(" ")
            )
        })?;
        eprintln!(
            "toolchain for {target}: Debian's {version} building core, linking with {}",
            linker.display()
        );
        Ok(Route::Debian { linker })
    }
}

/// Whether the active toolchain has a core library for `target`.
fn has_core(target: &str) -> bool {
    let directory =
        read(Command::new("rustc").args(["--print", "target-libdir", "--target", target]));
    let Ok(entries) = directory.and_then(|path| Ok(fs::read_dir(path)?)) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libcore-") && name.ends_with(".rlib")
    })
}

fn rustup_add(target: &str) -> Result<()> {
    if find_program("rustup").is_none() {
        bail!("there is no rustup");
    }
    eprintln!("$ rustup target add {target}");
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", target]).env_remove("RUST_BACKTRACE");
    let finished = run_within(&mut rustup, RUSTUP_LIMIT)?;
    if finished.status.is_none() {
        bail!("no answer within {} s", RUSTUP_LIMIT.as_secs());
    }
    if !finished.success() {
        bail!("{}", finished.stderr.trim());
    }
    if !has_core(target) {
        bail!("it reported success, but there is no core library for the active compiler");
    }
    Ok(())
}

/// Debian's compiler, ready to build the core library: its version and a linker.
fn debian() -> Result<(String, PathBuf)> {
    if let Err(reason) = debian_compiler() {
        eprintln!("Debian's compiler will not do: {reason:#}");
        apt::install(&DEBIAN_PACKAGES, "a compiler with the source of its core library")?;
    }
    let version = debian_compiler()?;
    let linker = match linker() {
        Some(linker) => linker,
        None => {
            apt::install(&["lld"], "a linker")?;
            linker().context("no ld.lld on the PATH after the installation of lld")?
        }
    };
    Ok((version, linker))
}

/// The version of Debian's compiler, if that is recent enough and comes with its source.
fn debian_compiler() -> Result<String> {
    if !Path::new(DEBIAN_CARGO).is_file() {
        bail!("there is no {DEBIAN_CARGO}");
    }
    let ask = |option: &[&str]| {
        let mut command = Command::new(DEBIAN_RUSTC);
        command.env_remove("LD_LIBRARY_PATH");
        read(command.args(option))
    };
    let version = ask(&["--version"])?;
    if minor(&version) < minor(MINIMUM) {
        bail!("it is {version}, expected {MINIMUM} or later");
    }
    let source =
        Path::new(&ask(&["--print", "sysroot"])?).join("lib/rustlib/src/rust/library/Cargo.toml");
    if !source.is_file() {
        bail!("there is no {}", source.display());
    }
    Ok(version)
}

/// The linker of the active toolchain, which every rustup installation has, or the system's LLD.
fn linker() -> Option<PathBuf> {
    active_linker().ok().filter(|path| path.is_file()).or_else(|| find_program("ld.lld"))
}

fn active_linker() -> Result<PathBuf> {
    let sysroot = read(Command::new("rustc").args(["--print", "sysroot"]))?;
    let verbose = read(Command::new("rustc").arg("-vV"))?;
    let host = verbose.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("rustc -vV names no host")?;
    Ok(Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/rust-lld"))
}

/// Major and minor number of `rustc 1.96.0 (…)` or of `1.95`; (0, 0) for anything else.
fn minor(version: &str) -> (u32, u32) {
    let number = version.strip_prefix("rustc ").unwrap_or(version);
    let mut parts = number.split(['.', ' ', '-']).map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(minor("rustc 1.96.0 (ac68faa20 2026-05-25)"), (1, 96));
        assert_eq!(minor("1.95"), (1, 95));
        assert!(minor("rustc 1.63.0") < minor("1.95"));
        assert!(minor("rustc 1.100.0") > minor("1.95"));
        assert_eq!(minor("nonsense"), (0, 0));
    }
}
