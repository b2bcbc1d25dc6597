//! Progress on standard error: a bar on a terminal, or else a line once a minute.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use super::interrupt;
use crate::progress::Progress;

/// The time between two lines, and before the first one: short work prints nothing.
const INTERVAL: Duration = Duration::from_secs(60);

/// A bar with its message, within the width of a terminal.
const STYLE: &str = "{msg} [{bar:20}] {percent}%, {elapsed} elapsed, {eta} left";

/// A display of progress; none if `quiet`. Ctrl-C cancels the work.
pub(super) fn shown(message: &'static str, quiet: bool) -> Box<dyn Progress> {
    interrupt::listen();
    display(message, quiet)
}

/// The same for a work that minds signals itself.
pub(super) fn display(message: &'static str, quiet: bool) -> Box<dyn Progress> {
    if quiet {
        return Box::new(Quiet);
    }
    let bar = ProgressBar::new(0).with_message(message);
    if bar.is_hidden() {
        return Box::new(Lines::new(bar, std::io::stderr(), INTERVAL));
    }
    if let Ok(style) = ProgressStyle::with_template(STYLE) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    Box::new(Bar(bar))
}

/// Shows nothing.
struct Quiet;

impl Progress for Quiet {
    fn total(&self, _: u64) {}

    fn step(&self, _: u64) {}

    fn finish(&self) {}

    fn is_cancelled(&self) -> bool {
        interrupt::is_wanted()
    }
}

/// A bar on a terminal. It is removed at the end.
struct Bar(ProgressBar);

impl Progress for Bar {
    fn total(&self, work: u64) {
        self.0.set_length(work);
    }

    fn step(&self, work: u64) {
        self.0.inc(work);
    }

    fn finish(&self) {
        self.0.finish_and_clear();
    }

    fn is_cancelled(&self) -> bool {
        interrupt::is_wanted()
    }
}

/// Lines for a file or a pipe.
struct Lines<W> {
    /// Hidden: it counts, and estimates the time left.
    bar: ProgressBar,
    interval: Duration,
    written: Mutex<Written<W>>,
}

struct Written<W> {
    out: W,
    next: Duration,
}

impl<W: Write> Lines<W> {
    fn new(bar: ProgressBar, out: W, interval: Duration) -> Self {
        Self { bar, interval, written: Mutex::new(Written { out, next: interval }) }
    }
}

impl<W: Write + Send> Progress for Lines<W> {
    fn total(&self, work: u64) {
        self.bar.set_length(work);
    }

    fn step(&self, work: u64) {
        self.bar.inc(work);
        let elapsed = self.bar.elapsed();
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if elapsed < written.next {
            return;
        }
        written.next = elapsed + self.interval;
        let total = self.bar.length().unwrap_or(0).max(1);
        let percent = 100 * self.bar.position() / total;
        let left = HumanDuration(self.bar.eta());
        // If nobody can read this, the work goes on without.
        let _ = writeln!(
            written.out,
            "{}: {percent} %, {} elapsed, {left} left",
            self.bar.message(),
            HumanDuration(elapsed)
        );
    }

    fn finish(&self) {
        self.bar.finish();
    }

    fn is_cancelled(&self) -> bool {
        interrupt::is_wanted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::terminal::WIDTH;

    fn lines(interval: Duration, steps: u64) -> String {
        let bar = ProgressBar::hidden().with_message("comparing");
        let lines = Lines::new(bar, Vec::new(), interval);
        lines.total(8);
        (0..steps).for_each(|_| lines.step(1));
        lines.finish();
        String::from_utf8(lines.written.into_inner().unwrap().out).unwrap()
    }

    #[test]
    fn the_longest_message_leaves_room_for_the_rest() {
        // Durations are at most as long as `59m` in a bar, and as `59 minutes` in a line.
        let message = "selecting with the new expert";
        let bar = STYLE.replace("{msg}", message).replace("{bar:20}", &"#".repeat(20));
        let bar =
            bar.replace("{percent}", "100").replace("{elapsed}", "59m").replace("{eta}", "59m");
        assert!(!bar.contains('{') && bar.len() <= WIDTH, "{} columns: {bar}", bar.len());
        let line = format!("{message}: 100 %, 59 minutes elapsed, 59 minutes left");
        assert!(line.len() <= WIDTH, "{line}");
    }

    #[test]
    fn a_line_has_share_and_times() {
        let text = lines(Duration::ZERO, 4);
        let shares: Vec<&str> = text.lines().map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(
            shares,
            ["comparing: 12 %", "comparing: 25 %", "comparing: 37 %", "comparing: 50 %"]
        );
        for line in text.lines() {
            assert!(line.contains(" elapsed, ") && line.ends_with(" left"), "{line}");
        }
    }

    #[test]
    fn short_work_prints_nothing() {
        assert_eq!(lines(INTERVAL, 8), "");
    }
}
