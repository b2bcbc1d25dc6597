//! Ctrl-C during long work.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// What a shell makes of a program that SIGINT ends: 128 plus the number of the signal.
pub(super) const STATUS: u8 = 130;

/// How long the work has to end by itself. Files are written whole or not at all, so nothing is lost
/// if it does not.
const PATIENCE: Duration = Duration::from_secs(3);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C asks the work to end, and ends the program if the work does not.
pub(super) fn listen() {
    // A second call changes nothing, and a system without signals has nothing to listen to.
    let _ = ctrlc::set_handler(|| {
        INTERRUPTED.store(true, Ordering::Relaxed);
        thread::sleep(PATIENCE);
        eprintln!("interrupted");
        std::process::exit(STATUS.into());
    });
}

/// Whether somebody wants the work to end.
pub(super) fn is_wanted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
