//! The second stream of phases: another process of this program, whose output goes to a file that is
//! shown whole when it has ended.

use super::{
    super::{device::DeviceTestArgs, heading},
    phases::{Ended, Phase},
};
use crate::{
    process::{find_program, target_dir, this_program},
    programs,
};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::{
    env,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::{self, Child, ChildStdin, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// What the second process reports, one JSON document a line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Event {
    Begun(String),
    Ended(Ended),
}

/// How often the first process looks for news.
const LOOK: Duration = Duration::from_millis(500);

/// The second stream while it runs.
pub(super) struct Beside {
    child: Child,
    /// Open until it has ended: it takes the end of this for the end of the first process.
    alive: ChildStdin,
    phases: Vec<&'static Phase>,
    log: PathBuf,
    report: PathBuf,
    over: Arc<AtomicBool>,
    news: JoinHandle<()>,
}

impl Beside {
    /// Starts it with the programs that are built.
    pub(super) fn start(phases: &[&'static Phase]) -> Result<Self> {
        let directory = target_dir().join("test");
        fs::create_dir_all(&directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
        let (log, report) = (directory.join("beside.log"), directory.join("beside.jsonl"));
        let output =
            File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        File::create(&report).with_context(|| format!("cannot write {}", report.display()))?;
        let mut command = second_process()?;
        command.args(env::args_os().skip(1)).arg("--beside").arg(&report);
        programs::give(&mut command);
        command.stdin(Stdio::piped()).stdout(output.try_clone()?).stderr(output);
        let mut child = command.spawn().context("cannot start a second process")?;
        // Waiting for the child would close it.
        let alive = child.stdin.take().context("no pipe to the second process")?;
        let names: Vec<&str> = phases.iter().map(|phase| phase.name).collect();
        println!("\nbeside the following: {}; output in {}", names.join(", "), log.display());
        let over = Arc::new(AtomicBool::new(false));
        let news = thread::spawn({
            let (report, over) = (report.clone(), Arc::clone(&over));
            move || tell(&report, &over)
        });
        Ok(Self { child, alive, phases: phases.to_vec(), log, report, over, news })
    }

    /// Waits for its end, shows its output, and returns how its phases came out.
    pub(super) fn end(mut self) -> Vec<Ended> {
        let status = self.child.wait();
        drop(self.alive);
        self.over.store(true, Ordering::Relaxed);
        // It only prints.
        let _ = self.news.join();
        heading("beside it");
        // What cannot be shown is in the file.
        let shown = File::open(&self.log).and_then(|mut log| io::copy(&mut log, &mut io::stdout()));
        if let Err(error) = shown {
            println!("cannot show {}: {error}", self.log.display());
        }
        let text = fs::read_to_string(&self.report).unwrap_or_default();
        let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        outcomes(&self.phases, &text, &status)
    }
}

/// This program once more. Programs of the first process that must answer in time come first.
fn second_process() -> Result<Command> {
    let program = this_program()?;
    Ok(match find_program("nice") {
        Some(nice) => {
            let mut command = Command::new(nice);
            command.args(["-n", "2"]).arg(program);
            command
        }
        None => Command::new(program),
    })
}

/// Prints what is new in the report until it is over.
fn tell(report: &Path, over: &AtomicBool) {
    let mut told = 0;
    loop {
        let last = over.load(Ordering::Relaxed);
        let events = events(&fs::read_to_string(report).unwrap_or_default());
        for event in events.iter().skip(told) {
            match event {
                Event::Begun(label) => println!("[beside] {label} ..."),
                Event::Ended(ended) => println!("[beside] {ended}"),
            }
        }
        told = events.len();
        if last {
            return;
        }
        thread::sleep(LOOK);
    }
}

/// The whole lines of a report.
fn events(report: &str) -> Vec<Event> {
    let whole = report.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    whole.filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// How the phases came out, by the report; one that is not in it has failed, because the process ended
/// with `status` before.
fn outcomes(phases: &[&Phase], report: &str, status: &str) -> Vec<Ended> {
    let ended = events(report).into_iter().filter_map(|event| match event {
        Event::Ended(ended) => Some(ended),
        Event::Begun(_) => None,
    });
    let mut outcomes: Vec<Ended> = ended.collect();
    for phase in phases {
        if outcomes.iter().all(|ended| !ended.is_of(phase)) {
            outcomes.push(phase.not_run(&format!("the second process ended with {status}")));
        }
    }
    outcomes
}

/// In the second process: runs the phases one after the other, and reports. Says whether all are well.
pub(super) fn run(phases: &[&Phase], args: &DeviceTestArgs, report: &Path) -> bool {
    thread::spawn(|| {
        // Nobody writes; it ends when the first process does.
        let _ = io::stdin().read(&mut [0]);
        eprintln!("the first process is gone");
        process::exit(1);
    });
    let mut well = true;
    for phase in phases {
        tell_first(report, &Event::Begun(phase.label.to_owned()));
        let ended = phase.run(args);
        println!("\n{ended}");
        well &= !ended.failed;
        tell_first(report, &Event::Ended(ended));
    }
    well
}

/// Appends to the report. What cannot be reported counts as failed in the first process.
fn tell_first(report: &Path, event: &Event) {
    let write = || -> Result<()> {
        let line = serde_json::to_string(event)? + "\n";
        Ok(File::options().append(true).open(report)?.write_all(line.as_bytes())?)
    };
    if let Err(error) = write() {
        eprintln!("cannot write {}: {error:#}", report.display());
    }
}

#[cfg(test)]
mod tests {
    use super::{super::phases::PHASES, *};

    #[test]
    fn what_was_not_reported_has_failed() {
        let [first, second, ..] = PHASES else { panic!("two phases") };
        let ended = first.not_run("for a test");
        let mut report = String::new();
        for event in [Event::Begun("x".to_owned()), Event::Ended(ended.clone())] {
            report += &(serde_json::to_string(&event).unwrap() + "\n");
        }
        let phases = [first, second];
        let found = outcomes(&phases, &report, "signal: 9");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], ended);
        assert!(found[1].is_of(second) && found[1].failed);
        assert!(found[1].to_string().contains("signal: 9"), "{}", found[1]);
        // A line that is not whole yet is not read.
        let cut = report.trim_end().len() - 1;
        assert_eq!(events(&report[..cut]), [Event::Begun("x".to_owned())]);
    }
}
