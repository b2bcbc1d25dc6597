//! The programs of a run, and what is done to them.

use super::{
    question,
    schedule::{Act, Event, NODES, Program, Schedule},
    violation::Violation,
};
use crate::{
    background::Process,
    process::{find_program, run_quietly},
};
use anyhow::{Context, Result};
use mild::wire::Key;
use std::{
    collections::BTreeMap,
    fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
};

/// The most memory that a gateway may take, in MB: a few times of what it takes without a fault.
const MOST_MB: f64 = 100.0;

/// Where a run is: its files, and an address of its own on the loopback interface. So its ports are
/// its own, too, and nobody takes them while a program is down.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) programs: PathBuf,
    pub(super) directory: PathBuf,
    pub(super) host: IpAddr,
}

/// The programs of a run.
#[derive(Debug)]
pub(super) struct World<'w> {
    place: &'w Place,
    schedule: &'w Schedule,
    /// The column that the expert `near` answers from.
    column: &'w str,
    running: BTreeMap<Program, Process>,
    /// Programs that were asked to end.
    ending: Vec<Program>,
    /// The most memory of a gateway, in MB.
    pub(super) peak_mb: f64,
    pub(super) violations: Vec<Violation>,
}

impl Place {
    pub(super) fn gateway(&self, number: u8) -> SocketAddr {
        SocketAddr::new(self.host, 7_380 + u16::from(number))
    }

    fn broker(&self) -> SocketAddr {
        SocketAddr::new(self.host, 18_830)
    }

