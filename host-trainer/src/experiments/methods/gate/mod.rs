//! Gates on the local model's confidence: answer locally, or ask one chosen expert where a
//! statistic of the local model's probabilities exceeds a threshold.
//!
//! Expert and threshold are those of the lowest deferral loss on the train rows, by exact search;
//! the offset tuned on the calibration rows then moves the threshold, as it moves every method's.
//! No features are used.

mod logistic;
mod threshold;

use self::logistic::Logistic;
use self::threshold::Cut;
use super::host_method::HostMethod;
use super::run::{Answers, Run, without_image};
use crate::data::confidence::Confidence;
use crate::data::dataset::Dataset;
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::learn::offsets::{ScoredRows, tune};
use crate::refusal::Refusal;

pub(super) const METHODS: &[HostMethod] = &[
    HostMethod {
        name: "max-softmax",
        about: "a gate on the local model's largest softmax",
        uses_confidence: true,
        applies: |_, data| applies(Gate::MaxSoftmax, data),
        run: |task| Ok(run(Gate::MaxSoftmax, task.data)),
    },
    HostMethod {
        name: "entropy",
        about: "a gate on the entropy of its probabilities (L-RAG)",
        uses_confidence: true,
        applies: |_, data| applies(Gate::Entropy, data),
        run: |task| Ok(run(Gate::Entropy, task.data)),
    },
    HostMethod {
        name: "margin",
        about: "a gate on the difference of its two largest probabilities",
        uses_confidence: true,
        applies: |_, data| applies(Gate::Margin, data),
        run: |task| Ok(run(Gate::Margin, task.data)),
    },
    HostMethod {
        name: "dime",
        about: "a logistic gate on its two largest probabilities",
        uses_confidence: true,
        applies: |_, data| applies(Gate::Dime, data),
        run: |task| Ok(run(Gate::Dime, task.data)),
    },
];

/// What a gate looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// 1 minus the largest softmax.
    MaxSoftmax,
    /// The entropy of the probabilities, in nats. (L-RAG, Voloshyn 2026, publishes thresholds of
    /// 0.5 and 1.0.)
    Entropy,
    /// 1 minus the difference of the two largest probabilities.
    Margin,
    /// A logistic model of the two largest probabilities, fitted for each expert (DIME).
    Dime,
}

/// Whether a gate can be used on a log.
fn applies(gate: Gate, data: &Dataset) -> Result<(), Refusal> {
    match (data.train.confidence(), gate) {
        (None, _) => Err(Refusal::NoConfidence),
        (Some(confidence), Gate::Entropy | Gate::Margin | Gate::Dime)
            if confidence.classes().is_none() =>
        {
            Err(Refusal::LargestAlone)
        }
        _ => Ok(()),
    }
}

fn run(gate: Gate, data: &Dataset) -> Run {
    let Chosen { expert, statistic, threshold } = Chosen::new(gate, &data.train);
    let advantage = |part: &Part| statistic.values(part).into_iter().map(|u| u - threshold);
    // The others are no actions of a gate, so they have no offset to tune.
    let calibration = &data.calibration;
    let pairs = advantage(calibration).flat_map(|advantage| [0.0, advantage]).collect();
    let scores = &Matrix::new(calibration.rows(), 2, pairs).expect("a statistic of every row");
    let deferral_losses = &Matrix::from_fn(calibration.rows(), 2, |row, action| {
        calibration.deferral_loss(row, [0, expert][action])
    });
    let offset = tune(&ScoredRows { scores, deferral_losses })[1];

    let experts = data.experts.len();
    let mut scores = Matrix::filled(data.test.rows(), experts, f64::NEG_INFINITY);
    for (row, advantage) in scores.iter_rows_mut().zip(advantage(&data.test)) {
        row[0] = 0.0;
        row[expert] = advantage;
    }
    let mut offsets = vec![0.0; experts];
    offsets[expert] = offset;
    let name = &data.experts[expert].name;
    let chosen = match threshold - offset {
        bar if bar < 0.0 => format!("always {name}"),
        bar if bar >= statistic.most(&data.train) => format!("always {}", data.experts[0].name),
        bar => format!("{name} above {bar:.4}"),
    };
    without_image(chosen, Answers { scores, offsets }, false)
}

/// The expert that a gate asks, and when.
struct Chosen {
    expert: usize,
    statistic: Statistic,
    threshold: f64,
}

impl Chosen {
    fn new(gate: Gate, train: &Part) -> Self {
        let cuts = (1..train.experts()).map(|expert| {
            let statistic = Statistic::new(gate, train, expert);
            let gains: Vec<f64> = gains(train, expert).collect();
            let Cut { threshold, gain } =
                threshold::best(&statistic.values(train), &gains, statistic.most(train));
            (gain, Self { expert, statistic, threshold })
        });
        // Of equal ones the first, as everywhere.
        let better = |best: (f64, Self), next: (f64, Self)| {
            if next.0 > best.0 + threshold::ROUNDING { next } else { best }
        };
        cuts.reduce(better).expect("a log has two experts at least").1
    }
}

