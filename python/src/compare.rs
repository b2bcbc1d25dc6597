//! Methods beside each other.

use mild_trainer::ComparedLog;
use pyo3::prelude::*;

use crate::config::Config;
use crate::error::MildError;
use crate::log::Log;
use crate::watched::watch;

/// Compares methods on logs, as `mild compare` does. Returns its JSON, its CSV and its tables
/// (Markdown). None among `train_rows` stands for all train rows. `progress` is that of `train`.
#[pyfunction]
pub(crate) fn compare(
    py: Python<'_>,
    logs: Vec<(Py<Config>, Py<Log>)>,
    methods: Vec<String>,
    seeds: u64,
    train_rows: Vec<Option<usize>>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(String, String, String)> {
    let mut compared: Vec<ComparedLog> = Vec::new();
    for (config, log) in &logs {
        let (config, data) = (config.get().config.clone(), log.get().data.clone());
        compared.push(ComparedLog::new(config, data, &compared));
    }
    let comparison = watch(py, progress.as_ref(), |watched| {
        mild_trainer::compare(compared, &methods, seeds, &train_rows, watched)
    })?;
    let json = serde_json::to_string(&comparison);
    let json = json.map_err(|error| MildError::new_err(error.to_string()))?;
    Ok((json, comparison.csv(), comparison.markdown()))
}
