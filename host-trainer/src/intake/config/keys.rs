//! The sections and keys of a configuration: **the only place that defines one**.
//!
//! From here come the parser, the checks of single values, the suggestions in messages, and
//! `docs/configuration.md` (`mild keys`). Keys that must fit each other are checked in `check`. A
//! comment on a section or a key is a part of the documentation for users.

use std::collections::BTreeMap;

use mild::window_features::{SpectralStatistic, Statistic};
use serde::Deserialize;

use super::choice::{
    Decimal, Delimiter, FeatureCore, Guarantee, ImageNames, NotAsked, Objective, RangeRule,
    TaperRule,
};
use super::kind::{Bound, Kind, Words};
use super::log_files::LogFiles;
use super::section::{Keys, Place, Section, section};
use crate::data::window::Readings;
use crate::loss::{Effort, Form, Margins, Method, RhoRule, Tau};

macro_rules! sections {
    ($($name:ident: $type:ty),+ $(,)?) => {
        /// A configuration file as it is written.
        #[derive(Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(super) struct FileKeys {
            $(pub(super) $name: $type),+
        }

        /// All sections, in the order of the documentation.
        pub(super) const SECTIONS: &[Section] = &[$(Section {
            name: stringify!($name),
            repeated: <$type as Place>::REPEATED,
            intro: <<$type as Place>::Keys as Keys>::INTRO,
            keys: <<$type as Place>::Keys as Keys>::KEYS,
        }),+];
    };
}

sections! {
    data: Option<Data>,
    expert: Vec<ExpertKeys>,
    multi_task: Option<MultiTaskKeys>,
    window: Vec<WindowKeys>,
    raw: Option<RawKeys>,
    rejector: Option<Rejector>,
    train: Option<Train>,
    quantize: Option<QuantizeKeys>,
    image: Option<ImageKeys>,
    budget: Option<BudgetKeys>,
    policy: Option<PolicyKeys>,
    units: Option<UnitKeys>,
    radio: Option<RadioKeys>,
}

section! {
    /// The log and its columns.
    pub Data {
        /// The log: CSV or JSON Lines, plain or compressed with gzip or zstd, or NPZ
        /// ([logs.md](logs.md)). The path is relative to this file. A glob reads several files in
        /// the order of their names. An array lists files and globs. `-` is standard input.
        log: LogFiles = Kind::OneOrMore, missing "required";
        /// Names or globs of numeric columns, in order. Required unless there are `categorical`
        /// columns or windows.
        features: Vec<String> = Kind::Texts, missing "none";
        /// Columns that become one input for each category.
        categorical: Vec<String> = Kind::Texts, missing "none";
        /// The column of the right answer. Required if an expert is judged by its `prediction`.
        label: Option<String> = Kind::Text, missing "none";
        /// The column of `train`, `calibration` or `test`.
        split: Option<String> = Kind::Text, missing "a seeded draw of 60, 20 and 20 %";
        /// The column of the groups' names. The rows of a group are never on both sides of a
        /// split.
        group: Option<String> = Kind::Text, missing "every row is a group";
        /// The column of the true values, with which the experts' `value` columns are compared.
        target: Option<String> = Kind::Text, missing "none";
        /// The lowest and the highest value of the columns of losses or scores, if their range is
        /// not 0 to 1, such as `[0, 100]`. They are rescaled to 0 to 1, so that one error is the
        /// whole range, for prices too.
        loss_range: Option<[f64; 2]> = Kind::Range, missing "`[0, 1]`";
        /// The number of classes. The log may not have more, and integer labels must be below it.
        classes: Option<u32> = Kind::Integer(1..=65_536), missing "as in the log";
        /// The delimiter between two cells.
        delimiter: Option<Delimiter> = Kind::Choice(Delimiter::NAMES), missing "recognised";
        /// The decimal mark of numbers.
        decimal: Option<Decimal> = Kind::Choice(Decimal::NAMES), missing "recognised";
        /// The encoding of the text, by its name in the [Encoding
        /// Standard](https://encoding.spec.whatwg.org/#names-and-labels), such as `windows-1252`.
        encoding: Option<String> = Kind::Text, missing "UTF-8, or UTF-16 where it is recognised";
        /// The marks of cells without a value, in place of the usual ones. An empty cell never has
        /// a value.
        missing: Option<Vec<String>> =
            Kind::Marks, missing "`NA`, `N/A`, `#N/A`, `<NA>`, `nan`, `NaN`, `null`, `NULL`, `-`";
        /// What a missing answer means: an error in the log, or an expert that was not asked on
        /// that row. Its price may then be missing, too.
        not_asked: NotAsked = Kind::Choice(NotAsked::NAMES), default NotAsked::Refused;
        /// With `not_asked = "allowed"`: whether rows on which an expert was not asked are left
        /// out. Training needs every answer.
        complete_only: bool = Kind::Boolean, default false;
    }
}

