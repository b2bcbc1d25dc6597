//! The rows that a node is to decide on: from a deferral log and its configuration.

use anyhow::{Context, Result, bail, ensure};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

/// As much of a configuration as is needed here.
#[derive(Debug, Deserialize)]
struct Config {
    data: Data,
    expert: Vec<Expert>,
}

#[derive(Debug, Deserialize)]
struct Data {
    log: PathBuf,
    features: Vec<String>,
    label: String,
    split: String,
}

/// An expert of the log.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Expert {
    pub(crate) name: String,
    /// The column of its answers.
    pub(crate) prediction: String,
    /// Of one use, in units of one error.
    #[serde(alias = "price")]
    pub(crate) cost: f64,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// Its place in the log, from 0.
    pub(crate) number: u32,
    pub(crate) features: Vec<f32>,
    pub(crate) label: u32,
    /// What each expert says.
    pub(crate) predictions: Vec<u32>,
}

/// Test rows of a log.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) file: PathBuf,
    pub(crate) experts: Vec<Expert>,
    pub(crate) rows: Vec<Row>,
}

impl Log {
    /// The first test rows, at most so many.
    pub(crate) fn read(config_file: &Path, most: usize) -> Result<Self> {
        let text = fs::read_to_string(config_file)
            .with_context(|| format!("cannot read {}", config_file.display()))?;
        let config: Config =
            toml::from_str(&text).with_context(|| config_file.display().to_string())?;
        let file = config_file.parent().unwrap_or(Path::new(".")).join(&config.data.log);
        let opened =
            File::open(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let text: Box<dyn Read> = if file.extension().is_some_and(|extension| extension == "gz") {
            Box::new(MultiGzDecoder::new(opened))
        } else {
            Box::new(opened)
        };
        let mut log = csv::Reader::from_reader(text);
        let names: Vec<String> = log.headers()?.iter().map(str::to_owned).collect();
        let column = |name: &str| {
            let place = names.iter().position(|known| known == name);
            place.with_context(|| format!("{}: no column `{name}`", file.display()))
        };
        let is_feature = |name: &&String| {
            config.data.features.iter().any(|glob| match glob.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => *name == glob,
            })
        };
        let features = names.iter().filter(is_feature).map(|name| column(name));
        let features = features.collect::<Result<Vec<_>>>()?;
        ensure!(!features.is_empty(), "{}: no features", file.display());
        let (label, split) = (column(&config.data.label)?, column(&config.data.split)?);
        let predictions = config.expert.iter().map(|expert| column(&expert.prediction));
        let predictions = predictions.collect::<Result<Vec<_>>>()?;
        let mut rows = Vec::new();
        for (number, record) in (0u32..).zip(log.records()) {
            let record = record?;
            let cell = |place: usize| record.get(place).unwrap_or_default().trim();
            if cell(split) != "test" {
                continue;
            }
            if rows.len() == most {
                break;
            }
            let whole = |place: usize| -> Result<u32> {
                cell(place).parse().with_context(|| {
                    format!("{}, row {number}: {:?}, expected a class", file.display(), cell(place))
                })
            };
            let parse = |&place: &usize| -> Result<f32> {
                cell(place).parse().with_context(|| {
                    format!(
                        "{}, row {number}: {:?}, expected a number",
                        file.display(),
                        cell(place)
                    )
                })
            };
            rows.push(Row {
                number,
                features: features.iter().map(parse).collect::<Result<_>>()?,
                label: whole(label)?,
                predictions: predictions
                    .iter()
                    .map(|&place| whole(place))
                    .collect::<Result<_>>()?,
            });
        }
        if rows.is_empty() {
            bail!("{}: no test rows", file.display());
        }
        Ok(Self { file, experts: config.expert, rows })
    }

    /// What a row costs if expert `by` answers so.
    pub(crate) fn loss(&self, row: &Row, by: usize, answer: u32) -> f64 {
        let price = self.experts.get(by).map_or(0.0, |expert| expert.cost);
        f64::from(u8::from(answer != row.label)) + price
    }

    /// The rows as the node reads them.
    pub(crate) fn bytes(&self, begin: u32, pause_ms: u32) -> Vec<u8> {
        let width = self.rows.first().map_or(0, |row| row.features.len());
        let mut words = vec![self.rows.len() as u32, width as u32, begin, pause_ms];
        for row in &self.rows {
            words.extend([row.number, row.predictions.first().copied().unwrap_or(0)]);
            words.extend(row.features.iter().map(|feature| feature.to_bits()));
        }
        words.into_iter().flat_map(u32::to_le_bytes).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_rows_are_found_with_their_place_in_the_log() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let config = "[data]\nlog='a.csv'\nfeatures=['x*']\nlabel='y'\nsplit='s'\n\
            [[expert]]\nname='local'\nprediction='p'\ncost=0.0\n\
            [[expert]]\nname='cloud'\nprediction='q'\ncost=0.25\n";
        fs::write(at("mild.toml"), config).unwrap();
        fs::write(at("a.csv"), "x0,y,x1,s,p,q\n1,2,3,train,0,0\n4,5,6.5,test,7,5\n").unwrap();
        let log = Log::read(&at("mild.toml"), 10).unwrap();
        let row = Row { number: 1, features: vec![4.0, 6.5], label: 5, predictions: vec![7, 5] };
        assert_eq!(log.rows, std::slice::from_ref(&row));
        assert_eq!((log.loss(&row, 0, 7), log.loss(&row, 1, 5)), (1.0, 0.25));
        assert_eq!(log.bytes(9, 3).len(), 4 * (4 + 2 + 2));
        fs::write(at("a.csv"), "x0,y,x1,s,p,q\n4,five,6.5,test,7,5\n").unwrap();
        let error = format!("{:#}", Log::read(&at("mild.toml"), 10).unwrap_err());
        assert!(error.contains("row 0: \"five\""), "{error}");
    }
}
