//! The documents: the commands and configurations that they show are accepted.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{CommandFactory as _, Parser as _};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use toml::{Table, Value};

use super::Cli;
use crate::intake::config::Config;

/// A fenced block of code.
struct Block {
    /// The file and line of its first line of code.
    place: String,
    language: String,
    text: String,
}

/// The tables of a configuration; a block with others belongs to another program.
const TABLES: [&str; 9] =
    ["budget", "data", "expert", "policy", "radio", "rejector", "train", "units", "window"];

/// What a part of a configuration is completed with.
const BASE: &str = r#"
[data]
log = "log.csv"
features = ["x*"]
label = "label"
[[expert]]
name = "local"
prediction = "pred_local"
"#;

fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut documents = vec![root.join("README.md")];
    for entry in fs::read_dir(root.join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            documents.push(path);
        }
    }
    documents.sort();
    documents
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut open: Option<Block> = None;
        for (event, range) in Parser::new(&text).into_offset_iter() {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                    let line = text[..range.start].matches('\n').count() + 2;
                    let place = format!("{name}:{line}");
                    let language = language.split(',').next().unwrap_or_default().to_owned();
                    open = Some(Block { place, language, text: String::new() });
                }
                Event::Text(part) => {
                    if let Some(block) = &mut open {
                        block.text.push_str(&part);
                    }
                }
                Event::End(TagEnd::CodeBlock) => blocks.extend(open.take()),
                _ => {}
            }
        }
    }
    blocks
}

/// The words of each call of `mild` in a block of shell.
fn calls(text: &str) -> Vec<Vec<String>> {
    let joined = text.replace("\\\n", " ");
    let words = joined.lines().filter_map(shlex::split);
    words
        .filter_map(|words| {
            let own = words.iter().position(|word| word == "mild" || word == "mild-trainer")?;
            match (own, words.first()?.as_str()) {
                (0, "mild") => Some(words),
                (_, "cargo") => {
                    let after = words.iter().position(|word| word == "--")?;
                    let program = std::iter::once("mild".to_owned());
                    Some(program.chain(words.into_iter().skip(after + 1)).collect())
                }
                _ => None,
            }
        })
        .collect()
}

#[test]
fn commands_in_documents_are_accepted() {
    let (mut seen, mut refused) = (0, Vec::new());
    for block in blocks().iter().filter(|block| block.language == "sh") {
        for words in calls(&block.text) {
            seen += 1;
            match Cli::try_parse_from(&words) {
                Err(error) if error.use_stderr() => {
                    refused.push(format!("{}: {}\n{error}", block.place, words.join(" ")));
                }
                _ => {}
            }
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(seen > 15, "only {seen} commands were found");
}

/// A block as a whole configuration, or `None` if it is no part of one.
fn completed(text: &str) -> Option<Result<String, String>> {
    let part: Table = match toml::from_str(text) {
        Ok(part) => part,
        Err(error) => return Some(Err(error.to_string())),
    };
    if part.is_empty() || !part.keys().all(|key| TABLES.contains(&key.as_str())) {
        return None;
    }
    let mut whole: Table = toml::from_str(BASE).unwrap();
    for (key, value) in part {
        match (whole.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(given)) => base.extend(given),
            (Some(Value::Array(base)), Value::Array(given)) => {
                let is_local =
                    |expert: &Value| expert.get("name").and_then(Value::as_str) == Some("local");
                if given.iter().any(is_local) {
                    base.clear();
                }
                base.extend(given);
            }
            (_, value) => {
                whole.insert(key, value);
            }
        }
    }
    if let Some(Value::Array(experts)) = whole.get_mut("expert")
        && experts.len() < 2
    {
        let cloud = [("name", "cloud"), ("prediction", "pred_cloud")];
        experts.push(Value::Table(
            cloud
                .map(|(key, value)| (key.to_owned(), Value::String(value.to_owned())))
                .into_iter()
                .collect(),
        ));
    }
    Some(toml::to_string(&whole).map_err(|error| error.to_string()))
}

#[test]
fn configurations_in_documents_are_accepted() {
    let (mut seen, mut refused) = (0, Vec::new());
    for block in blocks().iter().filter(|block| block.language == "toml") {
        let parsed = match completed(&block.text) {
            None => continue,
            Some(whole) => whole.and_then(|whole| {
                Config::parse(&whole, Path::new(&block.place)).map_err(|error| error.to_string())
            }),
        };
        seen += 1;
        if let Err(error) = parsed {
            refused.push(format!("{}: {error}", block.place));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(seen > 5, "only {seen} configurations were found");
}

#[test]
fn files_that_the_algorithms_name_are_there() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(package.join("../docs/algorithms.md")).unwrap();
    let is_file = |code: &&str| code.ends_with(".rs") && !code.contains(['<', ' ']);
    let named: Vec<&str> = text.split('`').skip(1).step_by(2).filter(is_file).collect();
    let is_missing = |file: &&str| {
        [package.join("src"), package.join("..")].iter().all(|folder| !folder.join(file).is_file())
    };
    let missing: Vec<&str> = named.iter().copied().filter(is_missing).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(named.len() > 20, "only {named:?} were found");
}

/// The help of a command and of its own commands.
fn helps(command: &clap::Command, path: &str, all: &mut Vec<(String, String)>) {
    for command in command.get_subcommands() {
        let path = format!("{path} {}", command.get_name());
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        helps(command, &path, all);
        all.push((path, help));
    }
}

/// A text with each line that ends in a backslash continued by the next one.
fn continued(text: &str) -> String {
    let mut parts = text.split("\\\n");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.trim_start())
}

/// A line of a help is a command, and two spaces later what it does.
#[test]
fn every_help_has_examples_and_they_are_accepted() {
    let mut all = Vec::new();
    helps(&Cli::command(), "mild", &mut all);
    let mut refused = Vec::new();
    // Those of `mild log` are in the helps of its own commands; `mild keys` takes no arguments.
    for (command, _) in all.iter().filter(|(command, _)| command.split(' ').count() == 2) {
        let mut of_it = all.iter().filter(|(other, _)| other.starts_with(command.as_str()));
        if !of_it.any(|(_, help)| help.contains("Example")) && command != "mild keys" {
            refused.push(format!("{command}: its help has no example"));
        }
    }
    for (_, help) in &all {
        let help = continued(help);
        let indented = help.lines().filter_map(|line| line.strip_prefix("  "));
        let examples: Vec<&str> = indented.filter(|line| line.starts_with("mild ")).collect();
        for example in examples {
            let call = example.split("  ").next().unwrap_or_default();
            let call = call.split(" > ").next().unwrap_or_default();
            let words = shlex::split(call).unwrap();
            match Cli::try_parse_from(&words) {
                Err(error) if error.use_stderr() => refused.push(format!("{call}\n{error}")),
                _ => {}
            }
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}