    fn near(&self) -> SocketAddr {
        SocketAddr::new(self.host, 7_001)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// A node's former and its new key.
pub(super) fn keys(node: u32) -> [Key; 2] {
    [0, 1].map(|number| Key::new(secret(node, number)).numbered(number))
}

fn secret(node: u32, number: u8) -> [u8; 32] {
    let mut secret = [number; 32];
    if let Some(start) = secret.first_chunk_mut() {
        *start = node.to_le_bytes();
    }
    secret
}

impl<'w> World<'w> {
    /// Starts all programs, and waits until they are ready.
    pub(super) fn start(place: &'w Place, schedule: &'w Schedule, column: &'w str) -> Result<Self> {
        // Nothing of the run before.
        if place.directory.exists() {
            fs::remove_dir_all(&place.directory)?;
        }
        fs::create_dir_all(&place.directory)?;
        fs::write(place.file("log.csv"), question::log())?;
        let broker = place.broker();
        let mosquitto = format!(
            "listener {} {}\nallow_anonymous true\nset_tcp_nodelay true\npersistence false\n",
            broker.port(),
            broker.ip()
        );
        fs::write(place.file("mosquitto.conf"), mosquitto)?;
        for number in [0, 1] {
            let text = configuration(place, schedule, number);
            fs::write(place.file(&format!("{}.toml", Program::Gateway(number))), text)?;
        }
        let (running, ending, violations) = (BTreeMap::new(), Vec::new(), Vec::new());
        let mut world = Self { place, schedule, column, running, ending, peak_mb: 0.0, violations };
        for program in Program::ALL {
            world.launch(program)?;
            if let (Program::Broker, Some(broker)) = (program, world.running.get_mut(&program)) {
                broker.listens(place.broker())?;
            }
        }
        for (program, process) in &mut world.running {
            match program {
                Program::Broker => {}
                Program::Near => process.listens(place.near())?,
                Program::Gateway(_) | Program::Cloud(_) => {
                    process.said("connected to the broker")?
                }
            }
        }
        Ok(world)
    }

    /// Starts a program, and does not wait for it.
    fn launch(&mut self, program: Program) -> Result<()> {
        let place = self.place;
        let gateway = || Command::new(place.programs.join("mild-gateway"));
        let expert = |column: &str, delay: u64| {
            let mut command = gateway();
            command.arg("expert").arg("--answers").arg(place.file("log.csv"));
            command.args(["--column", column, "--delay-ms", &delay.to_string()]);
            command
        };
        let [cloud_ms, near_ms] = self.schedule.delays_ms;
        let mut command = match program {
            Program::Broker => {
                let mut command = Command::new(find_program("mosquitto").context("no mosquitto")?);
                command.arg("-c").arg(place.file("mosquitto.conf"));
                command
            }
            Program::Gateway(_) => {
                let mut command = gateway();
                command.arg("serve").arg(place.file(&format!("{program}.toml")));
                command
            }
            Program::Cloud(_) => {
                let mut command = expert("answer", cloud_ms);
                command.args(["--mqtt", &place.broker().to_string(), "--name", "cloud"]);
                command
            }
            Program::Near => {
                let mut command = expert(self.column, near_ms);
                command.args(["--http", &place.near().to_string()]);
                command
            }
        };
        let process = Process::spawn(&mut command, &place.directory, &program.to_string())?;
        self.running.insert(program, process);
        Ok(())
    }

    /// Does what the schedule says. Where faults of one program overlap, what cannot be done is
    /// left out.
    pub(super) fn act(&mut self, event: Event) -> Result<()> {
        let Event { program, act, .. } = event;
        match act {
            Act::Kill => self.kill(program),
            Act::Terminate => {
                self.signal(program, "TERM")?;
                self.ending.push(program);
                Ok(())
            }
            Act::Stall => self.signal(program, "STOP"),
            Act::GoOn => self.signal(program, "CONT"),
            Act::Reload => {
                // Before that the signal ends it, as it ends every program that does not expect it.
                let process = self.running.get(&program);
                let is_up = process.is_some_and(|process| process.has_said("listening for nodes"));
                if is_up { self.signal(program, "HUP") } else { Ok(()) }
            }
            Act::Start => {
                if self.ending.contains(&program) {
                    self.kill(program)?;
                }
                if self.running.contains_key(&program) { Ok(()) } else { self.launch(program) }
            }
        }
    }

    fn signal(&mut self, program: Program, name: &str) -> Result<()> {
        // Whoever has ended may have left its number to another process.
        if let Some(process) = self.running.get_mut(&program)
            && !process.has_ended()?
        {
            run_quietly(&mut process.signal(name))?;
        }
        Ok(())
    }

    fn kill(&mut self, program: Program) -> Result<()> {
        self.look_at(program)?;
        self.ending.retain(|other| *other != program);
        // Dropping it kills it, and waits for its end.
        self.running.remove(&program);
        Ok(())
    }

    /// A program that still runs must run, and a gateway must not have taken too much memory.
    fn look_at(&mut self, program: Program) -> Result<()> {
        let Some(process) = self.running.get_mut(&program) else { return Ok(()) };
        if process.has_ended()? {
            if !self.ending.contains(&program) {
                self.violations.push(Violation::Ended { program });
            }
            return Ok(());
        }
        // Between two looks it may have ended as it was asked to.
        if let (Program::Gateway(_), Ok(found_mb)) = (program, process.peak_memory_mb()) {
            self.peak_mb = self.peak_mb.max(found_mb);
            if found_mb > MOST_MB {
                self.violations.push(Violation::Memory { program, found_mb, most_mb: MOST_MB });
            }
        }
        Ok(())
    }

    /// Lets everything run again.
    pub(super) fn recover(&mut self) -> Result<()> {
        for program in Program::ALL {
            for act in [Act::GoOn, Act::Start] {
                self.act(Event { at_ms: 0, program, act })?;
            }
        }
        Ok(())
    }

    /// Ends everything. The gateways, which have nothing to do, must end in good order.
    pub(super) fn end(mut self) -> Result<Vec<Violation>> {
        for program in Program::ALL {
            self.look_at(program)?;
        }
        for number in [0, 1] {
            let program = Program::Gateway(number);
            let Some(mut process) = self.running.remove(&program) else { continue };
            let is_up = process.said("connected to the broker").is_ok();
            if !is_up || !process.end()? {
                self.violations.push(Violation::NotInOrder { program });
            }
        }
        Ok(self.violations)
    }
}

/// The configuration of a gateway.
fn configuration(place: &Place, schedule: &Schedule, number: u8) -> String {
    let (gateway, broker, near) = (place.gateway(number), place.broker(), place.near());
    let mut text = format!(
        "[listen]\ntcp = ['{gateway}']\n\
         [limits]\nrequests_per_s = 10000.0\nburst = 10000\nframe_ms = 300\nremember_s = 1\n\
         remembered = 8\nnodes = {}\n\
         [mqtt]\nhost = '{}'\nport = {}\n\
         [[expert]]\nindex = 1\nname = 'cloud'\nmqtt = true\ntimeout_ms = 250\n\
         [[expert]]\nindex = 2\nname = 'near'\nhttp = 'http://{near}/'\ntimeout_ms = 250\n",
        schedule.remembered,
        broker.ip(),
        broker.port(),
    );
    if schedule.has_keys {
        text += "[keys]\n";
        for (node, key) in (0..NODES).flat_map(|node| [0, 1].map(|key| (node, key))) {
            let digits: String =
                secret(node, key).iter().map(|byte| format!("{byte:02x}")).collect();
            text += &format!("{node}.{key} = '{digits}'\n");
        }
    }
    text
}

/// An address on the loopback interface for each run at a time, and for each laboratory.
pub(super) fn host(lane: u8) -> IpAddr {
    let [low, high, ..] = std::process::id().to_le_bytes();
    IpAddr::from([127, 64 | high & 63, low, lane + 1])
}

/// The folder of a run at a time.
pub(super) fn directory(all: &Path, lane: u8) -> PathBuf {
    all.join(format!("{}-{lane}", std::process::id()))
}
