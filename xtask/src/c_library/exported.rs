//! Windows of samples in exported C source: `tests/exported.c` with an image of a log that has them.

use super::{compiler, governed};
use crate::{
    cores::Core,
    process::{Finished, run, run_within, target_dir},
    programs,
    qemu::{Options, Qemu},
    verdict::Verdict,
};
use anyhow::Result;
use mild_test_support::window_log;
use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// A run that takes longer has failed.
const LIMIT: Duration = Duration::from_secs(120);

/// An image of a log with windows, as C source, and what the program must print of each row.
#[derive(Debug)]
pub(super) struct Exported {
    directory: PathBuf,
    expected: String,
}

impl Exported {
    /// Trains the image and exports it, each by the command that users have.
    pub(super) fn make() -> Result<Self> {
        let directory = target_dir().join("c/exported");
        fs::create_dir_all(&directory)?;
        fs::write(directory.join("log.csv"), window_log::log())?;
        fs::write(directory.join("mild.toml"), window_log::CONFIG)?;
        let mild = || -> Result<Command> {
            let mut mild = Command::new(programs::mild()?);
            mild.current_dir(&directory);
            Ok(mild)
        };
        let train = ["train", "mild.toml", "--out", ".", "--quiet", "--no-report"];
        run(mild()?.args(train))?;
        let export = ["export", "rejector.mild", "--config", "mild.toml", "--format", "c"];
        run(mild()?.args(export).args(["--out", "rejector"]))?;
        let mut expected = String::new();
        for row in 0..window_log::ROWS {
            let inputs = window_log::inputs(row);
            let expert = governed::expert_for(&directory, &inputs)?;
            let bits: String =
                inputs.iter().map(|input| format!(" {:08x}", input.to_bits())).collect();
            writeln!(expected, "row {row} {expert}{bits}")?;
        }
        Ok(Self { directory, expected })
    }

    /// On this host, under sanitizers.
    pub(super) fn check_host(&self, archive: &Path) -> Result<Verdict> {
        let source = [self.directory.join("rejector.c")];
        let program = compiler::compile_for_host("exported", &source, archive, &self.directory)?;
        Ok(judge(&run_within(&mut Command::new(program), LIMIT)?, &self.expected))
    }

    /// On an emulated core. Builds into `into`, which no other core uses.
    pub(super) fn check_core(
        &self,
        core: &Core,
        archive: &Path,
        into: &Path,
        qemu: &Qemu,
    ) -> Result<Verdict> {
        let into = into.join("exported");
        fs::create_dir_all(&into)?;
        for file in ["rejector.h", "rejector.c"] {
            fs::copy(self.directory.join(file), into.join(file))?;
        }
        let source = [into.join("rejector.c")];
        let elf = compiler::compile_with(core, "exported", &source, archive, &into)?;
        let options = Options { directory: into, limit: LIMIT, icount: None, slot: None };
        Ok(judge(&qemu.run(core, &elf, &options)?, &self.expected))
    }
}

/// Every line as expected, and none missing.
fn judge(run: &Finished, expected: &str) -> Verdict {
    let mut found = run.stdout.lines();
    let differs = expected.lines().find_map(|line| {
        let found = found.next().unwrap_or("nothing");
        (found != line).then(|| format!("found {found}, expected {line}"))
    });
    let rest = found.next().map(|line| format!("found {line} after the last row"));
    let failed = (!run.success()).then(|| "the program failed".to_owned());
    let wrong = differs.or(rest).or(failed);
    Verdict {
        check: "exported windows",
        passed: Some(wrong.is_none()),
        detail: wrong.unwrap_or_else(|| {
            format!("inputs and decisions of {} rows, as on the host", expected.lines().count())
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    #[test]
    fn a_row_that_differs_is_missing_or_is_too_much_is_found() {
        let judged = |status, stdout: &str| {
            let status = Some(std::process::ExitStatus::from_raw(status));
            let (stdout, stderr) = (stdout.to_owned(), String::new());
            let run = Finished { status, stdout, stderr, elapsed: Duration::ZERO };
            judge(&run, "row 0 1 3f800000\nrow 1 0 00000000\n").passed == Some(true)
        };
        assert!(judged(0, "row 0 1 3f800000\nrow 1 0 00000000\n"));
        assert!(!judged(0, "row 0 1 3f800001\nrow 1 0 00000000\n"));
        assert!(!judged(0, "row 0 1 3f800000\n"));
        assert!(!judged(0, "row 0 1 3f800000\nrow 1 0 00000000\nrow 2 0 00000000\n"));
        assert!(!judged(256, "row 0 1 3f800000\nrow 1 0 00000000\n"));
    }
}
