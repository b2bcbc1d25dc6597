//! The whole path on one machine: an emulated node, the gateway, a broker, experts.

mod log;
mod report;

pub(crate) use log::Log;
pub(crate) use report::Report;

use crate::{
    apt,
    cores::{self, Core},
    firmware::Firmware,
    process::{cargo, find_program, run, target_dir},
    qemu::Qemu,
    toolchain::{Choice, Toolchains},
};
use anyhow::{Context, Result, bail, ensure};
use defmt_decoder::{DecodeError, Table};
use mild::{Image, Reachable, Rejector};
use report::Line;
use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// A program that does not come up within this is broken.
const PATIENCE: Duration = Duration::from_secs(20);
/// Nothing from the node for so long: it hangs.
const SILENCE: Duration = Duration::from_secs(60);
const HOST: &str = "127.0.0.1";

/// Everything that runs need: built, trained, read.
pub(crate) struct Bench {
    log: Log,
    directory: PathBuf,
    programs: PathBuf,
    node: PathBuf,
    core: &'static Core,
    qemu: Qemu,
    predicted: f64,
    /// So that no question of one run is one of another.
    begin: u32,
}

impl Bench {
    /// Builds the programs, trains on the log of `config` (that of `mild demo` if there is none), and predicts.
    pub(crate) fn prepare(config: Option<&Path>, rows: usize, toolchain: Choice) -> Result<Self> {
        if find_program("mosquitto").is_none() {
            apt::install(&["mosquitto"], "the MQTT broker mosquitto")?;
        }
        let qemu = Qemu::find()?;
        run(cargo().args(["build", "--quiet", "-p", "mild-trainer", "-p", "mild-gateway"]))?;
        let programs = target_dir().join("debug");
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
        let log = Log::read(&config, rows)?;
        let predicted = predict(&log, &image.join("rejector.mild"))?;
        let core = cores::find("m4").context("no core m4")?;
        let firmware = Firmware { package: "node", core, image: Some(&image) };
        let node = firmware.build_with(core.features(), &mut Toolchains::new(toolchain))?;
        let begin =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs() as u32;
        Ok(Self { log, directory, programs, node, core, qemu, predicted, begin })
    }

    /// What is run, in words.
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

