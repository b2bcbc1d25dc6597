//! A training that can be watched and interrupted.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use mild_trainer::report::TrainReport;
use mild_trainer::{Progress, warnings};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::config::Config;
use crate::error::{MildError, raise};
use crate::image::Image;
use crate::log::Log;

/// The time between two looks at the progress and at Python's signals.
const INTERVAL: Duration = Duration::from_millis(100);

/// How far a training is, and whether it is to be given up.
#[derive(Default)]
struct Watched {
    done: AtomicU64,
    total: AtomicU64,
    cancelled: AtomicBool,
}

impl Progress for Watched {
    fn total(&self, work: u64) {
        self.total.store(work, Ordering::Relaxed);
    }

    fn step(&self, work: u64) {
        self.done.fetch_add(work, Ordering::Relaxed);
    }

    fn finish(&self) {}

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// Trains on a log. `progress(done, total)` is called now and then, and once at the end. Ctrl-C, or an
/// exception of `progress`, ends the training. Returns the image and the report (JSON) that `mild
/// train` writes.
#[pyfunction]
#[pyo3(signature = (config, log, progress=None))]
pub(crate) fn train(
    py: Python<'_>,
    config: &Config,
    log: &Log,
    progress: Option<Py<PyAny>>,
) -> PyResult<(Image, String)> {
    let (config, data) = (&config.config, &log.data);
    let watched = Watched::default();
    let trained = py.detach(|| {
        thread::scope(|scope| {
            let (sender, ended) = channel::<()>();
            let worker = scope.spawn(|| {
                // Dropped when the training has ended, however it did.
                let _sender = sender;
                mild_trainer::train(config, data, &watched)
            });
            let mut interrupted = Ok(());
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(INTERVAL) {
                interrupted = look(&watched, progress.as_ref());
                if interrupted.is_err() {
                    watched.cancelled.store(true, Ordering::Relaxed);
                    break;
                }
            }
            let trained = worker.join();
            interrupted?;
            trained
                .map_err(|_| PyRuntimeError::new_err("the training ended unexpectedly"))?
                .map_err(raise)
        })
    })?;
    look(&watched, progress.as_ref())?;
    let report = py.detach(|| {
        let report = TrainReport::new(&trained, data, config);
        let report = report.with_importance(&trained, data, config);
        let report = report.with_warnings(warnings(config, data).map_err(raise)?);
        serde_json::to_string(&report).map_err(|error| MildError::new_err(error.to_string()))
    })?;
    Ok((Image { artifact: trained.artifact }, report))
}

/// Lets Python see its signals, and tells the progress.
fn look(watched: &Watched, progress: Option<&Py<PyAny>>) -> PyResult<()> {
    Python::attach(|py| {
        py.check_signals()?;
        let Some(progress) = progress else { return Ok(()) };
        let (done, total) =
            (watched.done.load(Ordering::Relaxed), watched.total.load(Ordering::Relaxed));
        progress.call1(py, (done, total)).map(drop)
    })
}
