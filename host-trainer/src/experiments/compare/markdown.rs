//! Comparisons as Markdown.

use std::fmt::Write as _;

use super::figures::MethodSummary;
use super::summary::{Constant, LogSummary};
use super::{Comparison, Overall};
use crate::arithmetic::statistics::Estimate;

impl Comparison {
    /// The tables that `mild compare` prints, as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        tables(self)
    }
}

/// All tables.
fn tables(comparison: &Comparison) -> String {
    let mut text = String::new();
    for overall in &comparison.overall {
        text += &overall_table(overall, &comparison.logs);
        text.push('\n');
    }
    if comparison.logs.iter().any(|log| log.train_rows.is_some()) {
        text += &learning_curves(comparison);
        text.push('\n');
    }
    if comparison.logs.iter().any(|log| log.experts.is_some()) {
        text += &by_experts(comparison);
        text.push('\n');
    }
    for log in &comparison.logs {
        text += &log_table(log);
        text.push('\n');
    }
    text
}

/// Rows of cells, the first being the header.
fn table(cells: &[Vec<String>]) -> String {
    let mut text = String::new();
    for (index, row) in cells.iter().enumerate() {
        let _ = writeln!(text, "| {} |", row.join(" | "));
        if index == 0 {
            let _ = writeln!(text, "|{}", "---|".repeat(row.len()));
        }
    }
    text
}

fn rows_name(train_rows: Option<usize>) -> String {
    train_rows.map_or("all train rows".to_owned(), |rows| format!("{rows} train rows"))
}

fn loss(value: f64) -> String {
    format!("{value:.4}")
}

fn optional(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), loss)
}

/// The references for every method: the device alone, the expert that is best in hindsight, the
/// best choice on each row. (Random choices at a method's own rates are shown with the method.)
const REFERENCES: [&str; 3] = ["always local", "best single", "oracle"];

/// Their deferral losses.
fn losses(log: &LogSummary) -> [String; 3] {
    [log.local, log.best_single, log.oracle].map(loss)
}

/// Their shares of right answers.
fn accuracies(log: &LogSummary) -> [String; 3] {
    let best = log.constants.iter().find(|one| one.expert == log.best_single_name);
    let of = |one: Option<&Constant>| optional(one.map(|one| one.accuracy));
    [of(log.constants.first()), of(best), loss(log.oracle_accuracy)]
}

fn log_table(log: &LogSummary) -> String {
    let constants: Vec<String> =
        log.constants.iter().map(|one| format!("{} {:.4}", one.expert, one.loss)).collect();
    let mut text = format!(
        "### {}, {}\n\n{} test rows. Always {}; best single {} {:.4} in hindsight and {:.4} if chosen on calibration, \
         oracle {:.4}.\n\n",
        log.log,
        rows_name(log.train_rows),
        log.rows,
        constants.join(", "),
        log.best_single_name,
        log.best_single,
        log.best_single_on_calibration,
        log.oracle,
    );
    let two = log.methods.iter().any(|method| method.apgr.is_some());
    let mut header = vec![
        "method",
        "deferral loss (95 %)",
        "seeds",
        "float",
        "float, no offsets",
        "int8",
        "int8, no offsets",
        "- best method",
        "- best single",
        "- two-stage",
        "by lot",
        "local",
        "minority recall",
        "area",
        "AURC",
        "AUGRC",
    ];
    if two {
        header.extend(["APGR", "CPT(50 %)"]);
    }
    header.extend(["bytes", "chosen (seed 0)"]);
    let mut cells = vec![header.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>()];
    cells.extend(log.methods.iter().map(|method| method_row(method, two)));
    text += &table(&cells);
    if log.methods.iter().any(|method| method.own_classifier) {
        text += "\n\\* answers with its own classifier in place of the local model, and is not among the methods \
                 that \"best method\" is taken from.\n";
    }
    for method in &log.methods {
        if let Some(reason) = &method.no_image {
            let _ = writeln!(text, "\n{}: no image for some seed: {reason}", method.method);
        }
    }
    for (method, reason) in &log.skipped {
        let _ = writeln!(text, "\n{method}: not used here: {reason}");
    }
    text
}