section! {
    /// One section for each expert, 2 to 32 of them, the device itself first. A price may be given
    /// in units of one error, in physical units ([policy.md](policy.md)), or in both, which are
    /// then added.
    pub(super) ExpertKeys {
        /// A unique name, at most 32 bytes long.
        name: Option<String> = Kind::Text, missing "required";
        /// The column of its answers. The error is 0 where the answer equals the label, else 1.
        prediction: Option<String> =
            Kind::Text, missing "this, `loss_column`, `score_column` or `value`";
        /// A column of losses, from 0 (right) to 1 (wrong) or as `data.loss_range` says.
        loss_column: Option<String> = Kind::Text, missing "none";
        /// A column of scores, from 0 (wrong) to 1 (right) or as `data.loss_range` says, such as
        /// those of a judge. The loss is the highest possible score minus this one.
        score_column: Option<String> = Kind::Text, missing "none";
        /// A column of numbers that are compared with `data.target`, with or without a
        /// `prediction`. Either all experts have one, or none has.
        value: Option<String> = Kind::Text, missing "none";
        /// First expert only: the column of its largest softmax, for the gates of `mild compare`.
        confidence: Option<String> = Kind::Text, missing "none";
        /// First expert only: names or globs of the columns of its class probabilities, in place of
        /// `confidence`.
        probabilities: Option<Vec<String>> = Kind::Texts, missing "none";
        /// The price of one use, in units of one error, or in money with `units.money_per_error`.
        #[older = "cost"]
        price: Option<f64> = Kind::Number(Bound::AtLeastZero), missing "0";
        /// A column of prices in the unit of `price`, in place of any other price.
        #[older = "cost_column"]
        price_column: Option<String> = Kind::Text, missing "none";
        /// Millijoules of one use. `units.energy_mj` turns them into a price.
        energy_mj: Option<f64> = Kind::Number(Bound::AtLeastZero), missing "none";
        /// Milliseconds of one use.
        latency_ms: Option<f64> = Kind::Number(Bound::AtLeastZero), missing "none";
        /// Money of one use, in any currency.
        money: Option<f64> = Kind::Number(Bound::AtLeastZero), missing "none";
        /// The bytes of payload that one use sends.
        bytes: Option<f64> = Kind::Number(Bound::AtLeastZero), missing "none";
        /// The largest share of the inputs for which it may be asked. Not for the first expert.
        max_share: Option<f64> = Kind::Number(Bound::Share), missing "none";
    }
}

section! {
    /// How the two parts of an error add up where the experts' answers have a value: `lambda_1`
    /// for a wrong class plus `lambda_2` times the smooth absolute difference, which is limited to
    /// `cap`. Errors and prices are then in units of the largest possible error.
    pub(super) MultiTaskKeys {
        /// The weight of a wrong class.
        lambda_1: Option<f64> =
            Kind::Number(Bound::AtLeastZero), missing "1; 0 without predictions";
        /// The weight of the value's loss.
        lambda_2: f64 = Kind::Number(Bound::AtLeastZero), default 1.0;
        /// The largest loss of the value.
        cap: f64 = Kind::Number(Bound::AboveZero), default 5.0;
        /// The difference at which this loss changes from squared to linear.
        beta: f64 = Kind::Number(Bound::AboveZero), default 1.0;
    }
}

