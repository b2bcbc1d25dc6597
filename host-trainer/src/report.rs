//! What people and programs are told: the table of merits, and the documents for `--json`.

use std::fmt::Write as _;

use mild::Image;
use serde::Serialize;

use crate::artifact::decisions;
use crate::config::{Budget, Config, Limit};
use crate::dataset::{Dataset, Part};
use crate::evaluate::{Bootstrap, Estimate, Merit, best_single, oracle};
use crate::pipeline::{Choice, Trained};

/// One way of choosing, and what it is worth.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// The way of choosing.
    pub name: String,
    /// Its figures.
    #[serde(flatten)]
    pub merit: Merit,
}

/// All ways of choosing on one part, the trained ones among the points of reference.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    /// The experts' names.
    pub experts: Vec<String>,
    /// Rows that were judged.
    pub rows: usize,
    /// The lines in the order of printing.
    pub lines: Vec<Line>,
}

impl Table {
    /// The reference points of a part with the given choices between them.
    #[must_use]
    pub fn new(data: &Dataset, part: &Part, seed: u64, trained: &[(&str, &[usize])]) -> Self {
        let bootstrap = Bootstrap::new(part, seed);
        let line =
            |name: String, choices: &[usize]| Line { name, merit: bootstrap.merit(part, choices) };
        let always = |k: usize| vec![k; part.rows];
        let mut lines: Vec<Line> = data
            .experts
            .iter()
            .enumerate()
            .map(|(k, expert)| line(format!("always {}", expert.name), &always(k)))
            .collect();
        let chosen = best_single(&data.calibration);
        lines.push(line(
            format!("best single on calibration: {}", data.experts[chosen].name),
            &always(chosen),
        ));
        let hindsight = best_single(part);
        lines.push(line(
            format!("best single in hindsight: {}", data.experts[hindsight].name),
            &always(hindsight),
        ));
        lines.extend(trained.iter().map(|(name, choices)| line((*name).to_owned(), choices)));
        lines.push(line("oracle (knows the answers)".to_owned(), &oracle(part)));
        let experts = data.experts.iter().map(|expert| expert.name.clone()).collect();
        Self { experts, rows: part.rows, lines }
    }

    /// The merit of a line.
    #[must_use]
    pub fn merit(&self, name: &str) -> Option<&Merit> {
        self.lines.iter().find(|line| line.name == name).map(|line| &line.merit)
    }

    /// The table for a terminal.
    #[must_use]
    pub fn render(&self) -> String {
        let mut cells: Vec<Vec<String>> = Vec::new();
        let mut header: Vec<String> =
            ["", "deferral loss", "95 % interval", "accuracy", "price", "coverage"]
                .map(str::to_owned)
                .to_vec();
        header.extend(self.experts.iter().cloned());
        cells.push(header);
        for Line { name, merit } in &self.lines {
            let Estimate { mean, low, high } = merit.deferral_loss;
            let mut row = vec![
                name.clone(),
                format!("{mean:.4}"),
                format!("{low:.4} to {high:.4}"),
                format!("{:.3}", merit.accuracy.mean),
                format!("{:.4}", merit.price.mean),
                percent(merit.coverage.mean),
            ];
            row.extend(merit.shares.iter().map(|&share| percent(share)));
            cells.push(row);
        }
        align(&cells)
    }
}

fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

/// A figure, and what it may be at most.
fn of_most(found: usize, most: Option<usize>) -> String {
    most.map_or_else(|| found.to_string(), |most| format!("{found} of {most}"))
}

