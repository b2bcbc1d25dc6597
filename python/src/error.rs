//! What a Python program sees of an error.

use mild_trainer::Error;
use pyo3::PyErr;
use pyo3::exceptions::{PyOSError, PyValueError};

pyo3::create_exception!(
    mild,
    MildError,
    PyValueError,
    "A configuration, a log, an image or a training that cannot be used, and why."
);

/// The exception for an error of the trainer. Those of files are an `OSError`, as everywhere in Python.
pub(crate) fn raise(error: Error) -> PyErr {
    match error {
        Error::Io { path, source } => match source.raw_os_error() {
            Some(number) => PyOSError::new_err((number, source.to_string(), path)),
            None => PyOSError::new_err(format!("{}: {source}", path.display())),
        },
        error => MildError::new_err(error.to_string()),
    }
}
