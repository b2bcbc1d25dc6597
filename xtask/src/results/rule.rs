//! How like its tables a fresh run must be.

use super::made::Made;
use crate::table::Table;
use anyhow::Result;

/// How like its tables a fresh run must be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    /// Every row that was measured must be in the table, to the last digit.
    Exact {
        /// The columns that name a row.
        key: &'static [&'static str],
    },
    /// As `Exact`, but these columns of numbers may differ by this share.
    Band { key: &'static [&'static str], columns: &'static [&'static str], share: f64 },
    /// As `Exact` if the column `compiler` is the same; if not, each number may differ by this
    /// share.
    SameCompiler { key: &'static [&'static str], share: f64 },
}

impl Rule {
    /// What of `fresh` is not as it is in the committed file, a sentence each.
    pub(super) fn differences(self, committed: &str, fresh: &Made) -> Result<Vec<String>> {
        match fresh {
            Made::Table(fresh) => self.table_differences(&Table::parse(committed)?, fresh),
            Made::Text(_) => {
                let fresh = fresh.text()?;
                let line = committed.lines().zip(fresh.lines()).position(|(a, b)| a != b);
                let difference = || match line {
                    Some(line) => format!("line {} is another one", line + 1),
                    None => "another number of lines".to_owned(),
                };
                Ok((committed != fresh).then(difference).into_iter().collect())
            }
        }
    }

    fn table_differences(self, committed: &Table, fresh: &Table) -> Result<Vec<String>> {
        let (key, banded, share) = match self {
            Self::Exact { key } => (key, &[][..], 0.0),
            Self::Band { key, columns, share } => (key, columns, share),
            Self::SameCompiler { key, share } => (key, &[][..], share),
        };
        let by_compiler = matches!(self, Self::SameCompiler { .. });
        let name = |table: &Table, row: &[String]| -> Result<Vec<String>> {
            // A table of several may lack a column of the key.
            let cell = |column: &&str| table.column(column).map(|index| row[index].clone());
            Ok(key.iter().filter_map(|column| cell(column).ok()).collect())
        };
        let mut committed_rows = Vec::new();
        for row in &committed.rows {
            committed_rows.push((name(committed, row)?, row));
        }
        let mut differences = Vec::new();
        for row in &fresh.rows {
            let key = name(fresh, row)?;
            // Rows that share a name, such as one layer of two networks, are in the same order.
            let Some(place) = committed_rows.iter().position(|(known, _)| *known == key) else {
                differences.push(format!("{}: not in the table", key.join(", ")));
                continue;
            };
            let (_, committed_row) = committed_rows.remove(place);
            let other_compiler = by_compiler
                && committed_row[committed.column("compiler")?] != row[fresh.column("compiler")?];
            for (column, cell) in fresh.columns.iter().zip(row) {
                let before = &committed_row[committed.column(column)?];
                let alike = match (before.parse::<f64>(), cell.parse::<f64>()) {
                    (Ok(before), Ok(now))
                        if other_compiler || banded.contains(&column.as_str()) =>
                    {
                        before == now || (now / before).ln().abs() <= (1.0 + share).ln()
                    }
                    _ if other_compiler => true,
                    _ => before == cell,
                };
                if !alike {
                    let row = key.join(", ");
                    differences.push(format!("{row}: {column} is {cell}, the table has {before}"));
                }
            }
        }
        Ok(differences)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_that_moved_is_a_difference() {
        let committed = Table::parse("log,loss,ratio\na,0.125,2\nb,0.5,3\n").unwrap();
        let exact = Rule::Exact { key: &["log"] };
        let fresh = Table::parse("log,loss,ratio\nb,0.5,3\n").unwrap();
        assert_eq!(exact.table_differences(&committed, &fresh).unwrap(), Vec::<String>::new());
        let fresh = Table::parse("log,loss,ratio\nb,0.51,3\nc,1,1\n").unwrap();
        let twice = Table::parse("log,loss,ratio\na,1,2\na,3,2\n").unwrap();
        assert_eq!(exact.table_differences(&twice, &twice).unwrap(), Vec::<String>::new());
        assert_eq!(
            exact.table_differences(&committed, &fresh).unwrap(),
            ["b: loss is 0.51, the table has 0.5", "c: not in the table"]
        );
    }

    #[test]
    fn counts_of_another_compiler_have_a_band() {
        let committed = Table::parse("core,count,compiler\nm0,100,1.95\n").unwrap();
        let rule = Rule::SameCompiler { key: &["core"], share: 0.1 };
        for (fresh, differences) in
            [("100,1.95", 0), ("101,1.95", 1), ("101,1.96", 0), ("111,1.96", 1)]
        {
            let fresh = Table::parse(&format!("core,count,compiler\nm0,{fresh}\n")).unwrap();
            assert_eq!(rule.table_differences(&committed, &fresh).unwrap().len(), differences);
        }
    }

    #[test]
    fn a_ratio_may_move_within_its_band() {
        let committed = Table::parse("log,ratio\na,2\n").unwrap();
        let band = Rule::Band { key: &["log"], columns: &["ratio"], share: 0.25 };
        for (ratio, differences) in [("2.4", 0), ("1.7", 0), ("2.6", 1), ("1.5", 1)] {
            let fresh = Table::parse(&format!("log,ratio\na,{ratio}\n")).unwrap();
            assert_eq!(
                band.table_differences(&committed, &fresh).unwrap().len(),
                differences,
                "{ratio}"
            );
        }
    }
}
