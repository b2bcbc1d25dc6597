//! The extension module `mild._mild`: the trainer and the device's inference for Python.
//!
//! It is thin: what a user sees is written in Python, in `package/mild`, and all arithmetic is that of
//! the crates `mild-trainer` and `mild`.

mod compare;
mod config;
mod decide;
mod error;
mod features;
mod image;
mod import;
mod log;
mod training;
mod watched;

/// The part of the package that is written in Rust. Not for use: `mild` has all of it.
#[pyo3::pymodule]
mod _mild {
    #[pymodule_export]
    use super::compare::compare;
    #[pymodule_export]
    use super::config::Config;
    #[pymodule_export]
    use super::error::MildError;
    #[pymodule_export]
    use super::image::Image;
    #[pymodule_export]
    use super::import::import_network;
    #[pymodule_export]
    use super::log::{Log, categories};
    #[pymodule_export]
    use super::training::{Trained, train};
}
