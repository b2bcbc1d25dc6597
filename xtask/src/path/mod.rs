//! The whole path on one machine: an emulated node, the gateway, a broker, experts.

mod log;
mod node;
mod report;

pub(crate) use node::Language;
pub(crate) use report::Report;

use crate::{
    apt,
    background::{HOST, Ports, Process},
    c_library,
    cores::{self, Core},
    firmware::Firmware,
    process::{find_program, run, target_dir},
    qemu::{self, Qemu},
    toolchain::{Choice, Toolchains},
};
use anyhow::{Context, Result, bail, ensure};
use log::Log;
use mild::{Image, Reachable, Rejector, governor::Rate};
use report::{Resolution, Spent};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc,
    thread,
    time::Duration,
};

/// A node that is silent for this long hangs.
const SILENCE: Duration = Duration::from_secs(60);
/// Everything that a run needs: programs, an image, the rows.
pub(crate) struct Setup {
    log: Log,
    directory: PathBuf,
    programs: PathBuf,
    image: PathBuf,
    node: PathBuf,
    node_in_c: PathBuf,
    core: &'static Core,
    qemu: Qemu,
    predicted: f64,
    /// How often the node was started.
    starts: u32,
}

impl Setup {
    /// Builds the nodes, trains on the log of `config` (without one on that of `mild demo`), and
    /// predicts the loss. `programs` is the folder of the host's programs.
    pub(crate) fn prepare(
        programs: PathBuf,
        config: Option<&Path>,
        rows: usize,
        toolchain: Choice,
    ) -> Result<Self> {
        if find_program("mosquitto").is_none() {
            apt::install(&["mosquitto"], "the MQTT broker mosquitto")?;
        }
        let directory = target_dir().join("path");
        fs::create_dir_all(&directory)?;
        let image = directory.join("image");
        let mild = || Command::new(programs.join("mild"));
        let config = match config {
            Some(config) => {
                let mut train = mild();
                train.args(["train", "--quiet", "--effort", "quick"]).arg(config);
                run(train.arg("--out").arg(&image))?;
                config.to_owned()
            }
            None => {
                run(mild().args(["demo", "--quiet"]).arg("--out").arg(&image))?;
                image.join("wine.toml")
            }
        };
        let log = Log::read(&programs, &config, rows)?;
        let predicted = predict(&log, &image.join("rejector.mild"))?;
        let core = cores::find("m4").context("no core m4")?;
        let qemu = Qemu::find([core])?;
        let firmware = Firmware { package: "node", core, image: Some(&image) };
        let mut toolchains = Toolchains::new(toolchain);
        let node = firmware.build_with(core.features(), &mut toolchains)?;
        let library = c_library::build_for_core(&toolchains.prepare(core.target)?, core)?;
        let node_in_c = c_library::compile_for(core, "node", &library, &directory.join("c"))?;
        let image = fs::canonicalize(image.join("rejector.mild"))?;
        Ok(Self {
            log,
            directory,
            programs,
            image,
            node,
            node_in_c,
            core,
            qemu,
            predicted,
            starts: 0,
        })
    }

    /// A description for people.
    pub(crate) fn describe(&self) -> String {
        let experts: Vec<_> = self.log.experts.iter().map(|expert| expert.name.as_str()).collect();
        format!(
            "{}: {} rows, experts {}; node on {} ({})",
            self.log.file.display(),
            self.log.rows.len(),
            experts.join(", "),
            self.core.name,
            self.core.machine
        )
    }

