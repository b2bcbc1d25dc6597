//! For each class that the local model predicts, the expert that does best on it.
//!
//! Sourced as an idea (class-gated deferral, 2026, known here from a description); derived: the
//! means are over all rows that training may see, errors and prices together, and are shrunk toward
//! the expert's mean over all classes by so many rows of that mean. The number, from none to an
//! endless one that leaves the best single expert, has the least loss when each row is left out of
//! the means that decide on it. No offsets are tuned: no row is left that the means have not seen.
//!
//! It needs no features. An image has no section for an answer of the local model, so it is for a
//! host only; where the predicted class is a column of `categorical` too, a linear rejector can
//! express it.

use super::host_method::{HostMethod, Task};
use super::run::{Answers, Run, without_image};
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::refusal::Refusal;

/// Rows of the overall mean that a class's mean is shrunk by; of equally good ones the most.
const SHRINK: [f64; 8] = [f64::INFINITY, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.0];

pub(super) const METHODS: &[HostMethod] = &[HostMethod {
    name: "class-gate",
    about: "for each class that the local model predicts, the expert that does best on it",
    uses_confidence: false,
    applies: |_, data| match data.train.local_classes() {
        Some(_) => Ok(()),
        None => Err(Refusal::NoLocalClasses),
    },
    run: |task| Ok(run(task)),
}];

fn run(task: &Task<'_>) -> Run {
    let data = task.data;
    let seen = data.seen();
    let sums = Sums::new(&seen);
    let losses = SHRINK.map(|rows| sums.left_out(&seen, rows));
    let mut best = 0;
    for at in 1..SHRINK.len() {
        // Smaller gains than this are rounding.
        if losses[at] < losses[best] - 1e-9 {
            best = at;
        }
    }
    let classes = data.test.local_classes().unwrap_or_default();
    let experts = seen.experts();
    let scores = Matrix::from_fn(classes.len(), experts, |row, k| {
        -sums.mean(classes[row], k, SHRINK[best], None)
    });
    let chosen = match SHRINK[best] {
        rows if rows.is_finite() => format!("shrunk by {rows} rows"),
        _ => "best single expert".to_owned(),
    };
    without_image(chosen, Answers { scores, offsets: vec![0.0; experts] }, false)
}

/// Sums of deferral losses.
struct Sums {
    /// Rows of each class.
    rows: Vec<f64>,
    /// Classes x experts.
    of_class: Matrix<f64>,
    all_rows: f64,
    of_all: Vec<f64>,
}

impl Sums {
    fn new(part: &Part) -> Self {
        let experts = part.experts();
        let classes = part.local_classes().unwrap_or_default();
        let count = classes.iter().max().map_or(0, |&most| usize::from(most) + 1);
        let mut sums = Self {
            rows: vec![0.0; count],
            of_class: Matrix::filled(count, experts, 0.0),
            all_rows: classes.len() as f64,
            of_all: vec![0.0; experts],
        };
        for (row, &class) in classes.iter().enumerate() {
            let class = usize::from(class);
            sums.rows[class] += 1.0;
            for k in 0..experts {
                let loss = f64::from(part.deferral_loss(row, k));
                sums.of_class.row_mut(class)[k] += loss;
                sums.of_all[k] += loss;
            }
        }
        sums
    }

    /// The shrunken mean of an expert on a class; without one row of it, whose loss is given.
    fn mean(&self, class: u16, k: usize, shrink: f64, without: Option<f64>) -> f64 {
        let less = f64::from(u8::from(without.is_some()));
        let out = without.unwrap_or(0.0);
        let overall = (self.of_all[k] - out) / (self.all_rows - less).max(1.0);
        let class = usize::from(class);
        let Some(&rows) = self.rows.get(class) else { return overall };
        let (rows, sum) = (rows - less, self.of_class[(class, k)] - out);
        if shrink.is_infinite() || rows + shrink <= 0.0 {
            return overall;
        }
        (sum + shrink * overall) / (rows + shrink)
    }

