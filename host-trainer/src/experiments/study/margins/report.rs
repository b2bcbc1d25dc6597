//! The tables of the study, in Markdown and as comma-separated values.

use super::{MarginsStudy, Setting};
use crate::experiments::compare::paired::Against;

impl Setting {
    const HEAD: [&str; 4] = ["train rows", "width", "l2", "tau"];

    fn cells(&self) -> [String; 4] {
        let Self { train_rows, width, l2, tau } = self;
        [train_rows.to_string(), width.to_string(), l2.to_string(), tau.to_string()]
    }
}

/// `0`, or the number of logs and their names.
fn some(logs: &[String]) -> String {
    match logs.len() {
        0 => "0".to_owned(),
        count => format!("{count}: {}", logs.join(", ")),
    }
}

impl MarginsStudy {
    /// The tables in Markdown: over all logs, then by log.
    #[must_use]
    pub(crate) fn render(&self) -> String {
        let mut text = format!(
            "Deferral loss on the test rows, means over {} seeds, {} iterations; a log counts as better or worse than \
             equal margins by a paired 95 % interval\n\n",
            self.seeds, self.iterations
        );
        let head = Setting::HEAD.into_iter().chain([
            "margins",
            "logs",
            "loss",
            "minus equal",
            "better",
            "worse",
            "loss with offsets",
            "minus equal with offsets",
            "better with offsets",
            "worse with offsets",
        ]);
        let rows = self.over_logs.iter().map(|one| {
            let own = [
                one.margins.clone(),
                one.logs.to_string(),
                format!("{:.4}", one.plain),
                format!("{:+.4}", one.plain_minus_equal),
                some(&one.plain_better),
                some(&one.plain_worse),
                format!("{:.4}", one.tuned),
                format!("{:+.4}", one.tuned_minus_equal),
                some(&one.tuned_better),
                some(&one.tuned_worse),
            ];
            one.setting.cells().into_iter().chain(own).collect()
        });
        text += &table(head, rows);
        text += "\n";
        let head = std::iter::once("log").chain(Setting::HEAD).chain([
            "margins",
            "excess on train",
            "loss",
            "minus equal",
            "loss with offsets",
            "minus equal with offsets",
            "minority recall",
            "reference-logistic",
            "single",
        ]);
        let rows = self.by_log.iter().map(|one| {
            let recall = one.minority_recall;
            let own = [
                one.margins.clone(),
                format!("{:.4}", one.excess_on_train),
                format!("{:.4}", one.plain),
                one.plain_against_equal.to_string(),
                format!("{:.4}", one.tuned),
                one.tuned_against_equal.to_string(),
                recall.map_or("-".to_owned(), |recall| format!("{recall:.3}")),
                format!("{:.4}", one.reference_logistic),
                format!("{:.4}", one.single),
            ];
            std::iter::once(one.log.clone()).chain(one.setting.cells()).chain(own).collect()
        });
        text + &table(head, rows)
    }

    /// The lines by log as comma-separated values.
    ///
    /// # Errors
    /// Those of writing to memory, which has none to give in practice.
    pub(crate) fn csv(&self) -> std::result::Result<String, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record([
            "log",
            "train_rows",
            "width",
            "l2",
            "tau",
            "margins",
            "excess_on_train",
            "loss",
            "minus_equal",
            "minus_equal_low",
            "minus_equal_high",
            "loss_with_offsets",
            "minus_equal_with_offsets",
            "minus_equal_with_offsets_low",
            "minus_equal_with_offsets_high",
            "minority_recall",
            "reference_logistic",
            "single",
        ])?;
        for one in &self.by_log {
            let three = |against: &Against| {
                let difference = against.difference;
                [difference.mean, difference.low, difference.high].map(|value| value.to_string())
            };
            let mut row = vec![one.log.clone()];
            row.extend(one.setting.cells());
            row.push(one.margins.clone());
            row.extend([one.excess_on_train, one.plain].map(|value| value.to_string()));
            row.extend(three(&one.plain_against_equal));
            row.push(one.tuned.to_string());
            row.extend(three(&one.tuned_against_equal));
            row.push(one.minority_recall.map(|recall| recall.to_string()).unwrap_or_default());
            row.extend([one.reference_logistic, one.single].map(|value| value.to_string()));
            writer.write_record(&row)?;
        }
        let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn table<'a>(
    head: impl Iterator<Item = &'a str>,
    rows: impl Iterator<Item = Vec<String>>,
) -> String {
    let head: Vec<&str> = head.collect();
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        text += &format!("| {} |\n", row.join(" | "));
    }
    text
}
