//! An image, and what it says and decides.

use std::path::{Path, PathBuf};

use mild::Reachable;
use mild_trainer::report::ImageReport;
use mild_trainer::{Artifact, Dataset, c_source, golden_vectors, rust_source};
use numpy::ndarray::Array2;
use numpy::{Element, IntoPyArray, PyArray1, PyArray2, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::decide::{Decided, Input, decide, predict};
use crate::error::{MildError, raise};
use crate::features::Features;

/// A rejector's image: the bytes that a device runs, checked.
#[pyclass(frozen, module = "mild._mild")]
pub(crate) struct Image {
    pub(crate) artifact: Artifact,
}

/// Experts, margins, advantages, scores, probabilities.
type Decisions<'py> = (
    Bound<'py, PyArray1<isize>>,
    Bound<'py, PyArray1<i32>>,
    Bound<'py, PyArray1<i32>>,
    Bound<'py, PyArray2<i32>>,
    Option<Bound<'py, PyArray2<f64>>>,
);

impl Image {
    /// Checks that a log has the inputs and experts of the image.
    pub(crate) fn must_fit(&self, data: &Dataset) -> PyResult<()> {
        mild_trainer::must_fit(Path::new("the image"), &self.artifact, data).map_err(raise)
    }

    fn decisions<'py, F: Input + Element>(
        &self,
        py: Python<'py>,
        features: &PyReadonlyArray2<'py, F>,
        reachable: u32,
    ) -> PyResult<Decisions<'py>> {
        let values = features.as_slice()?;
        let image = self.artifact.image();
        let reachable = Reachable::from_bits(reachable);
        let Decided { experts, margins, advantages, scores, probabilities } =
            py.detach(|| decide(&image, values, reachable)).map_err(PyValueError::new_err)?;
        let shape = (experts.len(), image.experts());
        let matrix = |error: numpy::ndarray::ShapeError| PyValueError::new_err(error.to_string());
        let probabilities = probabilities
            .map(|values| Array2::from_shape_vec(shape, values).map_err(matrix))
            .transpose()?;
        Ok((
            experts.into_pyarray(py),
            margins.into_pyarray(py),
            advantages.into_pyarray(py),
            Array2::from_shape_vec(shape, scores).map_err(matrix)?.into_pyarray(py),
            probabilities.map(|values| values.into_pyarray(py)),
        ))
    }
}

#[pymethods]
impl Image {
    /// Checks the bytes of an image.
    #[new]
    fn new(data: &[u8]) -> PyResult<Self> {
        let artifact = Artifact::from_bytes(data);
        Ok(Self { artifact: artifact.map_err(|error| MildError::new_err(error.to_string()))? })
    }

    /// Reads an image's file, signed or not.
    #[staticmethod]
    fn read(path: PathBuf) -> PyResult<Self> {
        Ok(Self { artifact: mild_trainer::read_image(&path).map_err(raise)? })
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyAny>, (Bound<'py, PyBytes>,)) {
        (slf.get_type().into_any(), (slf.get().to_bytes(slf.py()),))
    }

    /// The bytes, for a file or a flash slot.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.artifact.to_bytes())
    }

    /// The number of inputs.
    #[getter]
    fn inputs(&self) -> usize {
        self.artifact.image().inputs()
    }

    /// The names of the experts, `local` first.
    #[getter]
    fn experts(&self) -> Vec<String> {
        self.artifact.image().names().map(str::to_owned).collect()
    }

    /// The names of the inputs, if the image was made with them.
    #[getter]
    fn input_names(&self) -> Option<Vec<String>> {
        let image = self.artifact.image();
        Some(image.name_table()?.inputs()?.map(str::to_owned).collect())
    }

    /// The names of the classes, if the image was made with them.
    #[getter]
    fn class_names(&self) -> Option<Vec<String>> {
        let image = self.artifact.image();
        Some(image.name_table()?.classes()?.map(str::to_owned).collect())
    }

    /// What the image says of itself, as `mild inspect --json` prints it.
    fn report(&self) -> PyResult<String> {
        let report = ImageReport::new(&self.artifact.image());
        serde_json::to_string(&report).map_err(|error| MildError::new_err(error.to_string()))
    }

    /// Whom to ask on each row.
    fn predict<'py>(
        &self,
        py: Python<'py>,
        features: Features<'py>,
    ) -> PyResult<Bound<'py, PyArray1<isize>>> {
        let image = self.artifact.image();
        let found = match &features {
            Features::F32(values) => {
                let values = values.as_slice()?;
                py.detach(|| predict(&image, values))
            }
            Features::F64(values) => {
                let values = values.as_slice()?;
                py.detach(|| predict(&image, values))
            }
        };
        Ok(found.map_err(PyValueError::new_err)?.into_pyarray(py))
    }

    /// Whom to ask on each row, and why. Bit `k` of `reachable` stands for expert `k`.
    fn decide<'py>(
        &self,
        py: Python<'py>,
        features: Features<'py>,
        reachable: u32,
    ) -> PyResult<Decisions<'py>> {
        match &features {
            Features::F32(values) => self.decisions(py, values, reachable),
            Features::F64(values) => self.decisions(py, values, reachable),
        }
    }

    /// The same from the device's raw readings.
    fn decide_readings<'py>(
        &self,
        py: Python<'py>,
        readings: PyReadonlyArray2<'py, i16>,
        reachable: u32,
    ) -> PyResult<Decisions<'py>> {
        self.decisions(py, &readings, reachable)
    }

    /// The same from codes.
    fn decide_codes<'py>(
        &self,
        py: Python<'py>,
        codes: PyReadonlyArray2<'py, i8>,
        reachable: u32,
    ) -> PyResult<Decisions<'py>> {
        self.decisions(py, &codes, reachable)
    }

    /// Golden vectors from random inputs, as `mild export --format vectors` writes them.
    fn vectors<'py>(&self, py: Python<'py>, rows: Option<usize>, seed: u64) -> Bound<'py, PyBytes> {
        let image = self.artifact.image();
        PyBytes::new(py, &py.detach(|| golden_vectors(&image, None, rows, seed)))
    }

    /// The image as Rust source, with the names that it holds.
    fn rust_source(&self) -> String {
        rust_source(&self.artifact)
    }

    /// The image as C source for the library `mild-c`: a header and a file that includes `NAME.h`.
    fn c_source(&self, name: &str) -> (String, String) {
        let source = c_source(&self.artifact, name);
        (source.header, source.source)
    }
}