/// The names of the statistics of a window.
const STATISTICS: Words = Words {
    listed: &{
        let mut names = [""; Statistic::PLAIN.len() + 2];
        names[Statistic::PLAIN.len()] = "quantile-PERCENT";
        names[Statistic::PLAIN.len() + 1] = "autocorrelation-LAG";
        let mut i = 0;
        while i < Statistic::PLAIN.len() {
            names[i] = Statistic::PLAIN[i].name();
            i += 1;
        }
        names
    },
    has: |text| Statistic::named(text).is_some(),
};

/// The names of the statistics of a spectrum.
const SPECTRAL: Words = Words {
    listed: &[
        "power-FIRST-LAST",
        "decibels-FIRST-LAST",
        "dominant",
        "centroid",
        "entropy",
        "flatness",
        "decibels-FIRST-LAST-micromath",
        "entropy-micromath",
        "flatness-micromath",
    ],
    has: |text| SpectralStatistic::named(text).is_some(),
};

section! {
    /// Features that the device computes from raw samples ([sensors.md](sensors.md)).
    pub(super) WindowKeys {
        /// The first part of the names of its features, as in `name.mean`.
        name: Option<String> = Kind::Text, missing "required";
        /// Names or globs of the columns of samples, the oldest first.
        samples: Vec<String> = Kind::Texts, missing "required";
        /// The statistics that become features, in order. Required unless there are `changes`,
        /// `averages` or `spectrum`.
        statistics: Vec<String> = Kind::Words(&STATISTICS), missing "none";
        /// What the samples are: numbers, or raw 16-bit readings.
        readings: Readings = Kind::Choice(Readings::NAMES), default Readings::F32;
        /// Samples a second. No feature depends on it; generated source has it as a constant.
        rate_hz: Option<f64> = Kind::Number(Bound::AboveZero), missing "none";
        /// The number of axes of the samples. The columns have all samples of the first axis, then
        /// all of the second, and so on. With several axes, the features are those of their
        /// magnitude.
        axes: u16 = Kind::Integer(1..=16), default 1;
        /// The number of windows of equal length in the samples of a row, the oldest first. The
        /// statistics are those of the latest window.
        windows: u16 = Kind::Integer(1..=1024), default 1;
        /// Statistics whose change from the window before becomes a feature, as in
        /// `name.rms-change`. They need `windows`.
        changes: Vec<String> = Kind::Words(&STATISTICS), missing "none";
        /// Statistics whose exponential average over the windows becomes a feature, as in
        /// `name.rms-average`. They need `windows`.
        averages: Vec<String> = Kind::Words(&STATISTICS), missing "none";
        /// With `averages`: the weight of each later window is 2^-`smoothing`.
        smoothing: u8 = Kind::Integer(1..=16), default 2;
        /// Statistics of the spectrum that become features, in order. `FIRST` and `LAST` are the
        /// lowest and the highest bin of a band.
        spectrum: Vec<String> = Kind::Words(&SPECTRAL), missing "none";
        /// With `spectrum`: the window function by which the samples are multiplied first.
        taper: TaperRule = Kind::Choice(TaperRule::NAMES), default TaperRule::Hann;
    }
}

section! {
    /// What the device's 16-bit readings mean: a feature is `scale * reading + offset`. With this
    /// section the image takes readings as they are. If the columns of the log are the readings
    /// themselves, `scale = 1` is enough.
    pub(super) RawKeys {
        /// The change of the feature for one step of the reading.
        scale: Option<PerColumnKeys> = Kind::PerColumn(Bound::AboveZero), missing "required";
        /// The feature at a reading of 0.
        offset: Option<PerColumnKeys> = Kind::PerColumn(Bound::Finite), missing "0";
    }
}

/// One number, or one for each column name or glob.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub(super) enum PerColumnKeys {
    All(f64),
    Each(BTreeMap<String, f64>),
}

section! {
    /// What is trained.
    pub Rejector {
        /// The family of losses ([algorithms.md](algorithms.md)). `auto` selects one by
        /// cross-validation.
        method: Method = Kind::Choice(Method::NAMES), default Method::AUTO;
        /// The widths of the hidden layers. `[]` makes a linear network.
        hidden: Option<Vec<u16>> = Kind::Integers(1..=1024, 4), missing "selected";
    }
}

