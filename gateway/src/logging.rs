//! The log: lines for standard error that nobody ever waits for.
//!
//! A writer that blocks, such as a pipe that nobody reads, or one that fails, such as a file on a
//! full disk, costs lines of the log and nothing else. The lines that are lost are counted, and the
//! log says how many as soon as it can.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{LazyLock, OnceLock};
use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The lines that wait for their writer.
const LINES: usize = 1024;
/// The longest line in bytes; the rest is cut off.
const MAX_LINE: usize = 16 * 1024;
/// The time that the last lines get when the program ends.
const FLUSH: Duration = Duration::from_millis(500);

static DROPPED: LazyLock<Counter> = LazyLock::new(Counter::default);
static LINES_OUT: OnceLock<SyncSender<Line>> = OnceLock::new();

enum Line {
    Text(Vec<u8>),
    /// Everything before this is written: say so.
    Flush(SyncSender<()>),
}

/// Counts the lines of the log that were lost.
pub(crate) fn dropped_lines() -> Counter {
    DROPPED.clone()
}

/// Sends the program's log to standard error, filtered by `RUST_LOG` (`info` without it). Once.
pub fn start(as_json: bool) {
    let (sender, lines) = sync_channel(LINES);
    if LINES_OUT.set(sender.clone()).is_err() {
        return;
    }
    // A thread that blocks holds up nobody but itself.
    let writer = std::thread::Builder::new().name("log".to_owned());
    if writer.spawn(move || write_lines(&lines, io::stderr(), as_json)).is_err() {
        return;
    }
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        // What the writer cannot take must not go to standard error by another way: that panics.
        .log_internal_errors(false)
        .with_writer(Writer(sender));
    if as_json {
        log.json().init();
    } else {
        log.init();
    }
}

/// Waits until the log is written, for half a second at most.
pub fn flush() {
    let Some(sender) = LINES_OUT.get() else { return };
    let (done, is_done) = sync_channel(1);
    let end = Instant::now() + FLUSH;
    let mut line = Line::Flush(done);
    while let Err(TrySendError::Full(back)) = sender.try_send(line) {
        if Instant::now() >= end {
            return;
        }
        line = back;
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = is_done.recv_timeout(end.saturating_duration_since(Instant::now()));
}

fn write_lines(lines: &Receiver<Line>, mut out: impl Write, as_json: bool) {
    let mut reported = 0;
    while let Ok(line) = lines.recv() {
        match line {
            Line::Text(text) => {
                if out.write_all(&text).is_err() {
                    DROPPED.inc();
                    continue;
                }
            }
            Line::Flush(done) => {
                let _ = out.flush();
                let _ = done.try_send(());
            }
        }
        let lost = DROPPED.get() - reported;
        if lost > 0 && out.write_all(lost_lines(lost, as_json).as_bytes()).is_ok() {
            reported += lost;
        }
    }
}

fn lost_lines(lost: u64, as_json: bool) -> String {
    let message = "lines of the log were lost";
    if as_json {
        let fields = serde_json::json!({ "message": message, "lost": lost });
        format!("{}\n", serde_json::json!({ "level": "WARN", "fields": fields }))
    } else {
        format!(" WARN {message} lost={lost}\n")
    }
}

#[derive(Debug, Clone)]
struct Writer(SyncSender<Line>);

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Line")
    }
}

impl<'a> MakeWriter<'a> for Writer {
    type Writer = Event;

    fn make_writer(&'a self) -> Event {
        Event { sender: self.0.clone(), text: Vec::new() }
    }
}

/// One event of the log, handed over when it is complete.
struct Event {
    sender: SyncSender<Line>,
    text: Vec<u8>,
}

impl Write for Event {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = MAX_LINE.saturating_sub(self.text.len());
        self.text.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        let mut text = std::mem::take(&mut self.text);
        if text.is_empty() {
            return;
        }
        if text.len() >= MAX_LINE {
            text.push(b'\n');
        }
        if self.sender.try_send(Line::Text(text)).is_err() {
            DROPPED.inc();
        }
    }
}
