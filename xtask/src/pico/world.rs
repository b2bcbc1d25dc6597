//! The programs of a run: the emulator, a gateway and an expert.

use super::{
    answers::Answered,
    emulator::{self, Emulator, Figures},
    expert::{self, IMAGE},
};
use crate::{
    background::{HOST, Process, free_ports, get},
    process::target_dir,
    programs,
};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// A node that logs nothing for so long hangs. Its second takes the emulator several.
const SILENCE: Duration = Duration::from_secs(120);

/// The programs of a run, killed when it is dropped.
pub(super) struct World {
    program: PathBuf,
    directory: PathBuf,
    gateway_port: u16,
    metrics_port: u16,
    gateway: Option<Process>,
    _expert: Process,
    emulator: Emulator,
}

impl World {
    /// Starts the expert, the gateway, and the program `elf`, whose serial line leads to it, with
    /// noise as of [`Emulator::start`]. Their logs go into a folder of this name in `target/pico`.
    pub(super) fn start(elf: &Path, name: &str, noise: u32) -> Result<Self> {
        let module = emulator::fetch()?;
        let program = programs::with_models()?.join("mild-gateway");
        let directory = target_dir().join("pico").join(name);
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        fs::create_dir_all(&directory)?;
        let [gateway_port, expert_port, metrics_port] = free_ports()?;

        let model = directory.join("expert.onnx");
        fs::write(&model, expert::model())?;
        let mut command = Command::new(&program);
        command.arg("expert").arg("--model").arg(&model);
        command.args(["--http", &format!("{HOST}:{expert_port}")]);
        let expert = Process::start(&mut command, &directory, "expert", expert_port)?;

        let config = configuration(gateway_port, expert_port, metrics_port);
        fs::write(directory.join("gateway.toml"), config)?;
        let gateway = start_gateway(&program, &directory, gateway_port)?;
        let address = format!("{HOST}:{gateway_port}");
        let emulator = Emulator::start(&module, elf, &address, noise, &directory)?;
        Ok(Self {
            program,
            directory,
            gateway_port,
            metrics_port,
            gateway: Some(gateway),
            _expert: expert,
            emulator,
        })
    }

    /// The outcome of the next input.
    pub(super) fn next(&mut self) -> Result<Answered> {
        let line = self.emulator.line(SILENCE)?;
        Answered::read(&line)?.with_context(|| format!("expected an outcome, found: {line}"))
    }

    /// Kills the gateway.
    pub(super) fn kill_gateway(&mut self) {
        self.gateway = None;
    }

    /// Starts the gateway again, which has forgotten everything.
    pub(super) fn start_gateway(&mut self) -> Result<()> {
        self.gateway = Some(start_gateway(&self.program, &self.directory, self.gateway_port)?);
        Ok(())
    }

    /// Stops the chip, then the gateway, and returns what went over the line and what the gateway
    /// has counted.
    pub(super) fn end(self) -> Result<(Figures, String)> {
        let figures = self.emulator.end()?;
        let counted = get(&format!("{HOST}:{}", self.metrics_port), "/metrics")?;
        let gateway = self.gateway.context("no gateway runs")?;
        ensure!(gateway.end()?, "the gateway failed; see {}", self.directory.display());
        Ok((figures, counted))
    }
}

fn start_gateway(program: &Path, directory: &Path, port: u16) -> Result<Process> {
    let mut command = Command::new(program);
    command.arg("serve").arg(directory.join("gateway.toml"));
    Process::start(&mut command, directory, "gateway", port)
}

/// All experts are the same one.
fn configuration(gateway_port: u16, expert_port: u16, metrics_port: u16) -> String {
    let mut text = format!(
        "metrics = \"{HOST}:{metrics_port}\"\n[listen]\ntcp = [\"{HOST}:{gateway_port}\"]\n"
    );
    for (index, name) in IMAGE.names().enumerate().skip(1) {
        text += &format!(
            "[[expert]]\nindex = {index}\nname = \"{name}\"\nhttp = \"http://{HOST}:{expert_port}/\"\n"
        );
    }
    text
}