fn method_row(method: &MethodSummary, two: bool) -> Vec<String> {
    let star = if method.own_classifier { "\\*" } else { "" };
    let Estimate { mean, low, high } = method.loss;
    let [least, most] = method.loss_of_seeds;
    let mut row = vec![
        format!("{}{star}", method.method),
        format!("{mean:.4} ({low:.4} to {high:.4})"),
        format!("{}: {least:.4} to {most:.4}", method.seeds),
        loss(method.float),
        loss(method.float_plain),
        optional(method.int8),
        optional(method.int8_plain),
        method.against_best.to_string(),
        method.against_best_single.to_string(),
        method.against_baseline.as_ref().map_or("-".to_owned(), ToString::to_string),
        loss(method.random_loss),
        format!("{:.1}%", 100.0 * method.coverage),
        method.minority_recall.map_or("-".to_owned(), |recall| format!("{:.1}%", 100.0 * recall)),
        loss(method.area),
        loss(method.aurc),
        loss(method.augrc),
    ];
    if two {
        row.extend([optional(method.apgr), optional(method.cpt_50)]);
    }
    row.push(method.image_bytes.map_or("-".to_owned(), |bytes| bytes.to_string()));
    row.push(method.chosen.clone());
    row
}

fn overall_table(overall: &Overall, logs: &[LogSummary]) -> String {
    let mut text = format!("## {} logs, {}\n\n", overall.ranks.logs, rows_name(overall.train_rows));
    let logs: Vec<&LogSummary> =
        logs.iter().filter(|log| log.train_rows == overall.train_rows).collect();
    let names: Vec<&str> = overall.methods.iter().map(|method| method.method.as_str()).collect();
    let mut header = vec!["log".to_owned()];
    header.extend(REFERENCES.map(str::to_owned));
    header.extend(names.iter().map(|name| (*name).to_owned()));
    let mut cells = vec![header];
    for log in &logs {
        let mut row = vec![log.log.clone()];
        row.extend(losses(log));
        row.extend(names.iter().map(|name| {
            let found = log.methods.iter().find(|method| method.method == *name);
            found.map_or("-".to_owned(), |method| {
                use super::paired::Verdict::{Better, Tie, Worse};
                let text = loss(method.loss.mean);
                match (method.own_classifier, method.against_best.verdict) {
                    (true, _) => format!("{text}\\*"),
                    (false, Better | Tie) => format!("**{text}**"),
                    (false, Worse) => text,
                }
            })
        }));
        cells.push(row);
    }
    text += "Deferral loss on the test rows, mean over seeds; bold: the best method or tied with it by the paired \
             interval (\\*: answers with its own classifier, not compared).\n\n";
    text += &table(&cells);
    text.push('\n');
    let header = [
        "method",
        "logs",
        "mean rank",
        "mean loss",
        "by lot",
        "best or tied",
        "better than two-stage",
        "worse than two-stage",
        "worse than best single",
    ];
    let mut cells = vec![header.map(str::to_owned).to_vec()];
    let list = |logs: &[String]| {
        if logs.is_empty() {
            "0".to_owned()
        } else {
            format!("{}: {}", logs.len(), logs.join(", "))
        }
    };
    for method in &overall.methods {
        let rank = overall.ranked.iter().position(|name| *name == method.method);
        cells.push(vec![
            method.method.clone(),
            method.logs.to_string(),
            rank.map_or("-".to_owned(), |at| format!("{:.2}", overall.ranks.mean[at])),
            loss(method.mean_loss),
            loss(method.mean_random_loss),
            format!("{} of {}", method.best_or_tied, method.logs),
            list(&method.better_than_baseline),
            list(&method.worse_than_baseline),
            list(&method.worse_than_best_single),
        ]);
    }
    text += &table(&cells);
    if let (Some(p), Some(difference)) = (overall.ranks.p_value, overall.ranks.critical_difference)
    {
        let _ = writeln!(
            text,
            "\nMean ranks are over the {} methods that ran on every log: Friedman p = {p:.2e}; ranks that differ \
             by less than {difference:.2} cannot be told apart at 5 % (Nemenyi).",
            overall.ranked.len(),
        );
    }
    text
}

/// The methods that were run, in the order in which they first appear.
fn methods(comparison: &Comparison) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for method in comparison.logs.iter().flat_map(|log| &log.methods) {
        if !names.contains(&method.method.as_str()) {
            names.push(&method.method);
        }
    }
    names
}

