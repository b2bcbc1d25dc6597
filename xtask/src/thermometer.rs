//! The example `sensor` end to end: trained on its simulated log, run on an emulated board with an
//! emulated sensor on its I2C bus, whose temperature is played from here.

use crate::{
    cores::WITH_I2C,
    firmware::Firmware,
    images,
    process::{collect_lines, target_dir},
    programs,
    qemu::Qemu,
    toolchain::Toolchains,
    verdict::Verdict,
};
use anyhow::{Context, Result, bail, ensure};
use mild::{Image, Reachable, Rejector, window_features};
use mild_test_support::cold_store;
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    process::Stdio,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// Windows that are played.
const WINDOWS: usize = 40;
const ROWS: usize = 2000;
/// Nothing from the board for so long: it hangs.
const SILENCE: Duration = Duration::from_secs(30);
/// The emulator's name of the sensor.
const SENSOR: &str = "thermometer";

/// Trains, builds, plays, and compares every decision with the host's.
pub(crate) fn check(qemu: &Qemu, toolchains: &mut Toolchains) -> Result<Verdict> {
    let directory = target_dir().join("device/thermometer");
    fs::create_dir_all(&directory)?;
    let (log, windows) = cold_store::log(ROWS);
    fs::write(directory.join("log.csv"), log)?;
    let config = directory.join("mild.toml");
    fs::write(&config, cold_store::CONFIG)?;
    let image = images::train(&programs::mild()?, &config, &directory.join("image"))?;
    let firmware = Firmware { package: "thermometer", core: &WITH_I2C, image: Some(&image) };
    let elf = firmware.build(toolchains)?;
    fs::write(directory.join("windows.bin"), (WINDOWS as u32).to_le_bytes())?;

    // The program waits for changes.
    let mut readings = windows.into_flattened();
    readings.dedup();
    let expected = expected(&fs::read(image.join("rejector.mild"))?, &readings)?;

    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let mut command = qemu.command(&WITH_I2C, &elf, &directory)?;
    command.args(["-serial", "none", "-S"]);
    command.args(["-device", &format!("tmp105,bus=i2c,address=0x48,id={SENSOR}")]);
    command.args(["-qmp", &format!("tcp:127.0.0.1:{port},server=on,wait=off")]);
    let mut board = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(fs::File::create(directory.join("qemu.log"))?)
        .spawn()
        .context("cannot start the emulator")?;
    let said = collect_lines(board.stdout.take().context("no output of the emulator")?);
    let played = play(port, &readings, &said);
    // It has ended by itself, or must.
    if played.is_err() {
        let _ = board.kill();
    }
    let status = board.wait()?;
    let found = played.with_context(|| format!("see {}", directory.display()))?;
    ensure!(status.success(), "the board ended with {status}");
    let asked = expected.iter().filter(|decision| decision.0 > 0).count();
    let check = "temperature to decision";
    // Decisions that are all alike would prove little.
    ensure!(asked > 0 && asked < WINDOWS, "{asked} of {WINDOWS} windows are deferred");
    let differ = found.iter().zip(&expected).filter(|(found, expected)| found != expected).count();
    let passed = found.len() == WINDOWS && differ == 0;
    let detail = match passed {
        true => format!("{WINDOWS} windows over I2C, {asked} deferred"),
        false => format!("{} decisions of {WINDOWS}, {differ} other than the host's", found.len()),
    };
    Ok(Verdict { check, passed: Some(passed), detail })
}

/// Experts and margins of the windows, by the host.
fn expected(image: &[u8], readings: &[i16]) -> Result<Vec<(u8, i32)>> {
    let words: Vec<u32> =
        image.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect();
    let image = Image::from_words(&words)?;
    let rejector = Rejector::new(&image);
    let mut scratch = vec![0; image.scratch_words()];
    let decide = |window: &[i16]| {
        let features = window_features::of_samples(window, &sensor::STATISTICS)?;
        let decision = rejector.decide(&features[..], Reachable::ALL, &mut scratch)?;
        Ok((decision.expert, decision.margin))
    };
    readings.chunks_exact(sensor::WINDOW).take(WINDOWS).map(decide).collect()
}

/// Sets one temperature after the other, each when the one before has been taken, and returns the
/// decisions.
fn play(port: u16, readings: &[i16], said: &mpsc::Receiver<String>) -> Result<Vec<(u8, i32)>> {
    let mut monitor = Monitor::connect(port)?;
    let mut readings = readings.iter();
    let mut next = || readings.next().copied().context("the log is too short");
    let mut now = next()?;
    monitor.temperature(now)?;
    monitor.ask("cont", &json!({}))?;
    let mut decisions = Vec::new();
    loop {
        let line = match said.recv_timeout(SILENCE) {
            Ok(line) => line,
            Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(decisions),
            Err(mpsc::RecvTimeoutError::Timeout) => bail!("nothing after {now}"),
        };
        let mut words = line.split_whitespace();
        match words.next() {
            Some("reading") => {
                let found: i16 = words.next().unwrap_or_default().parse()?;
                ensure!(found == now, "the board read {found}, the sensor has {now}");
                if decisions.len() < WINDOWS {
                    now = next()?;
                    // After the last one the board ends, and nobody listens.
                    let _ = monitor.temperature(now);
                }
            }
            Some("decision") => {
                let mut number = || words.next().context("a decision is cut off");
                decisions.push((number()?.parse()?, number()?.parse()?));
            }
            _ => bail!("the board says: {line}"),
        }
    }
}

/// The emulator's machine protocol (QMP).
struct Monitor {
    stream: BufReader<TcpStream>,
}

impl Monitor {
    fn connect(port: u16) -> Result<Self> {
        let begun = Instant::now();
        let stream = loop {
            match TcpStream::connect(("127.0.0.1", port)) {
                Ok(stream) => break stream,
                Err(_) if begun.elapsed() < SILENCE => thread::sleep(Duration::from_millis(20)),
                Err(error) => return Err(error).context("the emulator does not listen"),
            }
        };
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_nodelay(true)?;
        let mut monitor = Self { stream: BufReader::new(stream) };
        // Its greeting.
        monitor.line()?;
        monitor.ask("qmp_capabilities", &json!({}))?;
        Ok(monitor)
    }

    fn line(&mut self) -> Result<Value> {
        let mut line = String::new();
        ensure!(self.stream.read_line(&mut line)? > 0, "the emulator hung up");
        Ok(serde_json::from_str(&line)?)
    }

    fn ask(&mut self, command: &str, arguments: &Value) -> Result<()> {
        let ask = json!({ "execute": command, "arguments": arguments });
        // In one piece.
        self.stream.get_mut().write_all(format!("{ask}\n").as_bytes())?;
        loop {
            let answer = self.line()?;
            if answer.get("return").is_some() {
                return Ok(());
            }
            // What is no answer is an event.
            ensure!(answer.get("error").is_none(), "{command}: {answer}");
        }
    }

    /// The sensor's temperature, in sixteenths of a degree; the emulator takes thousandths, and
    /// rounds down.
    fn temperature(&mut self, sixteenths: i16) -> Result<()> {
        let value = (i32::from(sixteenths) * 1000 + 15).div_euclid(16);
        let path = format!("/machine/peripheral/{SENSOR}");
        self.ask("qom-set", &json!({ "path": path, "property": "temperature", "value": value }))
    }
}