section! {
    /// How the rejector is trained. If `tau`, `form`, `rho_rule`, `gamma`, `rho_bar` or `l2` is
    /// left out, the selection chooses it. Margins concern only the method `mild`.
    pub Train {
        /// The seed of everything random.
        seed: u64 = Kind::Integer(0..=i64::MAX), default 0;
        /// How a row's losses become the weights of the experts in the surrogate loss.
        tau: Option<Tau> = Kind::Choice(Tau::NAMES), missing "selected";
        /// The form of the margin loss.
        form: Option<Form> = Kind::Choice(Form::NAMES), missing "selected";
        /// What the margins depend on. The selection tries `count`, and with thorough effort also
        /// `mass`. It tries the others only if they are named here.
        rho_rule: Option<RhoRule> = Kind::Choice(RhoRule::NAMES), missing "selected";
        /// The exponent of the margins. 0 makes all of them equal. The rule `balance` takes none.
        gamma: Option<f64> = Kind::Number(Bound::Finite), missing "selected";
        /// The mean of the margins.
        rho_bar: Option<f64> = Kind::Number(Bound::AboveZero), missing "selected";
        /// What the rule `count` adds to every count.
        floor: f64 = Kind::Number(Bound::AtLeastZero), default Margins::PLAIN.floor;
        /// Experts that are the cheapest choice on fewer rows than this number have one margin in
        /// common.
        min_wins: usize = Kind::Integer(0..=1_000_000_000), default Margins::PLAIN.min_wins;
        /// The factor of half the squared norm of the weights.
        l2: Option<f64> = Kind::Number(Bound::AtLeastZero), missing "selected";
        /// The largest number of iterations of the optimizer.
        max_iterations: u32 = Kind::Integer(1..=1_000_000), default 400;
        /// The folds of the cross-validation. With `effort = "quick"` and more than 600 rows to
        /// learn from, there are at most 3.
        folds: u8 = Kind::Integer(2..=20), default 5;
        /// How many candidates the selection tries.
        effort: Effort = Kind::Choice(Effort::NAMES), default Effort::Normal;
    }
}

section! {
    /// How the network becomes integers.
    pub(super) QuantizeKeys {
        /// The largest rise in deferral loss that quantization may cause.
        tolerance: f64 = Kind::Number(Bound::AtLeastZero), default 0.003;
        /// How the ranges of inputs and activations are chosen.
        ranges: RangeRule = Kind::Choice(RangeRule::NAMES), default RangeRule::SquaredError;
        /// With `ranges = "percentile"`: the percentile of the values at which the range ends.
        /// Larger values saturate.
        percentile: Option<f64> = Kind::Number(Bound::Percentile), missing "99.9";
        /// The largest number of fine-tuning steps through the device's rounding. Fine-tuning runs
        /// if quantization costs more than a third of the tolerance.
        fine_tune: u32 = Kind::Integer(0..=100_000), default 100;
    }
}

section! {
    /// What the image holds in addition to the rejector.
    pub(super) ImageKeys {
        /// The names of inputs and classes ([image-format.md](image-format.md#kind-9-name-table)).
        /// `digest` takes 24 bytes of flash; `all` takes these and the bytes of the names. With
        /// either, commands refuse the image on a log with other inputs. The names of the experts
        /// are in every image.
        names: ImageNames = Kind::Choice(ImageNames::NAMES), default ImageNames::None;
    }
}