/// By how much asking an expert lowers each row's deferral loss.
fn gains(part: &Part, expert: usize) -> impl Iterator<Item = f64> {
    (0..part.rows()).map(move |row| {
        f64::from(part.deferral_loss(row, 0)) - f64::from(part.deferral_loss(row, expert))
    })
}

/// How unsure the local model is of a row, from 0 up.
enum Statistic {
    MaxSoftmax,
    Entropy,
    Margin,
    Dime(Logistic),
}

impl Statistic {
    /// What a gate toward an expert looks at.
    fn new(gate: Gate, train: &Part, expert: usize) -> Self {
        match gate {
            Gate::MaxSoftmax => Self::MaxSoftmax,
            Gate::Entropy => Self::Entropy,
            Gate::Margin => Self::Margin,
            Gate::Dime => {
                let rows = train
                    .confidence()
                    .into_iter()
                    .flat_map(|c| (0..c.rows()).map(|r| c.top_two(r)));
                Self::Dime(Logistic::fit(&rows.zip(gains(train, expert)).collect::<Vec<_>>()))
            }
        }
    }

    fn values(&self, part: &Part) -> Vec<f64> {
        let rows =
            part.confidence().into_iter().flat_map(|c| (0..c.rows()).map(move |row| (c, row)));
        rows.map(|(confidence, row)| self.of(confidence, row)).collect()
    }

    fn of(&self, confidence: &Confidence, row: usize) -> f64 {
        let [first, second] = confidence.top_two(row);
        match self {
            Self::MaxSoftmax => 1.0 - first,
            Self::Entropy => confidence.row(row).iter().map(|&p| surprise(f64::from(p))).sum(),
            Self::Margin => 1.0 - (first - second),
            Self::Dime(logistic) => logistic.probability([first, second]),
        }
    }

    /// The highest value that it can have.
    fn most(&self, part: &Part) -> f64 {
        match (self, part.confidence().and_then(Confidence::classes)) {
            (Self::Entropy, Some(classes)) => libm::log(classes as f64),
            _ => 1.0,
        }
    }
}

