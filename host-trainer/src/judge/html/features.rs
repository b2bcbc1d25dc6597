//! Who is asked where, by feature: the share deferred in each part of a feature's range.

use maud::{Markup, html};

use super::live::{Cell, Live};
use super::measures::{Groups, Measure};
use super::points::Point;
use super::subject::Subject;
use crate::data::part::Part;
use crate::judge::importance::columns;
use crate::judge::page::number::{count, value};
use crate::judge::page::plot::{Axis, grid};

/// Features with a plot; the others are in the table.
const PLOTS: usize = 12;

/// Features in the table.
const LINES: usize = 60;

/// Bins of a feature.
const BINS: usize = 8;

/// A feature, or all inputs of a categorical column, with its bins.
struct Feature {
    name: String,
    bins: Vec<Bin>,
    /// Share of the variance of "deferred" that the bins explain.
    telling: f64,
}

/// Rows with like values.
struct Bin {
    label: String,
    rows: Vec<usize>,
}

/// The names of the features that tell the most about the decision, and their inputs' positions.
pub(super) fn telling(subject: &Subject<'_>, most: usize) -> Vec<(String, Vec<usize>)> {
    let columns = columns(subject.config, subject.data);
    let mut order: Vec<(f64, usize)> = columns
        .iter()
        .enumerate()
        .map(|(index, (name, inputs))| (feature(subject, name, inputs).telling, index))
        .collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    order.into_iter().take(most).map(|(_, index)| columns[index].clone()).collect()
}

/// The section.
pub(super) fn section(subject: &Subject<'_>, live: &mut Live) -> Markup {
    let columns = columns(subject.config, subject.data);
    let mut features: Vec<Feature> =
        columns.iter().map(|(name, inputs)| feature(subject, name, inputs)).collect();
    let all = features.len();
    features.sort_by(|a, b| b.telling.total_cmp(&a.telling));
    features.truncate(LINES);
    let rows: Vec<Vec<Vec<usize>>> = features
        .iter()
        .map(|feature| feature.bins.iter().map(|bin| bin.rows.clone()).collect())
        .collect();
    let groups: Vec<&[Vec<usize>]> = rows.iter().map(Vec::as_slice).collect();
    let groups = Groups::Fixed(&groups);
    let cells = live.shares(&subject.points, subject.part(), &groups, &[Measure::Deferred]);
    let mut rest = &cells.cells[..];
    let mut of_feature: Vec<(&Feature, &[Cell])> = Vec::new();
    for feature in &features {
        let (own, others) = rest.split_at(feature.bins.len());
        of_feature.push((feature, own));
        rest = others;
    }
    html! {
        h3 { "By feature" }
        p class="say" {
            "Each bar is the share deferred among test rows whose feature lies in one part of its \
             range; each part has about the same number of rows. The features that tell the most \
             about the decision come first."
        }
        (cells.note())
        div class="features" {
            @for (index, (feature, cells)) in of_feature.iter().take(PLOTS).enumerate() {
                (plot(index, feature, cells))
            }
        }
        details {
            summary { "By feature, as a table" }
            div class="wide" role="region" aria-label="Share deferred by feature \
            (table)" tabindex="0" {
                table {
                    thead { tr {
                        th scope="col" { "feature" } th scope="col" { "values" }
                        th scope="col" class="n" { "rows" } th scope="col" class="n" { "deferred" }
                    } }
                    tbody {
                        @for (feature, cells) in &of_feature {
                            @for (bin, cell) in feature.bins.iter().zip(*cells) {
                                tr {
                                    th scope="row" { (feature.name) }
                                    td { (bin.label) }
                                    td class="n" { (count(bin.rows.len())) }
                                    (cell.plain())
                                }
                            }
                        }
                    }
                }
            }
        }
        @if all > LINES { p class="note" { "The " (LINES) " most telling \
        of " (count(all)) " features." } }
    }
}

fn plot(index: usize, feature: &Feature, cells: &[Cell]) -> Markup {
    let width = 100.0 / feature.bins.len().max(1) as f64;
    let id = format!("feature-{index}");
    let (first, last) = (feature.bins.first(), feature.bins.last());
    html! {
        figure class="feature" {
            figcaption id=(id) { (feature.name) }
            svg class="plot low" role="img" aria-labelledby=(id) {
                (grid(None, &Axis::shares()))
                g class="bars" {
                    @for (bin, cell) in cells.iter().enumerate() {
                        (cell.bar((bin as f64 + 0.08) * width, 0.84 * width))
                    }
                }
            }
            p class="ends" aria-hidden="true" {
                span { (first.map_or("", |bin| &bin.label)) }
                @if feature.bins.len() > 1 { span { (last.map_or("", |bin| &bin.label)) } }
            }
        }
    }
}

fn share(point: &Point, rows: &[usize]) -> Option<f64> {
    let deferred = rows.iter().filter(|&&row| point.choices[row] > 0).count();
    (!rows.is_empty()).then(|| deferred as f64 / rows.len() as f64)
}

