//! Which column of the log is what: the configuration's names and globs against the header.

use glob::Pattern;
use mild::window_features::SPECTRUM_LENGTHS;

use super::header::Header;
use crate::data::dataset::RawScale;
use crate::data::notes::GlobNote;
use crate::error::{Error, LogError, Result, list};
use crate::intake::config::{
    AnswerColumns, ConfidenceColumns, Config, PerColumn, PriceSource, RawReadings, Window,
};

/// The longest window of `mild::window_features`.
const MOST_SAMPLES: usize = 1 << 16;

/// The columns that are read, as positions in the header.
pub(super) struct Columns {
    pub(super) features: Vec<usize>,
    /// Columns of samples, for each window.
    pub(super) windows: Vec<Vec<usize>>,
    pub(super) categorical: Vec<usize>,
    pub(super) label: Option<usize>,
    pub(super) target: Option<usize>,
    pub(super) split: Option<usize>,
    pub(super) group: Option<usize>,
    pub(super) answers: Vec<Answer>,
    pub(super) prices: Vec<Price>,
    /// The largest softmax of `local`, or the probability of each class.
    pub(super) confidence: Option<Vec<usize>>,
    /// One per feature, if the configuration has a section `[raw]`.
    pub(super) raw: Option<Vec<RawScale>>,
    /// What the globs stand for, and what they may have missed.
    pub(super) notes: Globs,
}

/// What the names and globs of a configuration stand for.
#[derive(Default)]
pub(super) struct Globs {
    pub(super) globs: Vec<GlobNote>,
    pub(super) warnings: Vec<String>,
}

#[derive(Clone, Copy)]
pub(super) enum Answer {
    Prediction(usize),
    Loss(usize),
    Score(usize),
    Value { prediction: Option<usize>, value: usize },
}

impl Answer {
    /// The columns that say it.
    pub(super) fn columns(self) -> [Option<usize>; 2] {
        match self {
            Self::Prediction(column) | Self::Loss(column) | Self::Score(column) => {
                [Some(column), None]
            }
            Self::Value { prediction, value } => [prediction, Some(value)],
        }
    }
}

#[derive(Clone, Copy)]
pub(super) enum Price {
    Fixed(f32),
    Column(usize),
}

