//! What an image decides, row by row.

use std::io::Read;
use std::path::Path;

use mild::{Image, InputError, Reachable, Rejector};

use crate::data::part::Part;
use crate::error::{Error, Result};
use crate::intake::log::{NewRow, NewRows};

/// What an image decided on one row, every expert being reachable.
#[derive(Debug, Clone, PartialEq)]
pub struct RowDecision {
    /// The line of the table on which the row begins. The header is on line 1.
    pub line: u64,
    /// The expert that is asked; 0 is the device itself.
    pub expert: usize,
    /// By how much its score plus offset exceeds the next best, in score units; never negative.
    pub margin: i32,
    /// The score of each expert, without the offsets of the image.
    pub scores: Vec<i32>,
    /// The probability that each expert is right, if the image was made with `one-vs-all`.
    pub probabilities: Option<Vec<f64>>,
    /// Error and price of the choice, if the row says so.
    pub loss: Option<ChosenLoss>,
}

/// Error and price of the chosen expert on a row, in units of one error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChosenLoss {
    /// 0 (right), 1 (wrong), or a loss of 0 to 1.
    pub error: f32,
    /// The price of asking, >= 0.
    pub price: f32,
}

impl ChosenLoss {
    /// Error plus price.
    #[must_use]
    pub fn deferral_loss(self) -> f32 {
        self.error + self.price
    }
}

/// An image with the memory that its decisions take.
struct Decider<'a> {
    rejector: Rejector<'a>,
    scratch: Vec<u32>,
}

impl<'a> Decider<'a> {
    fn new(image: &'a Image<'a>) -> Self {
        Self { rejector: Rejector::new(image), scratch: vec![0; image.scratch_words()] }
    }

    /// The decision on a row, which is not judged yet.
    fn decide(
        &mut self,
        line: u64,
        features: &[f32],
    ) -> std::result::Result<RowDecision, InputError> {
        let scores = self.rejector.scores(features, &mut self.scratch)?;
        let decision = scores.decide(Reachable::ALL);
        let scores = scores.values().to_vec();
        let probabilities = match self.rejector.probabilities(features, &mut self.scratch) {
            Ok(found) => Some(found.iter().map(|&p| f64::from(p) / ONE).collect()),
            Err(InputError::NoPlattScaling) => None,
            Err(error) => return Err(error),
        };
        let expert = usize::from(decision.expert);
        Ok(RowDecision { line, expert, margin: decision.margin, scores, probabilities, loss: None })
    }
}

/// The probability 1, in the unit of an image.
const ONE: f64 = 65_536.0;

/// The decisions of an image on the rows of a part, in their order.
///
/// # Panics
/// If the part has another number of inputs or of experts than the image.
pub fn decide_part<'a>(
    image: &'a Image<'a>,
    part: &'a Part,
) -> impl Iterator<Item = RowDecision> + 'a {
    assert_eq!(part.experts(), image.experts(), "experts");
    let mut decider = Decider::new(image);
    (0..part.rows()).map(move |row| {
        let line = u64::from(part.lines()[row]);
        let decided = decider.decide(line, part.row(row)).expect("a log holds no NaN");
        let (error, price) =
            (part.errors()[(row, decided.expert)], part.prices()[(row, decided.expert)]);
        RowDecision { loss: Some(ChosenLoss { error, price }), ..decided }
    })
}

/// Hands over the decisions of an image on the rows of a table, in their order. `name` stands for
/// the table in messages. Only one row is in memory at a time.
///
/// # Errors
/// If the image has other inputs or experts than the rows, if the table cannot be read, lacks a
/// feature or has an unusable cell; and the errors of `take`.
pub fn decide_table(
    image: &Image<'_>,
    rows: &NewRows,
    table: impl Read,
    name: &Path,
    mut take: impl FnMut(RowDecision) -> Result<()>,
) -> Result<()> {
    let mut decider = Decider::new(image);
    rows.read(table, name, |NewRow { line, inputs, losses }| {
        let decided = decider.decide(line, &inputs).map_err(|error| Error::Argument {
            option: "image",
            found: error.to_string(),
            expected: "an image for the inputs of the log".to_owned(),
        })?;
        let loss = losses.get(decided.expert).copied().flatten();
        let loss = loss.map(|(error, price)| ChosenLoss { error, price });
        take(RowDecision { loss, ..decided })
    })
}
