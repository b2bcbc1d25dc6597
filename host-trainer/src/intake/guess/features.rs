//! What is left: features, categories, and columns that are better left out.

use super::cast::Cast;
use super::facts::Facts;
use super::names;

/// The most categories of a column that is taken as one.
const MOST_CATEGORIES: usize = 64;

pub(super) fn assign(cast: &mut Cast<'_>) {
    let own_answer = cast.guess.experts.first().map(|local| local.column.clone());
    let own_answer = cast.columns.iter().find(|facts| Some(&facts.name) == own_answer.as_ref());
    let (mut numbers, mut left_out) = (Vec::new(), Vec::new());
    for (column, facts) in cast.free() {
        let why_not = reason(facts);
        if let Some(reason) = why_not {
            left_out.push((column, reason));
        } else if own_answer.is_some_and(|own| own.is_equal(facts)) {
            // The device knows its own answer, and a class has no meaning as a number.
            cast.guess
                .guessed
                .push(format!("category: `{}` (the device's own answer)", facts.name));
            cast.guess.categorical.push(facts.name.clone());
        } else if facts.numeric {
            numbers.push(column);
        } else {
            cast.guess.guessed.push(format!(
                "category: `{}` (text, {} values)",
                facts.name,
                facts.distinct()
            ));
            cast.guess.categorical.push(facts.name.clone());
        }
    }
    let names: Vec<&str> =
        numbers.iter().map(|&column| cast.columns[column].name.as_str()).collect();
    // A whole number that stands apart from a family of columns is mostly an index.
    if let Some(family) = family(&names) {
        let (members, others): (Vec<usize>, Vec<usize>) =
            numbers.iter().partition(|&&column| is_member(&cast.columns[column].name, family));
        let (indices, others): (Vec<usize>, Vec<usize>) =
            others.iter().partition(|&&column| cast.columns[column].whole);
        let reason = format!(
            "a whole number beside the features `{family}…`; add it if the device knows it"
        );
        left_out.extend(indices.into_iter().map(|column| (column, reason.clone())));
        numbers = [members, others].concat();
    }
    numbers.sort_unstable();
    let names: Vec<&str> =
        numbers.iter().map(|&column| cast.columns[column].name.as_str()).collect();
    cast.guess.features = globs(&names, cast.columns);
    if !names.is_empty() {
        cast.guess.guessed.push(format!(
            "features: {} ({} columns of numbers that play no other part)",
            cast.guess.features.join(", "),
            names.len()
        ));
    }
    if cast.guess.features.is_empty() && cast.guess.categorical.is_empty() {
        cast.guess.open.push("features: no column is left that could be one".to_owned());
    }
    left_out.sort_unstable_by_key(|&(column, _)| column);
    cast.guess.left_out = left_out
        .into_iter()
        .map(|(column, why)| (cast.columns[column].name.clone(), why))
        .collect();
}

/// Why a column is no feature, if it is none.
fn reason(facts: &Facts) -> Option<String> {
    let reason = if facts.filled < facts.rows {
        format!("{} of {} rows looked at are empty", facts.rows - facts.filled, facts.rows)
    } else if facts.is_constant() {
        "it has the same value on every row".to_owned()
    } else if facts.is_order() && facts.no_repeats {
        "it numbers or dates the rows".to_owned()
    } else if names::is_identifier(&facts.name) {
        "its name is that of an identifier".to_owned()
    } else if !facts.numeric && (facts.many || facts.distinct() > MOST_CATEGORIES) {
        format!("it is text with more than {MOST_CATEGORIES} values")
    } else {
        return None;
    };
    Some(reason)
}

/// The beginning that at least half of some names have before a number, and at least three.
fn family<'a>(names: &[&'a str]) -> Option<&'a str> {
    let stems = names.iter().filter_map(|name| {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        (stem.len() < name.len() && !stem.is_empty()).then_some(stem)
    });
    let count = |stem: &str| names.iter().filter(|name| is_member(name, stem)).count();
    let most = stems.max_by_key(|stem| count(stem))?;
    (count(most) >= 3 && 2 * count(most) >= names.len()).then_some(most)
}

fn is_member(name: &str, stem: &str) -> bool {
    let number = name.strip_prefix(stem);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// One glob if all names have a beginning that no other column has, else the names.
fn globs(names: &[&str], columns: &[Facts]) -> Vec<String> {
    let [first, .., _] = names else {
        return names.iter().map(|&name| name.to_owned()).collect();
    };
    let shared = |length: usize| {
        first
            .get(..length)
            .is_some_and(|beginning| names.iter().all(|name| name.starts_with(beginning)))
    };
    let length =
        (1..=first.len()).take_while(|&length| shared(length) || !first.is_char_boundary(length));
    let length = length.filter(|&length| first.is_char_boundary(length)).last().unwrap_or(0);
    // `sensor1` and `sensor10` share `sensor1`, but mean `sensor`.
    let beginning = first[..length].trim_end_matches(|c: char| c.is_ascii_digit());
    let alone = columns
        .iter()
        .all(|facts| !facts.name.starts_with(beginning) || names.contains(&facts.name.as_str()));
    if !beginning.is_empty() && !beginning.contains(['*', '?', '[']) && alone {
        return vec![format!("{beginning}*")];
    }
    names.iter().map(|&name| name.to_owned()).collect()
}