impl Header {
    /// Finds every column that the configuration names.
    pub(super) fn resolve(&self, config: &Config) -> Result<Columns> {
        let data = &config.data;
        let optional = |name: &Option<String>, key| {
            name.as_ref().map(|name| self.column(name, key)).transpose()
        };
        let (label, target, split, group) = (
            optional(&data.label, "data.label")?,
            optional(&data.target, "data.target")?,
            optional(&data.split, "data.split")?,
            optional(&data.group, "data.group")?,
        );
        let mut uses: Vec<(usize, String, Kind)> =
            [(label, "label"), (target, "target"), (split, "split"), (group, "group")]
                .into_iter()
                .filter_map(|(column, name)| Some((column?, format!("data.{name}"), Kind::Hidden)))
                .collect();
        let (mut answers, mut prices) = (Vec::new(), Vec::new());
        for (index, expert) in config.experts.iter().enumerate() {
            let (of_class, of_value) = match index {
                0 => (Kind::LocalPrediction, Kind::LocalValue),
                _ => (Kind::Hidden, Kind::Hidden),
            };
            let mut column = |name: &str, key: &str, kind: Kind| -> Result<usize> {
                let key = format!("expert[{index}].{key}");
                let column = self.column(name, &key)?;
                uses.push((column, key, kind));
                Ok(column)
            };
            answers.push(match &expert.answer {
                AnswerColumns::Prediction(name) => {
                    Answer::Prediction(column(name, "prediction", of_class)?)
                }
                AnswerColumns::Loss(name) => {
                    Answer::Loss(column(name, "loss_column", Kind::Hidden)?)
                }
                AnswerColumns::Score(name) => {
                    Answer::Score(column(name, "score_column", Kind::Hidden)?)
                }
                AnswerColumns::Value { prediction, value } => {
                    let mut class = |name: &String| column(name, "prediction", of_class);
                    let prediction = prediction.as_ref().map(&mut class).transpose()?;
                    Answer::Value { prediction, value: column(value, "value", of_value)? }
                }
            });
            prices.push(match &expert.price {
                PriceSource::Fixed(price) => Price::Fixed(*price),
                PriceSource::Column(name) => {
                    Price::Column(column(name, "price_column", Kind::Hidden)?)
                }
            });
        }

        let mut patterns: Vec<(String, &str, Vec<usize>)> = Vec::new();
        let mut features = Vec::new();
        for (index, glob) in data.features.iter().enumerate() {
            let key = format!("data.features[{index}]");
            let columns = self.matching(glob, &key)?;
            patterns.push((key.clone(), glob, columns.clone()));
            for column in columns {
                // The device knows its own value, and that is a number.
                self.unused(column, &key, &uses, |kind| kind == Kind::LocalValue)?;
                if !features.contains(&column) {
                    features.push(column);
                }
            }
        }
        let mut windows = Vec::new();
        for (index, window) in config.windows.iter().enumerate() {
            let mut samples = Vec::new();
            for (place, glob) in window.samples.iter().enumerate() {
                let key = format!("window[{index}].samples[{place}]");
                let columns = self.matching(glob, &key)?;
                patterns.push((key.clone(), glob, columns.clone()));
                for column in columns {
                    self.unused(column, &key, &uses, |_| false)?;
                    if !samples.contains(&column) {
                        samples.push(column);
                    }
                }
            }
            if samples.len() > MOST_SAMPLES {
                return Err(Error::from(LogError::WindowTooLong {
                    file: self.file().to_path_buf(),
                    line: self.line(),
                    key: format!("window[{index}].samples"),
                    found: samples.len(),
                    most: MOST_SAMPLES,
                }));
            }
            self.window_shape(window, index, samples.len())?;
            windows.push(samples);
        }
        let mut categorical = Vec::new();
        for (index, name) in data.categorical.iter().enumerate() {
            let key = format!("data.categorical[{index}]");
            let column = self.column(name, &key)?;
            // The device knows its own answer, so that may be an input: as a category, for a class
            // has no meaning as a number.
            self.unused(column, &key, &uses, |kind| kind == Kind::LocalPrediction)?;
            if features.contains(&column) {
                let column = self.names()[column].clone();
                let first = "data.features".to_owned();
                return Err(Error::from(LogError::ColumnUsedTwice {
                    file: self.file().to_path_buf(),
                    line: self.line(),
                    column,
                    first,
                    second: key,
                    leaks: false,
                }));
            }
            categorical.push(column);
        }
        let confidence = config.confidence.as_ref().map(|said| self.confidence(said, &uses));
        let confidence = confidence.transpose()?;
        let raw = config.raw.as_ref().map(|raw| self.raw(raw, &features)).transpose()?;
        let known: Vec<usize> = uses
            .iter()
            .map(|(column, ..)| *column)
            .chain([&features, &categorical].into_iter().flatten().copied())
            .chain(windows.iter().flatten().copied())
            .chain(confidence.iter().flatten().copied())
            .collect();
        let notes = self.notes(&patterns, &known);
        Ok(Columns {
            notes,
            features,
            windows,
            categorical,
            label,
            target,
            split,
            group,
            answers,
            prices,
            confidence,
            raw,
        })
    }

    /// What globs stand for. A column that nothing uses and that looks like those of a glob was
    /// probably meant as well. `known`: the columns that something uses.
    fn notes(&self, patterns: &[(String, &str, Vec<usize>)], known: &[usize]) -> Globs {
        let mut notes = Globs::default();
        for (key, glob, columns) in patterns {
            let names = |columns: &[usize]| -> Vec<String> {
                columns.iter().map(|&column| self.names()[column].clone()).collect()
            };
            let mut alike = self.look_alikes(glob, columns);
            alike.retain(|column| !known.contains(column));
            if !alike.is_empty() {
                let alike = names(&alike);
                let (count, columns) = match columns.len() {
                    1 => ("1".to_owned(), "column"),
                    many => (many.to_string(), "columns"),
                };
                notes.warnings.push(format!(
                    "`{key}`: `{glob}` stands for {count} {columns}, but not for {}, which {} alike",
                    list(alike.iter().map(String::as_str)),
                    if alike.len() == 1 { "looks" } else { "look" },
                ));
            }
            let (key, glob, columns) = (key.clone(), (*glob).to_owned(), names(columns));
            notes.globs.push(GlobNote { key, glob, columns });
        }
        notes
    }

    /// The columns of the local model's confidence. They may be features too: the device knows
    /// them.
    fn confidence(
        &self,
        said: &ConfidenceColumns,
        uses: &[(usize, String, Kind)],
    ) -> Result<Vec<usize>> {
        let globs = match said {
            ConfidenceColumns::Largest(name) => {
                let key = "expert[0].confidence";
                let column = self.column(name, key)?;
                self.unused(column, key, uses, |_| false)?;
                return Ok(vec![column]);
            }
            ConfidenceColumns::Probabilities(globs) => globs,
        };
        let mut columns = Vec::new();
        for (index, glob) in globs.iter().enumerate() {
            let key = format!("expert[0].probabilities[{index}]");
            for column in self.matching(glob, &key)? {
                self.unused(column, &key, uses, |_| false)?;
                if !columns.contains(&column) {
                    columns.push(column);
                }
            }
        }
        match columns[..] {
            [_, _, ..] => Ok(columns),
            _ => Err(Error::from(LogError::OneProbability {
                file: self.file().to_path_buf(),
                line: self.line(),
                found: columns.len(),
            })),
        }
    }

