//! A guess as a configuration with comments.

use std::fmt::Write as _;

use super::guessed::{Guess, GuessedExpert};

/// The text of `mild.toml`. `log` is the path of the log, relative to it; `origin` says how the text
/// was made of it.
pub(crate) fn toml_text(guess: &Guess, log: &str, origin: &str) -> String {
    let mut text = format!(
        "# {origin} {log}. Read it through, then run `mild check` with this file.\n\
         # All keys: docs/configuration.md\n\n"
    );
    text += &comments("To do", &guess.open);
    text += &format!("[data]\nlog = {}\n", quoted(log));
    // Writing to a string cannot fail.
    let _ = writeln!(text, "features = {}", list(&guess.features));
    if !guess.categorical.is_empty() {
        let _ = writeln!(text, "categorical = {}", list(&guess.categorical));
    }
    for (key, column) in [("label", &guess.label), ("split", &guess.split), ("group", &guess.group)]
    {
        let _ = match column {
            Some(column) => writeln!(text, "{key} = {}", quoted(column)),
            None if key == "split" => writeln!(text, "# split: drawn by a seed, 60, 20 and 20 %"),
            None => Ok(()),
        };
    }
    if let Some([low, high]) = guess.loss_range {
        let _ = writeln!(text, "loss_range = [{low}, {high}]");
    }
    if guess.has_gaps {
        text += "not_asked = \"allowed\"   # a missing answer: that expert was not asked\n\
                 complete_only = true    # training needs every answer\n";
    }
    if let Some(order) = &guess.order {
        let _ = writeln!(text, "# Order of time: `mild simulate --order {order}`.");
    }
    for (name, reason) in &guess.left_out {
        let _ = writeln!(text, "# Left out: {} ({reason}).", quoted(name));
    }
    for (index, expert) in guess.experts.iter().enumerate() {
        text += &section(index, expert);
        if index == 0 {
            for (key, value) in [
                ("confidence", guess.confidence.as_deref().map(quoted)),
                ("probabilities", guess.probabilities.as_deref().map(list)),
            ] {
                text += &value.map_or_else(String::new, |value| format!("{key} = {value}\n"));
            }
        }
    }
    if let Some(money) = guess.money_per_error {
        let _ = write!(text, "\n[units]\nmoney_per_error = {money:?}   # what one error costs\n");
    }
    text
}

fn section(index: usize, expert: &GuessedExpert) -> String {
    let heading =
        if index == 0 { "\n[[expert]]   # the device itself\n" } else { "\n[[expert]]\n" };
    let mut text = heading.to_owned();
    let _ = writeln!(text, "name = {}", quoted(&expert.name));
    let _ = writeln!(text, "{} = {}", expert.judged.key(), quoted(&expert.column));
    let _ = match (&expert.price_column, expert.price) {
        (Some(column), _) => writeln!(text, "price_column = {}", quoted(column)),
        (None, Some(price)) => writeln!(text, "price = {price:?}"),
        (None, None) if index == 0 => writeln!(text, "price = 0"),
        (None, None) => {
            writeln!(text, "price = 0   # of one use, in units of one error: to be written")
        }
    };
    text
}

fn comments(heading: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let lines: String = lines.iter().map(|line| format!("# - {line}\n")).collect();
    format!("# {heading}:\n{lines}\n")
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn list(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    format!("[{}]", names.join(", "))
}
