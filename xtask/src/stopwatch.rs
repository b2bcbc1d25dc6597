//! How long something takes: on the clock, and of processors.

use std::{fmt, fs, time::Instant};

/// What `/proc` counts processor time in, per second, on every processor that Linux has now.
const TICKS: f64 = 100.0;

/// Begun when it is made.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    begun: Instant,
    processor: Option<f64>,
}

/// What a stopwatch shows.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Took {
    /// Seconds on the clock.
    pub(crate) seconds: f64,
    /// Seconds of processor time, of all processors together; none where nobody counts them.
    pub(crate) processor: Option<f64>,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self { begun: Instant::now(), processor: processor_time() }
    }

    /// The time since its start. Processor time is that of this process and of the programs that it
    /// has started since, as far as they have ended and were waited for.
    pub(crate) fn took(&self) -> Took {
        let processor = self.processor.zip(processor_time());
        Took {
            seconds: self.begun.elapsed().as_secs_f64(),
            processor: processor.map(|(begin, end)| end - begin),
        }
    }
}

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} s", self.seconds)?;
        match self.processor {
            Some(seconds) => write!(f, ", {seconds:.0} s of processor time"),
            None => Ok(()),
        }
    }
}

/// Seconds of this process and of its children that have ended.
fn processor_time() -> Option<f64> {
    parse(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// The sum of `utime`, `stime`, `cutime` and `cstime` in a line of `/proc/PID/stat`, in seconds.
fn parse(stat: &str) -> Option<f64> {
    // The name of the program is in parentheses, and may itself have some, and spaces.
    let (_, fields) = stat.rsplit_once(')')?;
    let times: Vec<f64> =
        fields.split_whitespace().skip(11).take(4).filter_map(|field| field.parse().ok()).collect();
    (times.len() == 4).then(|| times.iter().sum::<f64>() / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn the_four_times_are_added_up_whatever_the_name_of_the_program() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4 9 9 9 9 150 50 1000 300 20 0 1 0 5";
        assert_eq!(parse(stat), Some(15.0));
        assert_eq!(parse("7 (a) S 1"), None);
    }

    #[test]
    fn the_work_of_a_program_that_has_ended_counts() {
        let stopwatch = Stopwatch::start();
        let work = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        assert!(Command::new("sh").args(["-c", work]).status().unwrap().success());
        let took = stopwatch.took();
        // Other tests of this process work meanwhile, so that there is no upper limit.
        assert!(took.processor.is_none_or(|seconds| seconds > 0.02), "{took}");
    }

    #[test]
    fn it_is_shown_in_seconds() {
        let shown = |processor| Took { seconds: 61.7, processor }.to_string();
        assert_eq!(shown(Some(101.2)), "62 s, 101 s of processor time");
        assert_eq!(shown(None), "62 s");
    }
}
