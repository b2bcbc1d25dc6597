//! What the name of a column says.

/// What a word in the name of a column of an expert means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Answer,
    Loss,
    Score,
    Price,
}

const WORDS: [(Word, &[&str]); 4] = [
    (Word::Answer, &["pred", "prediction", "predicted", "answer", "output", "yhat", "choice"]),
    (Word::Loss, &["loss", "error", "err", "wrong"]),
    (Word::Score, &["score", "correct", "right", "reward", "quality", "judged"]),
    (Word::Price, &["price", "cost", "fee", "bill"]),
];

const SEPARATORS: [char; 4] = ['_', '.', '-', ' '];

/// The word before or behind the name of an expert, and that name: `pred_cloud`, `cloud.loss`.
pub(super) fn of_expert(column: &str) -> Option<(Word, &str)> {
    let lower = column.to_lowercase();
    for (word, spellings) in WORDS {
        for spelling in spellings {
            let begins =
                lower.strip_prefix(spelling).is_some_and(|rest| rest.starts_with(SEPARATORS));
            let ends = lower.strip_suffix(spelling).is_some_and(|rest| rest.ends_with(SEPARATORS));
            // Lower case has the same bytes where the name is ASCII; others keep no expert.
            let expert = match (begins, ends) {
                (true, _) => column.get(spelling.len() + 1..),
                (_, true) => column.get(..column.len().checked_sub(spelling.len() + 1)?),
                _ => None,
            };
            if let Some(expert) = expert.filter(|name| !name.is_empty()) {
                return Some((word, expert));
            }
        }
    }
    None
}

const LABELS: [&str; 11] = [
    "label",
    "y",
    "truth",
    "ground_truth",
    "gold",
    "y_true",
    "true_label",
    "target",
    "class",
    "correct_answer",
    "expected",
];

/// How well a name fits the column of the right answer: lower is better.
pub(super) fn label_rank(name: &str) -> Option<usize> {
    let name = name.to_lowercase();
    LABELS.iter().position(|label| *label == name)
}

/// Whether this is what people call the model on the device.
pub(super) fn is_local(expert: &str) -> bool {
    const LOCAL: [&str; 10] =
        ["local", "device", "tiny", "edge", "node", "mcu", "small", "weak", "onboard", "int8"];
    let name = expert.to_lowercase();
    name.split(SEPARATORS).any(|word| LOCAL.contains(&word))
}

/// Whether a column of this name numbers or dates the rows.
pub(super) fn is_order(name: &str) -> bool {
    const ORDER: [&str; 12] = [
        "time",
        "timestamp",
        "datetime",
        "date",
        "ts",
        "t",
        "order",
        "row",
        "index",
        "idx",
        "step",
        "unixtime",
    ];
    let name = name.to_lowercase();
    name.split(SEPARATORS).any(|word| ORDER.contains(&word))
}

/// Whether a column of this name tells rows apart.
pub(super) fn is_identifier(name: &str) -> bool {
    const IDENTIFIERS: [&str; 6] = ["id", "uuid", "guid", "key", "hash", "serial"];
    let name = name.to_lowercase();
    name.split(SEPARATORS).any(|word| IDENTIFIERS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_before_or_behind_the_expert() {
        for (column, word, expert) in [
            ("pred_local", Word::Answer, "local"),
            ("Cloud.Prediction", Word::Answer, "Cloud"),
            ("loss_gpt-4", Word::Loss, "gpt-4"),
            ("judge_score", Word::Score, "judge"),
            ("price cloud", Word::Price, "cloud"),
        ] {
            assert_eq!(of_expert(column), Some((word, expert)), "{column}");
        }
        for column in ["pred", "predator", "x0", "label", "_pred", "terror", "é_x"] {
            assert_eq!(of_expert(column), None, "{column}");
        }
    }

    #[test]
    fn other_names() {
        assert!(label_rank("Label") < label_rank("class") && label_rank("x").is_none());
        assert!(is_local("tiny_model") && !is_local("locality"));
        assert!(is_order("row") && is_order("unix_time") && !is_order("overtime"));
        assert!(is_identifier("sample_id") && !is_identifier("idea"));
    }
}