    fn unused(
        &self,
        column: usize,
        key: &str,
        uses: &[(usize, String, Kind)],
        allowed: fn(Kind) -> bool,
    ) -> Result<()> {
        match uses.iter().find(|(used, _, kind)| *used == column && !allowed(*kind)) {
            None => Ok(()),
            Some((_, second, _)) => Err(Error::from(LogError::ColumnUsedTwice {
                file: self.file().to_path_buf(),
                line: self.line(),
                column: self.names()[column].clone(),
                first: key.to_owned(),
                second: second.clone(),
                leaks: true,
            })),
        }
    }

    /// Checks that a window can be made of so many columns of samples.
    fn window_shape(&self, window: &Window, index: usize, columns: usize) -> Result<()> {
        let error = |key: &str, found: String, expected: String| {
            Err(Error::from(LogError::WindowShape {
                file: self.file().to_path_buf(),
                line: self.line(),
                key: format!("window[{index}].{key}"),
                found,
                expected,
            }))
        };
        let parts = window.axes * window.windows;
        if !columns.is_multiple_of(parts) {
            let expected = format!(
                "a multiple of {parts}, for {} axes and {} windows a row",
                window.axes, window.windows
            );
            return error("samples", format!("{columns} columns"), expected);
        }
        let length = columns / parts;
        if window.spectrum.is_empty() {
            return Ok(());
        }
        if !SPECTRUM_LENGTHS.contains(&length) {
            let lengths: Vec<String> = SPECTRUM_LENGTHS.iter().map(usize::to_string).collect();
            let expected = format!("{} for a spectrum", lengths.join(", "));
            return error("samples", format!("{length} samples a window"), expected);
        }
        for (place, statistic) in window.spectrum.iter().enumerate() {
            if let Some(band) = statistic.band().filter(|band| usize::from(band.last) > length / 2)
            {
                let expected = format!("at most {}, the highest of {length} samples", length / 2);
                return error(
                    &format!("spectrum[{place}]"),
                    format!("bin {}", band.last),
                    expected,
                );
            }
        }
        Ok(())
    }

    fn raw(&self, raw: &RawReadings, features: &[usize]) -> Result<Vec<RawScale>> {
        let scales = self.per_column(&raw.scale, "raw.scale", features, None)?;
        let offsets = self.per_column(&raw.offset, "raw.offset", features, Some(0.0))?;
        Ok(scales
            .into_iter()
            .zip(offsets)
            .map(|(scale, offset)| RawScale { scale, offset })
            .collect())
    }

    fn per_column(
        &self,
        values: &PerColumn,
        key: &str,
        features: &[usize],
        default: Option<f32>,
    ) -> Result<Vec<f32>> {
        let entries = match values {
            PerColumn::All(value) => return Ok(vec![*value; features.len()]),
            PerColumn::Each(entries) => entries,
        };
        let matching =
            |name: &str, glob: &str| Pattern::new(glob).is_ok_and(|pattern| pattern.matches(name));
        let names: Vec<&str> =
            features.iter().map(|&column| self.names()[column].as_str()).collect();
        if let Some((glob, _)) = entries
            .iter()
            .find(|(glob, _)| !names.iter().any(|name| name == glob || matching(name, glob)))
        {
            let (key, pattern, found) = (key.to_owned(), glob.clone(), list(names));
            return Err(LogError::NoMatch {
                file: self.file().to_path_buf(),
                line: self.line(),
                key,
                pattern,
                found,
            }
            .into());
        }
        let value = |name: &&str| {
            if let Some((_, value)) = entries.iter().find(|(glob, _)| glob == name) {
                return Ok(*value);
            }
            let globs: Vec<_> = entries.iter().filter(|(glob, _)| matching(name, glob)).collect();
            match (globs.as_slice(), default) {
                ([(_, value)], _) => Ok(*value),
                ([], Some(value)) => Ok(value),
                _ => Err(Error::from(LogError::Scale {
                    file: self.file().to_path_buf(),
                    line: self.line(),
                    column: (*name).to_owned(),
                    key: key.to_owned(),
                    found: list(globs.iter().map(|(glob, _)| glob.as_str())),
                })),
            }
        };
        names.iter().map(value).collect()
    }
}

/// What a device knows of a column at run time.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    LocalPrediction,
    LocalValue,
    Hidden,
}
