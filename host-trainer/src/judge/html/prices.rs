//! Prices that can be changed on the page: where the image has probabilities, the page holds what
//! the script needs to decide anew on the test rows, as `mild eval --price` does.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use maud::{Markup, html};
use mild::governor::MAX_ADVANTAGE;
use mild::{Price, Rejector};
use serde::Serialize;

use super::measures::{Groups, Measure};
use super::subject::Subject;

/// Bytes that this may take of a page.
const MOST: usize = 600_000;

/// The mark of a row that is in no group.
const NOWHERE: u8 = u8::MAX;

/// What the script reads to change prices. Matrices are rows x experts, row by row, little-endian,
/// in base64.
#[derive(Serialize)]
pub(super) struct Prices {
    names: Vec<String>,
    /// Prices of the image, in 2^-16 of one error, and the same in units of one error.
    own_bits: Vec<u32>,
    own: Vec<f64>,
    /// Whether an expert's price differs between rows.
    varies: Vec<bool>,
    offsets: Vec<i32>,
    /// An advantage is at most this.
    most_advantage: i32,
    /// The probability that each expert is right, u16 in 2^-16.
    probabilities: String,
    /// u8 (0 or 1), or f32 if `whole_errors` is false.
    errors: String,
    whole_errors: bool,
    /// Prices of the log, f32; of one row if no price differs between rows.
    prices: String,
    /// What the bootstrap draws: the unit of each row, u32, or nothing if each row is one.
    units: Option<String>,
    seed: String,
    resamples: usize,
    /// For each division of the rows the group of each row, u8.
    divisions: Vec<String>,
    /// What follows.
    pub(super) blocks: Vec<Block>,
    #[serde(skip)]
    rows: usize,
    #[serde(skip)]
    room: usize,
}

/// Cells that are counted alike.
#[derive(Serialize)]
pub(super) struct Block {
    /// The first cell.
    first: usize,
    kind: &'static str,
    /// The place of the division, and its groups.
    division: usize,
    groups: usize,
    /// An expert's number; less than 0 is another measure.
    measures: Vec<i32>,
}

impl Block {
    /// The figures of the operating point.
    pub(super) fn figures(first: usize) -> Self {
        Self { first, kind: "figures", division: 0, groups: 0, measures: Vec::new() }
    }
}

impl Prices {
    /// Of an image with probabilities; none of another one, of a constant, and if the rows are too
    /// many for a page.
    pub(super) fn new(subject: &Subject<'_>) -> Option<Self> {
        let (image, part) = (subject.image, subject.part());
        image.platt_scaling()?;
        let experts = &subject.data.experts;
        let varies: Vec<bool> = experts.iter().map(|expert| expert.price_varies).collect();
        let some_vary = varies.contains(&true);
        let errors = part.errors().values();
        let whole_errors = errors.iter().all(|&error| error == 0.0 || error == 1.0);
        let bytes_of_error = if whole_errors { 1 } else { 4 };
        let values = part.rows() * experts.len();
        let bytes = part.rows()
            + values * (2 + bytes_of_error + if some_vary { 4 } else { 0 })
            + if part.groups().is_some() { 4 * part.rows() } else { 0 };
        let room = MOST.checked_sub(bytes * 4 / 3)?;
        if part.rows() == 0 {
            return None;
        }
        let rejector = Rejector::new(image);
        let mut scratch = vec![0; image.scratch_words()];
        let mut probabilities = Vec::with_capacity(2 * values);
        for row in 0..part.rows() {
            let found = rejector.probabilities(part.row(row), &mut scratch).ok()?;
            // A probability is never 1: log-odds have an end.
            let found = found.iter().map(|&one| u16::try_from(one).unwrap_or(u16::MAX));
            probabilities.extend(found.flat_map(u16::to_le_bytes));
        }
        let floats = |of: &[f32]| encoded(of.iter().flat_map(|value| value.to_le_bytes()));
        let prices = part.prices().values();
        let image_prices: Vec<Price> = image.prices().collect();
        Some(Self {
            names: experts.iter().map(|expert| expert.name.clone()).collect(),
            own_bits: image_prices.iter().map(|price| price.bits()).collect(),
            own: image_prices.iter().map(|price| price.to_errors()).collect(),
            varies,
            offsets: image.offsets().to_vec(),
            most_advantage: MAX_ADVANTAGE,
            probabilities: encoded(probabilities),
            errors: if whole_errors {
                encoded(errors.iter().map(|&error| error as u8))
            } else {
                floats(errors)
            },
            whole_errors,
            prices: floats(if some_vary { prices } else { &prices[..experts.len()] }),
            units: part
                .groups()
                .map(|groups| encoded(units(groups).into_iter().flat_map(u32::to_le_bytes))),
            seed: subject.seed.to_string(),
            resamples: subject.resamples,
            // All rows together, which the shares of the experts always need.
            divisions: vec![encoded(vec![0; part.rows()])],
            blocks: Vec::new(),
            rows: part.rows(),
            room,
        })
    }

