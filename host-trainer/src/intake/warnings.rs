//! What looks wrong about a log, once it has been read.

use std::collections::HashMap;

use super::config::{AnswerColumns, Config};
use super::log::{self, Header};
use crate::data::dataset::Dataset;
use crate::error::Result;
use crate::warnings::{GroupColumn, Judged, Look, Warning, is_group_name};

/// All that looks wrong about a log, the gravest first. `data` is the log that the configuration
/// names, read with it.
///
/// Columns that look like groups are read from the file again. Standard input cannot be read again.
///
/// # Errors
/// If the file cannot be read.
pub fn warnings(config: &Config, data: &Dataset) -> Result<Vec<Warning>> {
    let judged = config.experts.iter().map(|expert| match expert.answer {
        AnswerColumns::Prediction(_) => Judged::ByLabel,
        AnswerColumns::Loss(_) => Judged::ByLoss,
        AnswerColumns::Score(_) | AnswerColumns::Value { .. } => Judged::Otherwise,
    });
    let look = Look {
        data,
        judged: judged.collect(),
        categorical: &config.data.categorical,
        groups: groups(config)?,
    };
    let of_reading = data.notes.warnings.iter();
    let of_reading = of_reading.map(|text| Warning::new("reading", text.clone()));
    Ok(of_reading.chain(crate::warnings::warnings(&look)).collect())
}

/// The columns that are not used and are called like groups, if none is declared.
fn groups(config: &Config) -> Result<Vec<GroupColumn>> {
    if config.data.group.is_some() || config.data.log.is_standard_input() {
        return Ok(Vec::new());
    }
    // The log has been read; what cannot be opened now was in memory.
    let Ok(header) = log::header(config) else { return Ok(Vec::new()) };
    let used = used(config, &header);
    let names = header.names().iter().enumerate();
    let columns: Vec<usize> = names
        .filter(|&(column, name)| !used[column] && is_group_name(name))
        .map(|(column, _)| column)
        .collect();
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let named =
        |&column: &usize| GroupColumn { name: header.names()[column].clone(), rows: Vec::new() };
    let mut groups: Vec<GroupColumn> = columns.iter().map(named).collect();
    let mut numbers: Vec<HashMap<String, u32>> = columns.iter().map(|_| HashMap::new()).collect();
    log::each_row(config, |row, line| {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        for ((&column, group), numbers) in columns.iter().zip(&mut groups).zip(&mut numbers) {
            let next = numbers.len() as u32;
            let text = row.text(column);
            let number = match numbers.get(text) {
                Some(&number) => number,
                None => *numbers.entry(text.to_owned()).or_insert(next),
            };
            group.rows.push((line, number));
        }
        Ok(())
    })?;
    Ok(groups)
}

/// Which columns the configuration names in any way.
pub(crate) fn used(config: &Config, header: &Header) -> Vec<bool> {
    let mut used = vec![false; header.names().len()];
    let data = &config.data;
    let single = [&data.label, &data.split, &data.target, &data.group];
    let mut globs: Vec<&str> = single.into_iter().flatten().map(String::as_str).collect();
    globs.extend(data.features.iter().chain(&data.categorical).map(String::as_str));
    globs.extend(config.windows.iter().flat_map(|window| &window.samples).map(String::as_str));
    for expert in &config.experts {
        globs.extend(expert.columns());
    }
    globs.extend(config.confidence.iter().flat_map(|columns| columns.globs()));
    for glob in globs {
        // A log that has been read has all of them.
        for column in header.matching(glob, "").unwrap_or_default() {
            used[column] = true;
        }
    }
    used
}
