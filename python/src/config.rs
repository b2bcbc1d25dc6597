//! A checked configuration.

use std::path::PathBuf;

use pyo3::prelude::*;

use crate::error::raise;

/// A checked configuration: which column of a log is what, and how to train.
#[pyclass(frozen, module = "mild._mild")]
pub(crate) struct Config {
    pub(crate) config: mild_trainer::Config,
}

#[pymethods]
impl Config {
    /// Reads and checks a configuration file (TOML).
    #[staticmethod]
    fn load(path: PathBuf) -> PyResult<Self> {
        Ok(Self { config: mild_trainer::Config::load(path).map_err(raise)? })
    }

    /// Checks the text of a configuration. `path` stands for it in messages.
    #[staticmethod]
    fn parse(text: &str, path: PathBuf) -> PyResult<Self> {
        Ok(Self { config: mild_trainer::Config::parse(text, &path).map_err(raise)? })
    }

    /// The same with another seed, or another effort, as `mild train --seed --effort`.
    #[pyo3(signature = (*, seed=None, effort=None))]
    fn replace(&self, seed: Option<u64>, effort: Option<&str>) -> PyResult<Self> {
        let mut config = self.config.clone();
        config.train.seed = seed.unwrap_or(config.train.seed);
        if let Some(effort) = effort {
            config.train.effort = effort.parse().map_err(raise)?;
        }
        Ok(Self { config })
    }

    /// The text of the configuration.
    #[getter]
    fn text(&self) -> &str {
        &self.config.text
    }

    /// The seed of everything random.
    #[getter]
    fn seed(&self) -> u64 {
        self.config.train.seed
    }

    /// The names of the experts, `local` first.
    #[getter]
    fn experts(&self) -> Vec<&str> {
        self.config.experts.iter().map(|expert| expert.name.as_str()).collect()
    }
}
