//! A deferral log, from a file or from arrays.

use std::borrow::Cow;
use std::path::Path;

use mild_trainer::{
    Cells, Dataset, MemoryTable, ReportLog, Split, Strided, c_source_with_names, golden_vectors,
    rust_source_with_names,
};
use numpy::{PyReadonlyArray1, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

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
pub(crate) enum Column<'py> {
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
    fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::Integers(values) => values.len(),
            Self::Texts(texts) => texts.len(),
        }
    }

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

/// Columns by name.
fn named_cells<'a>(
    columns: &'a [(String, Column<'_>)],
) -> impl Iterator<Item = (&'a str, PyResult<Cells<'a>>)> {
    columns.iter().map(|(name, column)| (name.as_str(), column.cells()))
}

/// A table of named columns.
fn table<'a>(
    rows: usize,
    columns: impl Iterator<Item = (&'a str, PyResult<Cells<'a>>)>,
) -> PyResult<MemoryTable<'a>> {
    let mut table = MemoryTable::new(rows);
    for (name, cells) in columns {
        table = table
            .with(name, cells?)
            .map_err(|error| PyValueError::new_err(format!("column `{name}`: {error}")))?;
    }
    Ok(table)
}

/// A table of columns, of which there is at least one.
fn table_of<'a>(columns: &'a [(String, Column<'_>)]) -> PyResult<MemoryTable<'a>> {
    let rows = columns.first().map_or(0, |(_, column)| column.len());
    table(rows, named_cells(columns))
}

/// The names of the categories in a column, as the trainer has them.
#[pyfunction]
pub(crate) fn categories(column: Column<'_>) -> PyResult<Vec<String>> {
    Ok(mild_trainer::categories(&column.cells()?))
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
        let features = feature_names.iter().map(String::as_str).zip(cells.into_iter().map(Ok));
        let table = table(rows, features.chain(named_cells(&further)))?;
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

    /// The page that `mild report` writes of an image, judged on the test rows. `metrics` is the report
    /// of its training (JSON). Of a log that is in memory `answers` are the columns of labels and
    /// answers; without them the log's file is read again.
    fn report(
        &self,
        py: Python<'_>,
        config: &Config,
        image: &Image,
        metrics: Option<&str>,
        answers: Option<Vec<(String, Column<'_>)>>,
    ) -> PyResult<String> {
        image.must_fit(&self.data)?;
        let table = answers.as_deref().map(table_of).transpose()?;
        let log = table.as_ref().map_or(ReportLog::File, ReportLog::Memory);
        let (config, data, artifact) = (&config.config, &self.data, &image.artifact);
        let metrics = metrics.map(str::as_bytes);
        let page = || mild_trainer::report_page(config, data, log, artifact, metrics, None);
        py.detach(page).map_err(raise)
    }

    /// Golden vectors of an image from this log, as `mild export --format vectors` writes them.
    fn vectors<'py>(
        &self,
        py: Python<'py>,
        image: &Image,
        rows: Option<usize>,
        seed: u64,
    ) -> PyResult<Bound<'py, PyBytes>> {
        image.must_fit(&self.data)?;
        let image = image.artifact.image();
        let vectors = py.detach(|| golden_vectors(&image, Some(&self.data), rows, seed));
        Ok(PyBytes::new(py, &vectors))
    }

    /// An image that was trained on this log as C source, with the names of the log.
    fn c_source(&self, image: &Image, name: &str) -> PyResult<(String, String)> {
        image.must_fit(&self.data)?;
        let source = c_source_with_names(&image.artifact, name, &self.data);
        Ok((source.header, source.source))
    }

    /// An image that was trained on this log as Rust source, with the names of the log.
    fn rust_source(&self, image: &Image) -> PyResult<String> {
        image.must_fit(&self.data)?;
        Ok(rust_source_with_names(&image.artifact, &self.data))
    }
}
