//! `mild explain`

use clap::Args;
use serde::Serialize;

use super::output::Output;
use crate::choice::expected;
use crate::error::Result;
use crate::experiments::methods::Contender;
use crate::judge::glossary::{TERMS, term};

/// Arguments of `mild explain`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mild explain                            all words
  mild explain minority-recall coverage   two of them
  mild explain two-stage                  a method")]
pub(crate) struct ExplainArgs {
    /// Words of reports and tables, or methods; all words if none is given
    #[arg(value_name = "WORD", value_parser = parse)]
    words: Vec<Explained>,
    #[command(flatten)]
    pub(super) output: Output,
}

/// A word and its meaning.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Explained {
    name: &'static str,
    meaning: String,
}

/// A word of a report, or a method.
fn parse(word: &str) -> std::result::Result<Explained, String> {
    if let Some(term) = term(word) {
        return Ok(Explained { name: term.name, meaning: term.meaning.to_owned() });
    }
    let method = Contender::all().find(|method| method.name() == word);
    let method = method.map(|method| Explained {
        name: method.name(),
        meaning: format!("A method: {}.", method.about()),
    });
    let names = || TERMS.iter().map(|term| term.name).chain(Contender::all().map(Contender::name));
    method.ok_or_else(|| format!("expected {}", expected(word, &names().collect::<Vec<_>>())))
}

pub(super) fn run(args: &ExplainArgs) -> Result<()> {
    let all = || TERMS.iter().map(|term| term.name);
    let words = match args.words.as_slice() {
        [] => all().filter_map(|name| parse(name).ok()).collect(),
        words => words.to_vec(),
    };
    let text: String =
        words.iter().map(|Explained { name, meaning }| format!("{name}: {meaning}\n")).collect();
    args.output.print(&words, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_methods_are_explained_and_others_are_not() {
        assert!(parse("deferral-loss").unwrap().meaning.starts_with("Error plus price."));
        assert!(parse("two-stage").unwrap().meaning.starts_with("A method: "));
        assert!(parse("deferal loss").unwrap_err().contains("did you mean `deferral loss`?"));
    }
}
