//! Installing what is missing with Debian's package manager.

use crate::process::{find_program, lock, read, run};
use anyhow::{Result, bail};
use std::process::Command;

/// Installs `packages`; when that is not possible the error says what to install by hand to get
/// `what`.
pub(crate) fn install(packages: &[&str], what: &str) -> Result<()> {
    let list = packages.join(" ");
    if find_program("apt-get").is_none() {
        bail!(
            "{what} is missing and there is no apt-get here; install it (Debian's packages: {list})"
        );
    }
    if read(Command::new("id").arg("-u"))? != "0" {
        bail!("{what} is missing; as root run: apt-get update && apt-get install {list}");
    }
    // `apt-get update` does not wait for another one, and then nothing can be installed.
    let _lock = lock("apt")?;
    eprintln!("installing {what} with apt-get: {list}");
    // A list that is partly out of date may still be good enough: the installation decides.
    if let Err(error) = run(apt_get().args(["-qq", "update"])) {
        eprintln!("{error}; going on with the package lists at hand");
    }
    let mut install = apt_get();
    install.args(["-qq", "install", "-y", "--no-install-recommends"]);
    if let Err(error) = run(install.args(packages)) {
        bail!("{what} is missing and could not be installed ({error}); install: {list}");
    }
    Ok(())
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    // Another installation may be running; wait for it instead of failing.
    command.args(["-o", "DPkg::Lock::Timeout=300"]);
    command
}