    /// One run of a node; with `faults`, broker and HTTP expert are killed and started again in
    /// between. The node keeps the budget, if there is one.
    pub(crate) fn run(
        &mut self,
        language: Language,
        faults: bool,
        budget: Option<Rate>,
    ) -> Result<Report> {
        let name = match (faults, budget) {
            (false, None) => "calm",
            (true, None) => "faults",
            (false, Some(_)) => "governed",
            (true, Some(_)) => "governed-faults",
        };
        let name = match language {
            Language::Rust => name.to_owned(),
            Language::C => format!("c-{name}"),
        };
        let directory = self.directory.join(name);
        fs::create_dir_all(&directory)?;
        self.starts += 1;
        // With pauses, so that whatever was down has time to come back.
        fs::write(
            directory.join("rows.bin"),
            self.log.bytes(
                self.starts,
                if faults { 4 } else { 0 },
                budget.unwrap_or(Rate::ONE).bits(),
            ),
        )?;

        let ports = Ports::free()?;
        let mosquitto = format!(
            "listener {} {HOST}\nallow_anonymous true\nset_tcp_nodelay true\npersistence false\n",
            ports.broker
        );
        fs::write(directory.join("mosquitto.conf"), mosquitto)?;
        let start_broker = || {
            let mut command = Command::new(find_program("mosquitto").context("no mosquitto")?);
            command.arg("-c").arg(directory.join("mosquitto.conf"));
            Process::start(&mut command, &directory, "mosquitto", ports.broker)
        };
        let mut broker = Some(start_broker()?);
        // The last expert is asked over HTTP, the others over the broker.
        let last = self.log.experts.len() - 1;
        let start_http = || self.start_expert(last, &directory, Some(ports.expert));
        let mut http = Some(start_http()?);
        let others: Result<Vec<_>> =
            (1..last).map(|expert| self.start_expert(expert, &directory, None)).collect();
        let mut others = others?;
        for (expert, process) in (1..last).zip(&mut others) {
            process.said("connected to the broker").with_context(|| format!("expert {expert}"))?;
        }
        fs::write(directory.join("gateway.toml"), self.gateway_config(&ports))?;
        let mut command = Command::new(self.programs.join("mild-gateway"));
        command.arg("serve").arg(directory.join("gateway.toml"));
        let mut gateway = Process::start(&mut command, &directory, "gateway", ports.gateway)?;
        if last > 1 {
            gateway.said("connected to the broker")?;
            // Its subscription may still be on its way.
            thread::sleep(Duration::from_millis(300));
        }

        let elf = match language {
            Language::Rust => &self.node,
            Language::C => &self.node_in_c,
        };
        let mut node = self.qemu.command(self.core, elf, &directory)?;
        if language == Language::C {
            qemu::load(&mut node, self.core, &self.image);
        }
        node.args(["-serial", &format!("tcp:{HOST}:{},nodelay=on", ports.gateway)]);
        let (mut node, said) = node::listen(&mut node, language, elf, &directory)?;
        let mut resolutions = Vec::new();
        let mut spent = None;
        let total = self.log.rows.len();
        let mut done = false;
        loop {
            match said.recv_timeout(SILENCE) {
                Ok(text) => {
                    done |= text.starts_with("done ");
                    spent = spent.or(Spent::read(&text)?);
                    let Some(resolution) = Resolution::read(&text)? else { continue };
                    resolutions.push(resolution);
                    if !faults {
                        continue;
                    }
                    let at = |share: usize| resolutions.len() == total * share / 100;
                    if at(20) {
                        broker = None;
                    } else if at(45) {
                        broker = Some(start_broker()?);
                    } else if at(55) {
                        http = None;
                    } else if at(75) {
                        http = Some(start_http()?);
                    }
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    let _ = node.kill();
                    bail!(
                        "the node has been silent for {} s, after {} rows",
                        SILENCE.as_secs(),
                        resolutions.len()
                    );
                }
            }
        }
        let status = node.wait()?;
        drop((broker, http, others));
        let ended = gateway.end()?;
        ensure!(
            status.success() && done,
            "the node ended with {status}; see {}",
            directory.display()
        );
        ensure!(ended, "the gateway failed; see {}", directory.display());
        let spent = spent.context("the node has not reported its governor")?;
        Report::new(&self.log, &resolutions, budget.map(|_| spent), self.predicted)
    }

    fn start_expert(&self, index: usize, directory: &Path, http: Option<u16>) -> Result<Process> {
        let expert = &self.log.experts[index];
        let mut command = Command::new(self.programs.join("mild-gateway"));
        command.arg("expert").arg("--answers").arg(&self.log.file);
        command.args(["--column", &expert.prediction]);
        let name = format!("expert-{}", expert.name);
        match http {
            Some(port) => {
                command.args(["--http", &format!("{HOST}:{port}")]);
                Process::start(&mut command, directory, &name, port)
            }
            None => {
                let port = fs::read_to_string(directory.join("mosquitto.conf"))?;
                let port = port.split_whitespace().nth(1).context("no port of the broker")?;
                command.args(["--mqtt", &format!("{HOST}:{port}"), "--name", &expert.name]);
                Process::spawn(&mut command, directory, &name)
            }
        }
    }

    fn gateway_config(&self, ports: &Ports) -> String {
        let mut text = format!(
            "[listen]\ntcp = [\"{HOST}:{}\"]\n[limits]\nrequests_per_s = 10000.0\nburst = 10000\n\
             [mqtt]\nhost = \"{HOST}\"\nport = {}\n",
            ports.gateway, ports.broker
        );
        let last = self.log.experts.len() - 1;
        for (index, expert) in self.log.experts.iter().enumerate().skip(1) {
            let transport = if index == last {
                format!("http = \"http://{HOST}:{}/\"", ports.expert)
            } else {
                "mqtt = true".to_owned()
            };
            text += &format!(
                "[[expert]]\nindex = {index}\nname = \"{}\"\n{transport}\ntimeout_ms = 200\n",
                expert.name
            );
        }
        text
    }
}

/// The image's mean deferral loss on the rows if every expert can be reached.
fn predict(log: &Log, image: &Path) -> Result<f64> {
    let bytes = fs::read(image).with_context(|| format!("cannot read {}", image.display()))?;
    let words: Vec<u32> =
        bytes.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect();
    let image = Image::from_words(&words)?;
    ensure!(
        image.experts() == log.experts.len(),
        "the image has {} experts, the log has {}",
        image.experts(),
        log.experts.len()
    );
    let rejector = Rejector::new(&image);
    let mut scratch = vec![0; image.scratch_words()];
    let mut sum = 0.0;
    for row in &log.rows {
        let decision = rejector.decide(&row.features[..], Reachable::ALL, &mut scratch)?;
        let by = usize::from(decision.expert);
        sum += log.loss(row, by, row.answers[by]);
    }
    Ok(sum / log.rows.len() as f64)
}
