//! Everything that can go wrong between a user's files and a trained rejector.
//!
//! An error says where (file, line, column or key), what was found there and what was expected.
//! Lines are lines of the file, counted from 1: the header of a log is line 1.

mod config;
mod excerpt;
mod log;
mod report;
mod words;

use std::io;
use std::path::{Path, PathBuf};

use crate::refusal::Refusal;

pub use config::ConfigError;
pub use excerpt::Excerpt;
pub use log::LogError;
pub use report::{ErrorReport, KeyReport};
pub(crate) use words::{list, suggest};

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, and where.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A configuration is wrong.
    #[error(transparent)]
    Config(Box<ConfigError>),
    /// A log, or another table, is wrong.
    #[error(transparent)]
    Log(Box<LogError>),
    /// A log does not fit what the configuration says of it.
    #[error("{error} ({}:{line})", config.display())]
    Unfit {
        /// What is wrong with the log.
        error: Box<LogError>,
        /// The configuration.
        config: PathBuf,
        /// The line of the key.
        line: usize,
        /// That line.
        excerpt: Excerpt,
    },
    /// A file cannot be opened, read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file is not an image that can be run.
    #[error("{}: {source}", path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// What is wrong with its bytes.
        source: mild::ImageError,
    },
    /// A file is not a signed image that may be run.
    #[error("{}: {source}", path.display())]
    Signature {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: mild::signed::SignatureError,
    },
    /// A file is not a key.
    #[error("{}: found {found}, expected {expected}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What it is, without anything secret.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A file that a new key would be written to.
    #[error("{}: found a file, expected none: keys are not overwritten; give another name", path.display())]
    KeyExists {
        /// The file.
        path: PathBuf,
    },
    /// A setting has a name that is not one of the known ones.
    #[error("{kind}: found `{found}`, expected {expected}")]
    UnknownName {
        /// What the names are of, as in `method`.
        kind: String,
        /// The name that was given.
        found: String,
        /// The known names, and the one that was probably meant.
        expected: String,
    },
    /// An option of the command line has an unusable value.
    #[error("{option}: found {found}, expected {expected}")]
    Argument {
        /// The option, such as `--battery`.
        option: &'static str,
        /// Its value.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// An image has other inputs than the log.
    #[error("{}: inputs of the image: found {found}, expected {expected} as in the log", path.display())]
    ImageInputs {
        /// The image.
        path: PathBuf,
        /// Its number of inputs.
        found: usize,
        /// That of the log.
        expected: usize,
    },
    /// An image has other experts than the configuration.
    #[error(
        "{}: experts of the image: found {found}, expected {expected} as in the configuration",
        path.display()
    )]
    ImageExperts {
        /// The image.
        path: PathBuf,
        /// Their names.
        found: String,
        /// The names in the configuration.
        expected: String,
    },
    /// An image was trained on inputs that have other names than those of the log, or another order.
    #[error("{}: names of the inputs of the image: found {found}, expected {expected} as in the log; give the configuration that the image was trained from", path.display())]
    ImageNames {
        /// The image.
        path: PathBuf,
        /// Its digest of them, or the first one that differs.
        found: String,
        /// That of the log.
        expected: String,
    },
    /// An image was trained on another log, so that the names of this one are not its names.
    #[error("{}: digest of the log: found another, expected that of {}; give the configuration that the image was trained from", path.display(), log.display())]
    ImageLog {
        /// The image.
        path: PathBuf,
        /// The log.
        log: PathBuf,
    },
    /// A rejector or a promise is not used, and nothing else takes its place.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// A method does not fit the log.
    #[error("{}: method: found `{method}`, expected a method that fits the log: {reason}", log.display())]
    Method {
        /// The log.
        log: PathBuf,
        /// The method.
        method: String,
        /// Why it does not fit.
        reason: Box<Refusal>,
    },
    /// A log cannot be read with the configuration that was guessed from it.
    #[error("{source}; nothing is written, but `--print` shows the configuration that was guessed")]
    Guess {
        /// Why it cannot.
        source: Box<Error>,
    },
    /// Something looks wrong about a log, and that is not to be.
    #[error("{}: found {found} warnings, expected none with `--deny-warnings`", log.display())]
    Warnings {
        /// The log.
        log: PathBuf,
        /// The number of warnings.
        found: usize,
    },
    /// The log has too few train rows to choose by.
    #[error("{}: train rows: found {found}, expected at least {least}: fewer say nothing about whom to ask", log.display())]
    FewTrainRows {
        /// The log.
        log: PathBuf,
        /// Its train rows.
        found: usize,
        /// The fewest that are enough.
        least: usize,
    },
    /// A number of a trained network does not fit an image.
    #[error(
        "quantization: {what}: found {found}, expected a number that fits the image; the training may have diverged"
    )]
    Unrepresentable {
        /// What the number is for.
        what: &'static str,
        /// The number.
        found: f64,
    },
    /// An expert's mean price is higher than an image with probabilities can hold.
    #[error(
        "mean price of an expert: found {found} errors, expected at most {most}, the most that an image with probabilities holds"
    )]
    HighPrice {
        /// The price, in errors.
        found: f64,
        /// The highest that fits.
        most: f64,
    },
    /// The parts of an image do not fit its format.
    #[error("writing the image: {0}")]
    ImageWriting(mild::image::WriteError),
    /// The log has no labels, by which the accuracy of a new expert is stated.
    #[error("{}: `data.label`: found nothing, expected the column of the class: a new expert's accuracy is stated by class", config.display())]
    NewExpertWithoutLabels {
        /// The configuration.
        config: PathBuf,
    },
    /// The configuration promises what a new expert's expected answers cannot keep.
    #[error(
        "{}: section `[policy]`: found promises, expected none: they rest on real answers, and the new expert's are \
         only expected", config.display()
    )]
    NewExpertWithPolicy {
        /// The configuration.
        config: PathBuf,
    },
    /// There is no room for one more expert.
    #[error("{}: experts: found {found}, expected at most {most} beside a new one", config.display())]
    NoRoomForExpert {
        /// The configuration.
        config: PathBuf,
        /// The experts of the log.
        found: usize,
        /// The most that leave room.
        most: usize,
    },
    /// The name of a new expert is empty, too long, or taken.
    #[error("{}: name of the new expert: found `{found}`, expected {expected}", config.display())]
    NewExpertName {
        /// The configuration.
        config: PathBuf,
        /// The name.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// A log has too few experts to leave one out.
    #[error("{}: experts: found {found}, expected at least 3: `local`, one to be left out and one more", config.display())]
    FewExperts {
        /// The configuration.
        config: PathBuf,
        /// The experts of the log.
        found: usize,
    },
    /// An expert's errors are losses, where right or wrong is needed.
    #[error("{}: errors of `{expert}`: found {found}, expected 0 or 1: accuracies count right answers", config.display())]
    FractionalErrors {
        /// The configuration.
        config: PathBuf,
        /// The expert.
        expert: String,
        /// The error.
        found: f32,
    },
    /// An argument asks for more than the log has.
    #[error("{}: {argument}: found {found}, expected at most the {most} {of}", config.display())]
    BeyondLog {
        /// The configuration.
        config: PathBuf,
        /// The argument.
        argument: &'static str,
        /// Its value.
        found: usize,
        /// What the log has.
        most: usize,
        /// Of what.
        of: &'static str,
    },
    /// A network from elsewhere cannot become an image.
    #[error("network: {place}: found {found}, expected {expected}")]
    Network {
        /// What of it.
        place: String,
        /// What that is.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// An expert that is asked for a log does not do what it should.
    #[error("expert `{expert}`: found {found}, expected {expected}")]
    Expert {
        /// Its name.
        expert: String,
        /// What it did.
        found: String,
        /// What it should do.
        expected: String,
    },
    /// A document that experts are to be sent is not what it should be.
    #[error("{}: found {found}, expected {expected}", path.display())]
    Template {
        /// The file.
        path: PathBuf,
        /// What is in it.
        found: String,
        /// What should be.
        expected: String,
    },
    /// The collection of a log was stopped.
    #[error("stopped: {count} answers are kept in {}; the same command continues from there", file.display())]
    CollectionStopped {
        /// The answers.
        count: usize,
        /// The file.
        file: PathBuf,
    },
    /// The one who waits for a work gave it up: see [`Progress::is_cancelled`](crate::Progress).
    #[error("cancelled")]
    Cancelled,
    /// A plot or a table of figures cannot be made.
    #[error("{what}: {reason}")]
    Rendering {
        /// The plot or the table.
        what: String,
        /// What went wrong.
        reason: String,
    },
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(Box::new(error))
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<LogError> for Error {
    fn from(error: LogError) -> Self {
        Self::Log(Box::new(error))
    }
}

impl Error {
    /// The error in its parts. Those that have no place in a file have a message alone.
    #[must_use]
    pub fn report(&self) -> ErrorReport {
        let report = match self {
            Self::Config(error) => error.report(),
            Self::Log(error) => error.report(),
            Self::Unfit { error, config, line, excerpt } => ErrorReport {
                configuration: Some(KeyReport {
                    file: config.display().to_string(),
                    line: *line as u64,
                    excerpt: excerpt.clone(),
                }),
                ..error.report()
            },
            Self::Io { path, .. }
            | Self::Image { path, .. }
            | Self::Signature { path, .. }
            | Self::KeyExists { path } => report::at(path),
            Self::Key { path, found, expected } => ErrorReport {
                found: Some(found.clone()),
                expected: Some((*expected).to_owned()),
                ..report::at(path)
            },
            _ => ErrorReport::default(),
        };
        ErrorReport { message: self.to_string(), ..report }
    }

    /// The error for a terminal of `width` columns: where there is an excerpt, over several lines;
    /// `colours` says whether to use them.
    #[must_use]
    pub fn shown(&self, width: usize, colours: bool) -> String {
        self.report().shown(width, colours)
    }

    /// The function that puts a path to an [`io::Error`], for `map_err`.
    pub fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { path, source }
    }
}
