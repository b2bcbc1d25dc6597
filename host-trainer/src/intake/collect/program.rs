//! Experts that are programs: one line with a document in, one line out.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde::de::IgnoredAny;

/// A program that runs.
pub(super) struct Program {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<std::io::Result<String>>,
}

/// How long a program may take to end once its input has.
const FAREWELL: Duration = Duration::from_secs(5);

impl Program {
    /// Starts a program. What it writes to its standard error is shown.
    pub(super) fn start(words: &[String]) -> Result<Self, String> {
        let (program, arguments) = words.split_first().ok_or("no program")?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        // Ctrl-C is for this program alone: the answer that is on its way is still kept.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|error| format!("`{program}`: {error}"))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            // A line, or the end of the file; nobody may be there to take it any more.
            let lines = output.into_iter().flat_map(|output| BufReader::new(output).lines());
            for line in lines {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, input, lines })
    }

    /// The answer to a document, which is one line, as the document is.
    pub(super) fn ask(&mut self, document: &str, timeout: Duration) -> Result<String, String> {
        let quoted = |line: &str| format!("`{}`", line.chars().take(40).collect::<String>());
        if let Ok(Ok(line)) = self.lines.try_recv() {
            return Err(format!("{}, a line more than it was asked for", quoted(&line)));
        }
        let input = self.input.as_mut().ok_or("a program without standard input")?;
        let sent = input.write_all(format!("{document}\n").as_bytes()).and_then(|()| input.flush());
        match (sent, self.lines.recv_timeout(timeout)) {
            (_, Ok(Ok(line))) => match serde_json::from_str::<IgnoredAny>(&line) {
                Ok(IgnoredAny) => Ok(line),
                Err(_) => Err(format!("{}, which is no JSON", quoted(&line))),
            },
            (_, Ok(Err(error))) | (Err(error), Err(RecvTimeoutError::Timeout)) => {
                Err(error.to_string())
            }
            (Ok(()), Err(RecvTimeoutError::Timeout)) => {
                Err(format!("no answer within {} s", timeout.as_secs_f64()))
            }
            (_, Err(RecvTimeoutError::Disconnected)) => {
                let status = self.child.wait().map_err(|error| error.to_string())?;
                Err(format!("the end of the program ({status}) in place of an answer"))
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.input.take());
        let end = Instant::now() + FAREWELL;
        while Instant::now() < end {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(5)),
                _ => return,
            }
        }
        // It has had its time; if it cannot be ended, there is nothing more to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
