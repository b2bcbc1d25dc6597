//! The course of a replay as SVG: rate, error and price over time, and the budget.

use plotters::prelude::*;

use super::{Moment, Replay};
use crate::error::{Error, Result};

const SIZE: (u32, u32) = (900, 900);
const GOVERNED: RGBColor = RGBColor(20, 90, 170);
const FIXED: RGBColor = RGBColor(200, 90, 30);

/// The course of a replay as SVG.
///
/// # Errors
/// [`Error::Rendering`] if it cannot be drawn.
pub(crate) fn svg(replay: &Replay) -> Result<String> {
    let mut svg = String::new();
    panels(&mut svg, replay).map_err(|error| Error::Rendering {
        what: "plot of the replay".to_owned(),
        reason: error.to_string(),
    })?;
    Ok(svg)
}

fn panels(
    svg: &mut String,
    replay: &Replay,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let last = replay.course.last().map_or(1, |moment| moment.row.max(1));
    for (index, (name, area)) in
        ["deferral rate", "error", "price"].into_iter().zip(root.split_evenly((3, 1))).enumerate()
    {
        let values = replay.course.iter().flat_map(|m| [m.governed[index], m.fixed[index]]);
        let budget = if index == 0 { replay.budget } else { 0.0 };
        let highest = values.fold(budget, f64::max).max(1e-6);
        let mut chart = ChartBuilder::on(&area)
            .margin(10)
            .x_label_area_size(36)
            .y_label_area_size(64)
            .build_cartesian_2d(0..last, 0.0..1.08 * highest)?;
        chart.configure_mesh().x_desc("row").y_desc(name).light_line_style(WHITE).draw()?;
        let line = |value: &dyn Fn(&Moment) -> f64| -> Vec<(usize, f64)> {
            replay.course.iter().map(|moment| (moment.row, value(moment))).collect()
        };
        let mut series = vec![
            ("governor", GOVERNED, line(&|moment| moment.governed[index])),
            ("fixed threshold", FIXED, line(&|moment| moment.fixed[index])),
        ];
        if index == 0 {
            series.push(("budget", BLACK, line(&|moment| moment.budget)));
        }
        for (label, color, points) in series {
            let style = color.stroke_width(if color == BLACK { 1 } else { 2 });
            chart
                .draw_series(LineSeries::new(points, style))?
                .label(label)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
        }
        for flag in &replay.drift {
            let points = [(flag.row, 0.0), (flag.row, 0.05 * highest)];
            chart.draw_series(LineSeries::new(points, RED.stroke_width(1)))?;
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.85))
            .border_style(BLACK.mix(0.3))
            .draw()?;
    }
    root.present()?;
    drop(root);
    Ok(())
}
