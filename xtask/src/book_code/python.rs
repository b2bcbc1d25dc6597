//! Blocks of Python: their syntax. Those of the package's README are run by its own tests.

use super::blocks::Block;
use crate::process::run_quietly;
use anyhow::{Context, Result};
use std::process::Command;

pub(super) fn compile(blocks: &[&Block]) -> Result<()> {
    for block in blocks {
        let program = "import sys; compile(sys.argv[1], sys.argv[2], 'exec')";
        let mut python = Command::new("python3");
        python.args(["-c", program, &block.code, &block.document]);
        run_quietly(&mut python).with_context(|| format!("{}:{}", block.document, block.line))?;
    }
    Ok(())
}
