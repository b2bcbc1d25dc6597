//! `mild completions` and `mild man`: what a shell and a manual need.

use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_complete::Shell;

use super::output::print_all;
use crate::error::{Error, Result};
use crate::files;

/// Arguments of `mild completions`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mild completions bash > ~/.local/share/bash-completion/completions/mild
  mild completions zsh > ~/.zfunc/_mild
  mild completions fish > ~/.config/fish/completions/mild.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Arguments of `mild man`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  mild man --out ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// The directory to write `mild.1` and a page for each command to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(super) fn completions(args: &CompletionsArgs, mut command: Command) -> Result<()> {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    print_all(&String::from_utf8_lossy(&script))
}

pub(super) fn man(args: &ManArgs, mut command: Command) -> Result<()> {
    command.build();
    std::fs::create_dir_all(&args.out).map_err(Error::io(&args.out))?;
    let mut pages = 0;
    write(&args.out, &command, &mut pages)?;
    print_all(&format!("written: {pages} pages in {}\n", args.out.display()))
}

/// Writes the page of a command and those of its own commands.
fn write(out: &Path, command: &Command, pages: &mut usize) -> Result<()> {
    let page = clap_mangen::Man::new(command.clone());
    let file = out.join(page.get_filename());
    let mut text = Vec::new();
    page.render(&mut text).map_err(Error::io(&file))?;
    files::write(&file, &text)?;
    *pages += 1;
    let shown = command.get_subcommands().filter(|command| command.get_name() != "help");
    shown.into_iter().try_for_each(|command| write(out, command, pages))
}
