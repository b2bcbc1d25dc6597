//! Trainings, and what is left of one.

use mild_trainer::report::TrainReport;
use mild_trainer::{onnx, warnings};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Serialize;

use crate::config::Config;
use crate::error::{MildError, raise};
use crate::image::Image;
use crate::log::Log;
use crate::watched::watch;

/// What a training, or an import, ended in.
#[pyclass(frozen, module = "mild._mild")]
pub(crate) struct Trained {
    /// The image.
    #[pyo3(get)]
    image: Py<Image>,
    /// What `mild train --json` prints.
    #[pyo3(get)]
    report: String,
    onnx: Vec<u8>,
    /// The choices of the float network on the test rows.
    #[pyo3(get)]
    float_choices: Vec<usize>,
}

impl Trained {
    pub(crate) fn new(
        py: Python<'_>,
        image: Image,
        report: &impl Serialize,
        onnx: Vec<u8>,
        float_choices: Vec<usize>,
    ) -> PyResult<Self> {
        let report = serde_json::to_string(report);
        let report = report.map_err(|error| MildError::new_err(error.to_string()))?;
        Ok(Self { image: Py::new(py, image)?, report, onnx, float_choices })
    }
}

#[pymethods]
impl Trained {
    /// The float network as an ONNX model, as `mild train --onnx` writes it.
    #[getter]
    fn onnx<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.onnx)
    }
}

/// Trains on a log. `progress(done, total)` is called now and then, and once at the end. Ctrl-C, or an
/// exception of `progress`, ends the training.
#[pyfunction]
#[pyo3(signature = (config, log, progress=None))]
pub(crate) fn train(
    py: Python<'_>,
    config: &Config,
    log: &Log,
    progress: Option<Py<PyAny>>,
) -> PyResult<Trained> {
    let (config, data) = (&config.config, &log.data);
    let work = |watched: &dyn mild_trainer::Progress| mild_trainer::train(config, data, watched);
    let trained = watch(py, progress.as_ref(), work)?;
    let (report, network, choices) = py.detach(|| {
        let report = TrainReport::new(&trained, data, config);
        let report = report.with_importance(&trained, data, config);
        let report = report.with_warnings(warnings(config, data).map_err(raise)?);
        let network = onnx(trained.float_network(), data);
        PyResult::Ok((report, network, trained.float_choices(&data.test)))
    })?;
    Trained::new(py, Image { artifact: trained.artifact }, &report, network, choices)
}
