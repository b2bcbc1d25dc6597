//! Long work that Python watches and can interrupt.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use mild_trainer::Progress;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::error::raise;

/// The time between two looks at the progress and at Python's signals.
const INTERVAL: Duration = Duration::from_millis(100);

/// How far a work is, and whether it is to be given up.
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

/// Works on a thread of its own, without the GIL. `progress(done, total)` is called now and then, and
/// once at the end. Ctrl-C, or an exception of `progress`, ends the work.
pub(crate) fn watch<T: Send>(
    py: Python<'_>,
    progress: Option<&Py<PyAny>>,
    work: impl FnOnce(&dyn Progress) -> mild_trainer::Result<T> + Send,
) -> PyResult<T> {
    let watched = Watched::default();
    let done = py.detach(|| {
        thread::scope(|scope| {
            let (sender, ended) = channel::<()>();
            let watched = &watched;
            let worker = scope.spawn(move || {
                // Dropped when the work has ended, however it did.
                let _sender = sender;
                work(watched)
            });
            let mut interrupted = Ok(());
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(INTERVAL) {
                interrupted = look(watched, progress);
                if interrupted.is_err() {
                    watched.cancelled.store(true, Ordering::Relaxed);
                    break;
                }
            }
            let done = worker.join();
            interrupted?;
            done.map_err(|_| PyRuntimeError::new_err("the work ended unexpectedly"))?.map_err(raise)
        })
    })?;
    look(&watched, progress)?;
    Ok(done)
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