    /// The summed deferral loss of rows that the means which decide on them have not seen.
    fn left_out(&self, part: &Part, shrink: f64) -> f64 {
        let classes = part.local_classes().unwrap_or_default();
        let of_row = |(row, &class): (usize, &u16)| {
            let loss = |k: usize| f64::from(part.deferral_loss(row, k));
            let mean = |k: usize| self.mean(class, k, shrink, Some(loss(k)));
            let means = (0..part.experts()).map(|k| (k, mean(k)));
            let (k, _) = means.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0));
            loss(k)
        };
        classes.iter().enumerate().map(of_row).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::Dataset;
    use crate::experiments::methods::{Contender, applies, run};
    use crate::learn::store::Forgetful;
    use crate::progress::Silent;

    /// `local` predicts class row % 4 and is wrong on the rows of the classes below `bad`, `cloud`
    /// where `local` is right.
    fn log(bad: u16, train: usize) -> Dataset {
        let (_, mut data) = crate::intake::testing::log(train, 200);
        for part in [&mut data.train, &mut data.calibration, &mut data.test] {
            part.edit(|columns| {
                let classes: Vec<u16> = (0..columns.rows as u16).map(|row| row % 4).collect();
                let wrong = |&class: &u16| if class < bad { [1.0, 0.0] } else { [0.0, 1.0] };
                columns.errors = classes.iter().flat_map(wrong).collect();
                columns.local_classes = Some(classes);
            });
        }
        data
    }

    fn asked(data: &Dataset) -> Run {
        let (config, _) = crate::intake::testing::log(20, 20);
        let contender: Contender = "class-gate".parse().unwrap();
        run(contender, &config, data, &Forgetful, &Silent).unwrap()
    }

    #[test]
    fn each_class_has_its_expert_and_new_ones_the_best_single_one() {
        let mut data = log(1, 200);
        let run = asked(&data);
        let expected: Vec<usize> = (0..200).map(|row| usize::from(row % 4 == 0)).collect();
        assert_eq!(run.float.choices(), expected);
        assert!(run.chosen.starts_with("shrunk by ") && run.int8.is_none(), "{}", run.chosen);
        data.test.edit(|columns| columns.local_classes = Some(vec![9; 200]));
        assert!(asked(&data).float.choices().iter().all(|&k| k == 0));
    }

    #[test]
    fn classes_without_meaning_leave_the_best_single_expert() {
        let mut data = log(4, 200);
        // Errors by lot: 30 % and 40 %, whatever the class, and each row with a class of few.
        let mut random = crate::arithmetic::random::Random::new(3);
        for part in [&mut data.train, &mut data.calibration] {
            part.edit(|columns| {
                let mut lot = |share: f64| f32::from(u8::from(random.uniform() < share));
                columns.errors = (0..columns.rows).flat_map(|_| [lot(0.3), lot(0.4)]).collect();
                let many = (0..columns.rows as u16).map(|row| row % 100);
                columns.local_classes = Some(many.collect());
            });
        }
        let run = asked(&data);
        let others = run.float.choices().iter().filter(|&&k| k != 0).count();
        assert!(others < 20, "{others} of 200, {}", run.chosen);
    }

    #[test]
    fn means_without_a_row_are_those_of_the_others() {
        let data = log(2, 40);
        let mut part = data.train.clone();
        part.edit(|columns| columns.errors[6] = 0.5);
        let sums = Sums::new(&part);
        let others: Vec<usize> = (0..40).filter(|&row| row != 3).collect();
        let rest = Sums::new(&part.subset(&others));
        for shrink in SHRINK {
            for k in 0..2 {
                let loss = f64::from(part.deferral_loss(3, k));
                let (a, b) = (sums.mean(3, k, shrink, Some(loss)), rest.mean(3, k, shrink, None));
                assert!((a - b).abs() < 1e-9, "{shrink} {k}: {a} {b}");
            }
        }
    }

    #[test]
    fn losses_alone_do_not_tell_a_class() {
        let (config, mut data) = crate::intake::testing::log(20, 20);
        data.train.edit(|columns| columns.local_classes = None);
        let contender: Contender = "class-gate".parse().unwrap();
        let refusal = applies(contender, &config, &data).unwrap_err().to_string();
        assert!(refusal.contains("`prediction`"), "{refusal}");
    }
}
