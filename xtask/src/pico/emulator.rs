//! The emulator rp2040js, by `pico.mjs`, which puts the chip's UART on a connection.

use crate::{
    apt, defmt_log,
    npm::Package,
    process::{find_program, root},
};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::{
    fmt,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::Receiver,
    time::Duration,
};

const PACKAGE: Package = Package { name: "rp2040js", version: "1.4.1", file: "dist/esm/index.js" };

/// Bytes of a FIFO of the chip's UART.
const FIFO: u32 = 32;

/// The emulator as a module of Node, and Node itself.
pub(super) fn fetch() -> Result<PathBuf> {
    if ["node", "npm"].iter().any(|program| find_program(program).is_none()) {
        apt::install(&["nodejs", "npm"], "Node, which runs the emulator of the RP2040")?;
    }
    PACKAGE.fetch()
}

/// A chip that runs, killed when it is dropped.
pub(super) struct Emulator {
    child: Child,
    said: Receiver<String>,
}

/// What went over the serial line.
#[derive(Debug, Deserialize)]
pub(super) struct Figures {
    /// Time of the chip.
    seconds: f64,
    /// As the firmware set it.
    baud: u32,
    /// Bytes from the chip.
    sent: u32,
    /// Bytes to the chip, which took them.
    received: u32,
    /// Bytes to the chip that found its FIFO full.
    overruns: u32,
    /// The most bytes at a time in the FIFO of what is received.
    deepest_receive: u32,
    /// The most bytes at a time in the FIFO of what is sent.
    deepest_transmit: u32,
    /// How often the gateway was gone.
    disconnections: u32,
    /// Bytes that noise has changed.
    pub(super) damaged: u32,
    /// What the emulator does not know, or the line did not take.
    complaints: Vec<String>,
}

impl Emulator {
    /// Starts the program `elf` with its serial line at `gateway`, on which every byte of the number
    /// `noise` is damaged, if it is not 0. Its log is kept in `directory`.
    pub(super) fn start(
        module: &Path,
        elf: &Path,
        gateway: &str,
        noise: u32,
        directory: &Path,
    ) -> Result<Self> {
        let mut node = Command::new("node");
        node.arg(root().join("xtask/src/pico/pico.mjs")).arg(module).arg(elf);
        node.arg(gateway).arg(noise.to_string());
        node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = node.spawn().context("cannot start node")?;
        let output = child.stdout.take().context("no output of the emulator")?;
        let said = defmt_log::lines(elf, output, &directory.join("node.log"))?;
        Ok(Self { child, said })
    }

    /// The next line of the firmware's log.
    pub(super) fn line(&mut self, patience: Duration) -> Result<String> {
        self.said.recv_timeout(patience).or_else(|error| {
            let said = self.stop().unwrap_or_else(|error| error.to_string());
            Err(error).with_context(|| format!("no further line of the log; {}", said.trim()))
        })
    }

    /// Stops the chip.
    pub(super) fn end(mut self) -> Result<Figures> {
        let said = self.stop()?;
        serde_json::from_str(&said).with_context(|| format!("the emulator said: {said}"))
    }

    /// The emulator's last words.
    fn stop(&mut self) -> Result<String> {
        // Its end is what the emulator waits for.
        drop(self.child.stdin.take());
        let mut said = String::new();
        self.child.stderr.take().context("stopped before")?.read_to_string(&mut said)?;
        let status = self.child.wait()?;
        ensure!(status.success(), "the emulator ended with {status}: {said}");
        Ok(said)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Figures {
    /// The gateway was gone so often, no byte was lost, and there is nothing that the emulator does
    /// not know.
    pub(super) fn check(&self, outages: u32) -> Result<()> {
        let Self { overruns, received, complaints, disconnections, .. } = self;
        ensure!(*overruns == 0, "{overruns} bytes found the FIFO full, {received} did not");
        ensure!(complaints.is_empty(), "{}", complaints.join("; "));
        ensure!(
            *disconnections == outages,
            "the gateway was gone {disconnections} times, expected {outages}"
        );
        Ok(())
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seconds, baud, sent, received, .. } = self;
        write!(
            f,
            "{seconds:.2} s of the chip's time; {sent} bytes sent and {received} received at {baud} \
             baud, none lost, {} damaged; at most {} and {} of {FIFO} bytes in the FIFOs",
            self.damaged, self.deepest_transmit, self.deepest_receive
        )
    }
}
