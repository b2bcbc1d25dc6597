//! Features as Python gives them.

use numpy::PyReadonlyArray2;
use pyo3::FromPyObject;

/// A matrix of features, row by row.
#[derive(FromPyObject)]
pub(crate) enum Features<'py> {
    /// Single precision.
    #[pyo3(annotation = "float32")]
    F32(PyReadonlyArray2<'py, f32>),
    /// Double precision.
    #[pyo3(annotation = "float64")]
    F64(PyReadonlyArray2<'py, f64>),
}
