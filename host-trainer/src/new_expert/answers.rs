//! The answers of an expert that no log has yet: a table with the columns `label` and `right`.

use std::path::Path;

use crate::error::{LogError, Result, list};
use crate::intake::log::Table;
use crate::new_expert::LabelledAnswer;

/// Reads answers to samples of known `classes`, which ascend and have `names`; plain or compressed,
/// as logs are.
///
/// # Errors
/// If the file cannot be read, lacks a column, has no answers, or has an unusable cell.
pub(crate) fn answers(
    file: &Path,
    classes: &[u16],
    names: &[String],
) -> Result<Vec<LabelledAnswer>> {
    let mut table = Table::open(file)?;
    let column = |name| table.header().column(name, "--answers");
    let (label, right) = (column("label")?, column("right")?);
    let mut answers = Vec::new();
    while let Some(row) = table.next_row()? {
        let written = row.class(label, "fill it in, or leave the row out")?;
        let class = (0..).zip(names).find(|(_, name)| **name == written).map(|(class, _)| class);
        let known = class.filter(|class| classes.binary_search(class).is_ok());
        let is_right = match row.integer(right) {
            Ok(0) => Some(false),
            Ok(1) => Some(true),
            _ => None,
        };
        answers.push(LabelledAnswer {
            label: known.ok_or_else(|| {
                let names = classes.iter().filter_map(|&class| names.get(usize::from(class)));
                let names = list(names.map(String::as_str));
                row.error(label, &format!("a class of the log: {names}"))
            })?,
            right: is_right.ok_or_else(|| row.error(right, "1 (right) or 0 (wrong)"))?,
        });
    }
    if answers.is_empty() {
        return Err(LogError::NoAnswers { file: file.to_path_buf() }.into());
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<LabelledAnswer>> {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("answers.csv");
        std::fs::write(&file, text).unwrap();
        answers(&file, &[0, 2, 7], &(0..8).map(|class| class.to_string()).collect::<Vec<_>>())
    }

    #[test]
    fn answers_are_read_in_order_whatever_else_is_there() {
        let expected = [(7, true), (0, false), (7, true)]
            .map(|(label, right)| LabelledAnswer { label, right });
        assert_eq!(read("label,right\n7,1\n0,0\n7,1\n").unwrap(), expected);
        assert_eq!(read("right,who, label\r\n1,a,7.0\r\n0,b,0\r\n1,c,7").unwrap(), expected);
    }

    #[test]
    fn errors_say_where_and_what_was_expected() {
        for (text, parts) in [
            ("", &["answers.csv:1", "empty file"][..]),
            ("label,right\n", &["answers.csv:2", "no rows", "at least one answer"]),
            ("lable,right\n0,1\n", &["answers.csv:1", "no column `label`", "did you mean `lable`"]),
            ("label\n0\n", &["no column `right`"]),
            ("label,right\n0,1\n3,1\n", &["answers.csv:3", "`label`", "`3`", "`0`, `2`, `7`"]),
            ("label,right\n-1,1\n", &["answers.csv:2", "`-1`"]),
            ("label,right\n70000,1\n", &["answers.csv:2", "`70000`"]),
            ("label,right\n0,2\n", &["answers.csv:2", "`right`", "found `2`", "1 (right) or 0"]),
            ("label,right\n0,\n", &["answers.csv:2", "an empty cell"]),
            ("label,right\n0,1,1\n", &["answers.csv:2", "3 cells, expected 2"]),
        ] {
            let error = read(text).unwrap_err().to_string();
            for part in parts {
                assert!(error.contains(part), "{text:?}: {error}");
            }
        }
        let error = answers(Path::new("absent.csv"), &[0], &[]).unwrap_err().to_string();
        assert!(error.contains("absent.csv"), "{error}");
    }
}