    /// Notes what cells count, the first of which is `first`. Whether there is room for it.
    pub(super) fn follow(
        &mut self,
        first: usize,
        groups: &Groups<'_>,
        measures: &[Measure],
    ) -> bool {
        let measures: Vec<i32> = measures
            .iter()
            .map(|measure| match measure {
                Measure::Deferred => -1,
                Measure::Right => -2,
                Measure::AskedItself => -3,
                Measure::Asked(k) => *k as i32,
            })
            .collect();
        let divisions = match *groups {
            Groups::Cheapest(groups) => {
                let (kind, division, groups) = ("cheapest", 0, groups.len());
                self.blocks.push(Block { first, kind, division, groups, measures });
                return true;
            }
            Groups::Fixed(divisions) => divisions,
        };
        if let [groups] = divisions
            && let [all] = groups
            && all.len() == self.rows
        {
            let (kind, division, groups) = ("fixed", 0, 1);
            self.blocks.push(Block { first, kind, division, groups, measures });
            return true;
        }
        let bytes = divisions.len() * self.rows * 4 / 3;
        let most = divisions.iter().map(|groups| groups.len()).max().unwrap_or(0);
        if bytes > self.room || most > usize::from(NOWHERE) {
            return false;
        }
        self.room -= bytes;
        let mut first = first;
        for groups in divisions {
            let mut group_of = vec![NOWHERE; self.rows];
            for (group, rows) in groups.iter().enumerate() {
                rows.iter().for_each(|&row| group_of[row] = group as u8);
            }
            let (division, count) = (self.divisions.len(), groups.len());
            self.divisions.push(encoded(group_of));
            let measures = measures.clone();
            let kind = "fixed";
            self.blocks.push(Block { first, kind, division, groups: count, measures });
            first += count * self.blocks.last().map_or(0, |block| block.measures.len());
        }
        true
    }

    /// The fields.
    pub(super) fn fields(&self) -> Markup {
        html! {
            fieldset class="prices" id="prices" hidden {
                legend { "What one use costs, in units of one error" }
                @for (k, name) in self.names.iter().enumerate() {
                    @let own = self.own[k];
                    div class="price" {
                        label for={ "price-" (k) } { (name) }
                        input type="range" min="0" max=(slider(own)) step="any" value=(own)
                            aria-label={ "Price of " (name) ", as a slider" } data-slider=(k);
                        input type="number" id={ "price-" (k) } min="0"
                            max=(Price::MAX.to_errors()) step="0.01" value=(own) data-price=(k);
                    }
                }
                button type="button" id="own-prices" { "Back to the image\u{2019}s own prices" }
            }
        }
    }

    /// What the fields do.
    pub(super) fn note() -> Markup {
        html! {
            p class="note" {
                "The image has probabilities, so a device can decide with other prices \
                (" code { "scores_with_prices" } "). Change them here, and the charts, the figures \
                and all of \u{201c}Who is asked where\u{201d} show what the image would decide at \
                these prices, and at which cost. The verdict and the other sections stay at the \
                image\u{2019}s own prices."
            }
        }
    }
}

/// Where a slider ends: at several times the price, or at half an error if the expert is free. Its
/// field shows four digits, as many as the end has.
fn slider(own: f64) -> f64 {
    let end = if own > 0.0 { (8.0 * own).max(0.05) } else { 0.5 };
    (1e4 * end).round() / 1e4
}

fn encoded(bytes: impl IntoIterator<Item = u8>) -> String {
    BASE64_STANDARD.encode(bytes.into_iter().collect::<Vec<u8>>())
}

/// The place of each row's group among the groups of a part.
fn units(groups: &[u32]) -> Vec<u32> {
    let mut found = groups.to_vec();
    found.sort_unstable();
    found.dedup();
    groups.iter().map(|group| found.partition_point(|other| other < group) as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slider_ends_at_a_price_that_its_field_shows() {
        // A price in money becomes any number of errors.
        for (own, end) in [(0.04286, "0.3429"), (0.1, "0.8"), (0.001, "0.05"), (0.0, "0.5")] {
            assert_eq!(slider(own).to_string(), end);
        }
    }

    #[test]
    fn units_are_dense_and_in_the_order_of_the_groups() {
        assert_eq!(units(&[7, 2, 7, 90]), [1, 0, 1, 2]);
    }
}