/// Columns of equal width, the first to the left and the others to the right.
#[must_use]
pub fn align(cells: &[Vec<String>]) -> String {
    let columns = cells.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let lengths =
            cells.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        lengths.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in cells {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = widths[column];
            // Writing to a string cannot fail.
            let _ = if column == 0 {
                write!(line, "{cell:<width$}")
            } else {
                write!(line, "  {cell:>width$}")
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// What `mild eval --json` prints; also a part of `metrics.json`.
#[derive(Debug, Clone, Serialize)]
pub struct Evaluation {
    /// Rows judged.
    pub rows: usize,
    /// Mean deferral loss of the image's decisions.
    pub deferral_loss: f64,
    /// Its 95 % bootstrap interval.
    pub deferral_loss_ci: [f64; 2],
    /// Share of rows answered right.
    pub accuracy: f64,
    /// Mean price.
    pub price: f64,
    /// Share of rows answered locally.
    pub coverage: f64,
    /// Deferral loss of the best single expert on these rows, in hindsight.
    pub best_single_loss: f64,
    /// Its name.
    pub best_single: String,
    /// Deferral loss of the single expert that is best on the calibration rows.
    pub best_single_on_calibration_loss: f64,
    /// Lowest possible deferral loss.
    pub oracle_loss: f64,
    /// Each expert's part.
    pub experts: Vec<ExpertReport>,
}

/// One expert's part in an evaluation.
#[derive(Debug, Clone, Serialize)]
pub struct ExpertReport {
    /// Its name.
    pub name: String,
    /// Share of rows given to it.
    pub share: f64,
    /// Deferral loss of always asking it.
    pub alone_loss: f64,
}

/// Judges an image on a part of a log.
#[must_use]
pub fn evaluate(image: &Image<'_>, data: &Dataset, part: &Part, seed: u64) -> (Evaluation, Table) {
    let choices = decisions(image, part);
    let table = Table::new(data, part, seed, &[(IMAGE_LINE, &choices)]);
    (evaluation(&table, IMAGE_LINE, data, part), table)
}

/// The name of the line of an image in tables.
pub const IMAGE_LINE: &str = "rejector, int8";

/// The evaluation that a table's line holds.
#[must_use]
pub fn evaluation(table: &Table, line: &str, data: &Dataset, part: &Part) -> Evaluation {
    let merit = table.merit(line).expect("the line is in the table");
    let alone = |k: usize| part.deferral_loss(|_| k);
    let best = best_single(part);
    let Estimate { mean, low, high } = merit.deferral_loss;
    let cheapest = oracle(part);
    Evaluation {
        rows: part.rows,
        deferral_loss: mean,
        deferral_loss_ci: [low, high],
        accuracy: merit.accuracy.mean,
        price: merit.price.mean,
        coverage: merit.coverage.mean,
        best_single_loss: alone(best),
        best_single: data.experts[best].name.clone(),
        best_single_on_calibration_loss: alone(best_single(&data.calibration)),
        oracle_loss: part.deferral_loss(|row| cheapest[row]),
        experts: data
            .experts
            .iter()
            .enumerate()
            .map(|(k, expert)| ExpertReport {
                name: expert.name.clone(),
                share: merit.shares[k],
                alone_loss: alone(k),
            })
            .collect(),
    }
}

/// What `mild inspect --json` prints of an image.
#[derive(Debug, Clone, Serialize)]
pub struct ImageReport {
    /// Version of the image format.
    pub format_version: u16,
    /// Number of features.
    pub inputs: usize,
    /// Inputs and outputs of each layer.
    pub shapes: Vec<(usize, usize)>,
    /// Weights and biases.
    pub parameters: u32,
    /// Bytes of the image.
    pub image_bytes: usize,
    /// Bytes of scratch that a decision needs.
    pub scratch_bytes: usize,
    /// Multiply-accumulates of a decision.
    pub macs: u32,
    /// Whether raw 16-bit readings are taken.
    pub takes_raw: bool,
    /// Whether scores are probabilities minus prices, so that prices can change at run time.
    pub recostable: bool,
    /// Names, costs and offsets.
    pub experts: Vec<ImageExpert>,
    /// A float score is an integer score times this.
    pub score_scale: f32,
    /// Deferral rates and thresholds, if the image has them.
    pub knob: Option<KnobReport>,
    /// Where the image comes from.
    pub provenance: ProvenanceReport,
}

/// What an image says of an expert.
#[derive(Debug, Clone, Serialize)]
pub struct ImageExpert {
    /// Its name.
    pub name: String,
    /// Mean price of one use, in units of one error.
    pub cost: f64,
    /// Added to its score.
    pub offset: i32,
}

/// What an image says of deferral rates.
#[derive(Debug, Clone, Serialize)]
pub struct KnobReport {
    /// The promised rate; 1 if nothing is promised.
    pub budget: f64,
    /// The rate at the image's own threshold.
    pub rate: f64,
    /// Rates with their thresholds, in score units relative to the image's own.
    pub entries: Vec<(f64, i32)>,
    /// Battery levels (per mille) with their budgets.
    pub energy: Vec<(u16, f64)>,
}

impl KnobReport {
    fn new(knob: &mild::Knob<'_>) -> Self {
        let share = |rate: mild::governor::Rate| f64::from(rate.bits()) / 65_536.0;
        Self {
            budget: share(knob.budget()),
            rate: share(knob.rate()),
            entries: knob.entries().map(|(rate, threshold)| (share(rate), threshold)).collect(),
            energy: knob.energy_steps().map(|step| (step.from, share(step.budget))).collect(),
        }
    }

    fn render(&self) -> String {
        let mut cells = vec![["deferral rate", "threshold"].map(str::to_owned).to_vec()];
        cells.extend(
            self.entries
                .iter()
                .map(|(rate, threshold)| vec![percent(*rate), threshold.to_string()]),
        );
        cells.extend(
            self.energy.iter().map(|(level, rate)| {
                vec![format!("battery from {level} per mille"), percent(*rate)]
            }),
        );
        align(&cells)
    }
}

/// Where an image comes from, in print.
#[derive(Debug, Clone, Serialize)]
pub struct ProvenanceReport {
    /// First 8 bytes of the SHA-256 of the log's file, in hexadecimal.
    pub log_digest: String,
    /// First 8 bytes of the SHA-256 of the configuration's file, in hexadecimal.
    pub config_digest: String,
    /// The seed.
    pub seed: u64,
    /// The trainer's version.
    pub version: String,
}

impl ImageReport {
    /// What an image says of itself.
    #[must_use]
    pub fn new(image: &Image<'_>) -> Self {
        let provenance = image.provenance();
        let [major, minor, patch] = provenance.trainer;
        let experts = image.names().zip(image.costs()).zip(image.offsets());
        Self {
            format_version: mild::image::FORMAT_VERSION,
            inputs: image.inputs(),
            shapes: image.shapes().collect(),
            parameters: image.parameters(),
            image_bytes: image.bytes().len(),
            scratch_bytes: image.scratch_words() * 4,
            macs: image.macs(),
            takes_raw: image.takes_raw(),
            recostable: image.calibration().is_some(),
            experts: experts
                .map(|((name, &cost), &offset)| ImageExpert {
                    name: name.to_owned(),
                    cost: f64::from(cost) / 1e6,
                    offset,
                })
                .collect(),
            score_scale: image.score_scale(),
            knob: image.knob().map(|knob| KnobReport::new(&knob)),
            provenance: ProvenanceReport {
                log_digest: hex(&provenance.log_digest),
                config_digest: hex(&provenance.config_digest),
                seed: provenance.seed,
                version: format!("{major}.{minor}.{patch}"),
            },
        }
    }

    /// For a terminal.
    #[must_use]
    pub fn render(&self) -> String {
        let shape: Vec<String> = std::iter::once(self.inputs)
            .chain(self.shapes.iter().map(|&(_, outputs)| outputs))
            .map(|width| width.to_string())
            .collect();
        let rows = [
            ("format version", self.format_version.to_string()),
            ("network", shape.join("-")),
            ("parameters", self.parameters.to_string()),
            ("multiply-accumulates", self.macs.to_string()),
            ("image", format!("{} bytes", self.image_bytes)),
            ("scratch", format!("{} bytes", self.scratch_bytes)),
            ("raw i16 readings", if self.takes_raw { "yes" } else { "no" }.to_owned()),
            ("prices can change", if self.recostable { "yes" } else { "no" }.to_owned()),
            ("log", self.provenance.log_digest.clone()),
            ("configuration", self.provenance.config_digest.clone()),
            ("seed", self.provenance.seed.to_string()),
            ("trained by mild", self.provenance.version.clone()),
        ];
        let mut text = align(&rows.map(|(key, value)| vec![key.to_owned(), value]));
        text.push('\n');
        let mut cells = vec![["expert", "cost", "offset"].map(str::to_owned).to_vec()];
        cells.extend(self.experts.iter().map(|expert| {
            vec![expert.name.clone(), expert.cost.to_string(), expert.offset.to_string()]
        }));
        text += &align(&cells);
        if let Some(knob) = &self.knob {
            text += &format!("\n{}", knob.render());
        }
        text
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What `mild train` writes into `metrics.json` and prints with `--json`.
#[derive(Debug, Clone, Serialize)]
pub struct TrainReport {
    /// The winner in words.
    pub chosen: String,
    /// The candidates, the best first.
    pub candidates: Vec<CandidateReport>,
    /// Cross-validated deferral loss of always the same expert.
    pub constants: Vec<f64>,
    /// On the rows that training may see.
    pub seen: crate::pipeline::SeenLoss,
    /// Mean deferral loss on those rows of the image before its integers were trained on, if that helped.
    pub before_fine_tuning: Option<f64>,
    /// Share of test rows on which the float network and the image decide alike.
    pub float_int8_agreement: f64,
    /// Mean deferral loss of the float network on the test rows.
    pub float_deferral_loss: f64,
    /// What was promised, if the configuration has a policy.
    pub policy: Option<crate::pipeline::Kept>,
    /// The image on the test rows.
    pub test: Evaluation,
    /// All lines of the table.
    pub table: Table,
    /// The image itself.
    pub image: ImageReport,
    /// What the image may take of the device, if the configuration says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetReport>,
}

/// The most that an image may take; what it takes is in its [`ImageReport`] under the same names.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct BudgetReport {
    /// Bytes of the image.
    pub image_bytes: Option<usize>,
    /// Multiply-accumulates of a decision.
    pub macs: Option<usize>,
    /// Bytes of scratch that a decision needs.
    pub scratch_bytes: Option<usize>,
}

impl BudgetReport {
    fn new(budget: &Budget) -> Option<Self> {
        let most = |limit: Option<Limit>| limit.map(|limit| limit.most);
        (*budget != Budget::default()).then(|| Self {
            image_bytes: most(budget.image_bytes),
            macs: most(budget.macs),
            scratch_bytes: most(budget.scratch_bytes),
        })
    }
}

/// One candidate of a selection.
#[derive(Debug, Clone, Serialize)]
pub struct CandidateReport {
    /// The candidate in words.
    pub candidate: String,
    /// Iterations at which it did best.
    pub iterations: usize,
    /// Cross-validated deferral loss.
    pub deferral_loss: f64,
    /// Folds that it was judged on; the first round's, if it was clearly behind there.
    pub folds: usize,
}

impl TrainReport {
    /// Judges a training on the test rows.
    #[must_use]
    pub fn new(trained: &Trained, data: &Dataset, config: &Config) -> Self {
        let float = trained.float_choices(&data.test);
        let int8 = trained.int8_choices(&data.test);
        let agree = float.iter().zip(&int8).filter(|(a, b)| a == b).count();
        const FLOAT_LINE: &str = "rejector, float";
        let lines: [(&str, &[usize]); 2] = [(FLOAT_LINE, &float), (IMAGE_LINE, &int8)];
        let table = Table::new(data, &data.test, config.train.seed, &lines);
        let chosen = match &trained.choice {
            Choice::Constant { expert, .. } => format!("always {}", data.experts[*expert].name),
            choice @ Choice::Rejector(_) => choice.to_string(),
        };
        Self {
            chosen,
            candidates: trained
                .selection
                .ranking
                .iter()
                .map(|judged| CandidateReport {
                    candidate: judged.candidate.to_string(),
                    iterations: judged.iterations,
                    deferral_loss: judged.loss,
                    folds: judged.folds,
                })
                .collect(),
            constants: trained.selection.constants.clone(),
            seen: trained.seen,
            before_fine_tuning: trained.before_fine_tuning,
            policy: trained.policy.clone(),
            float_int8_agreement: agree as f64 / data.test.rows.max(1) as f64,
            float_deferral_loss: data.test.deferral_loss(|row| float[row]),
            test: evaluation(&table, IMAGE_LINE, data, &data.test),
            table,
            image: ImageReport::new(&trained.artifact.image()),
            budget: BudgetReport::new(&config.budget),
        }
    }

    /// For a terminal.
    #[must_use]
    pub fn render(&self) -> String {
        let best_constant = self.constants.iter().copied().fold(f64::INFINITY, f64::min);
        let best = self.candidates.first().map_or(f64::NAN, |best| best.deferral_loss);
        let mut text = format!(
            "chosen: {}\n(cross-validated deferral loss of the best of {} candidates {best:.4}, of the \
             best single expert {best_constant:.4})\n\n{} test rows:\n{}\n",
            self.chosen,
            self.candidates.len(),
            self.table.rows,
            self.table.render(),
        );
        if let Some(kept) = &self.policy {
            text += &kept.render();
        }
        let budget = self.budget.unwrap_or_default();
        let _ = writeln!(
            text,
            "float and int8 decide alike on {:.2}% of the test rows\nimage {} bytes, scratch {} bytes, \
             {} multiply-accumulates",
            100.0 * self.float_int8_agreement,
            of_most(self.image.image_bytes, budget.image_bytes),
            of_most(self.image.scratch_bytes, budget.scratch_bytes),
            of_most(self.image.macs as usize, budget.macs),
        );
        if let Some(before) = self.before_fine_tuning {
            let crate::pipeline::SeenLoss { float_all, int8_all, .. } = self.seen;
            let _ = writeln!(
                text,
                "fine-tuning the integers: deferral loss on train and calibration rows {before:.4} before, \
                 {int8_all:.4} after, {float_all:.4} in floating point",
            );
        }
        text
    }
}
