//! Comparisons as SVG: price-quality curves and learning curves of each log, and mean ranks.

use std::collections::BTreeMap;
use std::fmt::Display;

use plotters::prelude::*;

use super::summary::LogSummary;
use super::{Comparison, Overall};
use crate::error::{Error, Result};

const SIZE: (u32, u32) = (900, 560);

/// A line of a plot.
struct Series {
    name: String,
    points: Vec<(f64, f64)>,
}

/// File names and contents of all plots.
///
/// # Errors
/// [`Error::Rendering`] if a plot cannot be drawn.
pub(crate) fn plots(comparison: &Comparison) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for log in comparison.logs.iter().filter(|log| log.train_rows.is_none()) {
        files.insert(format!("{}-price-quality.svg", log.log), price_quality(log)?);
    }
    let mut names: Vec<&str> = comparison.logs.iter().map(|log| log.log.as_str()).collect();
    names.dedup();
    for name in names {
        let of_log: Vec<&LogSummary> =
            comparison.logs.iter().filter(|log| log.log == name).collect();
        if of_log.len() > 1 {
            files.insert(format!("{name}-learning.svg"), learning(name, &of_log)?);
        }
    }
    for overall in &comparison.overall {
        let rows = overall.train_rows.map_or("all".to_owned(), |rows| rows.to_string());
        files.insert(format!("ranks-{rows}.svg"), mean_ranks(overall)?);
    }
    Ok(files)
}

fn price_quality(log: &LogSummary) -> Result<String> {
    let series: Vec<Series> = log
        .methods
        .iter()
        .map(|method| Series {
            name: method.method.clone(),
            points: method.curve.iter().map(|p| (p.deferral_rate, 1.0 - p.error)).collect(),
        })
        .collect();
    lines(&log.log, "deferral rate", "accuracy of the whole system", &series)
}

fn learning(name: &str, logs: &[&LogSummary]) -> Result<String> {
    // "All" is drawn beyond the largest number, at twice it.
    let largest = logs.iter().filter_map(|log| log.train_rows).max().unwrap_or(1);
    let x = |log: &LogSummary| libm::log10(log.train_rows.unwrap_or(2 * largest) as f64);
    let mut series: Vec<Series> = Vec::new();
    for log in logs {
        for method in &log.methods {
            let point = (x(log), method.loss.mean);
            match series.iter_mut().find(|series| series.name == method.method) {
                Some(series) => series.points.push(point),
                None => series.push(Series { name: method.method.clone(), points: vec![point] }),
            }
        }
    }
    for series in &mut series {
        series.points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    lines(name, "log10 of train rows (the last: all)", "deferral loss", &series)
}

fn lines(title: &str, x_name: &str, y_name: &str, series: &[Series]) -> Result<String> {
    let mut svg = String::new();
    draw_lines(&mut svg, title, x_name, y_name, series).map_err(|error| failed(title, error))?;
    Ok(svg)
}

/// The least and the largest value with some room around.
fn span(values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if low > high {
        return 0.0..1.0;
    }
    let room = (0.04 * (high - low)).max(1e-6);
    low - room..high + room
}

fn draw_lines(
    svg: &mut String,
    title: &str,
    x_name: &str,
    y_name: &str,
    series: &[Series],
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let points = || series.iter().flat_map(|series| &series.points);
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 22))
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(64)
        .build_cartesian_2d(span(points().map(|p| p.0)), span(points().map(|p| p.1)))?;
    chart.configure_mesh().x_desc(x_name).y_desc(y_name).light_line_style(WHITE).draw()?;
    for (index, series) in series.iter().enumerate() {
        let style = color(index).stroke_width(2);
        chart
            .draw_series(LineSeries::new(series.points.iter().copied(), style))?
            .label(&series.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    root.present()?;
    drop(chart);
    drop(root);
    Ok(())
}

/// Hues as far apart as the golden angle sets them.
fn color(index: usize) -> RGBColor {
    let hue = (index as f64 * 0.618_034).fract();
    let lightness = if index.is_multiple_of(2) { 0.42 } else { 0.56 };
    let (red, green, blue) = HSLColor(hue, 0.75, lightness).rgb();
    RGBColor(red, green, blue)
}

fn mean_ranks(overall: &Overall) -> Result<String> {
    let mut svg = String::new();
    draw_ranks(&mut svg, overall).map_err(|error| failed("ranks", error))?;
    Ok(svg)
}

fn draw_ranks(
    svg: &mut String,
    overall: &Overall,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut order: Vec<usize> = (0..overall.ranked.len()).collect();
    order.sort_by(|&a, &b| overall.ranks.mean[a].total_cmp(&overall.ranks.mean[b]));
    let count = order.len() as i32;
    let height = (90 + 30 * count).cast_unsigned();
    let root = SVGBackend::with_string(svg, (SIZE.0, height)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(format!("mean ranks over {} logs", overall.ranks.logs), ("sans-serif", 22))
        .margin(12)
        .x_label_area_size(30)
        .y_label_area_size(170)
        .build_cartesian_2d(1.0..f64::from(count.max(2)), (0..count - 1).into_segmented())?;
    let name = |at: &SegmentValue<i32>| match at {
        SegmentValue::CenterOf(place) => {
            let index = order.get(usize::try_from(*place).unwrap_or(usize::MAX));
            index.map_or(String::new(), |&index| overall.ranked[index].clone())
        }
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .y_labels(order.len())
        .y_label_formatter(&name)
        .light_line_style(WHITE)
        .draw()?;
    let half = 0.5 * overall.ranks.critical_difference.unwrap_or(0.0);
    for (place, &index) in (0i32..).zip(&order) {
        let rank = overall.ranks.mean[index];
        let at = |x: f64| (x, SegmentValue::CenterOf(place));
        // Methods whose bars do not overlap differ by Nemenyi's test.
        let bar = PathElement::new(
            vec![at(rank - half), at(rank + half)],
            BLACK.mix(0.5).stroke_width(2),
        );
        chart.draw_series([bar])?;
        chart.draw_series([Circle::new(at(rank), 5, BLACK.filled())])?;
    }
    root.present()?;
    drop(chart);
    drop(root);
    Ok(())
}

fn failed(what: &str, error: impl Display) -> Error {
    Error::Rendering { what: format!("plot of {what}"), reason: error.to_string() }
}
