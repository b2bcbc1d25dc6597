//! The Raspberry Pi Pico's program in an emulator: a gateway at its UART, and an expert that
//! answers.

mod answers;
mod emulator;
mod expert;

use crate::{
    background::{HOST, Process, free_ports, get},
    process::target_dir,
    programs,
};
use answers::Answered;
use anyhow::{Context, Result, ensure};
use emulator::{Emulator, Figures};
use expert::IMAGE;
use std::{
    fmt, fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

/// Questions that must be answered.
const QUESTIONS: usize = 5;

/// Inputs within which that many must be asked.
const MOST_INPUTS: usize = 20;

/// A node that logs nothing for so long hangs. Its second takes the emulator several.
const SILENCE: Duration = Duration::from_secs(120);

/// How a run went.
pub(crate) struct Report {
    inputs: usize,
    questions: usize,
    figures: Figures,
    elapsed: Duration,
}

/// Runs the program until experts have answered [`QUESTIONS`] questions. An error if an answer is
/// missing or another one than the expert's, if a byte is lost, or if the gateway has counted
/// something else.
pub(crate) fn run(elf: &Path) -> Result<Report> {
    let package = emulator::fetch()?;
    let programs = programs::with_models()?;
    let directory = target_dir().join("pico");
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    let [gateway_port, expert_port, metrics_port] = free_ports()?;
    let program = || Command::new(programs.join("mild-gateway"));

    let model = directory.join("expert.onnx");
    fs::write(&model, expert::model())?;
    let mut command = program();
    command.arg("expert").arg("--model").arg(&model);
    command.args(["--http", &format!("{HOST}:{expert_port}")]);
    let _expert = Process::start(&mut command, &directory, "expert", expert_port)?;

    let config = directory.join("gateway.toml");
    fs::write(&config, configuration(gateway_port, expert_port, metrics_port))?;
    let mut command = program();
    command.arg("serve").arg(&config);
    let gateway = Process::start(&mut command, &directory, "gateway", gateway_port)?;

    let begun = Instant::now();
    let mut emulator =
        Emulator::start(&package, elf, &format!("{HOST}:{gateway_port}"), &directory)?;
    let (mut inputs, mut questions) = (0, 0);
    while questions < QUESTIONS {
        ensure!(inputs < MOST_INPUTS, "{questions} questions within {inputs} inputs");
        let line = emulator.line(SILENCE)?;
        let answered = Answered::read(&line)?
            .with_context(|| format!("expected an outcome, found: {line}"))?;
        answered.check()?;
        inputs += 1;
        questions += usize::from(answered.is_by_expert());
    }
    let elapsed = begun.elapsed();
    let figures = emulator.end()?;
    let counted = get(&format!("{HOST}:{metrics_port}"), "/metrics")?;
    ensure!(gateway.end()?, "the gateway failed; see {}", directory.display());
    figures.check()?;
    check_counts(&counted, questions)?;
    Ok(Report { inputs, questions, figures, elapsed })
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

/// The gateway has counted an answer to each question, and nothing else.
fn check_counts(metrics: &str, questions: usize) -> Result<()> {
    let count = |begins: &str, has: &str| {
        let lines = metrics.lines().filter(|line| line.starts_with(begins) && line.contains(has));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum::<f64>()
    };
    let all = count("mild_gateway_replies_total", "");
    let answered = count("mild_gateway_replies_total", "status=\"ok\"");
    for (what, found, expected) in [
        ("answers", answered, questions as f64),
        ("replies", all, questions as f64),
        ("repeated requests", count("mild_gateway_repeated_requests_total", ""), 0.0),
        ("bad frames", count("mild_gateway_bad_frames_total", ""), 0.0),
        ("sessions", count("mild_gateway_sessions_total", ""), 1.0),
    ] {
        ensure!(found == expected, "the gateway counted {found} {what}, expected {expected}");
    }
    Ok(())
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { inputs, questions, figures, elapsed } = self;
        write!(
            f,
            "{inputs} inputs, {questions} questions, {questions} answers; {figures}; \
             the emulator took {:.0} s",
            elapsed.as_secs_f64()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_gateway_counted_is_compared() {
        let metrics = "# HELP mild_gateway_replies Replies\n\
                       mild_gateway_replies_total{expert=\"a\",status=\"ok\"} 3\n\
                       mild_gateway_replies_total{expert=\"b\",status=\"ok\"} 2\n\
                       mild_gateway_sessions_total 1\n\
                       mild_gateway_repeated_requests_total 0\n";
        check_counts(metrics, 5).unwrap();
        assert!(check_counts(metrics, 4).is_err());
        let timed_out = "mild_gateway_replies_total{expert=\"a\",status=\"timed_out\"} 1\n";
        assert!(check_counts(&(metrics.to_owned() + timed_out), 5).is_err());
        assert!(check_counts(&metrics.replace("requests_total 0", "requests_total 1"), 5).is_err());
        assert!(check_counts("", 5).is_err());
    }
}