    /// One run; with `faults`, broker and HTTP expert are killed and started again in between.
    pub(crate) fn run(&mut self, faults: bool) -> Result<Report> {
        let directory = self.directory.join(if faults { "faults" } else { "calm" });
        fs::create_dir_all(&directory)?;
        self.begin = self.begin.wrapping_add(1 << 16);
        // With pauses, so that what was down has time to come back.
        fs::write(
            directory.join("rows.bin"),
            self.log.bytes(self.begin, if faults { 4 } else { 0 }),
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
            // Its subscription is on the way.
            thread::sleep(Duration::from_millis(300));
        }

        let mut node = self.qemu.command(self.core, &self.node, &directory);
        node.args(["-serial", &format!("tcp:{HOST}:{},nodelay=on", ports.gateway)]);
        let (mut node, said) = listen(&mut node, &self.node, &directory)?;
        let mut lines = Vec::new();
        let total = self.log.rows.len();
        let mut done = false;
        loop {
            match said.recv_timeout(SILENCE) {
                Ok(text) => {
                    done |= text.starts_with("done ");
                    let Some(line) = Line::read(&text)? else { continue };
                    lines.push(line);
                    if !faults {
                        continue;
                    }
                    let at = |share: usize| lines.len() == total * share / 100;
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
                        "the node has said nothing for {} s, after {} rows",
                        SILENCE.as_secs(),
                        lines.len()
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
        ensure!(ended, "the gateway did not end well; see {}", directory.display());
        Report::new(&self.log, &lines, self.predicted)
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
            let way = if index == last {
                format!("http = \"http://{HOST}:{}/\"", ports.expert)
            } else {
                "mqtt = true".to_owned()
            };
            text += &format!(
                "[[expert]]\nindex = {index}\nname = \"{}\"\n{way}\ntimeout_ms = 200\n",
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
    ensure!(image.experts() == log.experts.len(), "the image has other experts than the log");
    let rejector = Rejector::new(&image);
    let mut scratch = vec![0; image.scratch_words()];
    let mut sum = 0.0;
    for row in &log.rows {
        let decision = rejector.decide(&row.features[..], Reachable::ALL, &mut scratch)?;
        let by = usize::from(decision.expert);
        sum += log.loss(row, by, row.predictions[by]);
    }
    Ok(sum / log.rows.len() as f64)
}

/// Ports that were free a moment ago.
struct Ports {
    broker: u16,
    expert: u16,
    gateway: u16,
}

impl Ports {
    fn free() -> Result<Self> {
        // All held at once, so that they differ.
        let held = [0; 3].map(|_| TcpListener::bind((HOST, 0)));
        let [broker, expert, gateway] =
            held.map(|held| Ok::<_, std::io::Error>(held?.local_addr()?.port()));
        Ok(Self { broker: broker?, expert: expert?, gateway: gateway? })
    }
}

/// A program in the background, killed when it is dropped. What it says is in a file of its name.
struct Process {
    child: Child,
    name: String,
    log: PathBuf,
}

impl Process {
    /// Starts a program and waits until somebody can connect to it.
    fn start(command: &mut Command, directory: &Path, name: &str, port: u16) -> Result<Self> {
        let mut process = Self::spawn(command, directory, name)?;
        let begun = Instant::now();
        while TcpStream::connect((HOST, port)).is_err() {
            if let Some(status) = process.child.try_wait()? {
                bail!("{name} ended with {status}: {}", process.tail());
            }
            ensure!(begun.elapsed() < PATIENCE, "{name} does not listen: {}", process.tail());
            thread::sleep(Duration::from_millis(20));
        }
        Ok(process)
    }

    fn spawn(command: &mut Command, directory: &Path, name: &str) -> Result<Self> {
        let log = directory.join(format!("{name}.log"));
        // A program that is started again goes on in the same file.
        let mut file = File::options().create(true).append(true).open(&log)?;
        writeln!(file, "---- started")?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self { child, name: name.to_owned(), log })
    }

    /// Waits until it has said something since its start.
    fn said(&mut self, words: &str) -> Result<()> {
        let begun = Instant::now();
        loop {
            let log = fs::read_to_string(&self.log)?;
            let since = log.rsplit("---- started").next().unwrap_or_default();
            if since.contains(words) {
                return Ok(());
            }
            ensure!(begun.elapsed() < PATIENCE, "{}: not \"{words}\": {}", self.name, self.tail());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to end, and says whether it did well.
    fn end(mut self) -> Result<bool> {
        run(Command::new("kill").args(["-TERM", &self.child.id().to_string()]))?;
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.success());
            }
            if begun.elapsed() > PATIENCE {
                return Ok(false);
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn tail(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(3).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("; ")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the node; the lines of its log come one by one, and are kept in a file.
fn listen(
    command: &mut Command,
    elf: &Path,
    directory: &Path,
) -> Result<(Child, mpsc::Receiver<String>)> {
    let elf = fs::read(elf).with_context(|| format!("cannot read {}", elf.display()))?;
    let table = Table::parse(&elf)?.context("the node has no defmt log")?;
    let mut node = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(directory.join("qemu.log"))?)
        .spawn()
        .context("cannot start the emulator")?;
    let mut output = node.stdout.take().context("no output of the emulator")?;
    let mut kept = File::create(directory.join("node.log"))?;
    let (sender, said) = mpsc::channel();
    thread::spawn(move || {
        let mut decoder = table.new_stream_decoder();
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = output.read(&mut piece) {
            decoder.received(&piece[..length]);
            loop {
                let line = match decoder.decode() {
                    Ok(frame) => {
                        let level = frame.level().map(|level| format!("{level:?} "));
                        format!("{}{}", level.unwrap_or_default(), frame.display_message())
                    }
                    Err(DecodeError::UnexpectedEof) => break,
                    // A panic's text, for instance.
                    Err(DecodeError::Malformed) => "what is no log frame".to_owned(),
                };
                // The file is for people, and not needed.
                let _ = writeln!(kept, "{line}");
                if sender.send(line).is_err() {
                    return;
                }
            }
        }
    });
    Ok((node, said))
}
