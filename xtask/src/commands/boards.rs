//! `cargo xtask boards`: the examples for real boards, built, of which an emulator runs that of the
//! Pico, and the templates to copy, which an emulator runs.

use super::heading;
use crate::{
    pico,
    process::{cargo, root, run, target_dir},
    templates,
    toolchain::{Choice, Toolchains},
    verdict::Tally,
};
use anyhow::{Context, Error, Result, anyhow, ensure};
use clap::{Args, Subcommand};
use object::{Object, ObjectSection, SectionFlags, SectionKind, elf};
use std::{
    fmt, fs,
    path::{Path, PathBuf},
    time::Instant,
};

/// Which boards, and by which compiler.
#[derive(Debug, Args)]
pub(crate) struct BoardsArgs {
    #[command(subcommand)]
    command: Option<BoardsCommand>,
    /// A board to build for; without any, all of them
    #[arg(long = "board", value_name = "BOARD", value_parser = board)]
    boards: Vec<&'static Board>,
    /// The compiler to build firmware with
    #[arg(long, value_enum, default_value_t, global = true)]
    toolchain: Choice,
}

#[derive(Debug, Subcommand)]
enum BoardsCommand {
    /// Run the Pico's program in rp2040js, with a gateway at its UART and an expert
    Run,
}

impl BoardsArgs {
    /// Every board.
    pub(crate) const fn all(toolchain: Choice) -> Self {
        Self { command: None, boards: Vec::new(), toolchain }
    }
}

/// An example in `examples/boards`: a workspace with a program of the same name.
#[derive(Debug, PartialEq, Eq)]
struct Board {
    name: &'static str,
    /// As its `.cargo/config.toml` has it.
    target: &'static str,
}

const BOARDS: [Board; 3] = [
    Board { name: "nrf52840-dk", target: "thumbv7em-none-eabihf" },
    Board { name: "stm32f4", target: "thumbv7em-none-eabihf" },
    Board { name: PICO, target: "thumbv6m-none-eabi" },
];

/// The board whose program an emulator runs.
const PICO: &str = "rp2040-pico";

/// The first two words of an image: the magic number and the version.
const IMAGE_START: [u8; 8] = {
    let [low, high] = mild::image::FORMAT_VERSION.to_le_bytes();
    [b'M', b'I', b'L', b'D', low, high, 0, 0]
};

/// The command `cargo xtask boards`.
pub(crate) fn boards(args: &BoardsArgs) -> Result<bool> {
    let tally = match args.command {
        Some(BoardsCommand::Run) => {
            let mut tally = Tally::default();
            run_pico(&mut Toolchains::new(args.toolchain), &mut tally);
            tally
        }
        None => run_checks(args)?,
    };
    println!("\n{tally}");
    Ok(tally.failed == 0)
}

/// Tests what the boards share on this machine, builds every board's program, and runs that of the
/// Pico and the templates.
pub(crate) fn run_checks(args: &BoardsArgs) -> Result<Tally> {
    let boards = match args.boards.as_slice() {
        [] => BOARDS.iter().collect(),
        given => given.to_vec(),
    };
    let mut toolchains = Toolchains::new(args.toolchain);
    let mut tally = Tally::default();
    heading("boards: what they share, on the host");
    count(&mut tally, "node: tests", Instant::now(), test_node().map(|()| "passed".to_owned()));
    for board in boards {
        heading(&format!("board {}: {}", board.name, board.target));
        let start = Instant::now();
        let sizes = board.build(&mut toolchains).and_then(|elf| Sizes::of(&elf));
        let built = sizes.map(|sizes| sizes.to_string());
        count(&mut tally, &format!("{}: build", board.name), start, built);
    }
    if args.boards.is_empty() {
        run_pico(&mut toolchains, &mut tally);
        heading("boards: the templates, emulated");
        templates::check(&mut toolchains, &mut tally);
    }
    Ok(tally)
}

