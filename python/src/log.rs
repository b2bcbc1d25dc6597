//! A deferral log, from a file or from arrays.

use std::borrow::Cow;
use std::path::Path;

use mild_trainer::{Cells, Dataset, MemoryTable, Split, Strided, rust_source_with_names};
use numpy::{PyReadonlyArray1, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::config::Config;
use crate::error::{MildError, raise};
use crate::features::Features;
use crate::image::Image;

/// A deferral log, read and checked: the rows of its three splits.
#[pyclass(frozen, module = "mild._mild")]
pub(crate) struct Log {
    pub(crate) data: Dataset,
}

/// A column beside the features.
#[derive(FromPyObject)]
enum Column<'py> {
    #[pyo3(annotation = "float32")]
    F32(PyReadonlyArray1<'py, f32>),
    #[pyo3(annotation = "float64")]
    F64(PyReadonlyArray1<'py, f64>),
    #[pyo3(annotation = "int64")]
    Integers(PyReadonlyArray1<'py, i64>),
    #[pyo3(annotation = "list[str]")]
    Texts(Vec<String>),
}

impl Column<'_> {
    fn cells(&self) -> PyResult<Cells<'_>> {
        Ok(match self {
            Self::F32(values) => Cells::F32(Strided::dense(values.as_slice()?)),
            Self::F64(values) => Cells::F64(Strided::dense(values.as_slice()?)),
            Self::Integers(values) => Cells::Integers(Strided::dense(values.as_slice()?)),
            Self::Texts(texts) => Cells::Texts(Cow::Borrowed(texts)),
        })
    }
}

/// The columns of a matrix.
fn columns<'a, T: Copy>(
    values: &'a [T],
    columns: usize,
    cells: fn(Strided<'a, T>) -> Cells<'a>,
) -> PyResult<Vec<Cells<'a>>> {
    let columns = Strided::columns(values, columns);
    Ok(columns.map_err(|error| PyValueError::new_err(error.to_string()))?.map(cells).collect())
}

#[pymethods]
impl Log {
    /// Reads the log that a configuration names.
    #[staticmethod]
    fn read(py: Python<'_>, config: &Config) -> PyResult<Self> {
        let data = py.detach(|| mild_trainer::read_log(&config.config)).map_err(raise)?;
        Ok(Self { data })
    }

    /// Reads a log from arrays: features (rows x names, C order) and further columns. `name` stands
    /// for it in messages.
    #[staticmethod]
    fn from_arrays(
        py: Python<'_>,
        config: &Config,
        name: &str,
        feature_names: Vec<String>,
        features: Features<'_>,
        further: Vec<(String, Column<'_>)>,
    ) -> PyResult<Self> {
        let width = feature_names.len();
        let cells = match &features {
            Features::F32(values) => columns(values.as_slice()?, width, Cells::F32)?,
            Features::F64(values) => columns(values.as_slice()?, width, Cells::F64)?,
        };
        let rows = match &features {
            Features::F32(values) => values.shape()[0],
            Features::F64(values) => values.shape()[0],
        };
        let mut all: Vec<(&str, Cells<'_>)> =
            feature_names.iter().map(String::as_str).zip(cells).collect();
        for (name, column) in &further {
            all.push((name, column.cells()?));
        }
        let mut table = MemoryTable::new(rows);
        for (name, cells) in all {
            table = table
                .with(name, cells)
                .map_err(|error| PyValueError::new_err(format!("column `{name}`: {error}")))?;
        }
        let config = &config.config;
        let read = || mild_trainer::read_log_from_memory(&table, Path::new(name), config);
        Ok(Self { data: py.detach(read).map_err(raise)? })
    }

    /// The names of the inputs.
    #[getter]
    fn feature_names(&self) -> Vec<&str> {
        self.data.feature_names.iter().map(String::as_str).collect()
    }

    /// The names of the classes, in their order; none without labels.
    #[getter]
    fn class_names(&self) -> Vec<&str> {
        self.data.class_names.iter().map(String::as_str).collect()
    }

    /// The number of rows for training, calibration and testing.
    #[getter]
    fn rows(&self) -> (usize, usize, usize) {
        let [train, calibration, test] = Split::ALL.map(|split| self.data.part(split).rows());
        (train, calibration, test)
    }

    /// The test rows, counted from 0 over the whole log.
    #[getter]
    fn test_rows(&self) -> Vec<u32> {
        self.data.test.lines().iter().map(|line| line - 2).collect()
    }

    /// An image judged on the test rows, as `mild eval --json` says it.
    fn evaluate(&self, py: Python<'_>, image: &Image, seed: u64) -> PyResult<String> {
        image.must_fit(&self.data)?;
        let evaluation = py.detach(|| {
            let (evaluation, table) =
                mild_trainer::evaluate(&image.artifact.image(), &self.data, &self.data.test, seed);
            serde_json::to_string(&serde_json::json!({ "evaluation": evaluation, "table": table }))
        });
        evaluation.map_err(|error| MildError::new_err(error.to_string()))
    }

    /// An image that was trained on this log as Rust source, with the names of the log.
    fn rust_source(&self, image: &Image) -> PyResult<String> {
        image.must_fit(&self.data)?;
        Ok(rust_source_with_names(&image.artifact, &self.data))
    }
}