/// Three views of the same runs: decisions as they are made here, as the published losses make
/// them, and what the one-stage networks know themselves.
fn by_experts(comparison: &Comparison) -> String {
    let with_offsets = by_number_of_experts(comparison, &|method| Some(method.accuracy));
    let plain = by_number_of_experts(comparison, &|method| Some(method.accuracy_plain));
    let mut text = format!(
        "## Accuracy by number of experts\n\nShare of test rows answered right by the whole system, mean over \
         seeds; only the log's first experts, `local` included (\\*: with its own classifier in place \
         of `local`).\n\n{with_offsets}\nThe same networks without offsets:\n\n{plain}"
    );
    if comparison.logs.iter().any(|log| log.methods.iter().any(|method| method.own_classifier)) {
        let own = by_number_of_experts(comparison, &|method| method.own_accuracy);
        let _ = write!(
            text,
            "\nShare of all test rows on which the classifier in place of `local` is right:\n\n{own}"
        );
    }
    text
}

/// A figure of each method, a line for each log; beside what always the same expert and the oracle
/// give.
fn by_number_of_experts(
    comparison: &Comparison,
    figure: &dyn Fn(&MethodSummary) -> Option<f64>,
) -> String {
    let has = |name: &str| {
        let mut all = comparison.logs.iter().flat_map(|log| &log.methods);
        all.any(|method| method.method == name && figure(method).is_some())
    };
    let mut names = methods(comparison);
    names.retain(|name| has(name));
    let mut cells = vec![vec!["log".to_owned(), "experts".to_owned()]];
    cells[0].extend(REFERENCES.map(str::to_owned));
    cells[0].extend(names.iter().map(|name| (*name).to_owned()));
    for log in &comparison.logs {
        let Some(experts) = log.experts else { continue };
        let mut row = vec![log.log.clone(), experts.to_string()];
        row.extend(accuracies(log));
        row.extend(names.iter().map(|name| {
            let method = log.methods.iter().find(|method| method.method == *name);
            let star = method.filter(|method| method.own_classifier).map_or("", |_| "\\*");
            let value = method.and_then(figure);
            value.map_or("-".to_owned(), |value| format!("{value:.4}{star}"))
        }));
        cells.push(row);
    }
    table(&cells)
}

fn learning_curves(comparison: &Comparison) -> String {
    let mut text = "## Learning curves\n\nDeferral loss on the test rows by train rows (calibration rows in proportion), \
                    mean over seeds.\n\n"
        .to_owned();
    let names = methods(comparison);
    let mut cells = vec![vec!["log".to_owned(), "train rows".to_owned()]];
    cells[0].extend(REFERENCES.map(str::to_owned));
    cells[0].extend(names.iter().map(|name| (*name).to_owned()));
    for log in &comparison.logs {
        let rows = log.train_rows.map_or("all".to_owned(), |rows| rows.to_string());
        let mut row = vec![log.log.clone(), rows];
        row.extend(losses(log));
        row.extend(names.iter().map(|name| {
            let found = log.methods.iter().find(|method| method.method == *name);
            optional(found.map(|method| method.loss.mean))
        }));
        cells.push(row);
    }
    text += &table(&cells);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiments::compare::{ComparedLog, ComparisonPlan};
    use crate::experiments::methods::Contender;
    use crate::intake::testing;
    use crate::progress::Silent;

    #[test]
    fn by_experts_tells_accuracies_with_and_without_offsets_and_of_own_classifiers() {
        let (config, data) = testing::log(300, 200);
        let log = ComparedLog { name: "log-2".to_owned(), experts: Some(2), config, data };
        let (two_stage, one_stage) =
            (Contender::Image("two-stage".parse().unwrap()), "one-stage".parse().unwrap());
        let plan = ComparisonPlan {
            logs: vec![log],
            methods: vec![two_stage, one_stage],
            seeds: 1,
            train_rows: vec![None],
            archive: None,
        };
        let comparison = plan.run(&Silent).unwrap();
        let [two_stage, one_stage] = &comparison.logs[0].methods[..] else { panic!() };
        assert_eq!(two_stage.own_accuracy, None);
        // The class is the sign of a feature: the classifier learns it, and `local` is right on
        // every other row.
        let own = one_stage.own_accuracy.unwrap();
        assert!(own > 0.9, "{own}");
        let text = tables(&comparison);
        let (_, plain) = text.split_once("The same networks without offsets:").unwrap();
        let (plain, classifiers) = plain.split_once("in place of `local` is right:").unwrap();
        let (two, one) = (two_stage.accuracy_plain, one_stage.accuracy_plain);
        assert!(plain.contains(&format!("| {two:.4} | {one:.4}\\* |")), "{plain}");
        assert!(classifiers.contains("| oracle | one-stage |"), "{classifiers}");
        assert!(classifiers.contains(&format!("| {own:.4}\\* |")), "{classifiers}");
    }
}