/// Builds the Pico's program, and runs it in an emulator: undisturbed, with noise on
/// the line, and with an outage.
fn run_pico(toolchains: &mut Toolchains, tally: &mut Tally) {
    heading("boards: the Pico's program, emulated");
    let built = board(PICO).map_err(Error::msg).and_then(|board| board.build(toolchains));
    type Run = fn(&Path) -> Result<pico::Report>;
    for (name, run) in [
        ("run", pico::run as Run),
        ("noise on the line", pico::run_with_noise),
        ("gateway killed and started again", pico::run_with_outage),
    ] {
        let start = Instant::now();
        let elf = built.as_ref().map_err(|error| anyhow!("{error:#}"));
        let ran = elf.and_then(|elf| run(elf)).map(|report| report.to_string());
        count(tally, &format!("{PICO}: {name}"), start, ran);
    }
}

/// Prints the result of a step and the time since `start`, and counts it.
fn count(tally: &mut Tally, step: &str, start: Instant, result: Result<String>) {
    let seconds = start.elapsed().as_secs_f32();
    match result {
        Ok(detail) => {
            println!("{step} ... ok ({detail}; {seconds:.0} s)");
            tally.passed += 1;
        }
        Err(error) => {
            println!("{step} ... FAILED: {error:#}");
            tally.failed += 1;
        }
    }
}

fn test_node() -> Result<()> {
    let mut cargo = cargo();
    cargo.current_dir(root().join("examples/boards/node"));
    cargo.args(["test", "--quiet", "--all-features"]);
    run(cargo.arg("--target-dir").arg(target_dir().join("boards/host")))
}

impl Board {
    /// Builds the program, and returns its path.
    fn build(&self, toolchains: &mut Toolchains) -> Result<PathBuf> {
        let toolchain = toolchains.prepare(self.target)?;
        // One for all boards, which share crates; one for each compiler, as for the other firmware.
        let shared = toolchain.target_dir();
        let target_dir = target_dir().join("boards").join(shared.file_name().unwrap_or_default());
        let mut cargo = toolchain.build();
        cargo.current_dir(root().join("examples/boards").join(self.name));
        run(cargo.args(["--quiet", "--release"]).arg("--target-dir").arg(&target_dir))?;
        let elf = target_dir.join(self.target).join("release").join(self.name);
        ensure!(elf.is_file(), "cargo built no {}", elf.display());
        Ok(elf)
    }
}

/// What a program takes of a chip's memories, in bytes. The stack takes what is left of the RAM.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sizes {
    flash: u64,
    ram: u64,
}

impl Sizes {
    /// Adds up the sections of a program. An error if it is not what was to be built: without the
    /// image the rejector was optimized away, without the format strings of defmt there would be no
    /// log.
    fn of(elf: &Path) -> Result<Self> {
        let bytes = fs::read(elf).with_context(|| format!("cargo built no {}", elf.display()))?;
        let file = object::File::parse(&*bytes)?;
        let mut sizes = Self::default();
        let (mut image, mut log) = (false, false);
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags } = section.flags() else { continue };
            let has = |flag: u32| sh_flags & u64::from(flag) != 0;
            log |= section.name()? == ".defmt" && section.size() > 0;
            if !has(elf::SHF_ALLOC) {
                continue;
            }
            if section.kind() != SectionKind::UninitializedData {
                sizes.flash += section.size();
                image |= section.data()?.windows(IMAGE_START.len()).any(|at| at == IMAGE_START);
            }
            if has(elf::SHF_WRITE) {
                sizes.ram += section.size();
            }
        }
        ensure!(image, "{}: there is no image in it", elf.display());
        ensure!(log, "{}: there is no section .defmt in it", elf.display());
        Ok(sizes)
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "flash {} bytes, RAM {} bytes without the stack", self.flash, self.ram)
    }
}

fn board(name: &str) -> Result<&'static Board, String> {
    let names = || BOARDS.iter().map(|board| board.name).collect::<Vec<_>>().join(", ");
    BOARDS
        .iter()
        .find(|board| board.name == name)
        .ok_or_else(|| format!("expected one of {}", names()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_board_is_in_the_table_with_its_own_target() {
        let directory = root().join("examples/boards");
        let found: BTreeSet<String> = fs::read_dir(&directory)
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().join("memory.x").is_file())
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        assert_eq!(found, BOARDS.iter().map(|board| board.name.to_owned()).collect());
        for Board { name, target } in BOARDS {
            let config = directory.join(name).join(".cargo/config.toml");
            let config = fs::read_to_string(config).unwrap();
            assert!(config.contains(&format!("target = \"{target}\"")), "{name}");
        }
    }
}