/// `-p ln p`, 0 at 0.
fn surprise(p: f64) -> f64 {
    if p > 0.0 { -p * libm::log(p) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::Expert;
    use crate::data::part::PartColumns;
    use crate::experiments::methods::{Contender, applies, run};
    use crate::learn::store::Forgetful;
    use crate::progress::Silent;

    const GATES: [(&str, Gate); 4] = [
        ("max-softmax", Gate::MaxSoftmax),
        ("entropy", Gate::Entropy),
        ("margin", Gate::Margin),
        ("dime", Gate::Dime),
    ];

    fn asked(method: &str, data: &Dataset) -> Run {
        let (config, _) = crate::intake::testing::log(20, 20);
        run(method.parse().unwrap(), &config, data, &Forgetful, &Silent).unwrap()
    }

    #[test]
    fn each_statistic_is_its_formula() {
        let confidence = Confidence::new(3, vec![0.25, 0.5, 0.25, 1.0, 0.0, 0.0]).unwrap();
        let ln2 = std::f64::consts::LN_2;
        for (statistic, unsure, sure) in [
            (Statistic::MaxSoftmax, 0.5, 0.0),
            (Statistic::Entropy, 1.5 * ln2, 0.0),
            (Statistic::Margin, 0.75, 0.0),
        ] {
            assert!((statistic.of(&confidence, 0) - unsure).abs() < 1e-15);
            assert_eq!(statistic.of(&confidence, 1), sure);
        }
        let logistic = Logistic { bias: 1.0, slopes: [-4.0, 2.0] };
        let dime = Statistic::Dime(logistic);
        let expected = 1.0 / (1.0 + (-(1.0 - 2.0 + 0.5f64)).exp());
        assert!((dime.of(&confidence, 0) - expected).abs() < 1e-15);
    }

    #[test]
    fn all_gates_find_where_local_is_unsure() {
        let (_, data) = crate::intake::testing::log(2000, 1000);
        let blind = data.test.mean_deferral_loss(|_| 0).min(data.test.mean_deferral_loss(|_| 1));
        for (method, gate) in GATES {
            let run = asked(method, &data);
            let choices = run.float.choices();
            let loss = data.test.mean_deferral_loss(|row| choices[row]);
            // Two classes: all statistics order the rows alike, so all gates are the same.
            let same = asked("max-softmax", &data).float.choices();
            let alike = choices.iter().zip(&same).filter(|(a, b)| a == b).count();
            assert!(loss < 0.8 * blind && alike >= 990, "{gate:?}: {loss} {blind} {alike}");
            assert!(run.chosen.starts_with("cloud above 0."), "{}", run.chosen);
            assert!(!run.seeded && run.int8.is_none() && run.int8_refused.is_none());
        }
    }

    /// Local is right on rows of which it is sure by more than 0.5; of two experts the second is
    /// right on the others.
    fn three() -> Dataset {
        let (_, mut data) = crate::intake::testing::log(20, 20);
        let expert =
            |name: &str| Expert { name: name.into(), mean_price: 0.0, price_varies: false };
        data.experts = ["local", "bad", "good"].map(expert).to_vec();
        let largest: Vec<f32> = (0..200).map(|row| 0.305 + row as f32 * 0.002).collect();
        let right = |&p: &f32| f32::from(u8::from(p < 0.5));
        let part = PartColumns {
            rows: 200,
            experts: 3,
            errors: largest.iter().flat_map(|p| [right(p), 1.0, 1.0 - right(p)]).collect(),
            prices: [0.0, 0.0, 0.25].repeat(200),
            confidence: Some(Confidence::new(1, largest).unwrap()),
            ..PartColumns::default()
        }
        .padded();
        for own in [&mut data.train, &mut data.calibration, &mut data.test] {
            own.clone_from(&part);
        }
        data
    }

    #[test]
    fn the_right_expert_is_asked_and_no_other_ever() {
        let data = three();
        let run = asked("max-softmax", &data);
        let choices = run.float.choices();
        let rule = |row: usize| {
            if data.test.confidence().as_ref().unwrap().row(row)[0] < 0.5 { 2 } else { 0 }
        };
        assert!((0..200).all(|row| choices[row] == rule(row)), "{choices:?}");
        // Between the last row below 0.5 and the first one above.
        assert_eq!(run.chosen, "good above 0.5000");
        assert!(run.float.scores.column(1).all(|&score| score == f64::NEG_INFINITY));
        let curve =
            crate::experiments::compare::curve::Curve::new(&data.test, &run.float.scores, None);
        assert!((curve.points[10].error - 0.01).abs() < 1e-6, "{:?}", curve.points[10]);
        assert!(
            curve.points.iter().all(|point| point.error.is_finite() && point.price.is_finite())
        );
    }

    #[test]
    fn constants_are_gates_too() {
        let mut data = three();
        for (errors, expected, expert) in
            [([0.0, 1.0, 1.0], "always local", 0), ([1.0, 1.0, 0.0], "always good", 2)]
        {
            for part in [&mut data.train, &mut data.calibration, &mut data.test] {
                part.edit(|columns| columns.errors = errors.repeat(200));
            }
            // Rows on which local is surer or less sure than on any train row.
            let confidence = Confidence::new(1, [0.0, 1.0].repeat(100)).unwrap();
            data.test.edit(|columns| columns.confidence = Some(confidence));
            let run = asked("max-softmax", &data);
            assert_eq!(run.chosen, expected);
            assert!(run.float.choices().iter().all(|&choice| choice == expert));
        }
    }

    #[test]
    fn the_offset_follows_the_calibration_rows() {
        let mut data = three();
        // Local turns out to be right down to 0.4.
        let largest = data.train.confidence().cloned().unwrap();
        for part in [&mut data.calibration, &mut data.test] {
            let right = |row: usize| f32::from(u8::from(largest.row(row)[0] < 0.4));
            let errors = (0..200).flat_map(|row| [right(row), 1.0, 1.0 - right(row)]).collect();
            part.edit(|columns| columns.errors = errors);
        }
        let run = asked("max-softmax", &data);
        assert_eq!((run.chosen.as_str(), run.float.offsets[1]), ("good above 0.6000", 0.0));
        let loss = |choices: Vec<usize>| data.test.mean_deferral_loss(|row| choices[row]);
        assert!(loss(run.float.choices()) < loss(run.float.plain_choices()) - 0.1);
    }

    #[test]
    fn what_the_log_does_not_tell_is_the_reason() {
        let (config, mut data) = crate::intake::testing::log(20, 20);
        let reason = |method: &str, data: &Dataset| {
            applies(method.parse::<Contender>().unwrap(), &config, data)
        };
        assert!(GATES.iter().all(|&(method, _)| reason(method, &data).is_ok()));
        let sure = Confidence::new(1, vec![0.5; 20]).unwrap();
        data.train.edit(|columns| columns.confidence = Some(sure));
        assert!(reason("max-softmax", &data).is_ok());
        for method in ["entropy", "margin", "dime"] {
            let text = reason(method, &data).unwrap_err().to_string();
            assert!(text.contains("`probabilities`") && text.contains("only"), "{text}");
        }
        data.train.edit(|columns| columns.confidence = None);
        for (method, _) in GATES {
            let text = reason(method, &data).unwrap_err().to_string();
            assert!(text.contains("`confidence`") && text.contains("--confidence"), "{text}");
        }
    }
}