section! {
    /// How much of the device the image may take. Only networks that fit are trained. If some
    /// widths do not fit, the widest ones in the same proportions that fit are tried instead, with
    /// at least two units in each layer. If nothing fits, or if the widths that `rejector.hidden`
    /// fixes do not fit, training stops at once, and the message says what the smallest network
    /// takes. With a `[policy]`, the image is counted with the largest possible table of operating
    /// points, and with `auto` as if it held probabilities. Without `image_bytes`, no network is
    /// tried whose image is larger than 4 kB; a higher limit allows wider networks.
    pub(super) BudgetKeys {
        /// Bytes of the image, in flash.
        image_bytes: Option<u32> =
            Kind::Integer(1..=U32_MAX), missing "no limit; 4096 for the widest network";
        /// Multiply-accumulates of a decision.
        macs: Option<u32> = Kind::Integer(1..=U32_MAX), missing "no limit";
        /// Bytes of RAM that a decision needs.
        scratch_bytes: Option<u32> = Kind::Integer(1..=U32_MAX), missing "no limit";
        /// Estimated instructions that the features of all `[[window]]` take per decision
        /// ([sensors.md](sensors.md#what-they-take)). If they take more, training stops at once,
        /// and the message says which ones to leave out. Needs `feature_core`.
        feature_instructions: Option<u32> = Kind::Integer(1..=U32_MAX), missing "no limit";
        /// The core on which these instructions are counted: a Cortex-M0 without an FPU, or a
        /// Cortex-M4 with one.
        feature_core: Option<FeatureCore> = Kind::Choice(FeatureCore::NAMES), missing "none";
    }
}

const U32_MAX: i64 = u32::MAX as i64;

section! {
    /// What is promised about the deferrals ([policy.md](policy.md)). Nothing is promised without
    /// this section, unless an expert has a `max_share`.
    pub(super) PolicyKeys {
        /// What is minimised within the limits.
        minimize: Objective = Kind::Choice(Objective::NAMES), default Objective::DeferralLoss;
        /// The largest share of inputs that is deferred.
        max_deferral_rate: Option<f64> = Kind::Number(Bound::Share), missing "none";
        /// The highest mean price of an input, in units of one error.
        max_price: Option<f64> = Kind::Number(Bound::AtLeastZero), missing "none";
        /// The highest mean error of the whole system.
        max_error: Option<f64> = Kind::Number(Bound::Share), missing "none";
        /// The probability that all promises hold together.
        confidence: f64 = Kind::Number(Bound::Confidence), default 0.95;
        /// The number of inputs that a promise is about. 0 is the long run.
        horizon: Option<usize> =
            Kind::Integer(0..=1_000_000_000), missing "the number of calibration rows";
        /// The sense in which the limits hold.
        guarantee: Guarantee = Kind::Choice(Guarantee::NAMES), default Guarantee::HighProbability;
        /// Deferral rates by battery level.
        battery: BTreeMap<String, f64> = Kind::Levels, missing "none";
        /// The expert that is always taken if the promises cannot be made.
        fallback: Option<String> = Kind::Text, missing "training fails";
    }
}

section! {
    /// What a physical unit is worth in units of one error. Required for each unit that an expert's
    /// price is in.
    pub(super) UnitKeys {
        /// What one error costs, in any currency. With this key every `price` and `price_column`
        /// is in that currency, and `money` is converted accordingly. `policy.max_price` stays in
        /// units of one error.
        money_per_error: Option<f64> =
            Kind::Number(Bound::AboveZero), missing "prices are in units of one error";
        /// The worth of a millijoule.
        energy_mj: Option<f64> = Kind::Number(Bound::AtLeastZero), missing "none";
        /// The worth of a millisecond.
        latency_ms: Option<f64> = Kind::Number(Bound::AtLeastZero), missing "none";
        /// The worth of a unit of money. Not together with `money_per_error`.
        money: Option<f64> = Kind::Number(Bound::AtLeastZero), missing "none";
        /// The worth of a byte sent.
        bytes: Option<f64> = Kind::Number(Bound::AtLeastZero), missing "none";
    }
}

section! {
    /// The energy that a node spends on sending an expert's `bytes`.
    pub(super) RadioKeys {
        /// Energy of a byte on the air.
        mj_per_byte: f64 = Kind::Number(Bound::AtLeastZero), default 0.0;
        /// Bytes of a frame's header and checksum.
        overhead_bytes: f64 = Kind::Number(Bound::AtLeastZero), default 0.0;
        /// Energy of waking the radio, once for each use.
        wake_mj: f64 = Kind::Number(Bound::AtLeastZero), default 0.0;
        /// The probability that a frame is lost and sent again.
        loss: f64 = Kind::Number(Bound::Share), default 0.0;
        /// The largest number of repetitions of a frame.
        retries: u32 = Kind::Integer(0..=1000), default 3;
    }
}