fn feature(subject: &Subject<'_>, name: &str, inputs: &[usize]) -> Feature {
    let part = subject.part();
    let bins = match inputs {
        [input] => bins(part, *input),
        _ => categories(subject, name, inputs),
    };
    let own = subject.points.own();
    let shares: Vec<(f64, f64)> = bins
        .iter()
        .filter_map(|bin| Some((bin.rows.len() as f64, share(own, &bin.rows)?)))
        .collect();
    let rows: f64 = shares.iter().map(|(rows, _)| rows).sum();
    let mean = shares.iter().map(|(rows, share)| rows * share).sum::<f64>() / rows.max(1.0);
    let between = shares.iter().map(|(rows, share)| rows * (share - mean) * (share - mean));
    let variance = mean * (1.0 - mean) * rows;
    let telling = if variance > 0.0 { between.sum::<f64>() / variance } else { 0.0 };
    Feature { name: name.to_owned(), bins, telling }
}

/// The rows of each category, the most frequent ones apart.
fn categories(subject: &Subject<'_>, name: &str, inputs: &[usize]) -> Vec<Bin> {
    let part = subject.part();
    let mut bins: Vec<Bin> = inputs
        .iter()
        .map(|&input| Bin {
            label: subject.data.feature_names[input][name.len() + 1..].to_owned(),
            rows: (0..part.rows()).filter(|&row| part.row(row)[input] > 0.5).collect(),
        })
        .collect();
    if bins.len() > BINS {
        let mut order: Vec<usize> = (0..bins.len()).collect();
        order.sort_by_key(|&bin| (std::cmp::Reverse(bins[bin].rows.len()), bin));
        let kept = &order[..BINS - 1];
        let others: Vec<usize> =
            order[BINS - 1..].iter().flat_map(|&bin| bins[bin].rows.clone()).collect();
        let label = format!("{} others", order.len() - kept.len());
        let mut index = 0;
        bins.retain(|_| {
            index += 1;
            kept.contains(&(index - 1))
        });
        bins.push(Bin { label, rows: others });
    }
    bins
}

/// Rows with like values: each value apart if there are few, else about equally many rows in each.
fn bins(part: &Part, input: usize) -> Vec<Bin> {
    let mut order: Vec<usize> = (0..part.rows()).collect();
    let at = |row: usize| part.row(row)[input];
    order.sort_by(|&a, &b| at(a).total_cmp(&at(b)));
    let equal: Vec<&[usize]> = order.chunk_by(|&a, &b| at(a) == at(b)).collect();
    if equal.len() <= BINS {
        let bin = |rows: &&[usize]| Bin { label: value(at(rows[0])), rows: rows.to_vec() };
        return equal.iter().map(bin).collect();
    }
    // Equal values stay together, so bins may be fewer.
    let mut bins: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut done = 0;
    for rows in equal {
        let bin = (done + rows.len() / 2) * BINS / order.len();
        done += rows.len();
        match bins.last_mut() {
            Some((last, of)) if *last == bin => of.extend(rows),
            _ => bins.push((bin, rows.to_vec())),
        }
    }
    let label = |rows: &Vec<usize>| {
        let (low, high) = (at(rows[0]), at(rows[rows.len() - 1]));
        if low == high { value(low) } else { format!("{} to {}", value(low), value(high)) }
    };
    bins.into_iter().map(|(_, rows)| Bin { label: label(&rows), rows }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::part::PartColumns;

    fn part(features: Vec<f32>) -> Part {
        let rows = features.len();
        PartColumns {
            rows,
            inputs: 1,
            experts: 2,
            features,
            errors: vec![0.0; 2 * rows],
            prices: vec![0.0; 2 * rows],
            ..PartColumns::default()
        }
        .padded()
    }

    #[test]
    fn bins_hold_about_equally_many_rows_and_equal_values_stay_together() {
        let found = bins(&part((0..800).map(|row| row as f32).collect()), 0);
        assert_eq!(found.iter().map(|bin| bin.rows.len()).collect::<Vec<_>>(), [100; 8]);
        assert_eq!((found[0].label.as_str(), found[7].label.as_str()), ("0 to 99", "700 to 799"));
        let few = bins(&part(vec![2.0, 1.0, 2.0, 2.0]), 0);
        assert_eq!(
            few.iter().map(|bin| (bin.label.as_str(), bin.rows.len())).collect::<Vec<_>>(),
            [("1", 1), ("2", 3)]
        );
        let mut mostly_zero = vec![0.0; 700];
        mostly_zero.extend((1..=100).map(|value| value as f32));
        let found = bins(&part(mostly_zero), 0);
        assert_eq!((found[0].label.as_str(), found[0].rows.len()), ("0", 700));
        assert_eq!(found.iter().map(|bin| bin.rows.len()).sum::<usize>(), 800);
        assert!(bins(&part(Vec::new()), 0).is_empty());
    }
}
