//! Programs in the background: started, waited for, ended.

use crate::process::run_quietly;
use anyhow::{Context, Result, bail, ensure};
use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Where all programs listen: this machine alone.
pub(crate) const HOST: &str = "127.0.0.1";

/// A program that does not come up within this time is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ports that were free a moment ago.
pub(crate) struct Ports {
    pub(crate) broker: u16,
    pub(crate) expert: u16,
    pub(crate) gateway: u16,
}

impl Ports {
    pub(crate) fn free() -> Result<Self> {
        let [broker, expert, gateway] = free_ports()?;
        Ok(Self { broker, expert, gateway })
    }
}

/// Ports that were free a moment ago.
pub(crate) fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let mut ports = [0; N];
    // All held at once, so that they differ.
    let mut held = Vec::new();
    for port in &mut ports {
        let listener = TcpListener::bind((HOST, 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// The body of what an HTTP server answers to GET.
pub(crate) fn get(address: &str, path: &str) -> Result<String> {
    let ask = || -> Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no body")?;
        ensure!(head.starts_with("HTTP/1.1 200 "), "it answered {head}");
        Ok(body.to_owned())
    };
    ask().with_context(|| format!("cannot get http://{address}{path}"))
}

/// A program in the background, killed when it is dropped. Its output goes to a file of its name.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    name: String,
    log: PathBuf,
}

impl Process {
    /// Starts a program and waits until somebody can connect to it.
    pub(crate) fn start(
        command: &mut Command,
        directory: &Path,
        name: &str,
        port: u16,
    ) -> Result<Self> {
        let mut process = Self::spawn(command, directory, name)?;
        process.listens(SocketAddr::new(HOST.parse()?, port))?;
        Ok(process)
    }

    /// Waits until somebody can connect to it.
    pub(crate) fn listens(&mut self, address: SocketAddr) -> Result<()> {
        let (name, begun) = (self.name.clone(), Instant::now());
        while TcpStream::connect(address).is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("{name} ended with {status}: {}", self.tail());
            }
            ensure!(begun.elapsed() < PATIENCE, "{name} does not listen: {}", self.tail());
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The command that sends it a signal.
    pub(crate) fn signal(&self, name: &str) -> Command {
        let mut kill = Command::new("kill");
        kill.args([&format!("-{name}"), &self.child.id().to_string()]);
        kill
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    pub(crate) fn spawn(command: &mut Command, directory: &Path, name: &str) -> Result<Self> {
        let log = directory.join(format!("{name}.log"));
        // A program that is started again appends to the same file.
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

    /// Waits until its output since its start contains `words`.
    pub(crate) fn said(&mut self, words: &str) -> Result<()> {
        let begun = Instant::now();
        loop {
            if self.has_said(words) {
                return Ok(());
            }
            ensure!(begun.elapsed() < PATIENCE, "{}: not \"{words}\": {}", self.name, self.tail());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether its output since its start contains `words`.
    pub(crate) fn has_said(&self, words: &str) -> bool {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        log.rsplit("---- started").next().unwrap_or_default().contains(words)
    }

    /// Asks it to end, and returns whether it succeeded.
    pub(crate) fn end(mut self) -> Result<bool> {
        run_quietly(&mut self.signal("TERM"))?;
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

    /// The most memory that it has held so far, in MB.
    pub(crate) fn peak_memory_mb(&self) -> Result<f64> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(&path).with_context(|| path.clone())?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        Ok(kilobytes.with_context(|| format!("{path} has no VmHWM"))? * 1024.0 / 1e6)
    }

    fn tail(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(3).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("; ")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
