//! An image that the linker puts into a program: `mild export --format bin` and its script.

use super::{compiler, governed};
use crate::{
    cores::Core,
    process::run,
    programs,
    qemu::{Options, Qemu},
    verdict::Verdict,
};
use anyhow::{Context, Result};
use std::{fs, path::Path, process::Command, time::Duration};

/// A run that takes longer has failed.
const LIMIT: Duration = Duration::from_secs(60);

/// What the program must print of the image in `directory`: that it begins at a multiple of four, its
/// size, and whom it asks.
fn expected(directory: &Path) -> Result<String> {
    let size = fs::metadata(directory.join("rejector.mild"))?.len();
    Ok(format!("image 0 {size} {}\n", governed::expert_for_zeros(directory)?))
}

/// Links the image in `directory` into `tests/linked.c` and runs it on a core. Then the same with a
/// flipped bit, which must be refused.
pub(super) fn judge(
    core: &Core,
    directory: &Path,
    archive: &Path,
    into: &Path,
    qemu: &Qemu,
) -> Result<Verdict> {
    let mut export = Command::new(programs::mild()?);
    export.arg("export").arg(directory.join("rejector.mild")).args(["--format", "bin", "--out"]);
    run(export.arg(into.join("rejector")))?;
    let found = linked(core, archive, into, qemu)?;
    let expected = expected(directory)?;
    let path = into.join("rejector.bin");
    let mut bytes = fs::read(&path)?;
    *bytes.last_mut().context("the image has no bytes")? ^= 1;
    fs::write(path, bytes)?;
    let control = linked(core, archive, into, qemu)?;
    let refused = control.contains("checksum");
    Ok(Verdict {
        check: "linked image",
        passed: Some(found == expected && refused),
        detail: match refused {
            true => format!("found {found:?}, expected {expected:?}, a flipped bit is refused"),
            false => format!("found {control:?} with a flipped bit, expected a refusal"),
        },
    })
}

/// What the program prints with the image in `into`.
fn linked(core: &Core, archive: &Path, into: &Path, qemu: &Qemu) -> Result<String> {
    let object = compiler::link_image(core, into)?;
    let elf = compiler::compile_with(core, "linked", &[object], archive, into)?;
    let options = Options { directory: into.to_path_buf(), limit: LIMIT, icount: None, slot: None };
    Ok(qemu.run(core, &elf, &options)?.stdout)
}
