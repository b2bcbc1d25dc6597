//! Blocks of code in Markdown.

use crate::process::root;
use anyhow::{Context, Result, ensure};
use std::{fs, path::Path};

/// Code in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// The document, from the repository's root.
    pub(super) document: String,
    /// The line of its first line of code.
    pub(super) line: usize,
    /// What stands behind the fence.
    pub(super) language: String,
    /// Its place among the blocks of this language in the document, from 0.
    pub(super) place: usize,
    pub(super) code: String,
}

impl Block {
    /// A name for a file: of the document and the place.
    pub(super) fn name(&self) -> String {
        let safe = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        let stem = self.document.trim_end_matches(".md");
        format!("{}_{}", stem.chars().map(safe).collect::<String>(), self.place)
    }
}

/// The blocks of the READMEs and of the book.
pub(super) fn all() -> Result<Vec<Block>> {
    let mut documents = vec!["README.md".to_owned(), "mild-c/README.md".to_owned()];
    for entry in fs::read_dir(root().join("docs"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let name = path.file_name().context("a document has a name")?;
            documents.push(format!("docs/{}", name.to_string_lossy()));
        }
    }
    documents.sort();
    let mut blocks = Vec::new();
    for document in documents {
        let text = fs::read_to_string(root().join(&document))?;
        blocks.extend(of(&document, &text)?);
    }
    Ok(blocks)
}

fn of(document: &str, text: &str) -> Result<Vec<Block>> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        match (open, line.trim_start().strip_prefix("```")) {
            (false, Some(language)) => {
                let alike = |block: &&Block| block.language == language;
                let place = blocks.iter().filter(alike).count();
                let (document, language) = (document.to_owned(), language.to_owned());
                let code = String::new();
                blocks.push(Block { document, line: index + 2, language, place, code });
                open = true;
            }
            (true, Some(_)) => open = false,
            (true, None) => {
                let block = blocks.last_mut().context("a block is open")?;
                block.code += line;
                block.code.push('\n');
            }
            (false, None) => {}
        }
    }
    ensure!(!open, "{}: a block of code has no end", Path::new(document).display());
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_their_language_place_and_line() {
        let text = "a\n```c\nint a;\n```\n\n```rust,ignore\nf();\n\ng();\n```\n```c\n```\n";
        let found = of("docs/a-b.md", text).unwrap();
        let names: Vec<(String, &str, usize, &str)> =
            found.iter().map(|b| (b.name(), &*b.language, b.line, &*b.code)).collect();
        assert_eq!(
            names,
            [
                ("docs_a_b_0".to_owned(), "c", 3, "int a;\n"),
                ("docs_a_b_0".to_owned(), "rust,ignore", 7, "f();\n\ng();\n"),
                ("docs_a_b_1".to_owned(), "c", 12, ""),
            ]
        );
        assert!(of("a.md", "```c\n").is_err());
    }
}
