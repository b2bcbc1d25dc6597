//! The documents of the repository: every link leads somewhere, and every page is in the book.

use crate::process::root;
use anyhow::{Context, Result};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
};

/// Folders without documents of this repository.
const FOREIGN: [&str; 4] = ["target", ".git", "node_modules", ".venv"];

/// A document as far as links are concerned.
#[derive(Debug, Default)]
struct Document {
    /// The names that `#name` can mean.
    anchors: BTreeSet<String>,
    /// Targets of links, with their lines from 1.
    links: Vec<(usize, String)>,
}

fn documents_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        if entry.file_type()?.is_dir() {
            if !FOREIGN.iter().any(|foreign| name == *foreign) {
                found.extend(documents_below(&path)?);
            }
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    Ok(found)
}

impl Document {
    fn read(text: &str) -> Self {
        let mut document = Self::default();
        let mut heading: Option<String> = None;
        let parser = Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter();
        for (event, range) in parser {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    document.add_anchor(&heading.take().unwrap_or_default());
                }
                Event::Text(part) | Event::Code(part) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&part);
                    }
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    let line =
                        text.get(..range.start).map_or(0, |before| before.matches('\n').count());
                    document.links.push((line + 1, dest_url.into_string()));
                }
                _ => {}
            }
        }
        document
    }

    /// Hosts of Markdown name a heading by its letters, digits and dashes; a second one of the same
    /// name gets a number.
    fn add_anchor(&mut self, heading: &str) {
        let name: String = heading
            .to_lowercase()
            .chars()
            .filter_map(|character| match character {
                ' ' => Some('-'),
                '-' | '_' => Some(character),
                _ => character.is_alphanumeric().then_some(character),
            })
            .collect();
        let numbered = (1..).map(|number| format!("{name}-{number}"));
        let free = std::iter::once(name.clone())
            .chain(numbered)
            .find(|candidate| !self.anchors.contains(candidate));
        self.anchors.extend(free);
    }
}

/// What is wrong with the links, a line each.
fn broken(documents: &BTreeMap<PathBuf, Document>, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, document) in documents {
        for (line, link) in &document.links {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => resolved(&path.parent().unwrap_or(path).join(file)),
            };
            let place = format!("{}:{line}: `{link}`", path.display());
            if !exists(&target) {
                problems.push(format!("{place}: there is no {}", target.display()));
            } else if !anchor.is_empty()
                && !documents.get(&target).is_some_and(|target| target.anchors.contains(anchor))
            {
                problems.push(format!("{place}: no heading has the name `{anchor}`"));
            }
        }
    }
    problems
}

/// The pages under `docs` that the book's summary does not name.
fn not_in_book(documents: &BTreeMap<PathBuf, Document>, docs: &Path) -> Vec<String> {
    let summary = docs.join("SUMMARY.md");
    let named: BTreeSet<PathBuf> = documents
        .get(&summary)
        .map(|document| document.links.iter().map(|(_, link)| docs.join(link)).collect())
        .unwrap_or_default();
    documents
        .keys()
        .filter(|path| path.parent() == Some(docs) && **path != summary && !named.contains(*path))
        .map(|path| format!("{}: not in SUMMARY.md", path.display()))
        .collect()
}

/// A path without `.` and `..`.
fn resolved(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

#[test]
fn the_documents_have_no_broken_links() {
    let mut documents = BTreeMap::new();
    for path in documents_below(&root()).unwrap() {
        let text = fs::read_to_string(&path).unwrap();
        documents.insert(path, Document::read(&text));
    }
    let mut problems = broken(&documents, |path| path.exists());
    problems.extend(not_in_book(&documents, &root().join("docs")));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(documents.len() > 20, "only {} documents were found", documents.len());
}

mod tests {
    use super::*;

    fn problems(texts: &[(&str, &str)]) -> Vec<String> {
        let documents: BTreeMap<_, _> =
            texts.iter().map(|(path, text)| (PathBuf::from(path), Document::read(text))).collect();
        let known: BTreeSet<_> = documents.keys().cloned().collect();
        let mut problems = broken(&documents, |path| known.contains(path));
        problems.extend(not_in_book(&documents, Path::new("/docs")));
        problems
    }

    #[test]
    fn links_lead_to_files_and_headings() {
        let summary = "[a](a.md) [b](sub/../b.md)\n";
        let a =
            "# One `two`: three\n\n[b](b.md#two-words) [self](#one-two-three) <https://x.y/z.md>\n";
        let b = "# Two words\n\n# Two words\n\n[second](#two-words-1) [up](../README.md)\n";
        let all = [
            ("/docs/SUMMARY.md", summary),
            ("/docs/a.md", a),
            ("/docs/b.md", b),
            ("/README.md", ""),
        ];
        // The summary names `b.md` by a detour, which a book does not follow.
        assert_eq!(problems(&all), ["/docs/b.md: not in SUMMARY.md"]);
    }

    #[test]
    fn a_link_to_nowhere_is_named_with_its_line() {
        let text = "# A\n\ntext\n[gone](gone.md)\n[b](#b)\n![image](gone.svg)\n";
        assert_eq!(
            problems(&[("/README.md", text)]),
            [
                "/README.md:4: `gone.md`: there is no /gone.md",
                "/README.md:5: `#b`: no heading has the name `b`",
                "/README.md:6: `gone.svg`: there is no /gone.svg",
            ]
        );
    }

    #[test]
    fn every_page_is_in_the_book() {
        assert_eq!(
            problems(&[("/docs/SUMMARY.md", "[a](a.md)"), ("/docs/a.md", ""), ("/docs/c.md", "")]),
            ["/docs/c.md: not in SUMMARY.md"]
        );
    }
}
