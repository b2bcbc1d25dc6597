//! Networks that were trained elsewhere.

use mild_trainer::report::ImageReport;
use mild_trainer::{DenseLayer, Matrix, evaluate, import, onnx, warnings};
use numpy::{PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde_json::json;

use crate::config::Config;
use crate::error::raise;
use crate::image::Image;
use crate::log::Log;
use crate::training::Trained;

/// Weights (outputs x inputs) and biases of a layer.
type Layer<'py> = (PyReadonlyArray2<'py, f64>, PyReadonlyArray1<'py, f64>);

/// Quantizes a network with ReLU between its layers, and judges it as a training is judged. The report
/// has keys of the report of a training.
#[pyfunction]
pub(crate) fn import_network(
    py: Python<'_>,
    config: &Config,
    log: &Log,
    layers: Vec<Layer<'_>>,
    tunes_offsets: bool,
) -> PyResult<Trained> {
    let layers = layers.iter().map(|(weights, biases)| {
        let (outputs, inputs) = (weights.shape()[0], weights.shape()[1]);
        let weights = Matrix::new(outputs, inputs, weights.as_slice()?.to_vec());
        Ok(DenseLayer {
            weights: weights.map_err(|error| PyValueError::new_err(error.to_string()))?,
            biases: biases.as_slice()?.to_vec(),
        })
    });
    let layers = layers.collect::<PyResult<Vec<_>>>()?;
    let (config, data) = (&config.config, &log.data);
    let (imported, report, float) = py.detach(|| {
        let imported = import(config, data, &layers, tunes_offsets).map_err(raise)?;
        let image = imported.artifact.image();
        let (evaluation, table) = evaluate(&image, data, &data.test, config.train.seed);
        let float = imported.float_choices(&data.test);
        let int8 = mild_trainer::decide_part(&image, &data.test).map(|row| row.expert);
        let agree = int8.zip(&float).filter(|(int8, float)| int8 == *float).count();
        let report = json!({
            "log": data.notes,
            "inputs": data.feature_names,
            "classes": data.class_names,
            "chosen": "a network from elsewhere",
            "seen": imported.seen,
            "float_int8_agreement": agree as f64 / data.test.rows() as f64,
            "float_deferral_loss": data.test.mean_deferral_loss(|row| float[row]),
            "test": evaluation,
            "table": table,
            "image": ImageReport::new(&image),
            "warnings": warnings(config, data).map_err(raise)?,
        });
        PyResult::Ok((imported, report, float))
    })?;
    let network = onnx(imported.float_network(), data);
    Trained::new(py, Image { artifact: imported.artifact }, &report, network, float)
}
